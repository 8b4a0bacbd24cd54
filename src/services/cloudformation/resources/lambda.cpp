// Lambda functions, where a Lambda is there (natively or upstream).
#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Result<Physical> create_function(Job& job) {
  const std::string name = job.name("FunctionName", 64);
  Value params = to_params("lambda", "CreateFunction", job.properties()).with("FunctionName", name).with("Tags", job.tag_map(Tags::yes));
  Value made = TRY(job.create("lambda", "CreateFunction", std::move(params), "ResourceConflictException"));
  if (made.is_null()) made = TRY(job.call("lambda", "GetFunctionConfiguration", json::object({{"FunctionName", name}})));
  return Physical{name, {}, json::object({{"Arn", made["FunctionArn"]}})};
}

Result<Physical> update_function(Job& job) {
  if (changed(job, "Code")) {
    const Value code = to_params("lambda", "UpdateFunctionCode", job.property("Code"));
    TRY(job.call("lambda", "UpdateFunctionCode", code.with("FunctionName", job.physical_id())));
  }
  TRY(job.call("lambda", "UpdateFunctionConfiguration", to_params("lambda", "UpdateFunctionConfiguration", job.properties()).with("FunctionName", job.physical_id())));
  return Physical{};
}

Status remove_function(Job& job) {
  TRY(job.call_unless("lambda", "DeleteFunction", json::object({{"FunctionName", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

Result<Physical> create_permission(Job& job) {
  const std::string id = job.generated_name(100);
  TRY(job.create("lambda", "AddPermission", to_params("lambda", "AddPermission", job.properties()).with("StatementId", id), "ResourceConflictException"));
  return Physical{id, {}, json::object({{"Id", id}})};
}

Status remove_permission(Job& job) {
  TRY(job.call_unless("lambda", "RemovePermission", json::object({{"FunctionName", job.text("FunctionName")}, {"StatementId", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

Result<Physical> create_version(Job& job) {
  const Value made = TRY(job.call("lambda", "PublishVersion", to_params("lambda", "PublishVersion", job.properties(), {"FunctionName", "CodeSha256", "Description"})));
  const std::string function(made.text("FunctionArn")), version(made.text("Version"));
  const std::string id = function.ends_with(":" + version) ? function : fmt::format("{}:{}", function, version);
  return Physical{id, {}, json::object({{"FunctionArn", id}, {"Version", version}})};
}

Status remove_version(Job& job) {
  const std::string& id = job.physical_id();
  const size_t colon = id.rfind(':');
  TRY(job.call_unless("lambda", "DeleteFunction", json::object({{"FunctionName", id.substr(0, colon)}, {"Qualifier", id.substr(colon + 1)}}), {"ResourceNotFoundException"}));
  return {};
}

Result<Physical> create_alias(Job& job) {
  const Value made = TRY(job.create("lambda", "CreateAlias", to_params("lambda", "CreateAlias", job.properties()), "ResourceConflictException"));
  if (!made.is_null()) return Physical{std::string(made.text("AliasArn")), {}, Value::object()};
  const Value there = TRY(job.call("lambda", "GetAlias", to_params("lambda", "GetAlias", job.properties(), {"FunctionName", "Name"})));
  return Physical{std::string(there.text("AliasArn")), {}, Value::object()};
}

Result<Physical> update_alias(Job& job) {
  TRY(job.call("lambda", "UpdateAlias", to_params("lambda", "UpdateAlias", job.properties())));
  return Physical{};
}

Status remove_alias(Job& job) {
  TRY(job.call_unless("lambda", "DeleteAlias", to_params("lambda", "DeleteAlias", job.properties(), {"FunctionName", "Name"}), {"ResourceNotFoundException"}));
  return {};
}

Result<Physical> create_mapping(Job& job) {
  const Value made = TRY(job.call("lambda", "CreateEventSourceMapping", to_params("lambda", "CreateEventSourceMapping", job.properties())));
  const std::string id(made.text("UUID"));
  return Physical{id, {}, json::object({{"Id", id}, {"EventSourceMappingArn", arn(job, "lambda", "event-source-mapping:" + id)}})};
}

Status remove_mapping(Job& job) {
  TRY(job.call_unless("lambda", "DeleteEventSourceMapping", json::object({{"UUID", job.physical_id()}}), {"ResourceNotFoundException"}));
  return {};
}

}  // namespace

void add_lambda_types(Catalog& catalog) {
  catalog.add({.name = "AWS::Lambda::Function", .service = "lambda", .operation = "CreateFunction", .name_property = "FunctionName", .required = {"Code", "Role"},
               .replacing = {"FunctionName", "PackageType"}, .attributes = {"Arn"}, .create = create_function, .update = update_function, .remove = remove_function});
  catalog.add({.name = "AWS::Lambda::Version", .service = "lambda", .operation = "PublishVersion", .required = {"FunctionName"}, .attributes = {"FunctionArn", "Version"},
               .create = create_version, .remove = remove_version});
  catalog.add({.name = "AWS::Lambda::Alias", .service = "lambda", .operation = "CreateAlias", .required = {"FunctionName", "FunctionVersion", "Name"},
               .replacing = {"FunctionName", "Name"}, .attributes = {"AliasArn"}, .create = create_alias, .update = update_alias, .remove = remove_alias});
  catalog.add({.name = "AWS::Lambda::EventSourceMapping", .service = "lambda", .operation = "CreateEventSourceMapping", .required = {"FunctionName"},
               .attributes = {"Id", "EventSourceMappingArn"}, .create = create_mapping, .remove = remove_mapping});
  catalog.add({.name = "AWS::Lambda::Permission", .service = "lambda", .operation = "AddPermission", .required = {"Action", "FunctionName", "Principal"}, .attributes = {"Id"},
               .create = create_permission, .remove = remove_permission});
}

}  // namespace cloudformation
