#include "base/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string number(double value) { return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{}", static_cast<int64_t>(value)) : fmt::format("{}", value); }

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::line(std::string_view suffix, Labels labels, std::pair<std::string_view, std::string_view> more, double value) {
  text_.append(name_).append(suffix);
  bool first = true;
  const auto add = [&](std::string_view label, std::string_view of) {
    text_.append(first ? "{" : ",").append(label).append("=\"");
    append_escaped(text_, of);
    text_ += '"';
    first = false;
  };
  for (const auto& [label, of] : labels) add(label, of);
  if (!more.first.empty()) add(more.first, more.second);
  if (!first) text_ += '}';
  text_.append(" ").append(number(value)).append("\n");
}

void Exposition::sample(Labels labels, double value) { line("", labels, {}, value); }

void Exposition::histogram(Labels labels, const Histogram& values) {
  uint64_t below = 0;
  for (size_t i = 0; i < Histogram::kBounds.size(); ++i) {
    below += values.counts_[i];
    line("_bucket", labels, {"le", number(Histogram::kBounds[i])}, static_cast<double>(below));
  }
  line("_bucket", labels, {"le", "+Inf"}, static_cast<double>(values.count_));
  line("_sum", labels, {}, values.sum_);
  line("_count", labels, {}, static_cast<double>(values.count_));
}
