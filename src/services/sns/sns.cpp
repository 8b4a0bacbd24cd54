#include "services/sns/sns.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "language/json/parse.h"

namespace sns {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

std::unexpected<Error> invalid(std::string message) { return fail("InvalidParameterException", "Invalid parameter: " + message); }
std::unexpected<Error> not_found(std::string message) { return fail("NotFoundException", std::move(message), 404); }

namespace {
Value map_json(const std::map<std::string, std::string>& map) {
  json::ObjectBuilder out;
  for (const auto& [key, value] : map) out.add(key, value);
  return out.build();
}
std::map<std::string, std::string> map_from(const Value& document) {
  std::map<std::string, std::string> out;
  for (const auto& member : document.members()) out[std::string(member.name)] = member.value.as_string();
  return out;
}
}  // namespace

json::Value to_json(const Topic& t) {
  return json::object({{"name", t.name}, {"attributes", map_json(t.attributes)}, {"tags", map_json(t.tags)}, {"dataProtection", t.data_protection}});
}
Topic from_json(const Value& d, std::type_identity<Topic>) {
  return {std::string(d.text("name")), map_from(d["attributes"]), map_from(d["tags"]), std::string(d.text("dataProtection"))};
}
json::Value to_json(const Subscription& s) {
  return json::object({{"arn", s.arn}, {"topic", s.topic_arn}, {"protocol", s.protocol}, {"endpoint", s.endpoint}, {"owner", s.owner},
                       {"principal", s.principal}, {"attributes", map_json(s.attributes)}, {"pending", s.pending}, {"token", s.token}});
}
Subscription from_json(const Value& d, std::type_identity<Subscription>) {
  return {std::string(d.text("arn")), std::string(d.text("topic")), std::string(d.text("protocol")), std::string(d.text("endpoint")), std::string(d.text("owner")),
          std::string(d.text("principal")), map_from(d["attributes"]), d["pending"].as_bool(), std::string(d.text("token"))};
}

Sns::Sns(services::Kit& kit) : kit_(kit), signer_(kit.store, kit.loop.clock()), recent_(kit.store.changes()), topics_(kit.store, "sns/topic"), subscriptions_(kit.store, "sns/subscription") {}

std::optional<std::string> Sns::certificate(std::string_view path) {
  if (!path.starts_with("/SimpleNotificationService-") || path != signer_.certificate_path()) return std::nullopt;
  return signer_.certificate();
}

void Sns::load() {
  topics_.load();
  subscriptions_.load();
  const auto add = [&](std::string_view name, Result<Value> (Sns::*method)(const Call&), std::function<std::vector<Need>(const Call&)> needs) {
    kit_.registry.add("sns", name, immediate([this, method](const Call& call) { return (this->*method)(call); }, std::move(needs)));
  };
  const auto any = [](const Call& call) { return std::vector<Need>{{.action = "sns:" + call.operation, .resources = {"*"}}}; };
  const auto none = [](const Call&) { return std::vector<Need>{}; };
  const auto named = [](const Call& call) {
    return std::vector<Need>{{.action = "sns:" + call.operation, .resources = {call.arn(std::string(call.params.text("Name")))}}};
  };
  // On a topic, whose own policy has a say.
  const auto on_topic = [this](const Call& call) {
    Need need{.action = call.operation == "PublishBatch" ? "sns:Publish" : "sns:" + call.operation, .resources = {}};
    std::string arn;
    for (const std::string_view member : {"TopicArn", "TargetArn", "ResourceArn"}) {
      if (arn.empty()) arn = call.params.text(member);
    }
    need.resources.push_back(arn.empty() ? "*" : arn);
    if (call.operation == "Subscribe") {
      need.context.push_back({"sns:Protocol", call.params["Protocol"]});
      if (call.params.find("Endpoint")) need.context.push_back({"sns:Endpoint", call.params["Endpoint"]});
    }
    if (const auto topic = find_topic(arn)) need.resource_policy = topic_policy(*topic);
    return std::vector<Need>{need};
  };
  const auto on_subscription = [](const Call& call) {
    return std::vector<Need>{{.action = "sns:" + call.operation, .resources = {std::string(call.params.text("SubscriptionArn", "*"))}}};
  };
  add("CreateTopic", &Sns::create_topic, named);
  add("DeleteTopic", &Sns::delete_topic, on_topic);
  add("ListTopics", &Sns::list_topics, any);
  add("GetTopicAttributes", &Sns::get_topic_attributes, on_topic);
  add("SetTopicAttributes", &Sns::set_topic_attributes, on_topic);
  add("AddPermission", &Sns::change_permission, on_topic);
  add("RemovePermission", &Sns::change_permission, on_topic);
  add("TagResource", &Sns::change_tags, on_topic);
  add("UntagResource", &Sns::change_tags, on_topic);
  add("ListTagsForResource", &Sns::list_tags, on_topic);
  add("Subscribe", &Sns::subscribe, on_topic);
  add("ConfirmSubscription", &Sns::confirm, none);
  // The link in a notification needs no credentials; whoever has them is asked for the right.
  add("Unsubscribe", &Sns::unsubscribe, [on_subscription](const Call& call) {
    if (call.caller.type == protocol::Principal::Type::anonymous) return std::vector<Need>{};
    return on_subscription(call);
  });
  add("ListSubscriptions", &Sns::list_subscriptions, any);
  add("ListSubscriptionsByTopic", &Sns::list_subscriptions, on_topic);
  add("GetSubscriptionAttributes", &Sns::get_subscription_attributes, on_subscription);
  add("SetSubscriptionAttributes", &Sns::set_subscription_attributes, on_subscription);
  add("Publish", &Sns::publish, on_topic);
  add("PublishBatch", &Sns::publish_batch, on_topic);
}

Result<Sns::Found> Sns::find_topic(std::string_view arn) const {
  const auto parsed = Arn::parse(arn);
  if (const auto parts = std::count(arn.begin(), arn.end(), ':') + 1; parts < 6) return invalid(fmt::format("TopicArn Reason: An ARN must have at least 6 elements, not {}", parts));
  if (!parsed || parsed->service != "sns" || parsed->resource.empty() || parsed->resource.find(':') != std::string::npos) return invalid("TopicArn");
  const Scope scope{parsed->account, parsed->region};
  const Topic* topic = topics_.find(scope, parsed->resource);
  if (!topic) return not_found("Topic does not exist");
  return Found{scope, topic, std::string(arn)};
}

// spec/sns.md "Topics": what a topic's policy is while nobody has set one.
Value Sns::topic_policy(const Found& found) const {
  if (const auto it = found.topic->attributes.find("Policy"); it != found.topic->attributes.end()) {
    if (auto policy = json::parse(it->second)) return *policy;
  }
  const Value actions = json::array({"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic",
                                     "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"});
  const Value statement = json::object({{"Sid", "__default_statement_ID"}, {"Effect", "Allow"}, {"Principal", json::object({{"AWS", "*"}})}, {"Action", actions},
                                        {"Resource", found.arn},
                                        {"Condition", json::object({{"StringEquals", json::object({{"AWS:SourceOwner", found.scope.account}})}})}});
  return json::object({{"Version", "2008-10-17"}, {"Id", "__default_policy_ID"}, {"Statement", json::array({statement})}});
}

Result<std::pair<services::Scope, const Subscription*>> Sns::find_subscription(std::string_view arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->resource.find(':') == std::string::npos) return invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not " + std::to_string(std::count(arn.begin(), arn.end(), ':') + 1));
  const Scope scope{parsed->account, parsed->region};
  const Subscription* found = subscriptions_.find(scope, arn);
  if (!found) return not_found("Subscription does not exist");
  return std::pair{scope, found};
}

Result<std::string> Sns::page(const Call& call) const {
  const std::string_view token = call.params.text("NextToken");
  if (token.empty()) return std::string();
  auto from = kit_.sealer.open("sns:" + call.operation + call.account + call.region, token);
  if (!from) return invalid("NextToken Reason: Token is invalid");
  return *from;
}

void Sns::next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const {
  if (!from.empty()) out.add("NextToken", kit_.sealer.seal("sns:" + call.operation + call.account + call.region, from));
}

}  // namespace sns
