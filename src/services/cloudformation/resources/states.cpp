// Step Functions.
#include "base/encoding.h"
#include "services/cloudformation/functions.h"
#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Value own_tags(const Job& job) { return renamed_tags(job.tags(Tags::yes), "key", "value"); }

// The definition's text, wherever it comes from, with ${x} replaced as DefinitionSubstitutions says.
Result<std::string> definition(Job& job) {
  std::string text;
  if (const Value* given = job.properties().find("DefinitionString")) {
    text = document(*given);
  } else if (const Value* object = job.properties().find("Definition")) {
    text = document(*object);
  } else if (const Value* place = job.properties().find("DefinitionS3Location")) {
    const Value object_bytes = TRY(job.call("s3", "GetObject", to_params("s3", "GetObject", json::object({{"Bucket", (*place)["Bucket"]}, {"Key", (*place)["Key"]}}))));
    text = base64_decode(object_bytes.text("Body")).value_or("");
  } else {
    return fail("ValidationException", "Property validation failure: [One of DefinitionString, Definition and DefinitionS3Location is required]");
  }
  const Value& substitutions = job.property("DefinitionSubstitutions");
  if (!substitutions.is_object()) return text;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find("${", at), close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) {
      out.append(text, at);
      break;
    }
    out.append(text, at, open - at);
    const Value* value = substitutions.find(std::string_view(text).substr(open + 2, close - open - 2));
    if (value) {
      // In an object's text the value stands in a string.
      const std::string quoted = json::write(Value(scalar_text(*value).value_or("")));
      const bool inside_json = job.properties().find("Definition") != nullptr;
      out += inside_json ? quoted.substr(1, quoted.size() - 2) : scalar_text(*value).value_or("");
    } else {
      out.append(text, open, close + 1 - open);
    }
    at = close + 1;
  }
  return out;
}

// Destinations and the like: PascalCase in templates.
Value configuration(const Job& job, std::string_view operation) {
  return to_params("states", operation, job.properties(), {"RoleArn", "LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration"});
}

Physical machine(std::string arn_text, std::string_view revision) {
  const std::string name = arn_text.substr(arn_text.rfind(':') + 1);
  return Physical{arn_text, {}, json::object({{"Arn", arn_text}, {"Name", name}, {"StateMachineRevisionId", revision.empty() ? "INITIAL" : revision}})};
}

Result<Physical> create_machine(Job& job) {
  std::string name = job.text("StateMachineName");
  if (name.empty()) name = job.generated_short_name(80);
  Value params = configuration(job, "CreateStateMachine").with("name", name).with("definition", TRY(definition(job))).with("tags", own_tags(job));
  params = params.with("type", job.text("StateMachineType", "STANDARD"));
  const Value made = TRY(job.call("states", "CreateStateMachine", std::move(params)));
  return machine(std::string(made.text("stateMachineArn")), "");
}

Result<Physical> update_machine(Job& job) {
  Value params = configuration(job, "UpdateStateMachine").with("stateMachineArn", job.physical_id()).with("definition", TRY(definition(job)));
  const Value made = TRY(job.call("states", "UpdateStateMachine", std::move(params)));
  if (job.tags(Tags::no).size() > 0) {
    TRY(job.call("states", "TagResource", json::object({{"resourceArn", job.physical_id()}, {"tags", renamed_tags(job.tags(Tags::no), "key", "value")}})));
  }
  return machine(job.physical_id(), made.text("revisionId"));
}

// A machine is gone when its last execution has ended.
Status remove_machine(Job& job) {
  TRY(job.call("states", "DeleteStateMachine", json::object({{"stateMachineArn", job.physical_id()}})));
  constexpr int kLooks = 600;
  for (int i = 0; i < kLooks; ++i) {
    const auto seen = job.call_unless("states", "DescribeStateMachine", json::object({{"stateMachineArn", job.physical_id()}}), {"StateMachineDoesNotExist"});
    if (!seen) return std::unexpected(seen.error());
    if (seen->is_null()) return {};
    TRY(job.wait(500));
  }
  return fail("ServiceUnavailable", "The state machine has not gone in time");
}

Result<Physical> create_activity(Job& job) {
  const std::string name = job.name("Name", 80);
  const Value made = TRY(job.call("states", "CreateActivity", json::object({{"name", name}, {"tags", own_tags(job)}})));
  const std::string id(made.text("activityArn"));
  return Physical{id, {}, json::object({{"Arn", id}, {"Name", name}})};
}

Status remove_activity(Job& job) {
  TRY(job.call("states", "DeleteActivity", json::object({{"activityArn", job.physical_id()}})));
  return {};
}

Result<Physical> create_version(Job& job) {
  json::ObjectBuilder params;
  params.add("stateMachineArn", job.text("StateMachineArn")).add_text("description", job.text("Description")).add_text("revisionId", job.text("StateMachineRevisionId"));
  const std::string revision = job.text("StateMachineRevisionId");
  Value asked = params.build();
  if (revision == "INITIAL") asked = asked.without("revisionId");
  const Value made = TRY(job.call("states", "PublishStateMachineVersion", std::move(asked)));
  const std::string id(made.text("stateMachineVersionArn"));
  return Physical{id, {}, json::object({{"Arn", id}})};
}

Status remove_version(Job& job) {
  TRY(job.call_unless("states", "DeleteStateMachineVersion", json::object({{"stateMachineVersionArn", job.physical_id()}}), {"StateMachineDoesNotExist"}));
  return {};
}

// Where an alias leads: the routes, or the version that a deployment is to bring.
Value routes(const Job& job) {
  std::vector<Value> out;
  for (const Value& route : items(job.property("RoutingConfiguration"))) {
    out.push_back(to_params("states", "CreateStateMachineAlias", json::object({{"RoutingConfiguration", json::array({route})}}))["routingConfiguration"][size_t{0}]);
  }
  const Value& preference = job.property("DeploymentPreference");
  if (out.empty() && preference.is_object()) out.push_back(json::object({{"stateMachineVersionArn", preference["StateMachineVersionArn"]}, {"weight", 100}}));
  return Value::array(std::move(out));
}

Result<Physical> create_alias(Job& job) {
  json::ObjectBuilder params;
  params.add("name", job.name("Name", 80)).add_text("description", job.text("Description")).add("routingConfiguration", routes(job));
  const Value made = TRY(job.call("states", "CreateStateMachineAlias", params.build()));
  const std::string id(made.text("stateMachineAliasArn"));
  return Physical{id, {}, json::object({{"Arn", id}})};
}

Result<Physical> update_alias(Job& job) {
  TRY(job.call("states", "UpdateStateMachineAlias", json::object({{"stateMachineAliasArn", job.physical_id()}, {"description", job.text("Description")}, {"routingConfiguration", routes(job)}})));
  return Physical{};
}

Status remove_alias(Job& job) {
  TRY(job.call_unless("states", "DeleteStateMachineAlias", json::object({{"stateMachineAliasArn", job.physical_id()}}), {"StateMachineDoesNotExist", "ResourceNotFound"}));
  return {};
}

}  // namespace

void add_states_types(Catalog& catalog) {
  catalog.add({.name = "AWS::StepFunctions::StateMachine", .service = "states", .operation = "CreateStateMachine", .name_property = "StateMachineName", .required = {"RoleArn"},
               .replacing = {"StateMachineName", "StateMachineType"}, .attributes = {"Arn", "Name", "StateMachineRevisionId"}, .taggable = true,
               .create = create_machine, .update = update_machine, .remove = remove_machine});
  catalog.add({.name = "AWS::StepFunctions::Activity", .service = "states", .operation = "CreateActivity", .name_property = "Name", .attributes = {"Arn", "Name"},
               .create = create_activity, .remove = remove_activity});
  catalog.add({.name = "AWS::StepFunctions::StateMachineVersion", .service = "states", .operation = "PublishStateMachineVersion", .required = {"StateMachineArn"}, .attributes = {"Arn"},
               .create = create_version, .remove = remove_version});
  catalog.add({.name = "AWS::StepFunctions::StateMachineAlias", .service = "states", .operation = "CreateStateMachineAlias", .name_property = "Name", .replacing = {"Name"},
               .attributes = {"Arn"}, .create = create_alias, .update = update_alias, .remove = remove_alias});
}

}  // namespace cloudformation
