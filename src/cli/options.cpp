#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>

namespace cli {

bool Options::flag(std::string_view name) {
  known_.emplace_back(name);
  const auto end = std::ranges::find(arguments_, "--");
  const auto gone = std::remove(arguments_.begin(), end, name);
  const bool found = gone != end;
  arguments_.erase(gone, end);
  return found;
}

std::optional<std::string> Options::value(std::string_view name) {
  known_.emplace_back(name);
  std::optional<std::string> found;
  for (size_t i = 0; i < arguments_.size() && arguments_[i] != "--";) {
    const std::string_view word = arguments_[i];
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
      found = word.substr(name.size() + 1);
      arguments_.erase(arguments_.begin() + static_cast<ptrdiff_t>(i));
    } else if (word == name) {
      const bool last = i + 1 == arguments_.size();
      if (last) trouble_ = fmt::format("{} needs a value behind it", name);
      else found = arguments_[i + 1];
      arguments_.erase(arguments_.begin() + static_cast<ptrdiff_t>(i), arguments_.begin() + static_cast<ptrdiff_t>(last ? i + 1 : i + 2));
    } else {
      ++i;
    }
  }
  return found;
}

std::optional<int64_t> Options::number(std::string_view name, int64_t least) {
  const auto text = value(name);
  if (!text) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size() && number >= least) return number;
  trouble_ = fmt::format("{} needs a whole number of at least {}, not '{}'", name, least, *text);
  return std::nullopt;
}

std::vector<std::string> Options::rest() const {
  std::vector<std::string> out = arguments_;
  if (const auto end = std::ranges::find(out, "--"); end != out.end()) out.erase(end);
  return out;
}

std::optional<std::string> Options::wrong() const {
  if (!trouble_.empty()) return trouble_;
  for (const std::string& word : arguments_) {
    if (word == "--") break;
    if (!word.starts_with("--")) continue;
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    const std::string_view meant = nearest(name, {known_.begin(), known_.end()});
    return fmt::format("there is no flag {}{}", name, meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant));
  }
  return std::nullopt;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) return std::nullopt;
  return text;
}

std::optional<std::string> text_of(const std::string& argument) {
  if (argument == "@-") return std::string((std::istreambuf_iterator<char>(std::cin)), {});
  if (argument.starts_with("@")) return read_file(argument.substr(1));
  return argument;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& names) {
  std::string_view best;
  for (const std::string_view name : names) {
    if (word.size() >= 3 && name.starts_with(word) && (best.empty() || name.size() < best.size())) best = name;
  }
  if (!best.empty()) return best;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    std::vector<size_t> row(name.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t before = row[0];
      row[0] = i;
      for (size_t j = 1; j <= name.size(); ++j) {
        const size_t above = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, before + (word[i - 1] == name[j - 1] ? 0 : 1)});
        before = above;
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = name;
    }
  }
  return best;
}

}  // namespace cli
