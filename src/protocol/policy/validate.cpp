// What AWS refuses in a policy document, rule by rule, in the order in which it looks. Two parsers
// are at work on AWS and each has its words: an old one for the policies of users, groups and
// roles, a newer one for trust and resource policies.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "protocol/policy/document.h"

namespace policy::detail {
namespace {

constexpr std::string_view kSyntax = "Syntax errors in policy.";
constexpr std::string_view kLegacy = "The policy failed legacy parsing";

std::unexpected<Error> malformed(std::string_view message) {
  return fail("MalformedPolicyDocumentException", std::string(message));
}

std::vector<json::Value> statements_of(const json::Value& document) {
  const json::Value& value = document["Statement"];
  if (value.is_array()) return {value.items().begin(), value.items().end()};
  return {value};
}

bool text_or_texts(const json::Value* value) {
  if (!value || value->is_string()) return true;
  return value->is_array() && std::ranges::all_of(value->items(), &json::Value::is_string);
}

bool scalar(const json::Value& value) {
  return value.is_string() || value.is_bool() || value.is_number();
}

// An operator that there is not passes as long as nothing stands below it.
bool good_conditions(const json::Value* block) {
  if (!block) return true;
  if (!block->is_object()) return false;
  return std::ranges::all_of(block->members(), [](const json::Member& test) {
    if (!test.value.is_object()) return false;
    if (!OperatorName::parse(test.name) && test.value.size() > 0) return false;
    return std::ranges::all_of(test.value.members(), [](const json::Member& key) {
      return scalar(key.value) ||
             (key.value.is_array() && std::ranges::all_of(key.value.items(), scalar));
    });
  });
}

Status check_syntax(const json::Value& document) {
  constexpr std::array kTop = {"Version", "Id", "Statement"};
  constexpr std::array kElements = {"Sid",         "Action", "NotAction", "Resource",
                                    "NotResource", "Effect", "Condition"};
  for (const json::Member& member : document.members()) {
    if (std::ranges::find(kTop, member.name.view()) == kTop.end()) return malformed(kSyntax);
  }
  if (const json::Value* version = document.find("Version");
      version && *version != json::Value("2008-10-17") && *version != json::Value("2012-10-17")) {
    return malformed(kSyntax);
  }
  if (const json::Value* id = document.find("Id"); id && !id->is_string())
    return malformed(kSyntax);
  const auto statements = statements_of(document);
  if (statements.empty()) return malformed(kSyntax);
  for (const json::Value& statement : statements) {
    if (!statement.is_object()) return malformed(kSyntax);
    for (const json::Member& member : statement.members()) {
      if (member.name == "Principal" || member.name == "NotPrincipal") {
        return malformed("Policy document should not specify a principal.");
      }
      if (std::ranges::find(kElements, member.name) == kElements.end()) return malformed(kSyntax);
    }
    const json::Value *action = statement.find("Action"), *not_action = statement.find("NotAction");
    const json::Value *resource = statement.find("Resource"),
                      *not_resource = statement.find("NotResource");
    const std::string effect = lower_case(statement.text("Effect"));
    const json::Value* sid = statement.find("Sid");
    const bool good = !(action && not_action) && !(resource && not_resource) &&
                      (effect == "allow" || effect == "deny") && text_or_texts(action) &&
                      text_or_texts(not_action) && text_or_texts(resource) &&
                      text_or_texts(not_resource) && good_conditions(statement.find("Condition")) &&
                      (!sid || sid->is_string());
    if (!good) return malformed(kSyntax);
  }
  return {};
}

Status check_legacy_basics(const json::Value& statement) {
  if (statement.text("Effect") != "Allow" && statement.text("Effect") != "Deny")
    return malformed(kLegacy);
  const json::Value& block = statement["Condition"];
  for (const json::Member& test :
       block.is_object() ? block.members() : std::span<const json::Member>()) {
    const auto name = OperatorName::parse(test.name);
    if (!name || name->op < Operator::date_equals || name->op > Operator::date_greater_equals)
      continue;
    for (const json::Member& key : test.value.members()) {
      for (const std::string_view value : texts(key.value)) {
        if (!value.contains("${") && !date_value(value)) return malformed(kLegacy);
      }
    }
  }
  return {};
}

// Colons inside of variables separate nothing.
std::string without_variable_colons(std::string_view text) {
  std::string out(text);
  for (size_t open = 0; (open = out.find("${", open)) != out.npos; ++open) {
    const size_t close = std::min(out.find('}', open), out.size());
    std::replace(out.begin() + static_cast<ptrdiff_t>(open),
                 out.begin() + static_cast<ptrdiff_t>(close), ':', '_');
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts;
}

// What is wrong with a resource, or "".
std::string resource_fault(std::string_view resource) {
  constexpr std::array kIamPaths = {"user/",
                                    "federated-user/",
                                    "role/",
                                    "group/",
                                    "instance-profile/",
                                    "mfa/",
                                    "server-certificate/",
                                    "policy/",
                                    "sms-mfa/",
                                    "saml-provider/",
                                    "oidc-provider/",
                                    "report/",
                                    "access-report/"};
  if (resource == "*") return "";
  const std::vector<std::string> parts = split(without_variable_colons(resource));
  if (parts.size() == 1)
    return fmt::format("Resource {} must be in ARN format or \"*\".", resource);
  const std::string& partition = parts[1];
  if (partition != "aws" && partition != "aws-cn" && partition != "aws-us-gov") {
    std::array<std::string, 4> shown = {"*", "*", "*", "*"};
    for (size_t i = 2; i < parts.size(); ++i) {
      if (i < 5)
        shown[i - 2] = parts[i];
      else if (i == 5)
        shown[3] = parts[i];
      else
        shown[3] += ":" + parts[i];
    }
    if (parts.size() == 3 && parts[2].empty()) shown[0] = "*";
    return fmt::format("Partition \"{0}\" is not valid for resource \"arn:{0}:{1}:{2}:{3}:{4}\".",
                       partition, shown[0], shown[1], shown[2], shown[3]);
  }
  if (parts.size() < 3 || parts[2].find_first_of("*?") != std::string::npos) {
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  }
  const std::string region = parts.size() > 3 ? parts[3] : "",
                    account = parts.size() > 4 ? parts[4] : "";
  if (parts[2] == "iam" && !region.empty())
    return fmt::format("IAM resource {} cannot contain region information.", resource);
  // Access points have a region, and an account with it.
  if (parts[2] == "s3" && !region.empty() && account.empty()) {
    return fmt::format("Resource {} can not contain region information.", resource);
  }
  if (parts[2] == "iam" && parts.size() > 5 && !parts[5].starts_with("*")) {
    const bool known = std::ranges::any_of(
        kIamPaths, [&](std::string_view path) { return parts[5].starts_with(path); });
    if (!known)
      return fmt::format("IAM resource path must either be \"*\" or start with {}.",
                         fmt::join(kIamPaths, ", "));
  }
  return "";
}

// An ARN whose parts are too few to be told apart.
bool legacy_resource(std::string_view resource) {
  if (resource == "*") return true;
  const std::string text = without_variable_colons(resource);
  const std::vector<std::string> parts = split(text);
  return (parts.size() > 5 || !text.contains("::")) && parts.size() > 2 && !parts[2].empty();
}

std::string action_fault(std::string_view action) {
  const std::vector<std::string> parts = split(action);
  if (parts.size() == 1 && action != "*")
    return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
  if (parts.size() > 2) return "Actions/Condition can contain only one colon.";
  const bool plain = std::ranges::all_of(
      parts[0], [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; });
  if (parts[0] != "*" && !plain) return fmt::format("Vendor {} is not valid", parts[0]);
  return "";
}

const json::Value& either(const json::Value& statement, std::string_view name,
                          std::string_view complement) {
  return statement[statement.find(name) ? name : complement];
}

bool present(const json::Value& value) { return value.is_string() || value.size() > 0; }

// The newer parser's common part.
Status check_shape(const json::Value& document, std::span<const std::string_view> elements) {
  constexpr std::array<std::string_view, 3> kTop = {"Version", "Id", "Statement"};
  for (const json::Member& member : document.members()) {
    if (std::ranges::find(kTop, member.name.view()) == kTop.end())
      return malformed("Unknown field " + member.name);
  }
  if (const json::Value* version = document.find("Version");
      version && *version != json::Value("2008-10-17") && *version != json::Value("2012-10-17")) {
    return malformed("The policy must contain a valid version string");
  }
  const json::Value& statements = document["Statement"];
  if (statements.is_null()) return malformed("Missing required field Statement");
  if (statements.is_array() && statements.size() == 0)
    return malformed("Could not parse the policy: Statement is empty!");
  std::set<std::string_view> sids;
  for (const json::Value& statement : statements_of(document)) {
    if (!statement.is_object()) return malformed("This policy contains invalid Json");
    for (const json::Member& member : statement.members()) {
      if (std::ranges::find(elements, member.name.view()) != elements.end()) continue;
      const bool elsewhere = member.name == "Resource" || member.name == "NotResource";
      return malformed((elsewhere ? "Has prohibited field " : "Unknown field ") + member.name);
    }
    if (!statement.find("Effect")) return malformed("Missing required field Effect");
    const std::string_view effect = statement.text("Effect");
    if (effect != "Allow" && effect != "Deny")
      return malformed(fmt::format("Invalid effect: {}", effect));
    if (!statement.find("Principal") && !statement.find("NotPrincipal"))
      return malformed("Missing required field Principal");
    if (!present(either(statement, "Action", "NotAction")))
      return malformed("Missing required field Action");
    if (!text_or_texts(statement.find("Action")) || !text_or_texts(statement.find("NotAction")) ||
        !text_or_texts(statement.find("Resource")) ||
        !text_or_texts(statement.find("NotResource"))) {
      return malformed("This policy contains invalid Json");
    }
    if (statement.find("Condition") && !good_conditions(statement.find("Condition"))) {
      for (const json::Member& test : statement["Condition"].is_object()
                                          ? statement["Condition"].members()
                                          : std::span<const json::Member>()) {
        if (!OperatorName::parse(test.name))
          return malformed("Invalid Condition type : " + test.name);
      }
      return malformed(kSyntax);
    }
    const std::string_view sid = statement.text("Sid");
    if (!sid.empty() && !sids.insert(sid).second)
      return malformed("Statement IDs (SID) in a single policy must be unique.");
  }
  return {};
}

// An account, the ARN of one of its principals, the unique id of one that was deleted, or everyone.
bool good_aws_principal(std::string_view text) {
  if (text == "*") return true;
  if (text.size() == 12 &&
      std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); }))
    return true;
  if (text.starts_with("AROA") || text.starts_with("AIDA"))
    return text.size() >= 16 && !text.contains(':');
  const std::vector<std::string> parts = split(text);
  if (parts.size() < 6 || parts[0] != "arn" || !parts[1].starts_with("aws") || !parts[3].empty())
    return false;
  if (parts[2] == "iam")
    return parts[5] == "root" || parts[5].starts_with("user/") || parts[5].starts_with("role/");
  return parts[2] == "sts" &&
         (parts[5].starts_with("assumed-role/") || parts[5].starts_with("federated-user/"));
}

Status check_principals(const json::Value& value) {
  if (value.is_string()) {
    if (value.as_string() == "*") return {};
    return malformed(fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", value.as_string()));
  }
  if (!value.is_object() || value.size() == 0)
    return malformed("Missing required field Principal cannot be empty!");
  for (const json::Member& kind : value.members()) {
    if (!text_or_texts(&kind.value)) return malformed("This policy contains invalid Json");
    for (const std::string_view text : texts(kind.value)) {
      if (kind.name == "AWS" && !good_aws_principal(text)) {
        return malformed(fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", text));
      }
      if (kind.name == "Service" && text != "*" && !text.contains(".amazonaws.com") &&
          !text.contains(".amazon.com")) {
        return malformed(fmt::format("Invalid principal in policy: \"SERVICE\":\"{}\"", text));
      }
    }
    constexpr std::array<std::string_view, 4> kKinds = {"AWS", "Service", "Federated",
                                                        "CanonicalUser"};
    if (std::ranges::find(kKinds, kind.name.view()) == kKinds.end()) {
      return malformed(fmt::format("Invalid principal in policy: {}", kind.name));
    }
  }
  return {};
}
}  // namespace

Status validate_identity(const json::Value& document, Kind kind) {
  TRY(check_syntax(document));
  if (kind == Kind::managed && document.text("Version") != "2012-10-17") {
    return malformed("Policy document must be version 2012-10-17 or greater.");
  }
  const auto statements = statements_of(document);
  for (const json::Value& statement : statements) TRY(check_legacy_basics(statement));
  std::string fault;
  for (const json::Value& statement : statements) {
    const auto resources = texts(either(statement, "Resource", "NotResource"));
    for (const std::string_view resource : resources) {
      if (fault.empty()) fault = resource_fault(resource);
    }
    if (fault.empty() && !std::ranges::all_of(resources, legacy_resource))
      return malformed(kLegacy);
  }
  std::set<std::string_view> sids;
  for (const json::Value& statement : statements) {
    const std::string_view sid = statement.text("Sid");
    if (!std::ranges::all_of(sid, [](unsigned char c) { return std::isalnum(c); })) {
      return malformed(
          "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
          "expression [0-9A-Za-z]*");
    }
    if (!sid.empty() && !sids.insert(sid).second)
      return malformed("Statement IDs (SID) in a single policy must be unique.");
  }
  for (const json::Value& statement : statements) {
    if (!present(either(statement, "Action", "NotAction")))
      return malformed("Policy statement must contain actions.");
  }
  if (!fault.empty()) return malformed(fault);
  for (const json::Value& statement : statements) {
    for (const std::string_view action : texts(either(statement, "Action", "NotAction"))) {
      if (const std::string wrong = action_fault(action); !wrong.empty()) return malformed(wrong);
    }
  }
  for (const json::Value& statement : statements) {
    if (!present(either(statement, "Resource", "NotResource")))
      return malformed("Policy statement must contain resources.");
  }
  return {};
}

Status validate_trust(const json::Value& document) {
  constexpr std::array<std::string_view, 7> kElements = {
      "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"};
  TRY(check_shape(document, kElements));
  for (const json::Value& statement : statements_of(document)) {
    TRY(check_principals(either(statement, "Principal", "NotPrincipal")));
    for (const std::string_view action : texts(either(statement, "Action", "NotAction"))) {
      const std::string name = lower_case(action);
      if (action != "*" && !name.starts_with("sts:"))
        return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
  return {};
}

Status validate_resource(const json::Value& document) {
  constexpr std::array<std::string_view, 9> kElements = {
      "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
      "NotAction", "Resource", "NotResource", "Condition"};
  TRY(check_shape(document, kElements));
  for (const json::Value& statement : statements_of(document)) {
    TRY(check_principals(either(statement, "Principal", "NotPrincipal")));
  }
  return {};
}

}  // namespace policy::detail
