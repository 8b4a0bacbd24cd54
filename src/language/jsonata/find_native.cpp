#include <string>
#include <unordered_map>

#include "base/check.h"
#include "language/jsonata/natives.h"

namespace jsonata {

const Native* find_native(std::string_view name) {
  static const auto* const natives = [] {
    auto* out = new std::unordered_map<std::string_view, Native>;
    for (const std::span<const Native> family :
         {string_natives(), text_natives(), number_natives(), array_natives(), function_natives(), object_natives(), time_natives(), aws_natives()}) {
      for (const Native& native : family) {
        Native& added = out->insert_or_assign(native.name, native).first->second;
        auto parsed = parse_signature(native.signature);
        CHECK(parsed, "the signatures of our own functions can be read");
        added.parsed = *std::move(parsed);
      }
    }
    return out;
  }();
  const auto found = natives->find(name);
  return found == natives->end() ? nullptr : &found->second;
}

}  // namespace jsonata
