#pragma once
// Smithy's RPC v2 with CBOR (RFC 8949): POST /service/PREFIX/operation/NAME. CloudWatch speaks it.
#include "protocol/codec/codec.h"

namespace codec {

// One CBOR item as JSON: byte strings as base64 text, times (tag 1) as their numbers, NaN and the
// infinities as texts. Fails with SerializationException; depth and lengths are bounded.
Result<json::Value> parse_cbor(std::string_view bytes);
// The params of a structure.
Result<json::Value> read_cbor(const model::Shape& shape, std::string_view bytes);
void write_cbor(const model::Member& member, const json::Value& value, std::string& out);
void write_cbor_structure(const model::Shape& shape, const json::Value& value, std::string& out);

net::Response cbor_result(const Dialect& dialect, const json::Value& result,
                          std::string_view request_id);
net::Response cbor_error(const Dialect& dialect, const Error& error, std::string_view request_id);

}  // namespace codec
