// SSM parameters, where an SSM is there (natively or upstream).
#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Result<Physical> put(Job& job) {
  const std::string name = job.physical_id().empty() ? job.name("Name", 200) : job.physical_id();
  Value params = to_params("ssm", "PutParameter", job.properties()).without("Tags").with("Name", name);
  if (!job.physical_id().empty() || job.uncertain()) params = params.with("Overwrite", true);
  TRY(job.call("ssm", "PutParameter", std::move(params)));
  return Physical{name, {}, json::object({{"Type", job.text("Type")}, {"Value", job.text("Value")}})};
}

Status remove(Job& job) {
  TRY(job.call_unless("ssm", "DeleteParameter", json::object({{"Name", job.physical_id()}}), {"ParameterNotFound"}));
  return {};
}

}  // namespace

void add_ssm_types(Catalog& catalog) {
  catalog.add({.name = "AWS::SSM::Parameter", .service = "ssm", .operation = "PutParameter", .name_property = "Name", .required = {"Type", "Value"}, .replacing = {"Name"},
               .attributes = {"Type", "Value"}, .create = put, .update = put, .remove = remove});
}

}  // namespace cloudformation
