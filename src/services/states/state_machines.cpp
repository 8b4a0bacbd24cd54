// Describe, list, delete and validate state machines.
#include <fmt/format.h>

#include "services/states/configuration.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

std::shared_ptr<const asl::Machine> States::compiled(const Revision& revision) {
  return asl::compile(definition_text(revision)).machine;
}

Result<States::Target> States::resolve(const Call& call, const Name& name) {
  const std::string& arn = name.arn;
  const auto missing = [&] { return fail("StateMachineDoesNotExist", fmt::format("State Machine Does Not Exist: '{}'", arn)); };
  const StateMachine* machine = TRY(find_machine(call, name));
  const auto version_of = [&](std::string_view number) -> const Version* {
    const auto it = machine->versions.find(std::strtoull(std::string(number).c_str(), nullptr, 10));
    return it == machine->versions.end() ? nullptr : &it->second;
  };
  if (name.kind == Name::Kind::version) {
    const Version* version = version_of(name.qualifier);
    if (!version) return missing();
    return Target{machine, &version->revision, arn, ""};
  }
  if (name.kind == Name::Kind::alias) {
    const auto alias = machine->aliases.find(name.qualifier);
    if (alias == machine->aliases.end()) return missing();
    auto draw = static_cast<int>(kit_.random.below(100));
    for (const auto& [version_arn, weight] : alias->second.routing) {
      draw -= weight;
      if (draw >= 0) continue;
      const Version* version = version_of(version_arn.substr(version_arn.rfind(':') + 1));
      if (!version) return missing();
      return Target{machine, &version->revision, version_arn, arn};
    }
    return missing();
  }
  return Target{machine, &machine->revision, "", ""};
}

Result<Value> States::describe_state_machine(const Call& call) {
  const std::string_view arn = call.params.text("stateMachineArn");
  const Name name = TRY(parse_machine_arn(arn));
  const Target target = TRY(resolve(call, name));
  const StateMachine& machine = *target.machine;
  const Revision& revision = *target.revision;
  const Version* version = nullptr;
  if (name.kind == Name::Kind::version) {
    version = &machine.versions.at(std::strtoull(name.qualifier.c_str(), nullptr, 10));
  }
  json::ObjectBuilder out;
  out.add("stateMachineArn", arn).add("name", machine.name).add("status", machine.deleting ? "DELETING" : "ACTIVE");
  if (call.params.text("includedData") != "METADATA_ONLY") out.add("definition", definition_text(revision));
  out.add("roleArn", revision.role_arn).add("type", machine.express ? "EXPRESS" : "STANDARD");
  out.add("creationDate", (version ? version->created : machine.created).seconds());
  out.add("loggingConfiguration", revision.logging);
  out.add("tracingConfiguration", json::object({{"enabled", revision.tracing}}));
  out.add("encryptionConfiguration", shown_encryption(revision.encryption));
  out.add_text("revisionId", revision.id);
  if (name.kind == Name::Kind::label) out.add("label", name.qualifier);
  if (version) out.add_text("description", version->description);
  if (const Value references = compiled(revision)->variable_references(); !references.is_null()) {
    out.add("variableReferences", references);
  }
  return out.build();
}

Result<Value> States::describe_state_machine_for_execution(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  const Name name = TRY(parse_execution_arn(arn));
  const auto record = find_execution(call, name);
  if (!record) return fail("ExecutionDoesNotExist", fmt::format("Execution Does Not Exist: '{}'", arn));
  const StateMachine* machine = machines_.find(scope_for(call, name), name.machine);
  json::ObjectBuilder out;
  out.add("stateMachineArn", record->machine_arn);
  out.add("name", name.machine);
  out.add("definition", engine_.definition_text(record->definition).value_or(""));
  out.add("roleArn", record->role_arn);
  out.add("updateDate", (machine ? machine->updated : record->start).seconds());
  if (machine) {
    // The revision that it runs: a version's, or the machine's own if that has not changed since.
    const Revision* revision = &machine->revision;
    if (!record->version_arn.empty()) {
      const auto version = machine->versions.find(std::strtoull(record->version_arn.substr(record->version_arn.rfind(':') + 1).c_str(), nullptr, 10));
      if (version != machine->versions.end()) revision = &version->second.revision;
    }
    out.add("loggingConfiguration", revision->logging);
    out.add("tracingConfiguration", json::object({{"enabled", revision->tracing}}));
    out.add("encryptionConfiguration", shown_encryption(revision->encryption));
    if (revision->definition == record->definition && revision->role_arn == record->role_arn) out.add_text("revisionId", revision->id);
  }
  if (!record->map_run_arn.empty()) {
    // "...:stateMachine:<machine>/<label>"
    out.add("mapRunArn", record->map_run_arn).add("label", record->machine_arn.substr(record->machine_arn.rfind('/') + 1));
  }
  const auto machine_code = asl::compile(engine_.definition_text(record->definition).value_or("")).machine;
  if (machine_code) {
    if (const Value references = machine_code->variable_references(); !references.is_null()) out.add("variableReferences", references);
  }
  return out.build();
}

Result<Value> States::list_state_machines(const Call& call) {
  const PageAsked page = TRY(page_asked(call));
  const auto& all = machines_.all({call.account, call.region});
  std::vector<Value> list;
  std::string next;
  for (auto it = all.lower_bound(page.from); it != all.end(); ++it) {
    if (list.size() == page.limit) {
      next = it->first;
      break;
    }
    const StateMachine& m = it->second;
    list.push_back(json::object({{"stateMachineArn", m.arn}, {"name", m.name},
                                 {"type", m.express ? "EXPRESS" : "STANDARD"}, {"creationDate", m.created.seconds()}}));
  }
  json::ObjectBuilder out;
  out.add("stateMachines", Value::array(std::move(list)));
  add_next_token(out, call, next);
  return out.build();
}

Result<Value> States::delete_state_machine(const Call& call) {
  const Name name = TRY(parse_machine_arn(call.params.text("stateMachineArn")));
  TRY(refuse_qualified(name));
  const StateMachine* machine = machines_.find(scope_for(call, name), name.machine);
  if (!machine || machine->deleting) return Value::object();
  if (engine_.open_executions(machine->arn, 1).empty()) {
    machines_.erase(scope_for(call, name), name.machine);
  } else {
    // It goes with its last execution; those end at their next transition (progressed()).
    StateMachine going = *machine;
    going.deleting = true;
    save(std::move(going));
  }
  return Value::object();
}

Result<Value> States::validate_definition(const Call& call) {
  const auto compiled = asl::compile(call.params.text("definition"), {.express = call.params.text("type") == "EXPRESS"});
  const bool warnings = call.params.text("severity") == "WARNING";
  size_t most = 100;
  if (const auto asked = call.params["maxResults"].as_int64(); asked && *asked > 0) most = static_cast<size_t>(*asked);
  std::vector<Value> list;
  bool truncated = false;
  for (const asl::Diagnostic& d : compiled.diagnostics) {
    const bool error = d.severity == asl::Diagnostic::Severity::error;
    if (!error && !warnings) continue;
    if (list.size() == most) {
      truncated = true;
      break;
    }
    json::ObjectBuilder one;
    one.add("severity", error ? "ERROR" : "WARNING").add("code", d.code).add("message", d.message);
    if (d.location) one.add("location", *d.location);
    list.push_back(one.build());
  }
  return json::object({{"result", compiled.machine ? "OK" : "FAIL"}, {"diagnostics", Value::array(std::move(list))}, {"truncated", truncated}});
}

}  // namespace states
