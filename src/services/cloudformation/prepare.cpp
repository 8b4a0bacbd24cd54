// From a request to a template that can be carried out: fetched, bound to its parameters, checked.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/language_extensions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

constexpr size_t kBodyBytesMax = 51'200;  // of TemplateBody

std::span<const Value> items_of(const Value& list) { return list.is_array() ? list.items() : std::span<const Value>(); }

bool mentions(const Value& value, std::string_view function) {
  if (value.is_array()) return std::ranges::any_of(value.items(), [&](const Value& item) { return mentions(item, function); });
  if (!value.is_object()) return false;
  return std::ranges::any_of(value.members(), [&](const json::Member& member) { return member.name == function || mentions(member.value, function); });
}

struct BucketAndKey {
  std::string bucket, key;
};

// An S3 object's URL, path-style or virtual-hosted; our own endpoint's is path-style.
std::optional<BucketAndKey> s3_object(std::string_view url, std::string_view endpoint) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos || (!url.starts_with("http://") && !url.starts_with("https://"))) return std::nullopt;
  const size_t slash = url.find('/', scheme + 3);
  if (slash == url.npos) return std::nullopt;
  const std::string_view host = url.substr(scheme + 3, slash - scheme - 3);
  std::string_view path = url.substr(slash + 1);
  path = path.substr(0, path.find('?'));
  const std::string_view own = endpoint.substr(std::min(endpoint.find("://") + 3, endpoint.size()));
  const bool path_style = host == own || host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.") || host.starts_with("s3.") ||
                          host.starts_with("s3-");
  const auto decoded = [](std::string_view text) { return percent_decode(text).value_or(std::string(text)); };
  if (path_style) {
    const size_t end = path.find('/');
    if (end == path.npos || end == 0 || end + 1 == path.size()) return std::nullopt;
    return BucketAndKey{decoded(path.substr(0, end)), decoded(path.substr(end + 1))};
  }
  const size_t s3 = std::min(host.find(".s3."), host.find(".s3-"));
  if (s3 == host.npos || path.empty()) return std::nullopt;
  return BucketAndKey{std::string(host.substr(0, s3)), decoded(path)};
}

// A pattern of ResourceTypes: "AWS::EC2::*".
bool type_fits(std::string_view type, std::string_view pattern) {
  if (pattern.ends_with("*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return type == pattern;
}

}  // namespace

void CloudFormation::fetch(const Call& call, std::string_view url, Function<void(Result<std::string>)> then) {
  if (url.starts_with("s3://")) return then(invalid("S3 error: Domain name specified in " + std::string(url.substr(5, url.find('/', 5) - 5)) + " is not a valid S3 domain"));
  const auto object = s3_object(url, call.endpoint.empty() ? kit_.endpoint : call.endpoint);
  if (!object) return then(invalid("TemplateURL must be a supported URL."));
  protocol::Call get = kit_.registry.internal(call.caller, call.region, "s3", "GetObject", json::object({{"Bucket", object->bucket}, {"Key", object->key}}));
  get.account = call.account;
  kit_.registry.call(get, [then = std::move(then)](Result<Value> answer) mutable {
    if (!answer) {
      const std::string why = answer.error().message.empty() ? "there is no S3 here: start gantry with --upstream s3=URL" : answer.error().message;
      return then(invalid(fmt::format("S3 error: {}", why)));
    }
    auto text = base64_decode(answer->text("Body"));
    if (!text || text->size() > kTemplateBytesMax) return then(invalid("Template may not exceed 1000000 bytes in size."));
    then(*std::move(text));
  });
}

void CloudFormation::template_text(const Call& call, const Stack* stack, Function<void(Result<std::string>)> then) {
  const Value& params = call.params;
  const bool body = params.find("TemplateBody"), url = params.find("TemplateURL"), previous = params["UsePreviousTemplate"] == Value(true);
  if (body + url + previous != 1) return then(invalid("Either Template URL or Template Body must be specified."));
  if (url) return fetch(call, params.text("TemplateURL"), std::move(then));
  if (previous) {
    if (!stack || stack->status == "REVIEW_IN_PROGRESS") return then(invalid("Template error: there is no previous template"));
    return then(stack->revision.template_text);
  }
  std::string text(params.text("TemplateBody"));
  if (text.size() > kBodyBytesMax) {
    return then(invalid(fmt::format("1 validation error detected: Value '{}' at 'templateBody' failed to satisfy constraint: Member must have length less "
                                    "than or equal to {}", text, kBodyBytesMax)));
  }
  then(std::move(text));
}

NeededCapabilities needed_capabilities(const Value& body, const std::vector<std::string>& resources, const Catalog& catalog) {
  NeededCapabilities out;
  std::set<std::string> types;
  bool named = false;
  for (const std::string& id : resources) {
    const Value& resource = body["Resources"][id];
    const std::string type(resource.text("Type"));
    if (!type.starts_with("AWS::IAM::")) continue;
    types.insert(type);
    const ResourceType* known = catalog.find(type);
    named = named || (known && !known->name_property.empty() && type != "AWS::IAM::Policy" && resource["Properties"].find(known->name_property));
  }
  if (!types.empty()) out.capabilities.emplace_back(named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
  out.types.assign(types.begin(), types.end());
  return out;
}

Status CloudFormation::check_capabilities(const Call& call, const Value& body, const std::vector<std::string>& resources) const {
  const auto given = [&](std::string_view capability) {
    return std::ranges::any_of(items_of(call.params["Capabilities"]), [&](const Value& one) { return one == Value(capability); });
  };
  const NeededCapabilities needed = needed_capabilities(body, resources, catalog_);
  for (const std::string& capability : needed.capabilities) {
    if (given(capability) || (capability == "CAPABILITY_IAM" && given("CAPABILITY_NAMED_IAM"))) continue;
    return fail("InsufficientCapabilitiesException", fmt::format("Requires capabilities : [{}]", capability));
  }
  return {};
}

Status CloudFormation::check_types(const Call& call, const Plan& plan) const {
  std::set<std::string> unknown;
  const Value& allowed = call.params["ResourceTypes"];
  for (const std::string& id : plan.resources) {
    const std::string type(plan.resource(id).text("Type"));
    const ResourceType* known = catalog_.find(type);
    const bool offered = known && (known->service.empty() || kit_.registry.reaches(known->service, known->operation));
    if (!offered) unknown.insert(type);
    if (allowed.size() > 0 && std::ranges::none_of(allowed.items(), [&](const Value& one) { return type_fits(type, one.as_string()); })) {
      std::vector<std::string> list;
      for (const Value& one : allowed.items()) list.emplace_back(one.as_string());
      return invalid(fmt::format("Resource type {} is not allowed by parameter ResourceTypes [{}]", type, fmt::join(list, ", ")));
    }
  }
  if (unknown.empty()) return {};
  return invalid(fmt::format("Template format error: Unrecognized resource types: [{}]", fmt::join(unknown, ", ")));
}

void CloudFormation::resolve_parameters(const Call& call, std::shared_ptr<Prepared> prepared, Function<void(Status)> then) {
  std::vector<Parameter>& parameters = prepared->revision.parameters;
  const auto next = std::ranges::find_if(parameters, [](const Parameter& one) { return one.from_ssm() && one.resolved.empty(); });
  if (next == parameters.end()) return then({});
  protocol::Call get = kit_.registry.internal(call.caller, call.region, "ssm", "GetParameter", json::object({{"Name", next->value}}));
  get.account = call.account;
  const auto index = next - parameters.begin();
  kit_.registry.call(get, [this, call, prepared, index, then = std::move(then)](Result<Value> answer) mutable {
    Parameter& parameter = prepared->revision.parameters[static_cast<size_t>(index)];
    if (!answer) {
      // Recorded: what CreateChangeSet says of a parameter that SSM does not have.
      if (answer.error().code == "ParameterNotFound") {
        return then(invalid(fmt::format("Parameter {} should either have input value or default value", parameter.key)));
      }
      return then(invalid(fmt::format("Unable to fetch parameters [{}] from parameter store for this account.", parameter.value)));
    }
    parameter.resolved = (*answer)["Parameter"].text("Value");
    if (parameter.resolved.empty()) return then(invalid(fmt::format("Unable to fetch parameters [{}] from parameter store for this account.", parameter.value)));
    resolve_parameters(call, prepared, std::move(then));
  });
}

void CloudFormation::find_zones(const Call& call, std::shared_ptr<Prepared> prepared, Function<void()> then) {
  if (!mentions(prepared->revision.body(), "Fn::GetAZs") || !kit_.registry.has("ec2", "DescribeAvailabilityZones")) {
    for (const char letter : {'a', 'b', 'c'}) prepared->revision.zones.push_back(call.region + letter);
    return then();
  }
  protocol::Call get = kit_.registry.internal(protocol::Principal::root(call.account), call.region, "ec2", "DescribeAvailabilityZones", Value::object());
  kit_.registry.call(get, [prepared, then = std::move(then)](Result<Value> answer) mutable {
    if (answer) {
      for (const Value& zone : items_of((*answer)["AvailabilityZones"])) prepared->revision.zones.emplace_back(zone.text("ZoneName"));
      std::ranges::sort(prepared->revision.zones);
    }
    then();
  });
}

void CloudFormation::prepare(const Call& call, const Stack* stack, const Pseudo& pseudo, Ready ready) {
  // The stack may change until the answers are there; what is needed of it is taken now.
  const std::optional<Revision> previous = stack && stack->status != "REVIEW_IN_PROGRESS" ? std::optional(stack->revision) : std::nullopt;
  template_text(call, stack, [this, call, previous, pseudo, ready = std::move(ready)](Result<std::string> text) mutable {
    if (!text) return ready(std::unexpected(std::move(text).error()));
    auto prepared = std::make_shared<Prepared>();
    Revision& revision = prepared->revision;
    const auto checked = [&]() -> Status {
      revision.template_text = *std::move(text);
      const Value body = TRY(parse_template(revision.template_text));
      const bool extended = has_language_extensions(body);
      if (!extended) TRY(check_template(body));
      if (const auto others = other_transforms(body); !others.empty()) {
        const std::string& name = others.front();
        return invalid(fmt::format("No transform named {} found.", name.starts_with("AWS::") ? name : fmt::format("{}::{}", call.account, name)));
      }
      revision.parameters = TRY(bind_parameters(body, call.params["Parameters"], previous ? previous->parameters : std::vector<Parameter>()));
      const auto list = [&](std::string_view name, const Value& otherwise) {
        if (const Value* given = call.params.find(name)) return *given;
        return otherwise;
      };
      revision.tags = list("Tags", previous ? previous->tags : Value::array());
      revision.capabilities = list("Capabilities", Value::array());
      revision.notification_arns = list("NotificationARNs", previous ? previous->notification_arns : Value::array());
      revision.rollback_configuration = list("RollbackConfiguration", previous ? previous->rollback_configuration : Value::object());
      revision.role_arn = call.params.text("RoleARN", previous ? previous->role_arn : "");
      return {};
    }();
    if (!checked) return ready(std::unexpected(checked.error()));
    auto done = std::make_shared<Ready>(std::move(ready));
    resolve_parameters(call, prepared, [this, call, prepared, pseudo, done](Status resolved) {
      if (!resolved) return (*done)(std::unexpected(resolved.error()));
      find_zones(call, prepared, [this, call, prepared, pseudo, done] {
        const auto planned = [&]() -> Status {
          const Value body = TRY(parse_template(prepared->revision.template_text));
          if (has_language_extensions(body)) {
            const Value expanded = TRY(expand_language_extensions(body, parameter_values(prepared->revision.parameters)));
            TRY(check_template(expanded));
          }
          prepared->plan = TRY(make_plan(prepared->revision, pseudo));
          TRY(check_types(call, prepared->plan));
          return check_capabilities(call, prepared->plan.body, prepared->plan.resources);
        }();
        if (!planned) return (*done)(std::unexpected(planned.error()));
        (*done)(std::move(*prepared));
      });
    });
  });
}

}  // namespace cloudformation
