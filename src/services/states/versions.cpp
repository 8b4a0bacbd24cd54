// Versions of a state machine.
#include <fmt/format.h>

#include <ranges>

#include "services/states/states.h"

namespace states {

using Value = json::Value;

Status States::check_versions(const StateMachine& machine) {
  constexpr size_t kVersionsMax = 1'000;
  if (machine.versions.size() <= kVersionsMax) return {};
  return fail("ServiceQuotaExceededException", fmt::format("A state machine has at most {} versions", kVersionsMax));
}

Result<Value> States::publish_version(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineArn")));
  TRY(refuse_qualified(name));
  StateMachine machine = *TRY(find_machine(call, name));
  if (machine.deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", machine.arn));
  // A machine that was never updated has no revision id: callers name that revision INITIAL.
  const std::string_view current = machine.revision.id.empty() ? "INITIAL" : std::string_view(machine.revision.id);
  const std::string_view revision = call.params.text("revisionId");
  if (!revision.empty() && revision != current) {
    return fail("ConflictException", fmt::format("Failed to publish the State Machine version for revision {}. The current State "
                                                 "Machine revision is {}.", revision, current));
  }
  const std::string description(call.params.text("description"));
  const uint64_t before = machine.last_version;
  const uint64_t number = publish(machine, description);
  const Version& version = machine.versions.at(number);
  if (number == before && call.params.find("description") && version.description != description) {
    return fail("ConflictException", fmt::format("Version {} exists already, with another description", number));
  }
  const Value answer = json::object({{"creationDate", version.created.seconds()}, {"stateMachineVersionArn", version_arn(machine, number)}});
  TRY(check_versions(machine));
  if (number != before) save(std::move(machine));
  return answer;
}

Result<Value> States::list_versions(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineArn")));
  const PageAsked page = TRY(page_asked(call));
  std::vector<Value> list;
  std::string next;
  if (const StateMachine* machine = machines_.find(scope_for(call, name), name.machine)) {
    const uint64_t from = page.from.empty() ? UINT64_MAX : std::strtoull(page.from.c_str(), nullptr, 10);
    for (const auto& [number, version] : std::views::reverse(machine->versions)) {
      if (number > from) continue;
      if (list.size() == page.limit) {
        next = std::to_string(number);
        break;
      }
      list.push_back(json::object({{"stateMachineVersionArn", version_arn(*machine, number)}, {"creationDate", version.created.seconds()}}));
    }
  }
  json::ObjectBuilder out;
  out.add("stateMachineVersions", Value::array(std::move(list)));
  add_next_token(out, call, next);
  return out.build();
}

Result<Value> States::delete_version(const Call& call) {
  const std::string_view arn = call.params.text("stateMachineVersionArn");
  const Name name = TRY(parse_machine_arn(arn));
  if (name.kind != Name::Kind::version) return fail("InvalidArn", fmt::format("Invalid Arn: 'Invalid ARN: {}'", arn));
  const StateMachine* there = machines_.find(scope_for(call, name), name.machine);
  if (!there) return Value::object();
  std::string referencing;
  for (const auto& [alias, what] : there->aliases) {
    for (const auto& [version, weight] : what.routing) {
      if (version != arn) continue;
      if (!referencing.empty()) referencing += ", ";
      referencing += alias;
    }
  }
  if (!referencing.empty()) {
    return fail("ConflictException", fmt::format("Version to be deleted must not be referenced by an alias. Current list of "
                                                 "aliases referencing this version: [{}]", referencing));
  }
  StateMachine machine = *there;
  if (machine.versions.erase(std::strtoull(name.qualifier.c_str(), nullptr, 10)) > 0) save(std::move(machine));
  return Value::object();
}

}  // namespace states
