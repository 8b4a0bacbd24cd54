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

}  // namespace

void add_lambda_types(Catalog& catalog) {
  catalog.add({.name = "AWS::Lambda::Function", .service = "lambda", .operation = "CreateFunction", .name_property = "FunctionName", .required = {"Code", "Role"},
               .replacing = {"FunctionName", "PackageType"}, .attributes = {"Arn"}, .create = create_function, .update = update_function, .remove = remove_function});
  catalog.add({.name = "AWS::Lambda::Permission", .service = "lambda", .operation = "AddPermission", .required = {"Action", "FunctionName", "Principal"}, .attributes = {"Id"},
               .create = create_permission, .remove = remove_permission});
}

}  // namespace cloudformation
