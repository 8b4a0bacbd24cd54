#pragma once
// The XML answers of the query and EC2 protocols: envelopes, errors, and each service's white
// space.
#include "protocol/codec/codec.h"

namespace codec {

net::Response query_result(const Dialect& dialect, const json::Value& result,
                           std::string_view request_id);
net::Response query_error(const Dialect& dialect, const Error& error, std::string_view request_id);

}  // namespace codec
