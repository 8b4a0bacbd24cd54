#include "services/states/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/encoding.h"

namespace states {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::unexpected<Error> invalid(std::string_view what) {
  return fail("InvalidArn", fmt::format("Invalid Arn: '{}'", what));
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::unexpected<Error> wrong_kind(const Name& name) {
  return invalid(fmt::format("Resource type not valid in this context: {}", split(name.parts.resource, ':')[0]));
}

}  // namespace

bool is_valid_name(std::string_view name) {
  if (name.empty() || !is_utf8(name) || code_points(name) > 80) return false;
  size_t at = 0;
  while (at < name.size()) {
    const char32_t c = next_code_point(name, at);
    if (c <= 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xFFFE || c == 0xFFFF) return false;
    if (c < 0x80 && std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/").find(static_cast<char>(c)) != std::string_view::npos) {
      return false;
    }
    // White space of other scripts.
    if (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
        c == 0x205F || c == 0x3000) {
      return false;
    }
  }
  return true;
}

std::string Name::machine_arn() const {
  Arn arn_of = parts;
  arn_of.resource = "stateMachine:" + machine;
  return arn_of.text();
}

Result<Name> parse_arn(std::string_view text) {
  if (!text.starts_with("arn:")) return invalid(fmt::format("Invalid ARN prefix: {}", text));
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "states" || arn->region.empty() || arn->account.empty()) {
    return invalid(fmt::format("Invalid ARN: {}", text));
  }
  Name name{.arn = std::string(text), .parts = *arn};
  const auto parts = split(arn->resource, ':');
  const std::string_view type = parts[0];
  const auto part = [&](size_t i) { return i < parts.size() ? std::string(parts[i]) : std::string(); };
  if (type == "stateMachine" && (parts.size() == 2 || parts.size() == 3)) {
    name.machine = part(1);
    if (parts.size() == 3) {
      name.qualifier = part(2);
      name.kind = all_digits(name.qualifier) ? Name::Kind::version : Name::Kind::alias;
    } else if (const size_t slash = name.machine.find('/'); slash != std::string::npos) {
      name.qualifier = name.machine.substr(slash + 1);
      name.machine.resize(slash);
      name.kind = Name::Kind::label;
    } else {
      name.kind = Name::Kind::machine;
    }
  } else if (type == "execution" && parts.size() == 3) {
    name.kind = Name::Kind::execution;
    name.machine = part(1).substr(0, part(1).find('/'));
    name.qualifier = part(2);
  } else if (type == "express" && (parts.size() == 4 || parts.size() == 3)) {  // a tested state's has no id of its own
    name.kind = Name::Kind::express;
    name.machine = part(1);
    name.qualifier = part(2);
  } else if (type == "mapRun" && parts.size() >= 3) {
    name.kind = Name::Kind::map_run;
    name.machine = part(1).substr(0, part(1).find('/'));
    name.qualifier = part(parts.size() - 1);
  } else if (type == "activity" && parts.size() == 2) {
    name.kind = Name::Kind::activity;
    name.machine = part(1);
  } else {
    return invalid(fmt::format("Invalid ARN: {}", text));
  }
  if (name.machine.empty()) return invalid(fmt::format("Invalid ARN: {}", text));
  return name;
}

Result<Name> parse_machine_arn(std::string_view arn) {
  Name name = TRY(parse_arn(arn));
  using enum Name::Kind;
  if (name.kind == machine || name.kind == version || name.kind == alias || name.kind == label) return name;
  return wrong_kind(name);
}

Result<Name> parse_execution_arn(std::string_view arn) {
  Name name = TRY(parse_arn(arn));
  if (name.kind == Name::Kind::execution) return name;
  return wrong_kind(name);
}

Result<Name> parse_activity_arn(std::string_view arn) {
  Name name = TRY(parse_arn(arn));
  if (name.kind == Name::Kind::activity) return name;
  return wrong_kind(name);
}

Status refuse_label(const Name& name) {
  if (name.kind != Name::Kind::label) return {};
  return std::unexpected(Error{"ValidationException", "API does not support labeled ARNs.", 400, {{"reason", "API_DOES_NOT_SUPPORT_LABELED_ARNS"}}});
}

Status refuse_qualified(const Name& name) {
  TRY(refuse_label(name));
  if (name.kind == Name::Kind::machine) return {};
  return fail("ValidationException", fmt::format("This operation takes the ARN of a state machine, not of a version or alias: '{}'", name.arn));
}

}  // namespace states
