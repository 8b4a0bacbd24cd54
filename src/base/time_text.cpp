#include "base/time_text.h"

#include <fmt/format.h>

namespace {
// Days from 1970-01-01 and back, after Howard Hinnant's "chrono-compatible low-level date algorithms".
int64_t days_from_civil(int64_t y, int m, int d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t yoe = y - era * 400;
  const int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

struct Digits {
  std::string_view text;
  size_t at = 0;
  bool ok = true;

  int take(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (at >= text.size() || text[at] < '0' || text[at] > '9') {
        ok = false;
        return 0;
      }
      value = value * 10 + (text[at++] - '0');
    }
    return value;
  }
  void expect(char c) {
    if (at < text.size() && text[at] == c) {
      ++at;
    } else {
      ok = false;
    }
  }
};

int days_in_month(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool in_range(const CivilTime& c) {
  return c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= days_in_month(c.year, c.month) &&
         c.hour <= 23 && c.minute <= 59 && c.second <= 59;
}
}  // namespace

CivilTime civil(Instant at) {
  int64_t days = at.ms / 86'400'000;
  int64_t rest = at.ms % 86'400'000;
  if (rest < 0) rest += 86'400'000, --days;
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  const int year = static_cast<int>(yoe + era * 400 + (month <= 2));
  const int seconds = static_cast<int>(rest / 1000);
  int weekday = static_cast<int>((days + 4) % 7);
  if (weekday < 0) weekday += 7;
  return {year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, static_cast<int>(rest % 1000), weekday};
}

Instant from_civil(const CivilTime& c) {
  return {((days_from_civil(c.year, c.month, c.day) * 24 + c.hour) * 60 + c.minute) * 60'000 +
          c.second * 1000 + c.millisecond};
}

std::string iso8601_ms(Instant at) {
  const CivilTime c = civil(at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second, c.millisecond);
}

std::string iso8601_s(Instant at) {
  const CivilTime c = civil(at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string iso8601_basic(Instant at) {
  const CivilTime c = civil(at);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string http_date(Instant at) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime c = civil(at);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[c.weekday], c.day, kMonths[c.month - 1],
                     c.year, c.hour, c.minute, c.second);
}

std::optional<Instant> parse_iso8601(std::string_view text) {
  Digits in{text};
  CivilTime c{};
  c.year = in.take(4);
  in.expect('-');
  c.month = in.take(2);
  in.expect('-');
  c.day = in.take(2);
  in.expect('T');
  c.hour = in.take(2);
  in.expect(':');
  c.minute = in.take(2);
  in.expect(':');
  c.second = in.take(2);
  if (!in.ok || !in_range(c)) return std::nullopt;
  if (in.at < text.size() && text[in.at] == '.') {
    const size_t first = ++in.at;
    int scale = 100;
    while (in.at < text.size() && text[in.at] >= '0' && text[in.at] <= '9') {
      c.millisecond += (text[in.at++] - '0') * scale;
      scale /= 10;
    }
    if (in.at == first) return std::nullopt;
  }
  int64_t offset_minutes = 0;
  if (in.at < text.size() && (text[in.at] == '+' || text[in.at] == '-')) {
    const int sign = text[in.at++] == '-' ? -1 : 1;
    const int hours = in.take(2);
    in.expect(':');
    const int minutes = in.take(2);
    if (hours > 18 || minutes > 59) return std::nullopt;
    offset_minutes = sign * (hours * 60 + minutes);
  } else {
    in.expect('Z');
  }
  if (!in.ok || in.at != text.size()) return std::nullopt;
  return from_civil(c) + -offset_minutes * 60'000;
}

std::optional<Instant> parse_iso8601_basic(std::string_view text) {
  Digits in{text};
  CivilTime c{};
  c.year = in.take(4);
  c.month = in.take(2);
  c.day = in.take(2);
  in.expect('T');
  c.hour = in.take(2);
  c.minute = in.take(2);
  c.second = in.take(2);
  in.expect('Z');
  if (!in.ok || in.at != text.size() || !in_range(c)) return std::nullopt;
  return from_civil(c);
}
