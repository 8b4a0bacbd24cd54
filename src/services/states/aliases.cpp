// Aliases: names for versions, with weights.
#include <fmt/format.h>

#include <algorithm>

#include "services/states/states.h"

namespace states {

using Value = json::Value;
using Routing = std::vector<std::pair<std::string, int>>;

namespace {

template <typename Parts>
std::string list_text(const Parts& parts) {
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::vector<std::string> version_arns(const Value& given) {
  std::vector<std::string> arns;
  for (const Value& route : given.items()) arns.emplace_back(route.text("stateMachineVersionArn"));
  return arns;
}

// One or two versions of one machine, with weights that add up to 100.
Result<Routing> routing_from(const Value& given) {
  Routing routing;
  std::vector<int64_t> weights;
  const auto arns = version_arns(given);
  for (const Value& route : given.items()) {
    const std::string_view arn = route.text("stateMachineVersionArn");
    const auto name = parse_machine_arn(arn);
    if (!name || name->kind != Name::Kind::version) {
      return fail("ValidationException", fmt::format("Routing configuration must contain state machine version ARNs. Received: {}", list_text(arns)));
    }
    weights.push_back(route["weight"].as_int64().value_or(0));
    routing.emplace_back(arn, static_cast<int>(weights.back()));
  }
  if (arns.size() == 2 && arns[0] == arns[1]) {
    return fail("ValidationException", fmt::format("Routing configuration must contain distinct state machine version ARNs. Received: {}", list_text(arns)));
  }
  int64_t sum = 0;
  for (const int64_t weight : weights) sum += weight;
  if (sum != 100) {
    return fail("ValidationException", fmt::format("Sum of routing configuration weights must equal 100. Received: {}", list_text(weights)));
  }
  if (arns.size() == 2 && parse_machine_arn(arns[0])->machine_arn() != parse_machine_arn(arns[1])->machine_arn()) {
    return fail("ValidationException", "Both stateMachineVersionArn values must belong to the same state machine");
  }
  return routing;
}

Value routing_json(const Routing& routing) {
  std::vector<Value> list;
  for (const auto& [arn, weight] : routing) list.push_back(json::object({{"stateMachineVersionArn", arn}, {"weight", weight}}));
  return Value::array(std::move(list));
}

// Letters, digits, hyphens, underscores and dots, not digits alone.
bool is_alias_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 80 && std::ranges::all_of(name, allowed) &&
         name.find_first_not_of("0123456789") != std::string_view::npos;
}

std::unexpected<Error> no_such_resource() {
  return fail("ResourceNotFound", "Request references a resource that does not exist.");
}

}  // namespace

Result<Value> States::create_alias(const Call& call) {
  const std::string name(call.params.text("name"));
  if (!is_alias_name(name)) return fail("InvalidName", fmt::format("Invalid Name: '{}'", name));
  Routing routing = TRY(routing_from(call.params["routingConfiguration"]));
  const Name first = TRY(parse_machine_arn(routing[0].first));
  const StateMachine* there = machines_.find(scope_for(call, first), first.machine);
  if (!there) return no_such_resource();
  for (const auto& [arn, weight] : routing) {
    if (!there->versions.contains(std::strtoull(arn.substr(arn.rfind(':') + 1).c_str(), nullptr, 10))) return no_such_resource();
  }
  if (there->deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", there->arn));
  const std::string description(call.params.text("description"));
  const std::string arn = there->arn + ":" + name;
  if (const auto it = there->aliases.find(name); it != there->aliases.end()) {
    if (it->second.routing == routing && it->second.description == description) {
      return json::object({{"stateMachineAliasArn", arn}, {"creationDate", it->second.created.seconds()}});
    }
    return fail("ConflictException", "Failed to create alias because an alias with the same name and a different routing "
                                     "configuration already exists.");
  }
  if (there->aliases.size() >= 100) return fail("ServiceQuotaExceededException", "A state machine has at most 100 aliases");
  StateMachine machine = *there;
  machine.aliases.emplace(name, Alias{description, std::move(routing), call.at, call.at});
  save(std::move(machine));
  return json::object({{"stateMachineAliasArn", arn}, {"creationDate", call.at.seconds()}});
}

Result<Value> States::update_alias(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineAliasArn")));
  const StateMachine* there = machines_.find(scope_for(call, name), name.machine);
  if (!there || !there->aliases.contains(name.qualifier)) return no_such_resource();
  if (!call.params.find("description") && !call.params.find("routingConfiguration")) {
    return std::unexpected(Error{"ValidationException", "Either the description or the RoutingConfiguration must be specified", 400, {{"reason", "MISSING_REQUIRED_PARAMETER"}}});
  }
  if (there->deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", there->arn));
  StateMachine machine = *there;
  Alias& alias = machine.aliases.at(name.qualifier);
  if (call.params.find("description")) alias.description = call.params.text("description");
  if (call.params.find("routingConfiguration")) {
    alias.routing = TRY(routing_from(call.params["routingConfiguration"]));
    for (const auto& [arn, weight] : alias.routing) {
      const Name version = TRY(parse_machine_arn(arn));
      if (version.machine_arn() != machine.arn) {
        return fail("ValidationException", fmt::format("Routing configuration must contain versions of the alias's own state machine. Received: {}", arn));
      }
      if (!machine.versions.contains(std::strtoull(arn.substr(arn.rfind(':') + 1).c_str(), nullptr, 10))) return no_such_resource();
    }
  }
  alias.updated = call.at;
  save(std::move(machine));
  return json::object({{"updateDate", call.at.seconds()}});
}

Result<Value> States::describe_alias(const Call& call) {
  const std::string_view arn = call.params.text("stateMachineAliasArn");
  const Name name = TRY(parse_machine_arn(arn));
  const StateMachine* machine = machines_.find(scope_for(call, name), name.machine);
  if (!machine || !machine->aliases.contains(name.qualifier)) return no_such_resource();
  const Alias& alias = machine->aliases.at(name.qualifier);
  json::ObjectBuilder out;
  out.add("stateMachineAliasArn", arn).add("name", name.qualifier);
  out.add_text("description", alias.description);
  out.add("routingConfiguration", routing_json(alias.routing));
  out.add("creationDate", alias.created.seconds()).add("updateDate", alias.updated.seconds());
  return out.build();
}

Result<Value> States::list_aliases(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineArn")));
  const PageAsked page = TRY(page_asked(call));
  const StateMachine* machine = TRY(find_machine(call, name));
  if (machine->deleting) return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", machine->arn));
  if (name.kind == Name::Kind::version && std::ranges::none_of(machine->versions, [&](const auto& one) { return version_arn(*machine, one.first) == name.arn; })) {
    return no_such_resource();
  }
  std::vector<Value> list;
  std::string next;
  for (auto it = machine->aliases.lower_bound(page.from); it != machine->aliases.end(); ++it) {
    const auto& [alias_name, alias] = *it;
    // A version's ARN asks for the aliases that lead to it.
    const bool wanted = name.kind != Name::Kind::version ||
                        std::ranges::any_of(alias.routing, [&](const auto& route) { return route.first == name.arn; });
    if (!wanted) continue;
    if (list.size() == page.limit) {
      next = alias_name;
      break;
    }
    list.push_back(json::object({{"stateMachineAliasArn", machine->arn + ":" + alias_name}, {"creationDate", alias.created.seconds()}}));
  }
  json::ObjectBuilder out;
  out.add("stateMachineAliases", Value::array(std::move(list)));
  add_next_token(out, call, next);
  return out.build();
}

Result<Value> States::delete_alias(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineAliasArn")));
  const StateMachine* there = machines_.find(scope_for(call, name), name.machine);
  if (!there || !there->aliases.contains(name.qualifier)) return Value::object();
  StateMachine machine = *there;
  machine.aliases.erase(name.qualifier);
  save(std::move(machine));
  return Value::object();
}

}  // namespace states
