// What CloudFormation itself offers: nested stacks, handles, metadata.
#include <algorithm>

#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

constexpr int kLooks = 7'200;
constexpr int64_t kLookMs = 500;

Value nested_params(Job& job) {
  json::ObjectBuilder params;
  params.add("TemplateURL", job.text("TemplateURL")).add("Capabilities", json::array({"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}));
  std::vector<Value> parameters;
  if (const Value& given = job.property("Parameters"); given.is_object()) {
    for (const auto& [name, value] : given.members()) parameters.push_back(json::object({{"ParameterKey", name}, {"ParameterValue", json_text(value)}}));
  }
  params.add("Parameters", Value::array(std::move(parameters))).add("Tags", job.tags(Tags::no));
  return params.build();
}

// Waits until the stack's operation has ended; its attributes, or why it failed.
Result<Physical> ended(Job& job, const std::string& stack, std::initializer_list<std::string_view> good) {
  for (int i = 0; i < kLooks; ++i) {
    const Value seen = TRY(job.call("cloudformation", "DescribeStacks", json::object({{"StackName", stack}})));
    const Value& shown = seen["Stacks"][size_t{0}];
    const std::string_view status = shown.text("StackStatus");
    if (status.ends_with("_IN_PROGRESS")) {
      TRY(job.wait(kLookMs));
      continue;
    }
    if (std::ranges::find(good, status) == good.end()) {
      return fail("ValidationError", fmt::format("Embedded stack {} was not successfully created: {}", stack, shown.text("StackStatusReason")));
    }
    json::ObjectBuilder attributes;
    for (const Value& output : items(shown["Outputs"])) attributes.add(fmt::format("Outputs.{}", output.text("OutputKey")), output["OutputValue"]);
    return Physical{stack, {}, attributes.build()};
  }
  return fail("ServiceUnavailable", "The nested stack has not come to its end in time");
}

Result<Physical> create_nested(Job& job) {
  const Value made = TRY(job.call("cloudformation", "CreateStack", nested_params(job).with("StackName", job.generated_name(128)).with("ClientRequestToken", job.subject().token)));
  const std::string stack(made.text("StackId"));
  job.made(stack);
  return ended(job, stack, {"CREATE_COMPLETE"});
}

Result<Physical> update_nested(Job& job) {
  auto asked = job.call("cloudformation", "UpdateStack", nested_params(job).with("StackName", job.physical_id()));
  if (!asked && asked.error().message != "No updates are to be performed.") return std::unexpected(asked.error());
  return ended(job, job.physical_id(), {"UPDATE_COMPLETE", "CREATE_COMPLETE"});
}

Status remove_nested(Job& job) {
  TRY(job.call("cloudformation", "DeleteStack", json::object({{"StackName", job.physical_id()}})));
  TRY(ended(job, job.physical_id(), {"DELETE_COMPLETE"}));
  return {};
}

// They stand for themselves: nothing is made.
Result<Physical> named(Job& job) { return Physical{job.physical_id().empty() ? job.generated_name(128) : job.physical_id(), {}, Value::object()}; }

}  // namespace

void add_cloudformation_types(Catalog& catalog) {
  catalog.add({.name = "AWS::CloudFormation::Stack", .service = "cloudformation", .operation = "CreateStack", .required = {"TemplateURL"}, .attributes = {"Outputs.*"},
               .create = create_nested, .update = update_nested, .remove = remove_nested});
  catalog.add({.name = "AWS::CloudFormation::WaitConditionHandle", .service = "", .operation = "", .create = named, .update = named});
  catalog.add({.name = "AWS::CDK::Metadata", .service = "", .operation = "", .create = named, .update = named});
}

}  // namespace cloudformation
