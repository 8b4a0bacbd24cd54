#include "services/states/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace states {
namespace {

std::unexpected<Error> invalid(std::string_view what) {
  return fail("InvalidArn", fmt::format("Invalid Arn: '{}'", what));
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::unexpected<Error> wrong_kind(const Name& name) {
  return invalid(fmt::format("Resource type not valid in this context: {}", name.parts.resource.substr(0, name.parts.resource.find(':'))));
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

Whose whose(std::string_view execution_arn) {
  // arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME; a map run's child is of MACHINE/LABEL.
  std::array<std::string_view, 7> parts;
  for (std::string_view& part : parts) {
    part = execution_arn.substr(0, execution_arn.find(':'));
    execution_arn.remove_prefix(std::min(part.size() + 1, execution_arn.size()));
  }
  return {parts[4], parts[3], parts[6].substr(0, parts[6].find('/'))};
}

namespace {
Status read_arn(std::string_view text, Name& name) {
  if (!text.starts_with("arn:")) return invalid(fmt::format("Invalid ARN prefix: {}", text));
  auto arn = Arn::parse(text);
  if (!arn || arn->service != "states" || arn->region.empty() || arn->account.empty()) {
    return invalid(fmt::format("Invalid ARN: {}", text));
  }
  name.arn = text;
  name.parts = *std::move(arn);
  // The parts of the resource; what no kind has so many of is not looked at.
  std::array<std::string_view, 4> part;
  size_t parts = 0;
  std::string_view last;
  for (std::string_view rest = name.parts.resource;; ++parts) {
    const size_t colon = rest.find(':');
    last = rest.substr(0, colon);
    if (parts < part.size()) part[parts] = last;
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  ++parts;
  const std::string_view type = part[0];
  const auto before_slash = [](std::string_view of) { return of.substr(0, of.find('/')); };
  if (type == "stateMachine" && (parts == 2 || parts == 3)) {
    name.machine = part[1];
    if (parts == 3) {
      name.qualifier = part[2];
      name.kind = all_digits(name.qualifier) ? Name::Kind::version : Name::Kind::alias;
    } else if (const size_t slash = name.machine.find('/'); slash != std::string::npos) {
      name.qualifier = name.machine.substr(slash + 1);
      name.machine.resize(slash);
      name.kind = Name::Kind::label;
    } else {
      name.kind = Name::Kind::machine;
    }
  } else if (type == "execution" && parts == 3) {
    name.kind = Name::Kind::execution;
    name.machine = before_slash(part[1]);
    name.qualifier = part[2];
  } else if (type == "express" && (parts == 4 || parts == 3)) {  // a tested state's has no id of its own
    name.kind = Name::Kind::express;
    name.machine = part[1];
    name.qualifier = part[2];
  } else if (type == "mapRun" && parts >= 3) {
    name.kind = Name::Kind::map_run;
    name.machine = before_slash(part[1]);
    name.qualifier = last;
  } else if (type == "activity" && parts == 2) {
    name.kind = Name::Kind::activity;
    name.machine = part[1];
  } else {
    return invalid(fmt::format("Invalid ARN: {}", text));
  }
  if (name.machine.empty()) return invalid(fmt::format("Invalid ARN: {}", text));
  return {};
}
}  // namespace

Result<Name> parse_arn(std::string_view text) {
  Result<Name> name;  // read in its place: it is a dozen texts
  if (auto read = read_arn(text, *name); !read) name = std::unexpected(std::move(read).error());
  return name;
}

Result<Name> parse_machine_arn(std::string_view arn) {
  auto name = parse_arn(arn);
  using enum Name::Kind;
  if (name && name->kind != machine && name->kind != version && name->kind != alias && name->kind != label) name = wrong_kind(*name);
  return name;
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
