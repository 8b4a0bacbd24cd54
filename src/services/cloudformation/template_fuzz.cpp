// Any text as a template: read, checked, its loops written out, planned, and all that it says evaluated.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "language/json/parse.h"
#include "services/cloudformation/language_extensions.h"
#include "services/cloudformation/plan.h"
#include "services/cloudformation/stack_policy.h"
#include "services/cloudformation/template.h"

using namespace cloudformation;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)check_stack_policy(text);
  const auto body = parse_template(text);
  if (!body) {
    CHECK(body.error().code == "ValidationError" && !body.error().message.empty(), "what is wrong with it is said");
    return 0;
  }
  if (!check_template(*body)) return 0;
  auto parameters = bind_parameters(*body, json::Value::array(), {});
  if (!parameters) return 0;
  if (has_language_extensions(*body)) {
    const auto expanded = expand_language_extensions(*body, parameter_values(*parameters));
    if (!expanded || !check_template(*expanded)) return 0;
  }
  Revision revision;
  revision.template_text = text;
  revision.parameters = *std::move(parameters);
  revision.zones = {"us-east-1a", "us-east-1b"};
  auto plan = make_plan(revision, {.account = "000000000000", .region = "us-east-1", .partition = "aws", .stack_id = "id", .stack_name = "s", .notification_arns = {}});
  if (!plan) return 0;
  plan->names.ref = [](std::string_view resource) -> Result<json::Value> { return json::Value(resource); };
  plan->names.attribute = [](std::string_view, std::string_view attribute) -> Result<json::Value> { return json::Value(attribute); };
  plan->names.imported = [](std::string_view name) -> Result<json::Value> { return invalid("No export named " + std::string(name)); };
  for (const std::string& id : plan->resources) {
    const auto properties = evaluate(plan->resource(id)["Properties"], plan->names);
    if (properties && *properties) (void)with_texts(**properties);
  }
  if (!plan->body["Outputs"].is_object()) return 0;
  for (const auto& [name, output] : plan->body["Outputs"].members()) {
    if (plan->has_output(output)) (void)evaluate_value(output["Value"], plan->names);
  }
  return 0;
}
