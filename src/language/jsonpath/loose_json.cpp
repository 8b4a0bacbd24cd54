#include "language/jsonpath/loose_json.h"

#include "language/json/parse.h"
#include "language/jsonpath/code.h"

namespace jsonpath {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<json::Value> run() {
    auto value = read(0, "");
    skip();
    if (at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool accept(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<json::Value> read(int depth, std::string_view stops) {
    if (depth > kNestingMax) return std::nullopt;
    skip();
    if (at_ == text_.size()) return std::nullopt;
    const char c = text_[at_];
    if (c == '[') return read_array(depth);
    if (c == '{') return read_object(depth);
    if (c == '\'' || c == '"') {
      auto text = read_quoted(c);
      if (!text) return std::nullopt;
      return json::Value(*text);
    }
    const size_t begin = at_;
    while (at_ < text_.size() && !stops.contains(text_[at_])) ++at_;
    std::string_view word = text_.substr(begin, at_ - begin);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) return std::nullopt;
    if (auto value = json::parse(word); value && !value->is_string()) return *std::move(value);
    return json::Value(word);
  }

  std::optional<std::string> read_quoted(char quote) {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return std::nullopt;
    return unescape(text_.substr(begin, at_++ - begin));
  }

  std::optional<json::Value> read_array(int depth) {
    ++at_;
    std::vector<json::Value> items;
    while (!accept(']')) {
      if (accept(',')) continue;  // a comma too many does not matter
      auto item = read(depth + 1, ",]");
      if (!item) return std::nullopt;
      items.push_back(*std::move(item));
    }
    return json::Value::array(std::move(items));
  }

  std::optional<json::Value> read_object(int depth) {
    ++at_;
    std::vector<json::Member> members;
    while (!accept('}')) {
      if (accept(',')) continue;
      auto name = read(depth + 1, ":}");
      if (!name || !accept(':')) return std::nullopt;
      auto value = read(depth + 1, ",}");
      if (!value) return std::nullopt;
      members.push_back({name->is_string() ? std::string(name->as_string()) : json::write(*name), *std::move(value)});
    }
    return json::Value::object(std::move(members));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<json::Value> parse_loose_json(std::string_view text) { return Parser(text).run(); }

}  // namespace jsonpath
