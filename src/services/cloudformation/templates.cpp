// Templates as such: shown, summed up, checked.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "language/json/parse.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/language_extensions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

std::vector<std::string> all_resources(const Value& body) {
  std::vector<std::string> out;
  for (const json::Member& member : body["Resources"].members()) {
    if (!member.name.starts_with("Fn::")) out.emplace_back(member.name);
  }
  return out;
}

Value texts(const auto& list) { return Value::array(std::vector<Value>(list.begin(), list.end())); }

void add_capabilities(json::ObjectBuilder& out, const NeededCapabilities& needed) {
  if (needed.capabilities.empty()) return;
  out.add("Capabilities", texts(needed.capabilities));
  out.add("CapabilitiesReason", fmt::format("The following resource(s) require capabilities: [{}]", fmt::join(needed.types, ", ")));
}

void add_transforms(json::ObjectBuilder& out, const Value& body) {
  if (!has_language_extensions(body)) return;
  out.add("DeclaredTransforms", json::array({"AWS::LanguageExtensions"}));
}

Result<Value> checked_body(const std::string& text) {
  const Value body = TRY(parse_template(text));
  if (!has_language_extensions(body)) TRY(check_template(body));
  if (!body["Resources"].is_object()) return invalid("Template format error: At least one Resources member must be defined.");
  return body;
}

}  // namespace

Result<Value> CloudFormation::get_template(const Call& call) {
  const std::string_view name = call.params.text("StackName"), change_set = call.params.text("ChangeSetName");
  std::string text;
  const Revision* revision = nullptr;
  ChangeSet found;
  if (!change_set.empty()) {
    if (name.empty() && !change_set.starts_with("arn:")) return invalid("StackName is a required parameter.");
    found = TRY(need_change_set(call));
    revision = &found.revision;
  } else {
    if (name.empty()) return invalid("StackName is required if ChangeSetName is not specified.");
    const Stack* stack = find(call, name);
    if (!stack) return invalid(fmt::format("Stack with id {} does not exist", name));
    revision = &stack->revision;
  }
  text = revision->template_text;
  if (call.params.text("TemplateStage") == "Processed" && !text.empty()) {
    const auto body = parse_template(text);
    if (body && has_language_extensions(*body)) text = json::write_pretty(revision->body());
  }
  return json::object({{"TemplateBody", text}, {"StagesAvailable", json::array({"Original", "Processed"})}});
}

void CloudFormation::get_template_summary(const Call& call, Reply reply) {
  const std::string_view name = call.params.text("StackName");
  const auto answer = [this](const std::string& text) -> Result<Value> {
    const Value body = TRY(checked_body(text));
    json::ObjectBuilder out;
    std::vector<Value> parameters;
    if (body["Parameters"].is_object()) {
      for (const auto& [key, declared] : body["Parameters"].members()) {
        json::ObjectBuilder one;
        one.add("ParameterKey", key);
        if (const auto standard = scalar_text(declared["Default"])) one.add("DefaultValue", *standard);
        one.add("ParameterType", declared["Type"]).add("NoEcho", scalar_text(declared["NoEcho"]) == "true").add_text("Description", declared.text("Description"));
        json::ObjectBuilder constraints;
        if (declared["AllowedValues"].is_array()) constraints.add("AllowedValues", with_texts(declared["AllowedValues"]));
        parameters.push_back(one.add("ParameterConstraints", constraints.build()).build());
      }
    }
    out.add("Parameters", Value::array(std::move(parameters))).add_text("Description", body.text("Description"));
    const std::vector<std::string> resources = all_resources(body);
    add_capabilities(out, needed_capabilities(body, resources, catalog_));
    std::set<std::string> types;
    std::map<std::string, std::vector<std::string>> by_type;
    for (const std::string& id : resources) {
      const std::string type(body["Resources"][id].text("Type"));
      types.insert(type);
      by_type[type].push_back(id);
    }
    out.add("ResourceTypes", texts(types)).add("Version", body.text("AWSTemplateFormatVersion", "2010-09-09"));
    if (body["Metadata"].is_object()) out.add("Metadata", json::write(body["Metadata"]));
    add_transforms(out, body);
    std::vector<Value> identifiers;
    for (const auto& [type, ids] : by_type) {
      const ResourceType* known = catalog_.find(type);
      if (!known || known->name_property.empty()) continue;
      identifiers.push_back(json::object({{"ResourceType", type}, {"LogicalResourceIds", texts(ids)}, {"ResourceIdentifiers", json::array({known->name_property})}}));
    }
    if (!identifiers.empty()) out.add("ResourceIdentifierSummaries", Value::array(std::move(identifiers)));
    return out.build();
  };
  if (!name.empty()) {
    const Stack* stack = find(call, name);
    if (!stack) return reply(invalid(fmt::format("Stack with id {} does not exist", name)));
    if (stack->status == "REVIEW_IN_PROGRESS") return reply(invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."));
    return reply(answer(stack->revision.template_text));
  }
  template_text(call, nullptr, [answer, reply = std::move(reply)](Result<std::string> text) mutable {
    if (!text) return reply(std::unexpected(std::move(text).error()));
    reply(answer(*text));
  });
}

void CloudFormation::validate_template(const Call& call, Reply reply) {
  template_text(call, nullptr, [this, call, reply = std::move(reply)](Result<std::string> text) mutable {
    const auto answer = [&]() -> Result<Value> {
      if (!text) return std::unexpected(text.error());
      const Value body = TRY(checked_body(*text));
      const std::vector<std::string> resources = all_resources(body);
      std::set<std::string> unknown;
      for (const std::string& id : resources) {
        const std::string type(body["Resources"][id].text("Type"));
        const ResourceType* known = catalog_.find(type);
        if (!known || (!known->service.empty() && !kit_.registry.reaches(known->service, known->operation))) unknown.insert(type);
      }
      if (!unknown.empty()) return invalid(fmt::format("Template format error: Unrecognized resource types: [{}]", fmt::join(unknown, ", ")));
      json::ObjectBuilder out;
      std::vector<Value> parameters;
      if (body["Parameters"].is_object()) {
        for (const auto& [key, declared] : body["Parameters"].members()) {
          json::ObjectBuilder one;
          one.add("ParameterKey", key);
          if (const auto standard = scalar_text(declared["Default"])) one.add("DefaultValue", *standard);
          parameters.push_back(one.add("NoEcho", scalar_text(declared["NoEcho"]) == "true").add_text("Description", declared.text("Description")).build());
        }
      }
      out.add("Parameters", Value::array(std::move(parameters))).add_text("Description", body.text("Description"));
      add_capabilities(out, needed_capabilities(body, resources, catalog_));
      add_transforms(out, body);
      return out.build();
    }();
    reply(answer);
  });
}

Result<Value> CloudFormation::estimate_cost(const Call& call) {
  // What runs on one's own machines has no price list; AWS's calculator is what the answer leads to in any case.
  if (call.params.find("TemplateBody")) TRY(checked_body(std::string(call.params.text("TemplateBody"))));
  return json::object({{"Url", "https://calculator.aws/#/"}});
}

Result<Value> CloudFormation::account_limits(const Call&) {
  std::vector<Value> limits;
  for (const auto& [name, value] : {std::pair{"StackLimit", kStacksMax}, std::pair{"StackOutputsLimit", kOutputsMax}, std::pair{"ConcurrentResourcesLimit", size_t{2'500}}}) {
    limits.push_back(json::object({{"Name", name}, {"Value", value}}));
  }
  return json::object({{"AccountLimits", Value::array(std::move(limits))}});
}

}  // namespace cloudformation
