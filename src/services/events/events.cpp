#include "services/events/events.h"

#include <fmt/format.h>

#include "language/json/parse.h"
#include "protocol/pass_role.h"

namespace events {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

std::unexpected<Error> invalid(std::string message) { return fail("ValidationException", std::move(message)); }
std::unexpected<Error> not_found(std::string message) { return fail("ResourceNotFoundException", std::move(message)); }

json::Value to_json(const Rule& rule) {
  json::ObjectBuilder targets;
  for (const auto& [id, target] : rule.targets) targets.add(id, target);
  return json::object({{"shown", rule.shown}, {"targets", targets.build()}, {"tags", rule.tags}});
}

Rule from_json(const Value& d, std::type_identity<Rule>) {
  Rule rule{.shown = d["shown"], .targets = {}, .tags = d["tags"], .pattern = nullptr};
  for (const auto& [id, target] : d["targets"].members()) rule.targets[std::string(id)] = target;
  if (const std::string_view text = rule.shown.text("EventPattern"); !text.empty()) {
    if (auto document = json::parse(text)) {
      if (auto pattern = patterns::Pattern::compile(*document)) rule.pattern = std::make_shared<patterns::Pattern>(std::move(*pattern));
    }
  }
  return rule;
}

json::Value to_json(const Bus& bus) { return json::object({{"shown", bus.shown}, {"policy", bus.policy}, {"tags", bus.tags}}); }
Bus from_json(const Value& d, std::type_identity<Bus>) { return {d["shown"], d["policy"], d["tags"]}; }

Events::Events(services::Kit& kit)
    : kit_(kit), rules_(kit.store, "events/rule"), buses_(kit.store, "events/bus"), connections_(kit.store, "events/connection"),
      destinations_(kit.store, "events/api-destination") {}

Events::~Events() { *alive_ = false; }

void Events::load() {
  rules_.load();
  buses_.load();
  connections_.load();
  destinations_.load();
  const auto rule_needs = [this](std::string_view member) {
    return [this, member](const Call& call) {
      const std::string bus(call.params.text("EventBusName", "default"));
      const std::string short_bus = bus.substr(bus.rfind('/') + 1);
      Need need{.action = "events:" + call.operation, .resources = {rule_arn(call, short_bus, call.params.text(member))}};
      return std::vector<Need>{need};
    };
  };
  const auto any = [](const Call& call) { return std::vector<Need>{{.action = "events:" + call.operation, .resources = {"*"}}}; };
  const auto bus_needs = [](const Call& call) {
    return std::vector<Need>{{.action = "events:" + call.operation, .resources = {call.arn(fmt::format("event-bus/{}", call.params.text("Name", "default")))}}};
  };
  const auto add = [&](std::string_view name, Result<Value> (Events::*method)(const Call&), std::function<std::vector<Need>(const Call&)> needs) {
    kit_.registry.add("events", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, std::move(needs)));
  };
  const auto named = rule_needs("Name"), by_rule = rule_needs("Rule");
  add("PutRule", &Events::put_rule, named);
  add("DescribeRule", &Events::describe_rule, named);
  add("ListRules", &Events::list_rules, any);
  add("DeleteRule", &Events::delete_rule, named);
  add("EnableRule", &Events::switch_rule, named);
  add("DisableRule", &Events::switch_rule, named);
  add("PutTargets", &Events::put_targets, [by_rule](const Call& call) {
    auto needs = by_rule(call);
    if (call.params["Targets"].is_array()) {
      for (const Value& target : call.params["Targets"].items()) {
        if (const std::string_view role = target.text("RoleArn"); !role.empty()) needs.push_back(protocol::pass_role(role, "events.amazonaws.com"));
      }
    }
    return needs;
  });
  add("RemoveTargets", &Events::remove_targets, by_rule);
  add("ListTargetsByRule", &Events::list_targets, by_rule);
  add("ListRuleNamesByTarget", &Events::list_rules_by_target, any);
  add("CreateEventBus", &Events::create_bus, bus_needs);
  add("DescribeEventBus", &Events::describe_bus, bus_needs);
  add("ListEventBuses", &Events::list_buses, any);
  add("DeleteEventBus", &Events::delete_bus, bus_needs);
  add("PutPermission", &Events::change_permission, any);
  add("RemovePermission", &Events::change_permission, any);
  const auto resource = [](const Call& call) { return std::vector<Need>{{.action = "events:" + call.operation, .resources = {std::string(call.params.text("ResourceARN"))}}}; };
  add("TagResource", &Events::change_tags, resource);
  add("UntagResource", &Events::change_tags, resource);
  add("ListTagsForResource", &Events::list_tags, resource);
  add("PutEvents", &Events::put_events, [](const Call& call) {
    Need need{.action = "events:PutEvents", .resources = {}};
    if (call.caller.type == protocol::Principal::Type::service && call.internal) return std::vector<Need>{};
    if (call.params["Entries"].is_array()) {
      for (const Value& entry : call.params["Entries"].items()) {
        const std::string bus(entry.text("EventBusName", "default"));
        need.resources.push_back(bus.starts_with("arn:") ? bus : call.arn("event-bus/" + bus));
      }
    }
    if (need.resources.empty()) need.resources.emplace_back("*");
    return std::vector<Need>{need};
  });
  // A service of ours asks before it makes events that nobody would take.
  kit_.registry.add("events", "HearsSource", protocol::immediate([this](const Call& call) -> Result<Value> {
    if (!call.internal || call.caller.type != protocol::Principal::Type::service) return fail("UnknownOperationException", "");
    return Value(hears({call.account, call.region}, call.params.text("Source")));
  }, [](const Call&) { return std::vector<Need>{}; }));
  const auto needs_of = [](const auto& table, std::string_view kind, std::string_view arn_member) {
    return [&table, kind, arn_member](const Call& call) {
      const std::string_view name = call.params.text("Name");
      const auto* there = table.find({call.account, call.region}, name);
      const std::string arn = there ? std::string(there->shown.text(arn_member)) : call.arn(fmt::format("{}/{}", kind, name));
      return std::vector<Need>{{.action = "events:" + call.operation, .resources = {arn}}};
    };
  };
  const auto connection_needs = needs_of(connections_, "connection", "ConnectionArn");
  add("CreateConnection", &Events::create_connection, connection_needs);
  add("DescribeConnection", &Events::describe_connection, connection_needs);
  add("UpdateConnection", &Events::update_connection, connection_needs);
  add("DeauthorizeConnection", &Events::deauthorize_connection, connection_needs);
  add("DeleteConnection", &Events::delete_connection, connection_needs);
  add("ListConnections", &Events::list_connections, any);
  const auto destination_needs = needs_of(destinations_, "api-destination", "ApiDestinationArn");
  add("CreateApiDestination", &Events::create_destination, destination_needs);
  add("DescribeApiDestination", &Events::describe_destination, destination_needs);
  add("UpdateApiDestination", &Events::update_destination, destination_needs);
  add("DeleteApiDestination", &Events::delete_destination, destination_needs);
  add("ListApiDestinations", &Events::list_destinations, any);
  // Step Functions' way to a connection's secrets, as the machine's role.
  kit_.registry.add("events", "RetrieveConnectionCredentials",
                    {.handle = [this](const Call& call, protocol::Reply reply) { retrieve_credentials(call, std::move(reply)); },
                     .needs = [](const Call& call) {
                       return std::vector<Need>{{.action = "events:RetrieveConnectionCredentials",
                                                 .resources = {std::string(call.params.text("ConnectionArn"))}}};
                     }});
  add("TestEventPattern", &Events::test_pattern, any);
}

Result<std::string> Events::bus_of(const Call& call, std::string_view member) const {
  std::string name(call.params.text(member, "default"));
  if (name.starts_with("arn:")) name = name.substr(name.rfind('/') + 1);
  if (name != "default" && !buses_.find({call.account, call.region}, name)) return not_found(fmt::format("Event bus {} does not exist.", name));
  return name;
}

const Rule* Events::find_rule(const Scope& scope, const std::string& bus, std::string_view name) const {
  return rules_.find(scope, fmt::format("{}/{}", bus, name));
}

Result<Rule> Events::need_rule(const Call& call, std::string_view member) const {
  const std::string bus = TRY(bus_of(call));
  const Rule* rule = find_rule({call.account, call.region}, bus, call.params.text(member));
  if (!rule) return not_found(fmt::format("Rule {} does not exist on EventBus {}.", call.params.text(member), bus));
  return *rule;
}

std::string Events::rule_arn(const Call& call, const std::string& bus, std::string_view name) const {
  Call here = call;
  here.service = "events";
  return here.arn(bus == "default" ? fmt::format("rule/{}", name) : fmt::format("rule/{}/{}", bus, name));
}

Status Events::may_change(const Call& call, const Rule& rule) const {
  const std::string_view manager = rule.shown.text("ManagedBy");
  if (manager.empty() || (call.internal && call.user_agent == manager) || call.params["Force"] == Value(true)) return {};
  return fail("ManagedRuleException", fmt::format("Rule {} is managed by an AWS service can only be modified if force is set to true", rule.shown.text("Name")));
}

Result<std::pair<size_t, std::string>> Events::page(const Call& call) const {
  size_t limit = 100;
  if (const auto asked = call.params["Limit"].as_int64(); asked && *asked > 0) limit = std::min<size_t>(100, static_cast<size_t>(*asked));
  std::string from;
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    auto opened = kit_.sealer.open("events:" + call.operation + call.account + call.region, token);
    if (!opened) return invalid("Token is invalid.");
    from = *opened;
  }
  return std::pair{limit, from};
}

void Events::next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const {
  if (!from.empty()) out.add("NextToken", kit_.sealer.seal("events:" + call.operation + call.account + call.region, from));
}

}  // namespace events
