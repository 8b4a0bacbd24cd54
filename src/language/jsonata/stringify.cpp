#include "language/jsonata/stringify.h"

#include <cmath>

#include "language/jsonata/failure.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

class Writer {
 public:
  explicit Writer(const Style& style) : style_(style), scratch_(style.bytes_max) {}

  void write(Item item, int depth) {
    check_stack();
    if (out.size() > style_.bytes_max || depth > 10'000) {
      throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
    }
    switch (item.tag()) {
      case Item::Tag::boolean: out += item.truth() ? "true" : "false"; break;
      case Item::Tag::number:
      case Item::Tag::big_number: number(item.number()); break;
      case Item::Tag::string:
      case Item::Tag::json_string: quote(item.string(), out); break;
      case Item::Tag::list:
      case Item::Tag::json_array: array(item, depth); break;
      case Item::Tag::record:
      case Item::Tag::json_object: object(item, depth); break;
      case Item::Tag::tuple: write(item.tuple().at, depth); break;
      case Item::Tag::function: out += "\"\""; break;
      default: out += "null";
    }
  }

  std::string out;

 private:
  void number(double value) {
    if (!std::isfinite(value)) {
      if (style_.precise && std::isinf(value)) {
        Failure failure("D1001");
        failure.value = "null";
        throw failure;
      }
      out += "null";
      return;
    }
    out += number_text(style_.precise ? to_precision_15(value) : value);
  }

  void line(int depth) {
    if (style_.indent == 0) return;
    out.push_back('\n');
    out.append(static_cast<size_t>(depth * style_.indent), ' ');
  }

  void array(Item item, int depth) {
    const size_t count = item.size();
    out.push_back('[');
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out.push_back(',');
      line(depth + 1);
      write(item[i], depth + 1);
    }
    if (count > 0) line(depth);
    out.push_back(']');
  }

  void object(Item item, int depth) {
    const Members members(scratch_, item);
    out.push_back('{');
    bool first = true;
    for (size_t i = 0; i < members.size(); ++i) {
      if (!members.value(i).defined()) continue;
      if (!first) out.push_back(',');
      first = false;
      line(depth + 1);
      quote(members.name(i), out);
      out += style_.indent > 0 ? ": " : ":";
      write(members.value(i), depth + 1);
    }
    if (!first) line(depth);
    out.push_back('}');
  }

  const Style& style_;
  Arena scratch_;
};

}  // namespace

std::string stringify(Item item, const Style& style) {
  Writer writer(style);
  writer.write(item, 0);
  return std::move(writer.out);
}

}  // namespace jsonata
