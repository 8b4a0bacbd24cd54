// CreateStateMachine, and what it shares with UpdateStateMachine and ValidateStateMachineDefinition.
#include <fmt/format.h>

#include "services/states/configuration.h"
#include "services/states/states.h"

namespace states {

Result<std::shared_ptr<const asl::Machine>> States::compile(std::string_view definition, bool express) const {
  auto compiled = asl::compile(definition, {.express = express});
  if (compiled.machine) return compiled.machine;
  // A label's fault is told as it is.
  for (const asl::Diagnostic& d : compiled.diagnostics) {
    if (d.alone) return fail("InvalidDefinition", d.message);
  }
  return fail("InvalidDefinition", fmt::format("Invalid State Machine Definition: '{}'", asl::join_errors(compiled.diagnostics)));
}

namespace {

// The managed rule that a `.sync` integration listens to (spec/integrations.md 6), if it has one.
struct ManagedRule {
  std::string_view name;
  std::string_view pattern;
};

std::optional<ManagedRule> managed_rule(const asl::Resource& resource) {
  using Pattern = asl::Resource::Pattern;
  if (resource.pattern != Pattern::sync && resource.pattern != Pattern::sync2) return std::nullopt;
  if (resource.service == "ecs") {
    return ManagedRule{"StepFunctionsGetEventsForECSTaskRule",
                       R"({"source":["aws.ecs"],"detail-type":["ECS Task State Change"]})"};
  }
  if (resource.service == "states") {
    return ManagedRule{"StepFunctionsGetEventsForStepFunctionsExecutionRule",
                       R"({"source":["aws.states"],"detail-type":["Step Functions Execution Status Change"]})"};
  }
  return std::nullopt;
}

// Runs calls one after another until one fails.
struct CallChain : std::enable_shared_from_this<CallChain> {
  protocol::Registry& registry;
  std::vector<protocol::Call> calls;
  Function<void(Status)> then;
  size_t next = 0;

  CallChain(protocol::Registry& r, Function<void(Status)> t) : registry(r), then(std::move(t)) {}
  void go() {
    if (next == calls.size()) return then({});
    registry.call(calls[next++], [self = shared_from_this()](Result<json::Value> answer) {
      if (!answer) return self->then(std::unexpected(std::move(answer).error()));
      self->go();
    });
  }
};

}  // namespace

void States::ensure_managed_rules(const Call& call, std::string role_arn, const asl::Machine& machine,
                                  Function<void(Status)> then) {
  std::map<std::string_view, ManagedRule> rules;
  for (const auto& resource : machine.resources()) {
    if (const auto rule = managed_rule(*resource)) rules.emplace(rule->name, *rule);
  }
  if (rules.empty() || !kit_.registry.has("events", "PutRule")) return then({});
  auto chain = std::make_shared<CallChain>(kit_.registry, [role_arn, then = std::move(then)](Status done) mutable {
    if (done) return then({});
    // Whatever of the three calls was refused, AWS says only this.
    then(fail("AccessDeniedException", fmt::format("'{}' is not authorized to create managed-rule.", role_arn)));
  });
  const auto role = protocol::Principal::role_session(role_arn, "StepFunctionsManagedRule");
  const auto add = [&](std::string_view operation, Value params) {
    protocol::Call step = kit_.registry.internal(role, call.region, "events", operation, std::move(params));
    step.user_agent = "states.amazonaws.com";
    step.account = call.account;
    chain->calls.push_back(std::move(step));
  };
  for (const auto& [name, rule] : rules) {
    add("PutRule", json::object({{"Name", name}, {"EventPattern", rule.pattern}, {"State", "ENABLED"},
                                 {"Description", "This rule is used to notify Step Functions regarding integrated work"}}));
    const std::string target = fmt::format("arn:{}:states:{}:{}:managed-integration", call.partition, call.region, call.account);
    add("PutTargets", json::object({{"Rule", name}, {"Targets", json::array({json::object({{"Id", "StepFunctions"}, {"Arn", target}})})}}));
    add("DescribeRule", json::object({{"Name", name}}));
  }
  chain->go();
}

uint64_t States::publish(StateMachine& machine, const std::string& description, Redescribed redescribed) {
  const auto last = machine.versions.find(machine.last_version);
  if (last != machine.versions.end() && last->second.revision.id == machine.revision.id) {
    const bool same = description.empty() || description == last->second.description;
    if (same || redescribed == Redescribed::is_the_same) return last->first;
  }
  machine.versions[++machine.last_version] = {machine.revision, description, kit_.clock().now()};
  return machine.last_version;
}

void States::create_state_machine(const Call& call, protocol::Reply reply) {
  const Value& params = call.params;
  const std::string name(params.text("name"));
  if (!is_valid_name(name)) return reply(fail("InvalidName", fmt::format("Invalid Name: '{}'", name)));
  const bool express = params.text("type") == "EXPRESS";
  const std::string_view definition = params.text("definition");
  auto machine = compile(definition, express);
  if (!machine) return reply(std::unexpected(std::move(machine).error()));
  if (auto role = check_role_arn(params.text("roleArn")); !role) return reply(std::unexpected(std::move(role).error()));
  auto logging = logging_configuration(params["loggingConfiguration"]);
  if (!logging) return reply(std::unexpected(std::move(logging).error()));
  if (auto key = check_encryption(params["encryptionConfiguration"]); !key) return reply(std::unexpected(std::move(key).error()));
  const bool publishes = params["publish"].is_bool() && params["publish"].as_bool();
  const std::string description(params.text("versionDescription"));
  if (!publishes && params.find("versionDescription")) {
    return reply(fail("ValidationException", "Version description can only be set when publish is true"));
  }
  auto tags = tags_from_list(params["tags"], call.for_stack());
  if (!tags) return reply(std::unexpected(std::move(tags).error()));

  StateMachine made;
  made.arn = call.arn("stateMachine:" + name);
  made.name = name;
  made.express = express;
  made.revision = {.id = "", .definition = "", .role_arn = std::string(params.text("roleArn")), .logging = std::move(*logging),
                   .tracing = tracing_enabled(params["tracingConfiguration"]), .encryption = params["encryptionConfiguration"]};
  made.created = made.updated = call.at;
  made.tags = std::move(*tags);
  made.published_at_creation = publishes;
  made.creation_version_description = description;

  const auto answer = [this](const StateMachine& m) {
    json::ObjectBuilder out;
    out.add("stateMachineArn", m.arn).add("creationDate", m.created.seconds());
    if (m.published_at_creation) out.add("stateMachineVersionArn", version_arn(m, 1));
    return out.build();
  };
  if (const StateMachine* there = machines_.find({call.account, call.region}, name)) {
    if (there->deleting) {
      return reply(fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", there->arn)));
    }
    // Repeating a creation is no error; neither is another role, which is then not taken.
    const bool same = there->express == express && definition_text(there->revision) == definition &&
                      there->revision.logging == made.revision.logging && there->revision.tracing == made.revision.tracing &&
                      there->revision.encryption == made.revision.encryption &&
                      there->published_at_creation == publishes && there->creation_version_description == description;
    if (same) return reply(answer(*there));
    return reply(fail("StateMachineAlreadyExists", fmt::format("State Machine Already Exists: '{}'", there->arn)));
  }
  constexpr size_t kMachinesMax = 100'000;
  if (machines_.all({call.account, call.region}).size() >= kMachinesMax) {
    return reply(fail("StateMachineLimitExceeded", fmt::format("State Machine Limit Exceeded: '{}'", kMachinesMax)));
  }
  // `made` moves into what follows: the role is named before.
  const std::string role_arn = made.revision.role_arn;
  const Value destination = made.revision.logging;
  Function<void(Status)> make = [this, made = std::move(made), machine = *machine, text = std::string(definition), publishes, description, answer,
                                 reply = std::move(reply)](Status rules) mutable {
    if (!rules) return reply(std::unexpected(std::move(rules).error()));
    made.revision.definition = engine_.add_definition(text, std::move(machine));
    if (publishes) publish(made, description);
    reply(answer(save(std::move(made))));
  };
  check_log_destination(role_arn, destination, [this, call, role_arn, machine = *machine, make = std::move(make)](Status may) mutable {
    if (!may) return make(std::move(may));
    ensure_managed_rules(call, role_arn, *machine, std::move(make));
  });
}

}  // namespace states
