#pragma once
// The client's half of the protocols: calls of services that live elsewhere (--upstream).
//
// Requests are complete but for Host and signature (auth/sign.h adds both).
#include <string_view>

#include "protocol/codec/codec.h"

namespace codec {

// The dialect in which a service is best called: JSON before CBOR, else what its model lists first.
// `service` and `operation` must be known.
Dialect client_dialect(const model::Service& service, const model::Operation& operation);

// `endpoint` is the server's URL, "http://127.0.0.1:8000"; S3's buckets go into the path. Fails
// when a member that stands in the path is missing.
Result<net::Request> encode_request(const Dialect& dialect, const json::Value& params,
                                    std::string_view endpoint);

// The result, or the Error that the response tells: its code the name of the error's shape where
// the model has it, http_status the response's. What cannot be understood is "UpstreamResponse",
// 502.
Result<json::Value> decode_response(const Dialect& dialect, const net::Response& response);

}  // namespace codec
