// From an accepted event to its targets, at least once.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "language/json/parse.h"
#include "services/events/events.h"

namespace events {

using json::Value;

namespace {
constexpr std::string_view kPrefix = "events/";
constexpr int kAttemptsDefault = 185;
constexpr int64_t kAgeDefaultMs = 86'400'000;
constexpr size_t kWaitingMax = 100'000;
}  // namespace

Value Events::encode(const Delivery& d) {
  return json::object({{"account", d.scope.account}, {"region", d.scope.region}, {"rule", d.rule_arn}, {"target", d.target}, {"event", d.event},
                       {"input", d.input}, {"attempts", d.attempts}, {"accepted", d.accepted.ms}});
}

Events::Delivery Events::decode(const Value& d) {
  return {{std::string(d.text("account")), std::string(d.text("region"))}, std::string(d.text("rule")), d["target"], d["event"], d["input"],
          static_cast<int>(d["attempts"].as_int64().value_or(0)), {d["accepted"].as_int64().value_or(0)}};
}

void Events::start() {
  kit_.store.scan(store::Space::outbox, kPrefix, store::prefix_end(kPrefix), store::Order::forward, [&](std::string_view key, std::string_view value) {
    if (auto document = json::parse(value)) waiting_.emplace(key, decode(*document));
    return true;
  });
  sequence_ = static_cast<uint64_t>(kit_.clock().now().ms) << 20;
  for (const auto& entry : waiting_) kit_.loop.post([this, key = entry.first] { deliver(key); });
  authorise_all();
  schedule_rules();
}

namespace {
// Whether a pattern leaves open that an event of this source matches: it asks for no source, for this one, or asks for more
// than a plain text.
bool may_match_source(const Value& shown, std::string_view source) {
  const auto pattern = json::parse(shown.text("EventPattern"));
  const Value* wanted = pattern ? pattern->find("source") : nullptr;
  if (!wanted || !wanted->is_array()) return true;
  return std::ranges::any_of(wanted->items(), [&](const Value& one) { return !one.is_string() || one.as_string() == source; });
}
}  // namespace

bool Events::hears(const Scope& scope, std::string_view source) const {
  const auto& all = rules_.all(scope);
  constexpr std::string_view kDefaultBus = "default/";
  for (auto it = all.lower_bound(kDefaultBus); it != all.end() && it->first.starts_with(kDefaultBus); ++it) {
    const Rule& rule = it->second;
    if (rule.pattern && !rule.targets.empty() && rule.shown.text("State") != "DISABLED" && may_match_source(rule.shown, source)) return true;
  }
  return false;
}

void Events::accept(const Scope& scope, const std::string& bus, const Value& event) {
  const auto& all = rules_.all(scope);
  const std::string prefix = bus + "/";
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const Rule& rule = it->second;
    if (!rule.pattern || rule.shown.text("State") == "DISABLED" || !rule.pattern->matches(event)) continue;
    for (const auto& [id, target] : rule.targets) {
      auto input = target_input(target, event, rule.shown.text("Arn"), kit_.clock().now());
      if (!input) continue;
      enqueue({scope, std::string(rule.shown.text("Arn")), target, event, *std::move(input), 0, kit_.clock().now()});
    }
  }
}

void Events::enqueue(Delivery delivery) {
  if (waiting_.size() >= kWaitingMax) return;
  // Zero-padded, so that deliveries are taken up in order after a restart.
  const std::string key = fmt::format("{}{:020}", kPrefix, ++sequence_);
  store::Batch batch;
  batch.put(store::Space::outbox, key, json::write(encode(delivery)));
  kit_.store.commit(std::move(batch));
  waiting_.emplace(key, std::move(delivery));
  kit_.loop.post([this, key] { deliver(key); });
}

void Events::deliver(const std::string& key) {
  const auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  const Delivery& d = it->second;
  const std::string target_arn(d.target.text("Arn"));
  const auto arn = Arn::parse(target_arn);
  if (!arn) return done(key, fail("InvalidTarget", target_arn));
  const std::string region = arn->region.empty() ? d.scope.region : arn->region;
  const std::string text = json::write(d.input);
  // As the rule's role where it has one, else as EventBridge itself: then the target's own policy decides.
  const std::string_view role = d.target.text("RoleArn");
  const auto caller = role.empty() ? protocol::Principal::aws_service("events.amazonaws.com", d.scope.account, d.rule_arn)
                                   : protocol::Principal::role_session(role, "events");
  const auto call = [&](std::string_view service, std::string_view operation, Value params) {
    auto made = kit_.registry.internal(caller, region, service, operation, std::move(params));
    made.account = arn->account.empty() ? d.scope.account : arn->account;
    kit_.registry.call(made, [this, key](Result<Value> answer) { done(key, std::move(answer)); });
  };
  const std::string& resource = arn->resource;
  const std::string last = resource.substr(resource.rfind(':') == resource.npos ? 0 : resource.rfind(':') + 1);
  if (arn->service == "states" && resource == "managed-integration") {
    auto made = kit_.registry.internal(protocol::Principal::aws_service("events.amazonaws.com", d.scope.account), region, "states", "DeliverManagedEvent",
                                       json::object({{"event", d.event}}));
    kit_.registry.call(made, [this, key](Result<Value> answer) { done(key, std::move(answer)); });
  } else if (arn->service == "states") {
    call("states", "StartExecution", json::object({{"stateMachineArn", target_arn}, {"input", text}, {"name", fmt::format("{}_{}", d.event.text("id"), std::hash<std::string>{}(d.rule_arn) % 100'000)}}));
  } else if (arn->service == "sns") {
    call("sns", "Publish", json::object({{"TopicArn", target_arn}, {"Message", d.input.is_string() ? Value(d.input.as_string()) : Value(text)}}));
  } else if (arn->service == "sqs") {
    json::ObjectBuilder params;
    params.add("QueueUrl", fmt::format("{}/{}/{}", kit_.endpoint, arn->account, resource)).add("MessageBody", d.input.is_string() ? Value(d.input.as_string()) : Value(text));
    params.add_text("MessageGroupId", d.target["SqsParameters"].text("MessageGroupId"));
    call("sqs", "SendMessage", params.build());
  } else if (arn->service == "logs") {
    const std::string group = resource.starts_with("log-group:") ? resource.substr(10, resource.find(':', 10) - 10) : last;
    const std::string stream = d.event.text("id").empty() ? "events" : std::string(d.event.text("id"));
    kit_.registry.call(kit_.registry.internal(caller, region, "logs", "CreateLogStream", json::object({{"logGroupName", group}, {"logStreamName", stream}})), [](Result<Value>) {});
    call("logs", "PutLogEvents", json::object({{"logGroupName", group}, {"logStreamName", stream},
                                               {"logEvents", json::array({json::object({{"timestamp", kit_.clock().now().ms}, {"message", text}})})}}));
  } else if (arn->service == "ecs") {
    const Value& e = d.target["EcsParameters"];
    json::ObjectBuilder params;
    params.add("cluster", target_arn).add("taskDefinition", e["TaskDefinitionArn"]).add("count", e.find("TaskCount") ? e["TaskCount"] : Value(1));
    params.add_text("launchType", e.text("LaunchType"));
    const Value& vpc = e["NetworkConfiguration"]["awsvpcConfiguration"];
    if (vpc.is_object()) {
      json::ObjectBuilder network;
      for (const auto& [from, to] : {std::pair{"Subnets", "subnets"}, {"SecurityGroups", "securityGroups"}, {"AssignPublicIp", "assignPublicIp"}}) {
        if (vpc.find(from)) network.add(to, vpc[from]);
      }
      params.add("networkConfiguration", json::object({{"awsvpcConfiguration", network.build()}}));
    }
    call("ecs", "RunTask", params.build());
  } else if (arn->service == "lambda") {
    call("lambda", "Invoke", json::object({{"FunctionName", target_arn}, {"InvocationType", "Event"}, {"Payload", base64_encode(text)}}));
  } else if (arn->service == "events" && resource.starts_with("api-destination/")) {
    deliver_by_http(key, target_arn);
  } else if (arn->service == "events") {
    call("events", "PutEvents", json::object({{"Entries", json::array({json::object({{"EventBusName", target_arn}, {"Source", d.event["source"]}, {"DetailType", d.event["detail-type"]},
                                                                                     {"Detail", json::write(d.event["detail"])}, {"Resources", d.event["resources"]}})})}}));
  } else {
    done(key, fail("UnsupportedTarget", target_arn));
  }
}

void Events::done(const std::string& key, Result<Value> answer) {
  const auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  Delivery& d = it->second;
  store::Batch batch;
  if (!answer) {
    // What a policy or a missing target refuses is no use to repeat.
    const std::string& code = answer.error().code;
    const bool transient = answer.error().http_status >= 500 || code.find("Throttl") != code.npos || code == "ServiceUnavailable";
    const auto most = d.target["RetryPolicy"]["MaximumRetryAttempts"].as_int64().value_or(kAttemptsDefault);
    const auto age = d.target["RetryPolicy"]["MaximumEventAgeInSeconds"].as_int64().value_or(kAgeDefaultMs / 1000) * 1000;
    if (transient && ++d.attempts <= most && kit_.clock().now() - d.accepted < age) {
      batch.put(store::Space::outbox, key, json::write(encode(d)));
      kit_.store.commit(std::move(batch));
      const int64_t delay = std::min<int64_t>(60'000, 250LL << std::min(d.attempts, 8));
      kit_.loop.after(delay, [this, key] { deliver(key); });
      return;
    }
    if (const std::string_view queue = d.target["DeadLetterConfig"].text("Arn"); !queue.empty()) {
      if (const auto arn = Arn::parse(queue)) {
        auto made = kit_.registry.internal(protocol::Principal::aws_service("events.amazonaws.com", d.scope.account, d.rule_arn), arn->region, "sqs", "SendMessage",
                                           json::object({{"QueueUrl", fmt::format("{}/{}/{}", kit_.endpoint, arn->account, arn->resource)}, {"MessageBody", json::write(d.event)}}));
        made.account = arn->account;
        kit_.registry.call(made, [](Result<Value>) {});
      }
    }
  }
  batch.erase(store::Space::outbox, key);
  kit_.store.commit(std::move(batch));
  waiting_.erase(it);
}

// Every scheduled rule once its time has come; looked at each second, as often as the finest schedule needs.
void Events::schedule_rules() {
  const Instant now = kit_.clock().now();
  std::vector<std::tuple<Scope, std::string, Rule>> due;
  for (const auto& [scope, rules] : rules_.scopes()) {
    for (const auto& [key, rule] : rules) {
      const std::string_view schedule = rule.shown.text("ScheduleExpression");
      if (schedule.empty() || rule.shown.text("State") == "DISABLED") continue;
      const auto last = rule.shown["_last"].as_int64();
      std::optional<Instant> next;
      if (const auto rate = rate_ms(schedule)) {
        next = Instant{last.value_or(now.ms)} + (last ? *rate : 0);
      } else {
        next = next_cron(schedule, Instant{last.value_or(now.ms)});
      }
      if (!last) {
        due.emplace_back(scope, key, rule);  // begins to count
      } else if (next && *next <= now) {
        due.emplace_back(scope, key, rule);
        const Value event = json::object({{"version", "0"}, {"id", kit_.random.uuid()}, {"detail-type", "Scheduled Event"}, {"source", "aws.events"}, {"account", scope.account},
                                          {"time", iso8601_s(now)}, {"region", scope.region}, {"resources", json::array({rule.shown["Arn"]})}, {"detail", Value::object()}});
        for (const auto& [id, target] : rule.targets) {
          if (auto input = target_input(target, event, rule.shown.text("Arn"), now)) {
            enqueue({scope, std::string(rule.shown.text("Arn")), target, event, *std::move(input), 0, now});
          }
        }
      }
    }
  }
  for (auto& [scope, key, rule] : due) {
    rule.shown = rule.shown.with("_last", now.ms);
    rules_.put(scope, key, std::move(rule));
  }
  kit_.loop.after(1'000, [this] { schedule_rules(); });
}

}  // namespace events
