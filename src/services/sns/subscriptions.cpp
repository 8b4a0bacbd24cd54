// Subscriptions: who hears a topic, how, and which of its messages.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "language/json/fault_text.h"
#include "language/json/parse.h"
#include "protocol/patterns/pattern.h"
#include "services/sns/sns.h"

namespace sns {

using json::Value;

namespace {

constexpr std::string_view kProtocols[] = {"http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"};
constexpr std::string_view kSubscriptionAttributes[] = {"RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "DeliveryPolicy", "SubscriptionRoleArn", "ReplayPolicy"};

std::string unreadable(const json::ParseError& fault) { return "failed to parse JSON. " + json::fault_text(fault); }

// `where` comes in front of what is wrong: Subscribe names the parameter that the attribute is in.
Status check_attribute(const std::string& name, const std::string& value, const std::map<std::string, std::string>& all, std::string_view where) {
  if (std::ranges::find(kSubscriptionAttributes, name) == std::end(kSubscriptionAttributes)) return invalid("AttributeName");
  if (name == "RawMessageDelivery" && value != "true" && value != "false") {
    return invalid(fmt::format("{}RawMessageDelivery: Invalid value [{}]. Must be true or false.", where, value));
  }
  if (name == "FilterPolicyScope" && value != "MessageAttributes" && value != "MessageBody") {
    return invalid(fmt::format("{}FilterPolicyScope: Invalid value [{}]. Please use either MessageBody or MessageAttributes", where, value));
  }
  if (name == "FilterPolicy" && !value.empty()) {
    const auto scope = all.find("FilterPolicyScope");
    return check_filter_policy(value, scope != all.end() && scope->second == "MessageBody", where);
  }
  if (name == "RedrivePolicy" && !value.empty()) {
    const auto policy = json::parse_detailed(value);
    if (!policy) return invalid(fmt::format("{}RedrivePolicy: {}", where, unreadable(policy.error())));
    if (!Arn::parse(policy->text("deadLetterTargetArn"))) return invalid(fmt::format("{}RedrivePolicy: deadLetterTargetArn is an invalid arn", where));
  }
  return {};
}

Value shown(const Subscription& s) {
  return json::object({{"SubscriptionArn", s.pending ? "PendingConfirmation" : s.arn}, {"Owner", s.owner}, {"Protocol", s.protocol}, {"Endpoint", s.endpoint}, {"TopicArn", s.topic_arn}});
}

size_t combinations(const Value& policy) {
  size_t product = 1;
  for (const auto& member : policy.members()) product *= std::max<size_t>(1, member.value.is_object() ? combinations(member.value) : member.value.size());
  return product;
}

}  // namespace

Status check_filter_policy(std::string_view text, bool body_scope, std::string_view where) {
  const auto reason = [&](std::string_view why) { return invalid(fmt::format("{}FilterPolicy: {}", where, why)); };
  auto document = json::parse_detailed(text);
  if (!document) return reason(unreadable(document.error()));
  if (!document->is_object()) return reason("failed to parse JSON. FilterPolicy must be a JSON object");
  if (document->size() == 0) return {};
  if (document->size() > 5) return reason("Filter policy can not have more than 5 keys");
  for (const auto& [name, value] : document->members()) {
    if (value.is_object() && !body_scope) return reason("Filter policy scope MessageAttributes does not support nested filter policy");
    if (!value.is_object() && !value.is_array()) return reason(fmt::format("\"{}\" must be an object or an array", name));
    if (!value.is_array()) continue;
    for (const Value& one : value.items()) {
      // EventBridge takes it; SNS does not (recorded).
      if (one.is_object() && one["anything-but"].is_object() && one["anything-but"].find("suffix")) return reason("Unsupported anything-but pattern: suffix");
    }
  }
  if (combinations(*document) > 150) return reason("Filter policy is too complex");
  auto pattern = patterns::Pattern::compile(*document);
  if (!pattern) return reason(pattern.error().message);
  return {};
}

Result<Value> Sns::subscribe(const Call& call) {
  const Value& p = call.params;
  const std::string protocol(p.text("Protocol")), endpoint(p.text("Endpoint"));
  if (std::ranges::find(kProtocols, protocol) == std::end(kProtocols)) return invalid(fmt::format("Amazon SNS does not support this protocol string: {}", protocol));
  Subscription made{.protocol = protocol, .endpoint = endpoint, .attributes = {}};
  if (protocol == "sqs") {
    const auto arn = Arn::parse(endpoint);
    if (!arn || arn->service != "sqs") return invalid("SQS endpoint ARN");
    if (endpoint.ends_with(".fifo") && !p.text("TopicArn").ends_with(".fifo")) {
      return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    }
  }
  if ((protocol == "http" || protocol == "https") && !endpoint.starts_with(protocol + "://")) return invalid("Endpoint must match the specified protocol");
  if (protocol == "lambda" && !endpoint.starts_with("arn:")) return invalid("Lambda endpoint ARN");
  if ((protocol == "email" || protocol == "email-json") && endpoint.find('@') == endpoint.npos) return invalid("Email address");
  if (const Value& given = p["Attributes"]; given.is_object()) {
    for (const auto& [name, value] : given.members()) made.attributes[std::string(name)] = value.as_string();
    for (const auto& [name, value] : made.attributes) TRY(check_attribute(name, value, made.attributes, "Attributes Reason: "));
  }
  const Found topic = TRY(find_topic(p.text("TopicArn")));
  for (const auto& [arn, there] : subscriptions_.all(topic.scope)) {
    if (there.topic_arn != topic.arn || there.protocol != protocol || there.endpoint != endpoint) continue;
    for (const auto& [name, value] : made.attributes) {
      const auto it = there.attributes.find(name);
      if (it == there.attributes.end() || it->second != value) return invalid("Attributes Reason: Subscription already exists with different attributes");
    }
    return json::object({{"SubscriptionArn", arn}});
  }
  made.arn = fmt::format("{}:{}", topic.arn, kit_.random.uuid());
  made.topic_arn = topic.arn;
  made.owner = call.account;
  made.principal = call.caller.arn;
  // Queues and functions are ours; other endpoints say themselves that they want it.
  made.pending = protocol == "http" || protocol == "https" || protocol == "email" || protocol == "email-json";
  made.token = kit_.random.hex(64);
  const Subscription& stored = subscriptions_.put(topic.scope, made.arn, made);
  if (protocol == "http" || protocol == "https") send_confirmation(topic.scope, stored);
  const bool return_arn = p["ReturnSubscriptionArn"] == Value(true);
  return json::object({{"SubscriptionArn", made.pending && !return_arn ? "pending confirmation" : made.arn}});
}

Result<Value> Sns::confirm(const Call& call) {
  const auto topic_there = find_topic(call.params.text("TopicArn"));
  if (!topic_there) return topic_there.error().code == "NotFoundException" ? invalid("Token") : std::unexpected(topic_there.error());
  const Found& topic = *topic_there;
  const std::string_view token = call.params.text("Token");
  for (const auto& [arn, there] : subscriptions_.all(topic.scope)) {
    if (there.topic_arn != topic.arn || there.token != token) continue;
    const std::string key = arn;
    if (there.pending) {
      Subscription confirmed = there;
      confirmed.pending = false;
      if (call.params.text("AuthenticateOnUnsubscribe") == "true") confirmed.attributes["_authenticated"] = "true";
      subscriptions_.put(topic.scope, key, std::move(confirmed));
    }
    return json::object({{"SubscriptionArn", key}});
  }
  // A token is hexadecimal; what is not was never one (recorded).
  if (token.find_first_not_of("0123456789abcdef") != token.npos) return fail("InvalidParameterException", "Invalid token");
  return invalid("Token");
}

Result<Value> Sns::unsubscribe(const Call& call) {
  const auto found = find_subscription(call.params.text("SubscriptionArn"));
  if (!found) return found.error().code == "NotFoundException" ? Result<Value>(Value::object()) : std::unexpected(found.error());
  const std::string arn = found->second->arn;
  subscriptions_.erase(found->first, arn);
  return Value::object();
}

Result<Value> Sns::list_subscriptions(const Call& call) {
  Scope scope{call.account, call.region};
  std::string topic_arn;
  if (call.operation == "ListSubscriptionsByTopic") {
    const Found topic = TRY(find_topic(call.params.text("TopicArn")));
    scope = topic.scope;
    topic_arn = topic.arn;
  }
  const std::string from = TRY(page(call));
  std::vector<Value> list;
  std::string next;
  const auto& all = subscriptions_.all(scope);
  for (auto it = all.lower_bound(from); it != all.end(); ++it) {
    if (!topic_arn.empty() && it->second.topic_arn != topic_arn) continue;
    if (list.size() == 100) {
      next = it->first;
      break;
    }
    list.push_back(shown(it->second));
  }
  json::ObjectBuilder out;
  out.add("Subscriptions", Value::array(std::move(list)));
  next_token(out, call, next);
  return out.build();
}

Result<Value> Sns::get_subscription_attributes(const Call& call) {
  const auto [scope, s] = TRY(find_subscription(call.params.text("SubscriptionArn")));
  json::ObjectBuilder out;
  out.add("SubscriptionArn", s->arn).add("TopicArn", s->topic_arn).add("Owner", s->owner).add("Protocol", s->protocol).add("Endpoint", s->endpoint);
  out.add("PendingConfirmation", s->pending ? "true" : "false").add("ConfirmationWasAuthenticated", s->protocol == "sqs" || s->attributes.contains("_authenticated") ? "true" : "false");
  out.add("RawMessageDelivery", "false").add("SubscriptionPrincipal", s->principal.empty() ? fmt::format("arn:aws:iam::{}:root", s->owner) : s->principal);
  const bool filtered = s->attributes.contains("FilterPolicy") && !s->attributes.at("FilterPolicy").empty();
  if (filtered) out.add("FilterPolicyScope", "MessageAttributes");
  for (const auto& [name, value] : s->attributes) {
    if (!name.starts_with("_") && !value.empty() && (filtered || name != "FilterPolicyScope")) out.set(name, value);
  }
  return json::object({{"Attributes", out.build()}});
}

Result<Value> Sns::set_subscription_attributes(const Call& call) {
  const auto [scope, s] = TRY(find_subscription(call.params.text("SubscriptionArn")));
  Subscription updated = *s;
  const std::string name(call.params.text("AttributeName")), value(call.params.text("AttributeValue"));
  TRY(check_attribute(name, value, updated.attributes, ""));
  updated.attributes[name] = value;
  const std::string key = updated.arn;
  subscriptions_.put(scope, key, std::move(updated));
  return Value::object();
}

}  // namespace sns
