#include "deployment.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using json::Value;

Deployment::Deployment(std::string name, std::vector<Plan> plans, std::string type)
    : name_(std::move(name)), arn_(fmt::format("{}stateMachine:{}", kArnHead, name_)), type_(std::move(type)), plans_(std::move(plans)) {
  for (const Plan& plan : plans_) definitions_.push_back(plan.definition());
}

std::string Deployment::State::text() const {
  return current ? fmt::format("plan {}, versions {}, alias {}", *current, fmt::join(versions, " "), alias) : "nothing";
}

void Deployment::change(Process& process, Outside& outside, std::string_view operation, Value params, State next) {
  if (const auto done = process.call(operation, std::move(params)); !done) {
    if (!protocol::is_no_room(done.error())) outside.fail(fmt::format("{}: {}: {} {}", arn_, operation, done.error().code, done.error().message));
    return;
  }
  now_ = next;
  since_.push_back(next);
  process.durably([this, next = std::move(next)] {
    acknowledged_ = next;
    const auto at = std::ranges::find(since_, next);
    since_.erase(since_.begin(), at == since_.end() ? at : at + 1);
  });
}

void Deployment::act(Process& process, Outside& outside, Random& random) {
  constexpr size_t kVersionsMax = 5;
  const auto routing = [this](size_t version) {
    return json::array({json::object({{"stateMachineVersionArn", fmt::format("{}:{}", arn_, version)}, {"weight", 100}})});
  };
  State next = now_;
  if (!now_.current) {
    next = {.current = 0, .versions = {0}, .alias = 0};
    return change(process, outside, "CreateStateMachine",
                  json::object({{"name", name_}, {"definition", definitions_[0]}, {"roleArn", "arn:aws:iam::000000000000:role/r"}, {"type", type_}, {"publish", true}}), next);
  }
  if (now_.alias == 0) {
    next.alias = now_.versions.size();
    return change(process, outside, "CreateStateMachineAlias", json::object({{"name", "live"}, {"routingConfiguration", routing(next.alias)}}), next);
  }
  if (random.below(20) != 0) return;
  if (now_.alias < now_.versions.size() && random.below(2)) {
    next.alias = now_.versions.size();
    return change(process, outside, "UpdateStateMachineAlias", json::object({{"stateMachineAliasArn", alias_arn()}, {"routingConfiguration", routing(next.alias)}}), next);
  }
  if (plans_.size() < 2 || now_.versions.size() >= kVersionsMax) return;
  next.current = (*now_.current + 1) % plans_.size();
  next.versions.push_back(*next.current);
  change(process, outside, "UpdateStateMachine", json::object({{"stateMachineArn", arn_}, {"definition", definitions_[*next.current]}, {"publish", true}}), next);
}

void Deployment::look(Process& process, Outside& outside) {
  State there;
  const auto plan_at = [&](std::string_view operation, std::string_view member, const std::string& arn) -> std::optional<size_t> {
    const auto told = process.call(operation, json::object({{std::string(member), arn}}));
    return told ? plan_of(told->text("definition")) : std::nullopt;
  };
  there.current = plan_at("DescribeStateMachine", "stateMachineArn", arn_);
  if (const auto listed = process.call("ListStateMachineVersions", json::object({{"stateMachineArn", arn_}}))) {
    for (size_t number = 1; number <= (*listed)["stateMachineVersions"].size(); ++number) {
      const auto plan = plan_at("DescribeStateMachine", "stateMachineArn", fmt::format("{}:{}", arn_, number));
      if (!plan) return outside.fail(fmt::format("{}: version {} is not there", arn_, number));
      there.versions.push_back(*plan);
    }
  }
  if (const auto alias = process.call("DescribeStateMachineAlias", json::object({{"stateMachineAliasArn", alias_arn()}}))) {
    const std::string version((*alias)["routingConfiguration"][size_t{0}].text("stateMachineVersionArn"));
    there.alias = std::stoull(version.substr(version.rfind(':') + 1));
  }
  if (there != acknowledged_ && std::ranges::find(since_, there) == since_.end()) {
    return outside.fail(fmt::format("{}: it is {} after a crash; {} was acknowledged", arn_, there.text(), acknowledged_.text()));
  }
  now_ = acknowledged_ = there;
  since_.clear();
}

std::optional<Deployment::Start> Deployment::start(By by, uint64_t pick) const {
  if (!now_.current || (by == By::alias && now_.alias == 0)) return std::nullopt;
  if (by == By::machine) return Start{arn_, *now_.current};
  if (by == By::alias) return Start{alias_arn(), now_.versions[now_.alias - 1]};
  const size_t version = pick % now_.versions.size();
  return Start{fmt::format("{}:{}", arn_, version + 1), now_.versions[version]};
}

std::optional<size_t> Deployment::plan_of(std::string_view definition) const {
  const auto it = std::ranges::find(definitions_, definition);
  return it == definitions_.end() ? std::nullopt : std::optional<size_t>(static_cast<size_t>(it - definitions_.begin()));
}

}  // namespace sim
