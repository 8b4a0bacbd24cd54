#include "protocol/models/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/json_shape.h"
#include "protocol/codec/scalar.h"
#include "protocol/models/model.h"
#include "protocol/models/pattern.h"
#include "protocol/models/validate_rules.h"

namespace model {
namespace {
constexpr size_t kReportedMax = 10;
constexpr size_t kShownBytesMax = 8192;  // of a value in a message

using Patterns = std::unordered_map<const Shape*, Pattern>;

// A value as Java prints it: [a, b], {key=value}.
void append_java_text(const json::Value& value, std::string& out) {
  if (value.is_string()) {
    out += value.as_string();
  } else if (value.is_array()) {
    out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ", ";
      append_java_text(value[i], out);
    }
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    bool first = true;
    for (const json::Member& member : value.members()) {
      if (!first) out += ", ";
      first = false;
      out.append(member.name).append("=");
      append_java_text(member.value, out);
    }
    out += '}';
  } else {
    json::write(value, out);
  }
}

// AWS's framework keeps an enum's values in a hash table of 32 buckets (by String.hashCode as it
// is; the later of two in one bucket comes first), and shows them in its order: recorded for
// several services.
std::vector<std::string_view> shown_order(const std::vector<std::string_view>& values) {
  const auto bucket = [&](std::string_view text) {
    uint32_t hash = 0;
    for (const char c : text) hash = hash * 31 + static_cast<unsigned char>(c);
    uint32_t buckets = 32;
    while (values.size() > buckets * 3 / 4) buckets *= 2;
    return hash & (buckets - 1);
  };
  std::vector<std::string_view> out(values.rbegin(), values.rend());
  std::vector<std::pair<uint32_t, size_t>> order;
  for (size_t i = 0; i < out.size(); ++i) order.emplace_back(bucket(out[i]), i);
  std::ranges::sort(order);
  std::vector<std::string_view> sorted;
  for (const auto& [unused, index] : order) sorted.push_back(out[index]);
  return sorted;
}

std::string enum_text(const Shape& shape) {
  return fmt::format("Member must satisfy enum value set: [{}]",
                     fmt::join(shown_order(shape.values), ", "));
}
std::string pattern_text(const Shape& shape) {
  return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern);
}
std::string bound_text(const Shape& shape, std::string_view side, double bound) {
  const bool number = shape.type != Type::string && shape.type != Type::list &&
                      shape.type != Type::map && shape.type != Type::blob;
  return fmt::format("Member must have {} {} than or equal to {}", number ? "value" : "length",
                     side, json::Value(bound).number_text());
}

// All that a shape asks of a value, as it is told when an item of a list fails.
std::string all_constraints(const Shape& shape) {
  std::vector<std::string> out;
  if (!shape.values.empty()) out.push_back(enum_text(shape));
  if (shape.has_max) out.push_back(bound_text(shape, "less", shape.max));
  if (shape.has_min) out.push_back(bound_text(shape, "greater", shape.min));
  if (!shape.pattern.empty()) out.push_back(pattern_text(shape));
  return fmt::format("{}", fmt::join(out, ", "));
}

bool is_scalar(const Shape& shape) {
  return shape.type != Type::structure && shape.type != Type::list && shape.type != Type::map;
}

class Checker {
 public:
  Checker(const protocol::Call& call, Patterns& patterns)
      : call_(call), rule_(validation_rule(call.service)), patterns_(patterns) {}

  Status run(const Shape& input) {
    if (const Status types = structure(input, call_.params, true); !types) return types;
    if (!own_words_.empty()) return fail(std::string(rule_.code), std::string(own_words_));
    if (!missing_.empty())
      return fail(std::string(rule_.missing_code.empty() ? rule_.code : rule_.missing_code),
                  std::move(missing_));
    if (faults_.empty()) return {};
    return fail(std::string(rule_.code),
                fmt::format("{} validation error{} detected: {}", faults_.size(),
                            faults_.size() == 1 ? "" : "s", fmt::join(faults_, "; ")));
  }

 private:
  void add_fault(const Member& member, const json::Value& value, std::string_view constraint) {
    if (faults_.size() == kReportedMax) return;
    std::string shown;
    if (!member.sensitive) {
      shown = " '";
      append_java_text(value, shown);
      if (shown.size() > kShownBytesMax) {
        size_t end = kShownBytesMax;
        while ((shown[end] & 0xC0) == 0x80) --end;  // not inside a character
        shown.resize(end);
        shown += "...";
      }
      shown += '\'';
    }
    faults_.push_back(
        fmt::format("Value{} at '{}' failed to satisfy constraint: {}", shown, path_, constraint));
  }

  void add_missing() {
    if (rule_.missing == MissingStyle::constraint) {
      if (faults_.size() < kReportedMax) {
        faults_.push_back(fmt::format(
            "Value null at '{}' failed to satisfy constraint: Member must not be null", path_));
      }
      return;
    }
    if (!missing_.empty()) return;
    switch (rule_.missing) {
      case MissingStyle::request_parameter:
        missing_ = fmt::format("The request must contain the parameter {}.", wire_path_);
        break;
      case MissingStyle::parameter:
        missing_ = fmt::format("The parameter {} is required.", wire_path_);
        break;
      default:
        missing_ = fmt::format("{} can not be blank.", capitalised(wire_path_));
        break;
    }
  }

  static std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
      text[0] = static_cast<char>(text[0] - 32);
    return text;
  }

  // Goes down by one name while `visit` runs.
  template <typename Visit>
  Status below(std::string_view java_name, std::string_view wire_name, Visit visit) {
    const size_t path = path_.size();
    const size_t wire = wire_path_.size();
    if (path > 0) path_ += '.', wire_path_ += '.';
    const size_t start = path_.size();
    path_ += java_name;
    if (path_.size() > start && path_[start] >= 'A' && path_[start] <= 'Z')
      path_[start] = static_cast<char>(path_[start] + 32);
    wire_path_ += wire_name;
    Status status = visit();
    path_.resize(path);
    wire_path_.resize(wire);
    return status;
  }

  Status structure(const Shape& shape, const json::Value& value, bool top) {
    if (shape.document) return {};
    if (!value.is_object()) return std::unexpected(codec::type_fault(shape, value));
    for (const Member& member : shape.members) {
      const json::Value* one = value.find(member.name);
      const bool there = one && !one->is_null();
      if (!there && !member.required) continue;
      TRY(below(member.name, member.form_name, [&]() -> Status {
        if (!there) {
          add_missing();
          return {};
        }
        return check(member, *one, top);
      }));
    }
    return {};
  }

  Status check(const Member& member, const json::Value& value, bool top) {
    const Shape& shape = *member.shape;
    if (codec::is_wrong_type(shape, value)) return std::unexpected(codec::type_fault(shape, value));
    if (!shape.constrained && !needs_look(shape)) return {};
    if (!top || !checks_itself(call_.service, call_.operation, member.name)) constraints(member, value);
    switch (shape.type) {
      case Type::structure:
        return structure(shape, value, false);
      case Type::list:
        return list(member, value);
      case Type::map:
        for (const json::Member& entry : value.members()) {
          if (entry.value.is_null()) continue;
          TRY(below(entry.name + ".member", entry.name + ".member",
                    [&] { return check(shape.item, entry.value, false); }));
        }
        return {};
      default:
        return {};
    }
  }

  // Types are checked all the way down, constraints or not.
  static bool needs_look(const Shape& shape) { return !is_scalar(shape); }

  Status list(const Member& member, const json::Value& value) {
    const Shape& shape = *member.shape;
    const Shape& item = *shape.item.shape;
    if (is_scalar(item)) {
      // One fault for the whole list, whatever the number of items at fault.
      bool bad = false;
      for (const json::Value& one : value.items()) {
        if (one.is_null()) continue;
        if (codec::is_wrong_type(item, one)) return std::unexpected(codec::type_fault(item, one));
        bad = bad || !fits(item, one);
      }
      if (bad)
        add_fault(member, value,
                  fmt::format("Member must satisfy constraint: [{}]", all_constraints(item)));
      return {};
    }
    for (size_t i = 0; i < value.size(); ++i) {
      if (value[i].is_null()) continue;
      const std::string name = std::to_string(i + 1) + ".member";
      const std::string wire =
          member.flattened ? std::to_string(i + 1) : "member." + std::to_string(i + 1);
      TRY(below(name, wire, [&] { return check(shape.item, value[i], false); }));
    }
    return {};
  }

  static double measure(const Shape& shape, const json::Value& value) {
    switch (shape.type) {
      case Type::string:
        return static_cast<double>(utf16_units(value.as_string()));
      case Type::blob: {
        const auto bytes = base64_decode(value.as_string());
        return static_cast<double>(bytes ? bytes->size() : value.as_string().size());
      }
      case Type::list:
      case Type::map:
        return static_cast<double>(value.size());
      default:
        return value.is_number() ? value.as_double() : 0;
    }
  }

  bool pattern_fits(const Shape& shape, const json::Value& value) {
    if (shape.pattern.empty() || !value.is_string()) return true;
    return patterns_.try_emplace(&shape, shape.pattern).first->second.matches(value.as_string());
  }
  bool enum_fits(const Shape& shape, const json::Value& value) const {
    return rule_.constraints == Constraints::none || shape.values.empty() || !value.is_string() ||
           std::ranges::find(shape.values, value.as_string()) != shape.values.end();
  }
  static bool max_fits(const Shape& shape, const json::Value& value) {
    return !shape.has_max || measure(shape, value) <= shape.max;
  }
  static bool min_fits(const Shape& shape, const json::Value& value) {
    return !shape.has_min || measure(shape, value) >= shape.min;
  }

  bool fits(const Shape& shape, const json::Value& value) {
    if (!enum_fits(shape, value)) return false;
    return rule_.constraints != Constraints::all ||
           (pattern_fits(shape, value) && max_fits(shape, value) && min_fits(shape, value));
  }

  void constraints(const Member& member, const json::Value& value) {
    const Shape& shape = *member.shape;
    if (!enum_fits(shape, value)) add_fault(member, value, enum_text(shape));
    if (rule_.constraints != Constraints::all) return;
    if (!pattern_fits(shape, value)) add_fault(member, value, pattern_text(shape));
    if (!max_fits(shape, value)) {
      const std::string_view own = too_long_text(call_.service, call_.operation, member.name);
      if (own.empty()) add_fault(member, value, bound_text(shape, "less", shape.max));
      if (own_words_.empty()) own_words_ = own;
    }
    if (!min_fits(shape, value)) add_fault(member, value, bound_text(shape, "greater", shape.min));
  }

  const protocol::Call& call_;
  const ValidationRule& rule_;
  Patterns& patterns_;
  std::string path_;       // as messages name members: "targets.1.member.id"
  std::string wire_path_;  // as requests do: "Targets.member.1.Id"
  std::vector<std::string> faults_;
  std::string missing_;
  std::string_view own_words_;  // of a fault that is told in words of its own
};
}  // namespace

std::function<Status(const protocol::Call&)> make_validator() {
  return [patterns = std::make_shared<Patterns>()](const protocol::Call& call) -> Status {
    const Service* service = find(call.service);
    const Operation* operation = service ? service->find(call.operation) : nullptr;
    if (!operation || !operation->input) return {};
    return Checker(call, *patterns).run(*operation->input);
  };
}

}  // namespace model
