#pragma once
// Scalars between the wire's texts and the values that handlers see: times in their formats,
// numbers that JSON does not have (NaN and the infinities are the texts "NaN", "Infinity",
// "-Infinity").
#include <optional>
#include <string>
#include <string_view>

#include "language/json/value.h"
#include "protocol/models/model.h"

namespace codec {

// A time as seconds since 1970, with milliseconds as its fraction; nothing when the text is no
// time. Every format is understood whatever `format` says.
std::optional<json::Value> parse_time(std::string_view text);
// A number of seconds as text. `unset` counts as ISO 8601.
enum class Milliseconds : uint8_t { when_there, always };
std::string time_text(const json::Value& seconds, model::TimeFormat format,
                      Milliseconds digits = Milliseconds::when_there);

// "NaN", "Infinity" or "-Infinity".
bool is_special_number(std::string_view text);
// Whether a whole number fits the shape's type: an integer has 32 bits, a long 64.
bool fits_size(const model::Shape& shape, int64_t value);
// The text of a form field, a header, a query parameter or an XML element as a value of the shape,
// which is a scalar. Nothing when it cannot be. Blobs stay base64.
std::optional<json::Value> parse_scalar(const model::Shape& shape, std::string_view text);
// A scalar as such text.
std::string scalar_text(const model::Member& member, const json::Value& value,
                        model::TimeFormat unset_means,
                        Milliseconds digits = Milliseconds::when_there);

}  // namespace codec
