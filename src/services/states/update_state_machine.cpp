#include <fmt/format.h>

#include "services/states/configuration.h"
#include "services/states/states.h"

namespace states {

namespace {
bool same(const Revision& a, const Revision& b) {
  return a.definition == b.definition && a.role_arn == b.role_arn && a.logging == b.logging && a.tracing == b.tracing &&
         a.encryption == b.encryption;
}
}  // namespace

void States::update_state_machine(const Call& call, protocol::Reply reply) {
  const Value& params = call.params;
  const auto run = [&]() -> Status {
    const Name name = TRY(parse_machine_arn(params.text("stateMachineArn")));
    TRY(refuse_qualified(name));
    const StateMachine* machine = TRY(find_machine(call, name));
    if (machine->deleting) {
      return fail("StateMachineDeleting", fmt::format("State Machine is being deleted: '{}'", machine->arn));
    }
    const bool anything = params.find("definition") || params.find("roleArn") || params.find("loggingConfiguration") ||
                          params.find("tracingConfiguration") || params.find("encryptionConfiguration");
    if (!anything) {
      return fail("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the "
                                              "TracingConfiguration must be specified");
    }
    const bool publishes = params["publish"].is_bool() && params["publish"].as_bool();
    if (!publishes && params.find("versionDescription")) {
      return fail("ValidationException", "Version description can only be set when publish is true");
    }
    Revision next = machine->revision;
    std::shared_ptr<const asl::Machine> code;
    std::string text;
    if (params.find("definition")) {
      text = params.text("definition");
      code = TRY(compile(text, machine->express));
    } else {
      text = definition_text(next);
      code = compiled(next);
    }
    if (params.find("roleArn")) {
      TRY(check_role_arn(params.text("roleArn")));
      next.role_arn = params.text("roleArn");
    }
    if (params.find("loggingConfiguration")) next.logging = TRY(logging_configuration(params["loggingConfiguration"]));
    if (params.find("tracingConfiguration")) next.tracing = tracing_enabled(params["tracingConfiguration"]);
    TRY(check_encryption(params["encryptionConfiguration"]));
    if (params.find("encryptionConfiguration")) next.encryption = params["encryptionConfiguration"];
    const std::string role = next.role_arn;
    std::shared_ptr<const asl::Machine> machine_code = code;
    const Value destination = params.find("loggingConfiguration") ? next.logging : Value();
    Function<void(Status)> update =
        [this, call, name, next = std::move(next), code, text = std::move(text), publishes,
         description = std::string(params.text("versionDescription")), reply = std::move(reply)](Status rules) mutable {
          if (!rules) return reply(std::unexpected(std::move(rules).error()));
          auto there = find_machine(call, name);
          if (!there) return reply(std::unexpected(std::move(there).error()));
          StateMachine updated = **there;
          next.definition = engine_.add_definition(text, std::move(code));
          if (!same(next, updated.revision)) {
            next.id = kit_.random.uuid();
            updated.revision = std::move(next);
          }
          updated.updated = call.at;
          json::ObjectBuilder out;
          out.add("updateDate", call.at.seconds());
          out.add_text("revisionId", updated.revision.id);
          if (publishes) out.add("stateMachineVersionArn", version_arn(updated, publish(updated, description, Redescribed::is_another)));
          if (auto fits = check_versions(updated); !fits) return reply(std::unexpected(std::move(fits).error()));
          save(std::move(updated));
          reply(out.build());
        };
    check_log_destination(role, destination, [this, call, role, machine = std::move(machine_code), update = std::move(update)](Status may) mutable {
      if (!may) return update(std::move(may));
      ensure_managed_rules(call, role, *machine, std::move(update));
    });
    return {};
  };
  // `reply` has moved into the chain of calls when there is no error.
  if (auto status = run(); !status) reply(std::unexpected(std::move(status).error()));
}

}  // namespace states
