#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Result<Physical> create_bus(Job& job) {
  const std::string name = job.name("Name", 256);
  const Value made = TRY(job.create("events", "CreateEventBus", to_params("events", "CreateEventBus", job.properties()).with("Name", name), "ResourceAlreadyExistsException"));
  return Physical{name, {}, json::object({{"Arn", arn(job, "events", "event-bus/" + name)}, {"Name", name}})};
}

Status remove_bus(Job& job) {
  TRY(job.call_unless("events", "DeleteEventBus", json::object({{"Name", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

// A rule's physical id is its name, of a rule on a bus of one's own "<bus>|<name>".
std::string rule_name(const Job& job) {
  const std::string& id = job.physical_id();
  return id.empty() ? job.name("Name", 64) : id.substr(id.rfind('|') + 1);
}

Value on_bus(const Job& job, Value params) {
  const std::string bus = job.text("EventBusName");
  return bus.empty() ? params : params.with("EventBusName", bus);
}

Status put_targets(Job& job, const std::string& name) {
  std::vector<Value> gone;
  for (const Value& old : items(job.previous()["Targets"])) {
    bool kept = false;
    for (const Value& target : items(job.property("Targets"))) kept = kept || target.text("Id") == old.text("Id");
    if (!kept) gone.push_back(old["Id"]);
  }
  if (!gone.empty()) TRY(job.call("events", "RemoveTargets", on_bus(job, json::object({{"Rule", name}, {"Ids", Value::array(std::move(gone))}}))));
  if (job.property("Targets").size() == 0) return {};
  const Value params = to_params("events", "PutTargets", job.properties(), {"Targets"}).with("Rule", name);
  const Value put = TRY(job.call("events", "PutTargets", on_bus(job, params)));
  if (put["FailedEntries"].size() > 0) return fail("ValidationException", std::string(put["FailedEntries"][size_t{0}].text("ErrorMessage")));
  return {};
}

Result<Physical> put_rule(Job& job) {
  const std::string name = rule_name(job);
  Value params = to_params("events", "PutRule", job.properties()).with("Name", name);
  const Value made = TRY(job.call("events", "PutRule", on_bus(job, std::move(params))));
  std::string bus = job.text("EventBusName");
  bus = bus.substr(bus.rfind('/') + 1);
  const std::string id = bus.empty() || bus == "default" ? name : bus + "|" + name;
  if (job.physical_id().empty()) job.made(id);
  TRY(put_targets(job, name));
  return Physical{id, {}, json::object({{"Arn", made["RuleArn"]}})};
}

Status remove_rule(Job& job) {
  const std::string name = rule_name(job);
  std::vector<Value> ids;
  for (const Value& target : items(job.property("Targets"))) ids.push_back(target["Id"]);
  if (!ids.empty()) {
    TRY(job.call_unless("events", "RemoveTargets", on_bus(job, json::object({{"Rule", name}, {"Ids", Value::array(std::move(ids))}})), {"ResourceNotFoundException"}));
  }
  TRY(job.call_unless("events", "DeleteRule", on_bus(job, json::object({{"Name", name}})), {"ResourceNotFoundException"}));
  return {};
}

// Who is let in by a statement: an account's number, as PutPermission takes it, or "*".
std::string account_of(const Value& principal) {
  const Value& named = principal.is_object() ? principal["AWS"] : principal;
  const std::string text = json_text(named);
  if (!text.starts_with("arn:") || !text.ends_with(":root")) return text;
  const size_t end = text.size() - 5;
  return text.substr(text.rfind(':', end - 1) + 1, end - text.rfind(':', end - 1) - 1);
}

// A bus's policy is made of statements that several resources may bring, each its own.
Result<Physical> put_bus_policy(Job& job) {
  const Value& statement = job.property("Statement");
  json::ObjectBuilder params;
  params.add("StatementId", job.text("StatementId"));
  if (statement.is_object()) {
    params.add("Action", json_text(statement["Action"])).add("Principal", account_of(statement["Principal"]));
  } else {
    params.add("Action", job.text("Action")).add("Principal", job.text("Principal"));
    if (const Value* condition = job.properties().find("Condition")) params.add("Condition", *condition);
  }
  TRY(job.call("events", "PutPermission", on_bus(job, params.build())));
  return Physical{job.physical_id().empty() ? job.generated_name(128) : job.physical_id(), {}, Value::object()};
}

Status remove_bus_policy(Job& job) {
  TRY(job.call_unless("events", "RemovePermission", on_bus(job, json::object({{"StatementId", job.text("StatementId")}})), {"ResourceNotFoundException"}));
  return {};
}

// Connections and API destinations go by their names alone, and differ in what their operations are called after.
constexpr std::string_view kConnection = "Connection", kApiDestination = "ApiDestination";

template <const std::string_view& kind>
Result<Physical> described(Job& job, const std::string& name) {
  const Value shown = TRY(job.call("events", fmt::format("Describe{}", kind), json::object({{"Name", name}})));
  const Value& arn = shown[fmt::format("{}Arn", kind)];
  json::ObjectBuilder attributes;
  attributes.add("Arn", arn).add("ArnForPolicy", arn);
  if (const Value* secret = shown.find("SecretArn")) attributes.add("SecretArn", *secret);
  return Physical{name, {}, attributes.build()};
}

template <const std::string_view& kind>
Result<Physical> create_named(Job& job) {
  const std::string name = job.name("Name", 64), operation = fmt::format("Create{}", kind);
  TRY(job.create("events", operation, to_params("events", operation, job.properties()).with("Name", name), "ResourceAlreadyExistsException"));
  job.made(name);
  return described<kind>(job, name);
}

template <const std::string_view& kind>
Result<Physical> update_named(Job& job) {
  const std::string operation = fmt::format("Update{}", kind);
  TRY(job.call("events", operation, to_params("events", operation, job.properties()).with("Name", job.physical_id())));
  return described<kind>(job, job.physical_id());
}

template <const std::string_view& kind>
Status remove_named(Job& job) {
  TRY(job.call_unless("events", fmt::format("Delete{}", kind), json::object({{"Name", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

}  // namespace

void add_events_types(Catalog& catalog) {
  catalog.add({.name = "AWS::Events::ApiDestination", .service = "events", .operation = "CreateApiDestination", .name_property = "Name",
               .required = {"ConnectionArn", "InvocationEndpoint", "HttpMethod"}, .replacing = {"Name"}, .attributes = {"Arn", "ArnForPolicy"},
               .create = create_named<kApiDestination>, .update = update_named<kApiDestination>, .remove = remove_named<kApiDestination>});
  catalog.add({.name = "AWS::Events::Connection", .service = "events", .operation = "CreateConnection", .name_property = "Name", .replacing = {"Name"},
               .attributes = {"Arn", "ArnForPolicy", "SecretArn"}, .create = create_named<kConnection>, .update = update_named<kConnection>, .remove = remove_named<kConnection>});
  catalog.add({.name = "AWS::Events::EventBus", .service = "events", .operation = "CreateEventBus", .name_property = "Name", .required = {"Name"}, .attributes = {"Arn", "Name"},
               .create = create_bus, .remove = remove_bus});
  catalog.add({.name = "AWS::Events::EventBusPolicy", .service = "events", .operation = "PutPermission", .required = {"StatementId"}, .replacing = {"StatementId", "EventBusName"},
               .create = put_bus_policy, .update = put_bus_policy, .remove = remove_bus_policy});
  catalog.add({.name = "AWS::Events::Rule", .service = "events", .operation = "PutRule", .name_property = "Name", .replacing = {"Name", "EventBusName"}, .attributes = {"Arn"},
               .create = put_rule, .update = put_rule, .remove = remove_rule});
}

}  // namespace cloudformation
