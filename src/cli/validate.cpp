#include "cli/validate.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "cli/hints.h"
#include "cli/options.h"
#include "cli/place.h"
#include "language/json/parse.h"

namespace cli {
namespace {

using json::Value;

bool is_error(const asl::Diagnostic& d) { return d.severity == asl::Diagnostic::Severity::error; }

// What of the text a diagnostic speaks of: the value at its location, or the member that its message names there.
Span offending(const asl::Diagnostic& d, std::string_view text) {
  if (d.code == "INVALID_JSON_DESCRIPTION") return {d.offset, std::min(d.offset + 1, text.size())};
  if (!d.location || !json::parse(text)) return {};
  const Place place = find_place(text, *d.location);
  const bool names_field = d.message.starts_with("Field '") || d.message.starts_with("The value for the field '");
  const bool names_second = d.message.contains("but field '");
  if (names_field || names_second) {
    const Place member = find_member(text, place.value, quoted(d.message, names_second ? 1 : 0));
    if (member.key.end > member.key.begin) return member.key;
  }
  const char first = place.value.begin < text.size() ? text[place.value.begin] : '\0';
  const bool scalar = first != '{' && first != '[';
  if (place.exact && scalar) return place.value;
  if (place.key.end > place.key.begin) return place.key;
  return {place.value.begin, std::min(place.value.begin + 1, place.value.end)};
}

// AWS's text of a fault in the JSON holds the whole definition; the line and the column say the same.
std::string message_of(const asl::Diagnostic& d) {
  return d.code == "INVALID_JSON_DESCRIPTION" ? d.message.substr(0, d.message.find("\n at [Source")) : d.message;
}

std::string hint_of(const asl::Diagnostic& d, std::string_view text) {
  const auto document = json::parse(text);
  return hint_for(d, document ? *document : Value());
}

}  // namespace

std::string explain(const asl::Diagnostic& d, std::string_view file, std::string_view text, const Terminal& terminal) {
  const Span span = offending(d, text);
  const Position position = position_of(text, span.begin);
  const Colour colour = is_error(d) ? Colour::red : Colour::yellow;
  std::string out = terminal.paint(Colour::bold, fmt::format("{}:{}:{}:", file, position.line, position.column));
  out += fmt::format(" {} {}: {}", terminal.paint(colour, is_error(d) ? "error:" : "warning:"), d.code, printable(message_of(d)));
  if (d.code != "INVALID_JSON_DESCRIPTION") out += terminal.paint(Colour::grey, fmt::format(" at {}", d.location ? printable(*d.location) : "null"));
  out += "\n";
  if (span.end > span.begin || d.code == "INVALID_JSON_DESCRIPTION") {
    // A long line is shown around the place.
    constexpr size_t kShownMax = 110;
    size_t from = position.line_begin, to = position.line_end;
    if (span.begin > from + kShownMax / 2) from = span.begin - kShownMax / 2;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    if (to > from + kShownMax) to = from + kShownMax;
    while (to < position.line_end && (static_cast<unsigned char>(text[to]) & 0xC0) == 0x80) ++to;
    const std::string number = fmt::format("{:>5} | ", position.line);
    const std::string before = printable(text.substr(from, std::min(span.begin, to) - from));
    const size_t end = std::min(std::max(span.end, span.begin), to);
    const std::string marked = end > span.begin ? printable(text.substr(span.begin, end - span.begin)) : "";
    out += terminal.paint(Colour::grey, number) + before + terminal.paint(colour, marked) + printable(end < to ? text.substr(end, to - end) : "") + "\n";
    out += terminal.paint(Colour::grey, "      | ") + std::string(columns_of(before), ' ') + terminal.paint(colour, std::string(std::max<size_t>(columns_of(marked), 1), '^')) + "\n";
  }
  if (const std::string hint = hint_of(d, text); !hint.empty()) {
    out += terminal.paint(Colour::grey, "      = ") + terminal.paint(Colour::cyan, "hint: ") + printable(hint) + "\n";
  }
  return out;
}

Value describe(const asl::Diagnostic& d, std::string_view text) {
  const Position position = position_of(text, offending(d, text).begin);
  json::ObjectBuilder out;
  out.add("severity", is_error(d) ? "ERROR" : "WARNING").add("code", d.code).add("message", d.message);
  if (d.location) out.add("location", *d.location);
  out.add("line", static_cast<int64_t>(position.line)).add("column", static_cast<int64_t>(position.column)).add_text("hint", hint_of(d, text));
  return out.build();
}

int validate(std::vector<std::string> arguments) {
  Options options(std::move(arguments));
  const bool express = options.flag("--express");
  const bool as_json = options.flag("--json");
  const auto used_wrongly = [](std::string_view text) {
    fmt::print(stderr, "gantry validate: {}\n'gantry help validate' shows how it is used.\n", text);
    return 2;
  };
  if (const auto wrong = options.wrong()) return used_wrongly(*wrong);
  const auto files = options.rest();
  if (files.empty()) return used_wrongly("which files? Name the definitions to check, or - for standard input");
  const Terminal terminal = Terminal::of(1);
  int status = 0;
  for (const std::string& file : files) {
    const auto text = file == "-" ? text_of("@-") : read_file(file);
    if (!text) {
      fmt::print(stderr, "gantry validate: cannot read {}\n", file);
      status = 2;
      continue;
    }
    const auto compiled = asl::compile(*text, {.express = express});
    if (!compiled.machine && status == 0) status = 1;
    size_t errors = 0;
    std::vector<Value> described;
    for (const asl::Diagnostic& d : compiled.diagnostics) {
      errors += is_error(d) ? 1 : 0;
      if (as_json) described.push_back(describe(d, *text));
      else fmt::print("{}", explain(d, file, *text, terminal));
    }
    if (as_json) {
      fmt::print("{}\n", json::write(json::object({{"file", file}, {"result", compiled.machine ? "OK" : "FAIL"}, {"diagnostics", Value::array(std::move(described))}})));
    } else if (compiled.machine) {
      fmt::print("{}: {}\n", file, terminal.paint(Colour::green, "OK"));
    } else {
      fmt::print("{}: {}\n", file, terminal.paint(Colour::red, errors == 1 ? "1 error" : fmt::format("{} errors", errors)));
    }
  }
  return status;
}

}  // namespace cli
