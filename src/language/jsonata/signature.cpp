#include "language/jsonata/signature.h"

#include <utility>

namespace jsonata {

std::expected<Signature, SignatureFault> parse_signature(std::string_view text) {
  Signature out;
  std::string type;  // of the parameter last added
  const auto closing = [&](size_t open, char left, char right) {
    int depth = 1;
    size_t at = open;
    while (++at < text.size()) {
      if (text[at] == right) {
        if (--depth == 0) break;
      } else if (text[at] == left) {
        ++depth;
      }
    }
    return at;
  };
  const auto add = [&](std::string_view name, std::string_view kinds) -> Parameter& {
    Parameter& added = out.parameters.emplace_back();
    for (const char kind : kinds) added.kinds |= kind_bit(kind);
    type = name;
    return added;
  };
  for (size_t at = 1; at < text.size() && text[at] != ':'; ++at) {
    const char c = text[at];
    Parameter* previous = out.parameters.empty() ? nullptr : &out.parameters.back();
    switch (c) {
      case 's': case 'n': case 'b': case 'l': case 'o': {
        const char kinds[] = {c, 'm'};
        add(text.substr(at, 1), {kinds, 2});
        break;
      }
      case 'a': add("a", "asnblfom").array = true; break;
      case 'f': add("f", "f"); break;
      case 'j': add("j", "asnblom"); break;
      case 'x': add("x", "asnblfom"); break;
      case '-':
        if (!previous) break;
        previous->context = true;
        previous->context_kinds = previous->kinds;
        previous->optional = true;
        break;
      case '?':
      case '+':
        if (!previous) break;
        if (previous->optional || previous->many) {
          previous->reluctant = true;  // as x?? in a regular expression
        } else if (c == '?') {
          previous->optional = true;
        } else {
          previous->many = true;
        }
        break;
      case '(': {
        const size_t end = closing(at, '(', ')');
        const std::string_view choice = text.substr(at + 1, end - at - 1);
        if (choice.find('<') != choice.npos) return std::unexpected(SignatureFault{"S0402", std::string(choice), at});
        add("(" + std::string(choice) + ")", std::string(choice) + "m");
        at = end;
        break;
      }
      case '<': {
        if (type != "a" && type != "f") return std::unexpected(SignatureFault{"S0401", type, at});
        const size_t end = closing(at, '<', '>');
        previous->item = text.substr(at + 1, end - at - 1);
        at = end;
        break;
      }
      default: break;
    }
  }
  return out;
}

}  // namespace jsonata
