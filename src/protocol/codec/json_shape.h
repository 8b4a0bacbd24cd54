#pragma once
// JSON bodies, as AWS JSON 1.0/1.1 and REST-JSON have them, against a shape.
#include <string>

#include "base/result.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace codec {

// The JSON of a body, or SerializationException; an empty body counts as {}.
Result<json::Value> parse_json_body(std::string_view body);

// A parsed JSON value as params: members under their model names, unknown members and nulls left
// out, times as seconds. A value that fits already comes back as it is. Wrong types fail with
// SerializationException.
Result<json::Value> read_json(const model::Member& member, const json::Value& wire);
Result<json::Value> read_json_structure(const model::Shape& shape, const json::Value& wire);

// A value as JSON text: members under their wire names, nulls and unknown members left out.
void write_json(const model::Member& member, const json::Value& value, std::string& out);
// `body_only`: members that travel in headers and the like are left out.
enum class Members : uint8_t { all, body_only };
void write_json_structure(const model::Shape& shape, const json::Value& value, Members which,
                          std::string& out);

// Whether a value, as handlers see it, is of another type than the shape; what stands in a list, a
// map or a structure is not looked at. And the SerializationException that says so.
bool is_wrong_type(const model::Shape& shape, const json::Value& value);
Error type_fault(const model::Shape& shape, const json::Value& value);

}  // namespace codec
