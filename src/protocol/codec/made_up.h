#pragma once
// For tests: values made up to fit shapes, the same ones for the same seed.
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace made_up {

using model::Member;
using model::Shape;
using model::Type;

// Makes up values that fit a shape. Empty lists and structures are left out: XML and forms cannot
// tell them from none.
class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  json::Value structure(const Shape& shape, int depth) {
    json::ObjectBuilder out;
    for (const Member& member : shape.members) {
      if (member.location == model::Location::status_code) out.add(member.name, 200);
      const bool in_path = member.location == model::Location::uri;
      if (!in_path && (depth > 4 || random_.below(3) == 0)) continue;
      if (member.location == model::Location::status_code ||
          member.location == model::Location::headers)
        continue;
      json::Value value =
          make(*member.shape, depth + 1,
               member.location != model::Location::body && &member != shape.payload);
      if (!value.is_null()) out.add(member.name, std::move(value));
    }
    return out.build();
  }

 private:
  // Null when nothing of substance can be made at this depth.
  json::Value make(const Shape& shape, int depth, bool in_header) {
    if (shape.document || shape.eventstream) return {};
    switch (shape.type) {
      case Type::structure: {
        const json::Value value = structure(shape, depth);
        return value.size() == 0 ? json::Value() : value;
      }
      case Type::list: {
        std::vector<json::Value> items;
        for (uint64_t i = random_.below(3) + 1; i > 0; --i)
          items.push_back(make(*shape.item.shape, depth + 1, in_header));
        return items[0].is_null() || items.back().is_null()
                   ? json::Value()
                   : json::Value::array(clean(std::move(items)));
      }
      case Type::map: {
        json::Value value = make(*shape.item.shape, depth + 1, in_header);
        if (value.is_null()) return {};
        return json::object({{text(false), std::move(value)}});
      }
      case Type::string:
        return text(in_header);
      case Type::blob:
        return base64_encode(text(false));
      case Type::boolean:
        return random_.below(2) == 1;
      case Type::integer:
        return static_cast<int64_t>(random_.below(1'000'000));
      case Type::long_integer:
        return static_cast<int64_t>(random_.next() >> 12);
      case Type::float_number:
      case Type::double_number:
        return static_cast<double>(random_.below(1'000'000)) / 8;
      case Type::timestamp:
        return static_cast<int64_t>(1'600'000'000 + random_.below(100'000'000));
    }
    return {};
  }

  static std::vector<json::Value> clean(std::vector<json::Value> items) {
    std::erase_if(items, [](const json::Value& v) { return v.is_null(); });
    return items;
  }

  std::string text(bool in_header) {
    static constexpr std::string_view kPlain = "abcXYZ019-_.:/";
    static constexpr std::string_view kAll = "ab Z0&<>\"'=+%;,\t\n{}[]\\";
    std::string out = "x" + random_.text(random_.below(12), in_header ? kPlain : kAll) + "x";
    if (!in_header && random_.below(4) == 0) out += "\u00e9\u4e2d\U0001F600";
    return out;
  }

  SeededRandom random_;
};

}  // namespace made_up
