#include "cli/place.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "language/json/parse.h"

namespace cli {
namespace {

// Walks over JSON that has been found valid.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space(size_t& at) const { at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size()); }
  char at(size_t index) const { return index < text_.size() ? text_[index] : '\0'; }

  Span string(size_t& at) const {
    Span out{at, at};
    for (++at; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\') ++at;
    }
    at = std::min(at + 1, text_.size());
    out.end = at;
    return out;
  }

  Span value(size_t& at) const {
    Span out{at, at};
    size_t depth = 0;
    do {
      const char c = this->at(at);
      if (c == '"') {
        string(at);
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0 && c != '}' && c != ']') {
        at = std::min(text_.find_first_of(" \t\r\n,]}", at), text_.size());
        break;
      }
      ++at;
    } while (depth > 0 && at < text_.size());
    out.end = at;
    return out;
  }

  std::string name(Span key) const {
    const auto decoded = json::parse(text_.substr(key.begin, key.end - key.begin));
    return decoded && decoded->is_string() ? std::string(decoded->as_string()) : std::string();
  }

  struct Child {
    Span key, value;
  };
  // The members of an object or the elements of an array.
  std::vector<Child> children(Span of) const {
    std::vector<Child> out;
    const char open = at(of.begin);
    if (open != '{' && open != '[') return out;
    size_t where = of.begin + 1;
    while (where + 1 < of.end) {
      skip_space(where);
      if (at(where) == ',') {
        ++where;
        continue;
      }
      if (where + 1 >= of.end) break;
      Child child;
      if (open == '{') {
        child.key = string(where);
        skip_space(where);
        ++where;  // the colon
        skip_space(where);
      }
      child.value = value(where);
      out.push_back(child);
    }
    return out;
  }

 private:
  std::string_view text_;
};

struct Found {
  Place place;
  size_t left;  // of the location, not led to
};

Found walk(const Scanner& scanner, Place here, std::string_view rest) {
  Found best{here, rest.size()};
  if (rest.empty()) return best;
  const auto children = scanner.children(here.value);
  if (rest[0] == '[') {
    const size_t end = rest.find(']');
    size_t index = 0;
    for (size_t i = 1; i < std::min(end, rest.size()) && i < 10; ++i) index = index * 10 + static_cast<size_t>(rest[i] - '0');
    if (end == rest.npos || index >= children.size() || !(children[index].key.end == children[index].key.begin)) return best;
    return walk(scanner, {.key = {}, .value = children[index].value}, rest.substr(end + 1));
  }
  // Of two members of one name the later stands; of two names that both fit, the longer.
  size_t longest = 0;
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    if (child->key.end == child->key.begin) continue;
    const std::string name = scanner.name(child->key);
    if (!rest.substr(1).starts_with(name)) continue;
    const std::string_view further = rest.substr(1 + name.size());
    if (!further.empty() && further[0] != '/' && further[0] != '[') continue;
    const Found found = walk(scanner, {.key = child->key, .value = child->value}, further);
    if (found.left < best.left || (found.left == best.left && name.size() > longest)) {
      best = found;
      longest = name.size();
    }
  }
  return best;
}

Place search(const Scanner& scanner, Span within, std::string_view name) {
  const auto children = scanner.children(within);
  for (const auto& child : children) {
    if (child.key.end != child.key.begin && scanner.name(child.key) == name) return {.key = child.key, .value = child.value};
  }
  for (const auto& child : children) {
    const Place found = search(scanner, child.value, name);
    if (found.key.end != found.key.begin) return found;
  }
  return {};
}

}  // namespace

Place find_place(std::string_view text, std::string_view location) {
  const Scanner scanner(text);
  size_t at = 0;
  scanner.skip_space(at);
  const Place root{.key = {}, .value = scanner.value(at)};
  if (location == "/") return root;
  Found found = walk(scanner, root, location);
  found.place.exact = found.left == 0;
  return found.place;
}

Place find_member(std::string_view text, Span within, std::string_view name) { return search(Scanner(text), within, name); }

Position position_of(std::string_view text, size_t offset) {
  Position out;
  offset = std::min(offset, text.size());
  out.line = 1 + static_cast<size_t>(std::ranges::count(text.substr(0, offset), '\n'));
  const size_t before = offset == 0 ? text.npos : text.rfind('\n', offset - 1);
  out.line_begin = before == text.npos ? 0 : before + 1;
  out.line_end = std::min(text.find('\n', offset), text.size());
  out.column = 1 + code_points(text.substr(out.line_begin, offset - out.line_begin));
  return out;
}

}  // namespace cli
