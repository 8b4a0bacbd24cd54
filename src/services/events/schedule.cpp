// Schedule expressions: rate(5 minutes), cron(0 12 * * ? *), in UTC.
#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "base/time_text.h"
#include "services/events/events.h"

namespace events {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find_first_not_of(' ', at);
    if (begin == text.npos) break;
    const size_t end = std::min(text.find(' ', begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    at = end;
  }
  return out;
}

std::optional<std::string_view> inside(std::string_view text, std::string_view kind) {
  if (!text.starts_with(kind) || text.size() < kind.size() + 2 || text[kind.size()] != '(' || text.back() != ')') return std::nullopt;
  return text.substr(kind.size() + 1, text.size() - kind.size() - 2);
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view kDays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

template <size_t N>
std::optional<int> named(std::string_view text, const std::string_view (&names)[N], int base) {
  for (size_t i = 0; i < N; ++i) {
    if (text == names[i]) return static_cast<int>(i) + base;
  }
  return number(text);
}

struct Field {
  std::set<int> values;
  bool any = false;      // '*' or '?'
  bool last = false;     // L
  int nearest = 0;       // 15W
  int nth = 0, nth_day = 0;  // 6#3
};

// What a field is of says which letters it may have: L of the month's days or the week's, W of the month's, # of the week's.
enum class Of : uint8_t { time, days_of_month, days_of_week };

template <typename Parse>
std::optional<Field> parse_field(const std::string& text, int least, int most, Parse parse, Of of = Of::time) {
  Field field;
  if (text == "*" || (text == "?" && of != Of::time)) {
    field.any = true;
    return field;
  }
  if (text == "L" && of != Of::time) {
    field.last = true;
    return field;
  }
  if (text.size() > 1 && text.back() == 'W' && of == Of::days_of_month) {
    const auto day = number(std::string_view(text).substr(0, text.size() - 1));
    if (!day || *day < 1 || *day > 31) return std::nullopt;
    field.nearest = *day;
    return field;
  }
  if (const size_t hash = text.find('#'); hash != text.npos && of == Of::days_of_week) {
    const auto day = parse(std::string_view(text).substr(0, hash));
    const auto nth = number(std::string_view(text).substr(hash + 1));
    if (!day || *day < least || *day > most || !nth || *nth < 1 || *nth > 5) return std::nullopt;
    field.nth_day = *day, field.nth = *nth;
    return field;
  }
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find(',', at), text.size());
    std::string_view part = std::string_view(text).substr(at, end - at);
    int step = 1;
    bool stepped = false;
    if (const size_t slash = part.find('/'); slash != part.npos) {
      const auto given = number(part.substr(slash + 1));
      if (!given || *given < 1 || *given > most) return std::nullopt;
      step = *given, stepped = true;
      part = part.substr(0, slash);
    }
    int from = least, to = most;
    if (part != "*") {
      const size_t dash = part.find('-');
      const auto first = parse(part.substr(0, dash));
      if (!first) return std::nullopt;
      from = *first;
      to = stepped ? most : from;
      if (dash != part.npos) {
        const auto second = parse(part.substr(dash + 1));
        if (!second) return std::nullopt;
        to = *second;
      }
    }
    if (from < least || to > most || from > to) return std::nullopt;
    for (int value = from; value <= to; value += step) field.values.insert(value);
    at = end + 1;
  }
  return field;
}

struct Cron {
  Field minute, hour, day, month, weekday, year;
};

std::optional<Cron> parse_cron(std::string_view text) {
  const auto inner = inside(text, "cron");
  if (!inner) return std::nullopt;
  const auto parts = words(*inner);
  if (parts.size() != 6) return std::nullopt;
  // Of day and weekday exactly one has to be left open with '?'.
  if ((parts[2] == "?") == (parts[4] == "?")) return std::nullopt;
  const auto month = [](std::string_view t) { return named(t, kMonths, 1); };
  const auto weekday = [](std::string_view t) { return named(t, kDays, 1); };
  auto minute = parse_field(parts[0], 0, 59, number), hour = parse_field(parts[1], 0, 23, number), day = parse_field(parts[2], 1, 31, number, Of::days_of_month);
  auto months = parse_field(parts[3], 1, 12, month), days = parse_field(parts[4], 1, 7, weekday, Of::days_of_week), year = parse_field(parts[5], 1970, 2199, number);
  if (!minute || !hour || !day || !months || !days || !year) return std::nullopt;
  return Cron{*minute, *hour, *day, *months, *days, *year};
}

int days_in(int year, int month) {
  static constexpr int kDaysIn[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0) ? 29 : kDaysIn[month - 1];
}

bool day_matches(const Cron& cron, const CivilTime& c) {
  const int last = days_in(c.year, c.month);
  if (cron.day.last && c.day != last) return false;
  if (cron.day.nearest > 0) {
    // The weekday nearest to that day, within the month.
    int target = std::min(cron.day.nearest, last);
    const int weekday = civil(from_civil({c.year, c.month, target, 0, 0, 0, 0, 0})).weekday;
    if (weekday == 6) target += target > 1 ? -1 : 2;
    if (weekday == 0) target += target < last ? 1 : -2;
    if (c.day != target) return false;
  }
  if (!cron.day.any && !cron.day.last && cron.day.nearest == 0 && !cron.day.values.contains(c.day)) return false;
  if (cron.weekday.nth > 0) return c.weekday + 1 == cron.weekday.nth_day && (c.day - 1) / 7 + 1 == cron.weekday.nth;
  if (cron.weekday.last) return c.weekday == 6 && c.day + 7 > last;
  return cron.weekday.any || cron.weekday.values.contains(c.weekday + 1);
}

}  // namespace

std::optional<int64_t> rate_ms(std::string_view text) {
  const auto inner = inside(text, "rate");
  if (!inner) return std::nullopt;
  const auto parts = words(*inner);
  if (parts.size() != 2) return std::nullopt;
  const auto amount = number(parts[0]);
  if (!amount || *amount < 1) return std::nullopt;
  const std::string unit = *amount == 1 ? parts[1] : parts[1].ends_with("s") ? parts[1].substr(0, parts[1].size() - 1) : "";
  if (unit == "minute") return *amount * 60'000LL;
  if (unit == "hour") return *amount * 3'600'000LL;
  if (unit == "day") return *amount * 86'400'000LL;
  return std::nullopt;
}

bool is_schedule(std::string_view text) { return rate_ms(text) || parse_cron(text); }

std::optional<Instant> next_cron(std::string_view text, Instant after) {
  const auto cron = parse_cron(text);
  if (!cron) return std::nullopt;
  Instant at{after.ms / 60'000 * 60'000 + 60'000};
  const Instant end = after + 5LL * 366 * 86'400'000;
  while (at < end) {
    const CivilTime c = civil(at);
    const bool day = (cron->year.any || cron->year.values.contains(c.year)) && (cron->month.any || cron->month.values.contains(c.month)) && day_matches(*cron, c);
    if (!day) {
      at = {(at.ms / 86'400'000 + 1) * 86'400'000};
    } else if (!cron->hour.any && !cron->hour.values.contains(c.hour)) {
      at = {(at.ms / 3'600'000 + 1) * 3'600'000};
    } else if (!cron->minute.any && !cron->minute.values.contains(c.minute)) {
      at = at + 60'000;
    } else {
      return at;
    }
  }
  return std::nullopt;
}

}  // namespace events
