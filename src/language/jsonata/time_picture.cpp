// $fromMillis and $toMillis: times written and read by a picture such as "[D01]/[M01]/[Y0001]".
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>

#include "language/jsonata/failure.h"
#include "language/jsonata/pictures.h"
#include "language/jsonata/regex.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

constexpr double kDay = 86'400'000;
constexpr std::string_view kDays[] = {"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};

// --- the calendar ------------------------------------------------------------------------------------------

int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

// Date.UTC: fields past their range carry over; years 0 to 99 are of the last century; `month` counts from 0.
double utc(double year, double month, double day = 1, double hour = 0, double minute = 0, double second = 0, double millisecond = 0) {
  for (double* field : {&year, &month, &day, &hour, &minute, &second, &millisecond}) {
    if (!std::isfinite(*field)) return std::nan("");
    *field = std::trunc(*field);
  }
  if (year >= 0 && year <= 99) year += 1900;
  year += std::floor(month / 12);
  month -= std::floor(month / 12) * 12;
  if (std::abs(year) > 400'000) return std::nan("");
  const double days = static_cast<double>(days_from_civil(static_cast<int64_t>(year), static_cast<int64_t>(month) + 1, 1)) + day - 1;
  const double out = days * kDay + hour * 3'600'000 + minute * 60'000 + second * 1'000 + millisecond;
  return std::abs(out) <= 8.64e15 ? out : std::nan("");
}

struct Date {
  double time;
  double year = std::nan(""), month = std::nan(""), day = std::nan(""), weekday = std::nan("");  // month from 0, Sunday 0
  double hour = std::nan(""), minute = std::nan(""), second = std::nan(""), millisecond = std::nan("");

  explicit Date(double millis) : time(std::abs(millis) <= 8.64e15 ? std::trunc(millis) : std::nan("")) {
    if (std::isnan(time)) return;
    const double days = std::floor(time / kDay);
    double rest = time - days * kDay;
    const auto z = static_cast<int64_t>(days) + 719'468;
    const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    const int64_t of_era = z - era * 146'097;
    const int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted = (5 * of_year + 2) / 153;
    const int64_t civil_month = shifted < 10 ? shifted + 3 : shifted - 9;
    day = static_cast<double>(of_year - (153 * shifted + 2) / 5 + 1);
    month = static_cast<double>(civil_month - 1);
    year = static_cast<double>(year_of_era + era * 400 + (civil_month <= 2));
    weekday = std::fmod(std::fmod(days + 4, 7) + 7, 7);
    hour = std::floor(rest / 3'600'000);
    rest -= hour * 3'600'000;
    minute = std::floor(rest / 60'000);
    rest -= minute * 60'000;
    second = std::floor(rest / 1'000);
    millisecond = rest - second * 1'000;
  }
};

struct YearMonth {
  double year, month;
  YearMonth next_month() const { return month == 11 ? YearMonth{year + 1, 0} : YearMonth{year, month + 1}; }
  YearMonth previous_month() const { return month == 0 ? YearMonth{year - 1, 11} : YearMonth{year, month - 1}; }
  YearMonth next_year() const { return {year + 1, month}; }
  YearMonth previous_year() const { return {year - 1, month}; }
};

// The Monday of the week that holds the first Thursday.
double first_week(YearMonth of) {
  const double first = utc(of.year, of.month);
  double weekday = Date(first).weekday;
  if (weekday == 0) weekday = 7;
  return weekday > 4 ? first + (8 - weekday) * kDay : first - (weekday - 1) * kDay;
}

double weeks_between(double start, double end) { return (end - start) / (kDay * 7) + 1; }

double fragment(const Date& date, char component) {
  switch (component) {
    case 'Y': return date.year;
    case 'M': return date.month + 1;
    case 'D': return date.day;
    case 'd': return (utc(date.year, date.month, date.day) - utc(date.year, 0)) / kDay + 1;
    case 'F': return date.weekday == 0 ? 7 : date.weekday;
    case 'W': {
      const YearMonth year{date.year, 0};
      const double today = utc(year.year, date.month, date.day);
      double week = weeks_between(first_week(year), today);
      if (week > 52) {
        if (today >= first_week(year.next_year())) week = 1;
      } else if (week < 1) {
        week = weeks_between(first_week(year.previous_year()), today);
      }
      return std::floor(week);
    }
    case 'w': {
      const YearMonth month{date.year, date.month};
      const double today = utc(date.year, date.month, date.day);
      double week = weeks_between(first_week(month), today);
      if (week > 4) {
        if (today >= first_week(month.next_month())) week = 1;
      } else if (week < 1) {
        week = weeks_between(first_week(month.previous_month()), today);
      }
      return std::floor(week);
    }
    case 'X': {
      const YearMonth year{date.year, 0};
      if (date.time < first_week(year)) return date.year - 1;
      return date.time >= first_week(year.next_year()) ? date.year + 1 : date.year;
    }
    case 'x': {
      const YearMonth month{date.year, date.month};
      if (date.time < first_week(month)) return month.previous_month().month + 1;
      return date.time >= first_week(month.next_month()) ? month.next_month().month + 1 : date.month + 1;
    }
    case 'H': return date.hour;
    case 'h': {
      const double hour = std::fmod(date.hour, 12);
      return hour == 0 ? 12 : hour;
    }
    case 'P': return date.hour >= 12 ? 1 : 0;
    case 'm': return date.minute;
    case 's': return date.second;
    case 'f': return date.millisecond;
    default: return std::nan("");
  }
}

// --- the picture -------------------------------------------------------------------------------------------

struct Part {
  bool literal = false;
  std::string text;
  char32_t component = 0;
  std::string presentation;
  char presentation2 = 0;
  bool has_width = false;
  std::optional<double> least, most;
  std::optional<IntegerPicture::Case> names;
  std::optional<IntegerPicture> integer;
  double n = 0;  // of Y, M, D: digits, -1 any

  bool is(std::string_view components) const { return component < 128 && components.find(static_cast<char>(component)) != components.npos; }
};

[[noreturn]] void refuse(std::string_view code, char32_t component) {
  std::string text;
  if (component != 0) append_unit(text, component);
  Failure failure(code);
  quote(text, failure.value);
  throw failure;
}

// parseInt, or nothing.
std::optional<double> whole(std::string_view text) {
  if (text == "*") return std::nullopt;
  size_t at = 0;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) ++at;
  const size_t digits = at;
  double out = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) out = out * 10 + (text[at] - '0');
  if (at == digits) return std::nan("");
  return negative ? -out : out;
}

std::string_view default_presentation(char32_t component) {
  switch (component) {
    case 'Y': case 'M': case 'D': case 'd': case 'W': case 'w': case 'X': case 'x': case 'H': case 'h': case 'f': return "1";
    case 'F': case 'P': case 'C': case 'E': return "n";
    case 'm': case 's': return "01";
    case 'Z': case 'z': return "01:01";
    default: return "";
  }
}

Part marker_part(std::string marker) {
  std::erase_if(marker, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  Part out;
  size_t first = 0;
  if (!marker.empty()) out.component = code_point(marker, first);
  const size_t comma = marker.rfind(',');
  std::string presentation;
  if (comma != marker.npos) {
    const std::string width = marker.substr(comma + 1);
    const size_t dash = width.find('-');
    out.has_width = true;
    out.least = whole(width.substr(0, dash));
    if (dash != width.npos) out.most = whole(width.substr(dash + 1));
    presentation = comma > first ? marker.substr(first, comma - first) : "";
  } else {
    presentation = marker.substr(first);
  }
  if (presentation.size() == 1) {
    out.presentation = presentation;
  } else if (presentation.size() > 1) {
    const char last = presentation.back();
    if (last == 'a' || last == 't' || last == 'c' || last == 'o') {
      out.presentation2 = last;
      presentation.pop_back();
    }
    out.presentation = presentation;
  } else {
    out.presentation = default_presentation(out.component);
    if (out.presentation.empty()) refuse("D3132", out.component);
  }
  if (out.presentation[0] == 'n') {
    out.names = IntegerPicture::Case::lower;
  } else if (out.presentation[0] == 'N') {
    out.names = out.presentation.size() > 1 && out.presentation[1] == 'n' ? IntegerPicture::Case::title : IntegerPicture::Case::upper;
  } else if (out.is("YMDdFWwXxHhmsf")) {
    std::string pattern = out.presentation;
    if (out.presentation2) pattern += std::string(";") + out.presentation2;
    IntegerPicture integer = analyse_integer_picture(pattern);
    if (out.least && integer.mandatory_digits < *out.least) integer.mandatory_digits = *out.least;
    if (out.is("YMD")) {
      out.n = -1;
      if (out.most) {
        out.n = *out.most;
        integer.mandatory_digits = out.n;
      } else if (integer.primary == IntegerPicture::Primary::decimal && integer.mandatory_digits + integer.optional_digits >= 2) {
        out.n = integer.mandatory_digits + integer.optional_digits;
      }
    }
    out.integer = std::move(integer);
  }
  if (out.is("Zz")) out.integer = analyse_integer_picture(out.presentation);
  return out;
}

std::vector<Part> analyse(std::string_view picture) {
  std::vector<Part> out;
  const auto add_literal = [&](size_t from, size_t to) {
    if (to <= from) return;
    Part part;
    part.literal = true;
    for (size_t i = from; i < to; ++i) {
      part.text.push_back(picture[i]);
      if (picture[i] == ']' && i + 1 < to && picture[i + 1] == ']') ++i;
    }
    out.push_back(std::move(part));
  };
  size_t start = 0, at = 0;
  while (at < picture.size()) {
    if (picture[at] == '[') {
      if (at + 1 < picture.size() && picture[at + 1] == '[') {
        add_literal(start, at);
        Part bracket;
        bracket.literal = true;
        bracket.text = "[";
        out.push_back(std::move(bracket));
        at += 2;
        start = at;
        continue;
      }
      add_literal(start, at);
      start = at;
      at = picture.find(']', start);
      if (at == picture.npos) throw Failure("D3135");
      out.push_back(marker_part(std::string(picture.substr(start + 1, at - start - 1))));
      start = at + 1;
    }
    ++at;
  }
  add_literal(start, at);
  return out;
}

// --- writing -----------------------------------------------------------------------------------------------

std::string name_of(const Part& part, double value) {
  std::string name;
  const auto index = static_cast<size_t>(std::isnan(value) ? 0 : value);
  if (part.is("Mx")) {
    name = index >= 1 && index <= 12 ? kMonths[index - 1] : "";
  } else if (part.is("F")) {
    name = index <= 7 ? kDays[index] : "";
  } else {
    refuse("D3133", part.component);
  }
  if (part.names == IntegerPicture::Case::upper) name = to_upper(name);
  if (part.names == IntegerPicture::Case::lower) name = to_lower(name);
  if (part.most && static_cast<double>(name.size()) > *part.most) name.resize(static_cast<size_t>(std::max(0.0, *part.most)));
  return name;
}

std::string offset_text(const Part& part, double hours, double minutes) {
  const IntegerPicture& integer = *part.integer;
  const double offset = hours * 100 + minutes;
  std::string out;
  if (integer.regular) {
    out = format_integer(offset, integer);
  } else if (integer.mandatory_digits == 1 || integer.mandatory_digits == 2) {
    out = format_integer(hours, integer);
    if (minutes != 0) out += ":" + format_integer(std::floor(minutes), analyse_integer_picture("00"));
  } else if (integer.mandatory_digits == 3 || integer.mandatory_digits == 4) {
    out = format_integer(offset, integer);
  } else {
    throw Failure("D3134");
  }
  if (offset >= 0) out = "+" + out;
  if (part.component == 'z') out = "GMT" + out;
  if (offset == 0 && part.presentation2 == 't') out = "Z";
  return out;
}

std::string component_text(const Part& part, const Date& date, double hours, double minutes) {
  if (part.is("YMDdFWwXxHhms")) {
    double value = fragment(date, static_cast<char>(part.component));
    if (part.component == 'Y' && part.n != -1) value = std::fmod(value, std::pow(10.0, part.n));
    if (part.names) return name_of(part, value);
    return format_integer(value, *part.integer);
  }
  if (part.component == 'f') {
    if (!part.integer) refuse("D3133", 'f');
    return format_integer(date.millisecond, *part.integer);
  }
  if (part.is("Zz")) return offset_text(part, hours, minutes);
  if (part.component == 'P') {
    const bool upper = part.names == IntegerPicture::Case::upper;
    return date.hour >= 12 ? upper ? "PM" : "pm" : upper ? "AM" : "am";
  }
  if (part.is("CE")) return "ISO";
  return "undefined";
}

// --- reading -----------------------------------------------------------------------------------------------

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(".*+?^${}()|[]\\").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

struct Reader {
  std::string pattern;
  char component = 0;
  // What the text of the component means; not a number where it means nothing.
  std::function<double(std::string_view)> parse;
};

double whole_or_nan(std::string_view text) { return whole(text).value_or(std::nan("")); }

Reader reader_of(const Part& part) {
  Reader out;
  if (part.literal) {
    out.pattern = escaped(part.text);
    return out;
  }
  out.component = part.component < 128 ? static_cast<char>(part.component) : '?';
  if (part.is("Zz")) {
    std::optional<char32_t> separator;
    if (part.integer->regular) separator = part.integer->separators[0].character;
    std::string between;
    if (separator) append_unit(between, *separator);
    out.pattern = std::string(part.component == 'z' ? "GMT" : "") + "[-+][0-9]+" + (separator ? escaped(between) + "[0-9]+" : "");
    out.parse = [gmt = part.component == 'z', between, separated = separator.has_value()](std::string_view text) {
      if (gmt) text.remove_prefix(std::min<size_t>(3, text.size()));
      double hours = 0, minutes = 0;
      if (separated) {
        const size_t at = text.find(between);
        hours = whole_or_nan(text.substr(0, at));
        minutes = at == text.npos ? std::nan("") : whole_or_nan(text.substr(at + between.size()));
      } else if (text.size() <= 3) {
        hours = whole_or_nan(text);
      } else {
        hours = whole_or_nan(text.substr(0, 3));
        minutes = whole_or_nan(text.substr(3));
      }
      return hours * 60 + minutes;
    };
    return out;
  }
  if (part.integer) {
    IntegerPicture integer = *part.integer;
    integer.n = part.n;
    out.pattern = pattern_of(integer);
    out.parse = [integer](std::string_view text) { return parse_integer(text, integer); };
    return out;
  }
  out.pattern = "[a-zA-Z]+";
  std::map<std::string, double, std::less<>> names;
  const auto add = [&](std::string_view name, double value) {
    names[std::string(part.most && *part.most != 0 ? name.substr(0, static_cast<size_t>(std::max(0.0, *part.most))) : name)] = value;
  };
  if (part.is("Mx")) {
    for (size_t i = 0; i < 12; ++i) add(kMonths[i], static_cast<double>(i + 1));
  } else if (part.is("F")) {
    for (size_t i = 1; i < 8; ++i) add(kDays[i], static_cast<double>(i));
  } else if (part.is("P")) {
    names = {{"am", 0}, {"AM", 0}, {"pm", 1}, {"PM", 1}};
  } else {
    refuse("D3133", part.component);
  }
  out.parse = [names](std::string_view text) {
    const auto found = names.find(text);
    return found == names.end() ? std::nan("") : found->second;
  };
  return out;
}

}  // namespace

std::string format_time(double millis, std::optional<std::string_view> picture, std::optional<std::string_view> timezone) {
  double hours = 0, minutes = 0;
  if (timezone) {
    const double offset = whole_or_nan(*timezone);
    hours = std::floor(offset / 100);
    minutes = std::fmod(offset, 100);
  }
  static const std::vector<Part> kIso = analyse("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]");
  const Date date(millis + (60 * hours + minutes) * 60'000);
  std::string out;
  const std::vector<Part> own = picture ? analyse(*picture) : std::vector<Part>();
  for (const Part& part : picture ? own : kIso) out += part.literal ? part.text : component_text(part, date, hours, minutes);
  return out;
}

std::optional<double> parse_time(std::string_view text, std::string_view picture, double now) {
  std::vector<Reader> readers;
  std::string pattern = "^";
  for (const Part& part : analyse(picture)) {
    readers.push_back(reader_of(part));
    pattern += "(" + readers.back().pattern + ")";
  }
  pattern += "$";
  const auto regex = Regex::compile(pattern, true, false);
  if (!regex) return std::nullopt;
  const std::span<const size_t> found = regex->find(text, 0);
  if (found.empty()) return std::nullopt;
  std::map<char, double> components;
  std::vector<std::pair<size_t, size_t>> groups;
  for (size_t i = 2; i < found.size(); i += 2) groups.emplace_back(found[i], found[i + 1]);
  for (size_t i = 0; i < readers.size() && i < groups.size(); ++i) {
    if (readers[i].parse && groups[i].first != Regex::kNone) {
      components[readers[i].component] = readers[i].parse(text.substr(groups[i].first, groups[i].second - groups[i].first));
    }
  }
  if (components.empty()) return std::nullopt;

  // Which of the ways to name a date and a time of day the picture takes; a component of 0 does not count.
  unsigned mask = 0;
  const auto mask_of = [&](std::string_view names) {
    mask = 0;
    for (const char name : names) {
      const auto there = components.find(name);
      mask = mask << 1 | (there != components.end() && there->second != 0 && !std::isnan(there->second));
    }
  };
  const auto is = [&](unsigned type) { return (~type & mask) == 0 && (type & mask) != 0; };
  mask_of("YXMxWwdD");
  const bool year_month_day = is(161), day_of_year = !year_month_day && is(130), week_of_month = is(84), week_of_year = !week_of_month && is(72);
  mask_of("PHhmsf");
  const bool full_day = is(23), half_day = !full_day && is(47);
  const std::string wanted = std::string(day_of_year ? "YD" : week_of_month ? "XxwF" : week_of_year ? "XWF" : "YMD") + (half_day ? "Phmsf" : "Hmsf");
  const Date current(now);
  bool started = false, ended = false;
  for (const char name : wanted) {
    if (components.contains(name)) {
      started = true;
      if (ended) throw Failure("D3136");
    } else if (started) {
      components[name] = name == 'M' || name == 'D' || name == 'd' ? 1 : 0;
      ended = true;
    } else {
      components[name] = fragment(current, name);
    }
  }
  const auto of = [&](char name) {
    const auto there = components.find(name);
    return there == components.end() ? std::nan("") : there->second;
  };
  components['M'] = of('M') > 0 ? of('M') - 1 : 0;
  if (day_of_year) {
    const Date derived(utc(of('Y'), 0) + (of('d') - 1) * kDay);
    components['M'] = derived.month;
    components['D'] = derived.day;
  }
  if (week_of_month || week_of_year) throw Failure("D3136");
  if (half_day) {
    components['H'] = of('h') == 12 ? 0 : of('h');
    if (of('P') == 1) components['H'] += 12;
  }
  double out = utc(of('Y'), of('M'), of('D'), of('H'), of('m'), of('s'), of('f'));
  const auto zone = [&](char name) { return components.contains(name) && !std::isnan(components[name]) ? components[name] : 0; };
  if (const double offset = zone('Z') != 0 ? zone('Z') : zone('z'); offset != 0) out -= offset * 60'000;
  return out;
}

std::optional<double> parse_iso_time(std::string_view text) {
  // ^\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$
  static const auto shape = Regex::compile(R"(^\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$)", false, false);
  if (shape->find(text, 0).empty()) return std::nullopt;
  static const auto exact = Regex::compile(R"(^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(?:([+-])(\d\d):?(\d\d)|Z)?$)", false, false);
  const std::span<const size_t> found = exact->find(text, 0);
  if (found.empty()) return std::nan("");
  const auto field = [&](size_t group, double otherwise) {
    return found[2 * group] == Regex::kNone ? otherwise : whole_or_nan(text.substr(found[2 * group], found[2 * group + 1] - found[2 * group]));
  };
  const double year = field(1, 0), month = field(2, 1), day = field(3, 1), hour = field(4, 0), minute = field(5, 0), second = field(6, 0);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || (hour == 24 && (minute > 0 || second > 0))) return std::nan("");
  double millisecond = 0;
  if (found[14] != Regex::kNone) {
    std::string digits(text.substr(found[14], std::min<size_t>(3, found[15] - found[14])));
    digits.resize(3, '0');
    millisecond = whole_or_nan(digits);
  }
  if (hour == 24 && millisecond > 0) return std::nan("");
  double offset = 0;
  if (found[16] != Regex::kNone) offset = (field(9, 0) * 60 + field(10, 0)) * (text[found[16]] == '-' ? -1 : 1);
  // Not Date.UTC: here the year 50 is the year 50.
  const double days = static_cast<double>(days_from_civil(static_cast<int64_t>(year), static_cast<int64_t>(month), 1)) + day - 1;
  return days * kDay + hour * 3'600'000 + (minute - offset) * 60'000 + second * 1'000 + millisecond;
}

}  // namespace jsonata
