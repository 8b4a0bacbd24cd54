#include "protocol/codec/scalar.h"

#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/time_text.h"
#include "language/json/number.h"

namespace codec {
namespace {
constexpr double kLatestSecond = 253402300799;  // the end of the year 9999

// "Tue, 29 Apr 2014 18:30:38[.fraction] GMT"
std::optional<Instant> parse_http_date(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() < 29 || !text.ends_with(" GMT") || text[3] != ',' || text[4] != ' ')
    return std::nullopt;
  const auto number = [&](size_t at, size_t length) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && end == text.data() + at + length ? value : -1;
  };
  const size_t month = kMonths.find(text.substr(8, 3));
  CivilTime c{.year = number(12, 4),
              .month = 0,
              .day = number(5, 2),
              .hour = number(17, 2),
              .minute = number(20, 2),
              .second = number(23, 2),
              .millisecond = 0,
              .weekday = 0};
  if (month == text.npos || month % 3 != 0) return std::nullopt;
  c.month = static_cast<int>(month / 3) + 1;
  if (c.year < 0 || c.day < 1 || c.hour < 0 || c.minute < 0 || c.second < 0 || c.day > 31 ||
      c.hour > 23 || c.minute > 59 || c.second > 60) {
    return std::nullopt;
  }
  if (text.size() > 29) {  // a fraction
    if (text[25] != '.') return std::nullopt;
    int scale = 100;
    for (size_t at = 26; at + 4 < text.size(); ++at, scale /= 10) {
      if (text[at] < '0' || text[at] > '9') return std::nullopt;
      c.millisecond += (text[at] - '0') * scale;
    }
  }
  return from_civil(c);
}

json::Value seconds_of(Instant at) {
  if (at.ms % 1000 == 0) return at.ms / 1000;
  return at.seconds();
}

Instant instant_of(const json::Value& seconds) {
  return {static_cast<int64_t>(std::llround(seconds.as_double() * 1000))};
}
}  // namespace

std::optional<json::Value> parse_time(std::string_view text) {
  if (const auto at = parse_iso8601(text)) return seconds_of(*at);
  if (const auto at = parse_http_date(text)) return seconds_of(*at);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (!(std::abs(seconds) <= kLatestSecond)) return std::nullopt;
  return json::Value(seconds);
}

std::string time_text(const json::Value& seconds, model::TimeFormat format, Milliseconds digits) {
  if (!seconds.is_number() || !(std::abs(seconds.as_double()) <= kLatestSecond)) return "";
  const Instant at = instant_of(seconds);
  const bool whole = at.ms % 1000 == 0;
  switch (format) {
    case model::TimeFormat::epoch_seconds:
      return seconds.number_text();
    case model::TimeFormat::http_date:
      return http_date(at);
    case model::TimeFormat::iso8601:
    case model::TimeFormat::unset:
      break;
  }
  return whole && digits == Milliseconds::when_there ? iso8601_s(at) : iso8601_ms(at);
}

bool is_special_number(std::string_view text) {
  return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

bool fits_size(const model::Shape& shape, int64_t value) {
  return shape.type != model::Type::integer || (value >= INT32_MIN && value <= INT32_MAX);
}

std::optional<json::Value> parse_scalar(const model::Shape& shape, std::string_view text) {
  switch (shape.type) {
    case model::Type::string:
    case model::Type::blob:
      return json::Value(text);
    case model::Type::boolean:
      if (text == "true" || text == "True" || text == "TRUE") return json::Value(true);
      if (text == "false" || text == "False" || text == "FALSE") return json::Value(false);
      return std::nullopt;
    case model::Type::integer:
    case model::Type::long_integer: {
      int64_t value = 0;
      if (text.starts_with('+')) text.remove_prefix(1);
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !fits_size(shape, value))
        return std::nullopt;
      return json::Value(value);
    }
    case model::Type::float_number:
    case model::Type::double_number: {
      if (is_special_number(text)) return json::Value(text);
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
      return json::Value(value);
    }
    case model::Type::timestamp:
      return parse_time(text);
    case model::Type::structure:
    case model::Type::list:
    case model::Type::map:
      break;
  }
  return std::nullopt;
}

std::string scalar_text(const model::Member& member, const json::Value& value,
                        model::TimeFormat unset_means, Milliseconds digits) {
  if (member.shape->type == model::Type::timestamp && value.is_number()) {
    return time_text(
        value, member.time_format == model::TimeFormat::unset ? unset_means : member.time_format,
        digits);
  }
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return value.number_text();
  return "";
}

}  // namespace codec
