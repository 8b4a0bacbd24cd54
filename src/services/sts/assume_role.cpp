// AssumeRole: the trust policy lets in (decided by the authoriser, from the need below), then a
// session begins.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/policy/context.h"
#include "services/sts/sts.h"

namespace sts {
namespace {

using json::Value;

constexpr int64_t kDefaultSeconds = 3'600;
constexpr int64_t kChainedSecondsMax = 3'600;
constexpr size_t kTagsMax = 50;

// An ARN with all that makes one; whether it is a role's shows later.
std::optional<Arn> whole_arn(std::string_view text) {
  auto arn = Arn::parse(text);
  if (!arn || arn->partition.empty() || arn->service.empty() || arn->resource.empty())
    return std::nullopt;
  return arn;
}

bool is_role(const Arn& arn) {
  return arn.service == "iam" && arn.resource.starts_with("role/") && arn.account.size() == 12;
}

std::unexpected<Error> invalid_tags(std::string message) {
  return fail("InvalidParameterValue", std::move(message));
}

std::span<const Value> list(const Value& value) {
  return value.is_array() ? value.items() : std::span<const Value>();
}

// The tags of the new session: those asked for, and what the calling session hands down.
struct Tags {
  std::vector<json::Member> all;
  std::vector<std::string> transitive;
};

bool has(const std::vector<json::Member>& tags, std::string_view key) {
  return std::ranges::any_of(tags, [&](const json::Member& tag) {
    return lower_case(tag.name) == lower_case(key);
  });
}

Result<Tags> session_tags(const Value& params, const Session* calling) {
  Tags out;
  if (params["Tags"].size() > kTagsMax) {
    return fail(
        "ValidationError",
        fmt::format("1 validation error detected: Value at 'tags' failed to satisfy constraint: "
                    "Member must have length less than or equal to {}",
                    kTagsMax));
  }
  for (const Value& tag : list(params["Tags"])) {
    if (has(out.all, tag.text("Key")))
      return invalid_tags(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    out.all.push_back({std::string(tag.text("Key")), tag.text("Value")});
  }
  const std::vector<json::Member> asked = out.all;
  const auto inherited = [&](std::string_view key) {
    return calling && std::ranges::any_of(calling->transitive_tags, [&](const std::string& one) {
             return lower_case(one) == lower_case(key);
           });
  };
  for (const Value& key : list(params["TransitiveTagKeys"])) {
    if (inherited(key.as_string())) {
      return invalid_tags(
          "One of the specified transitive tag keys can't be set because it conflicts with a "
          "transitive tag key from "
          "the calling session.");
    }
    if (!has(asked, key.as_string()))
      return invalid_tags(
          "The specified transitive tag key must be included in the requested tags.");
    out.transitive.emplace_back(key.as_string());
  }
  for (const json::Member& tag : asked) {
    if (inherited(tag.name)) {
      return invalid_tags(
          "One of the specified transitive tag keys can't be set because it conflicts with a "
          "transitive tag key from "
          "the calling session.");
    }
  }
  if (!calling) return out;
  for (const json::Member& tag : calling->principal.session_tags) {
    if (!inherited(tag.name)) continue;
    out.all.push_back(tag);
    out.transitive.emplace_back(tag.name);
  }
  return out;
}
}  // namespace

std::string id_of_unknown_role(std::string_view role_arn) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id = "AROA";
  for (const char c : sha256(role_arn).substr(0, 17))
    id.push_back(kLetters[static_cast<unsigned char>(c) & 31]);
  return id;
}

json::Value Sts::role(std::string_view role_arn) {
  const auto arn = whole_arn(role_arn);
  if (!arn || !is_role(*arn)) return {};
  const std::string name = arn->resource.substr(arn->resource.rfind('/') + 1);
  const auto answer = ask_iam(arn->account, "GetRole", json::object({{"RoleName", name}}));
  if (!answer || (*answer)["Role"].text("Arn") != role_arn) return {};
  return (*answer)["Role"];
}

std::vector<protocol::Need> Sts::assume_role_needs(const Call& call) {
  const Value& params = call.params;
  const std::string role_arn(params.text("RoleArn"));
  const auto arn = whole_arn(role_arn);
  // What is no role is refused later, in words of its own.
  if (!arn || !is_role(*arn)) return {};
  protocol::Need need{.action = "sts:AssumeRole", .resources = {role_arn}};
  const auto fact = [&](std::string_view key, std::string_view member) {
    if (const Value* value = params.find(member))
      need.context.push_back({std::string(key), *value});
  };
  fact("sts:ExternalId", "ExternalId");
  fact("sts:RoleSessionName", "RoleSessionName");
  fact("sts:SourceIdentity", "SourceIdentity");
  fact("sts:TransitiveTagKeys", "TransitiveTagKeys");
  const Value role = this->role(role_arn);
  for (const Value& tag : list(role["Tags"])) {
    need.context.push_back({"aws:ResourceTag/" + std::string(tag.text("Key")), tag.text("Value")});
    need.context.push_back({"iam:ResourceTag/" + std::string(tag.text("Key")), tag.text("Value")});
  }
  if (const auto text = percent_decode(role.text("AssumeRolePolicyDocument"));
      text && !text->empty()) {
    if (auto trust = json::parse(*text)) need.resource_policy = *std::move(trust);
  }
  std::vector<protocol::Need> needs = {need};
  const auto also = [&](std::string_view action) {
    needs.push_back(need);
    needs.back().action = action;
  };
  if (params["Tags"].size() > 0) also("sts:TagSession");
  if (params.find("SourceIdentity")) also("sts:SetSourceIdentity");
  return needs;
}

Sts::Answer Sts::assume_role(const Call& call) {
  const Value& params = call.params;
  const std::string role_arn(params.text("RoleArn"));
  const auto arn = whole_arn(role_arn);
  if (!arn) return fail("ValidationError", fmt::format("{} is invalid", role_arn));
  if (!is_role(*arn)) {
    return fail("AccessDenied",
                fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                            call.caller.arn, role_arn),
                403);
  }
  const Value role = this->role(role_arn);
  const int64_t seconds = params["DurationSeconds"].as_int64().value_or(kDefaultSeconds);
  if (seconds > role["MaxSessionDuration"].as_int64().value_or(43'200)) {
    return fail("ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const bool chained = call.caller.type == protocol::Principal::Type::assumed_role;
  if (chained && seconds > kChainedSecondsMax) {
    return fail("ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining.");
  }
  const Session* calling = sessions_.find({call.caller.account, ""}, call.caller.access_key_id);
  Tags tags = TRY(session_tags(params, calling));
  int64_t packed = 0;
  Value policy = TRY(session_policy(call, arn->account, packed));

  auto principal = protocol::Principal::role_session(role_arn, params.text("RoleSessionName"));
  const std::string role_id(role.is_object() ? role.text("RoleId") : id_of_unknown_role(role_arn));
  principal.user_id = fmt::format("{}:{}", role_id, principal.session_name);
  principal.session_policy = std::move(policy);
  principal.session_tags = std::move(tags.all);
  Session extras;
  extras.transitive_tags = std::move(tags.transitive);
  extras.source_identity = params.text("SourceIdentity", calling ? calling->source_identity : "");
  if (calling && !calling->source_identity.empty() &&
      extras.source_identity != calling->source_identity) {
    return fail("AccessDenied", "The source identity of a session cannot be changed.", 403);
  }
  const bool ours = call.internal && call.caller.type == protocol::Principal::Type::service &&
                    call.caller.service != "ecs-tasks.amazonaws.com";
  const std::string source_identity = extras.source_identity;
  const Session session =
      TRY(issue(principal, seconds, std::move(extras), ours ? Keeping::forgotten : Keeping::kept));

  json::ObjectBuilder out;
  out.add("Credentials", credentials_value(session));
  out.add("AssumedRoleUser",
          json::object({{"AssumedRoleId", principal.user_id}, {"Arn", principal.arn}}));
  if (packed > 0) out.add("PackedPolicySize", packed);
  return out.add_text("SourceIdentity", source_identity).build();
}

}  // namespace sts
