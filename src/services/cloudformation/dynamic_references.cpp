#include "services/cloudformation/dynamic_references.h"

#include <fmt/format.h>

#include <vector>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/cloudformation/functions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

constexpr std::string_view kOpen = "{{resolve:";
constexpr size_t kReferencesMax = 60;  // of one resource; AWS's quota

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t colon = std::min(text.find(':', at), text.size());
    out.emplace_back(text.substr(at, colon - at));
    at = colon + 1;
  }
  return out;
}

class Resolver {
 public:
  explicit Resolver(Job& job) : job_(job) {}

  Result<Value> value(const Value& given) {
    if (given.is_string()) {
      if (given.as_string().find(kOpen) == std::string_view::npos) return given;
      return Value(TRY(text(given.as_string())));
    }
    if (given.is_array()) {
      std::vector<Value> out;
      for (const Value& item : given.items()) out.push_back(TRY(value(item)));
      return Value::array(std::move(out));
    }
    if (!given.is_object()) return given;
    std::vector<json::Member> out;
    for (const json::Member& member : given.members()) out.push_back({member.name, TRY(value(member.value))});
    return Value::object(std::move(out));
  }

 private:
  Result<std::string> text(std::string_view given) {
    std::string out;
    while (true) {
      const size_t open = given.find(kOpen), close = open == given.npos ? open : given.find("}}", open);
      if (close == given.npos) return out.append(given);
      if (++count_ > kReferencesMax) return invalid("Template error: too many dynamic references in one resource");
      out.append(given.substr(0, open));
      out.append(TRY(reference(given.substr(open + kOpen.size(), close - open - kOpen.size()))));
      given.remove_prefix(close + 2);
    }
  }

  Result<std::string> reference(std::string_view given) {
    const size_t colon = given.find(':');
    const std::string_view service = given.substr(0, colon), rest = colon == given.npos ? "" : given.substr(colon + 1);
    if (service == "ssm" || service == "ssm-secure") {
      const Value answer = TRY(job_.call("ssm", "GetParameter", json::object({{"Name", rest}, {"WithDecryption", service == "ssm-secure"}})));
      return std::string(answer["Parameter"].text("Value"));
    }
    if (service == "secretsmanager") return secret(rest);
    return invalid(fmt::format("Template error: dynamic references to {} are not supported", service));
  }

  // id:SecretString:key:stage:version, in which the id may be an ARN of seven parts.
  Result<std::string> secret(std::string_view given) {
    std::vector<std::string> parts = parts_of(given);
    if (parts[0] == "arn" && parts.size() >= 7) {
      std::vector<std::string> joined{fmt::format("{}", fmt::join(parts.begin(), parts.begin() + 7, ":"))};
      joined.insert(joined.end(), parts.begin() + 7, parts.end());
      parts = std::move(joined);
    }
    const auto part = [&](size_t i) { return i < parts.size() ? parts[i] : std::string(); };
    json::ObjectBuilder params;
    params.add("SecretId", part(0)).add_text("VersionStage", part(3)).add_text("VersionId", part(4));
    const Value answer = TRY(job_.call("secretsmanager", "GetSecretValue", params.build()));
    const std::string text(answer.text("SecretString"));
    if (part(2).empty()) return text;
    const auto document = json::parse(text);
    const Value* found = document ? document->find(part(2)) : nullptr;
    if (!found) return invalid(fmt::format("Could not find a value associated with JSONKey in SecretString: {}", part(2)));
    return scalar_text(*found).value_or(json::write(*found));
  }

  Job& job_;
  size_t count_ = 0;
};

}  // namespace

Result<Value> resolve_dynamic_references(Job& job, const Value& properties) { return Resolver(job).value(properties); }

}  // namespace cloudformation
