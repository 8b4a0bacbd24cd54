#pragma once
// REST services: members travel in the path, the query, headers and the body.
//
// REST-JSON in full. Of REST-XML what needs no XML in the request: S3 is not offered here, its
// requests are only told from others and refused in its own words.
#include <optional>

#include "protocol/codec/codec.h"

namespace codec {

using Labels = std::vector<std::pair<std::string_view, std::string>>;  // name, decoded value

// The labels of the operation's path, or nothing when the path is another one. `path` is
// percent-encoded.
std::optional<Labels> match_path(const model::Operation& operation, std::string_view path);
// The operation that method, path and query name: of several the most literal one. nullptr when
// there is none.
const model::Operation* match_request(const model::Service& service, std::string_view method,
                                      std::string_view path, std::string_view query);

Result<json::Value> read_rest(const Dialect& dialect, const net::Request& request,
                              std::string_view body);
net::Response rest_result(const Dialect& dialect, const json::Value& result,
                          std::string_view request_id);
net::Response rest_error(const Dialect& dialect, const Error& error, std::string_view request_id);

}  // namespace codec
