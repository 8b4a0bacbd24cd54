#pragma once
// Instants as text.
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// "2024-02-23T19:20:12.345Z": UTC, always three digits of milliseconds.
std::string iso8601_ms(Instant at);
// "2024-02-23T19:20:12Z", the fraction dropped.
std::string iso8601_s(Instant at);
// "20240223T192012Z", as SigV4 writes it.
std::string iso8601_basic(Instant at);
// "Fri, 23 Feb 2024 19:20:12 GMT", as HTTP writes it.
std::string http_date(Instant at);
// ISO 8601 extended with an offset: "2024-02-23T19:20:12[.fraction](Z|+hh:mm|-hh:mm)", as RFC 3339 with a
// capital T and Z. Digits past milliseconds are dropped. Nothing for anything else, 25 o'clock included.
std::optional<Instant> parse_iso8601(std::string_view text);
// "20240223T192012Z" alone.
std::optional<Instant> parse_iso8601_basic(std::string_view text);

// The civil date and time of an instant, in UTC.
struct CivilTime {
  int year, month, day, hour, minute, second, millisecond;
  int weekday;  // 0 = Sunday
};
CivilTime civil(Instant at);
// The instant of a civil time; fields past their range are not checked. `weekday` is ignored.
Instant from_civil(const CivilTime& c);
