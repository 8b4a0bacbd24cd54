#include "services/cloudformation/stack.h"

#include "services/cloudformation/language_extensions.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

Value texts(const std::vector<std::string>& list) { return Value::array(std::vector<Value>(list.begin(), list.end())); }

std::vector<std::string> texts_of(const Value& value) {
  std::vector<std::string> out;
  if (!value.is_array()) return out;
  for (const Value& item : value.items()) out.emplace_back(item.as_string());
  return out;
}

std::string text(const Value& value, std::string_view name) { return std::string(value.text(name)); }
Instant instant(const Value& value, std::string_view name) { return {value[name].as_int64().value_or(0)}; }
bool flag(const Value& value, std::string_view name) { return value[name] == Value(true); }
template <typename E>
E enumerator(const Value& value, std::string_view name) {
  return static_cast<E>(value[name].as_int64().value_or(0));
}
template <typename E>
Value number(E value) {
  return static_cast<int64_t>(value);
}

Value principal_json(const protocol::Principal& one) {
  return json::object({{"type", number(one.type)}, {"account", one.account}, {"arn", one.arn}, {"user_id", one.user_id},
                       {"access_key_id", one.access_key_id}, {"role_arn", one.role_arn}, {"session_name", one.session_name},
                       {"service", one.service}, {"source_arn", one.source_arn}, {"session_policy", one.session_policy},
                       {"session_tags", Value::object(one.session_tags)}, {"token_issued", one.token_issued.ms}});
}

protocol::Principal principal_of(const Value& value) {
  protocol::Principal out;
  out.type = enumerator<protocol::Principal::Type>(value, "type");
  out.account = text(value, "account"), out.arn = text(value, "arn"), out.user_id = text(value, "user_id");
  out.access_key_id = text(value, "access_key_id"), out.role_arn = text(value, "role_arn");
  out.session_name = text(value, "session_name"), out.service = text(value, "service"), out.source_arn = text(value, "source_arn");
  out.session_policy = value["session_policy"];
  if (value["session_tags"].is_object()) {
    const auto members = value["session_tags"].members();
    out.session_tags.assign(members.begin(), members.end());
  }
  out.token_issued = instant(value, "token_issued");
  return out;
}

Value operation_json(const Operation& one) {
  return json::object({{"kind", number(one.kind)}, {"phase", number(one.phase)}, {"id", one.id}, {"token", one.token}, {"caller", principal_json(one.caller)},
                       {"previous", one.previous ? to_json(*one.previous) : Value()}, {"on_failure", one.on_failure}, {"deadline", one.deadline.ms},
                       {"failed", texts(one.failed)}, {"retained", texts(one.retained)}, {"cause", one.cause}});
}

Operation operation_of(const Value& value) {
  Operation out;
  out.kind = enumerator<Operation::Kind>(value, "kind");
  out.phase = enumerator<Operation::Phase>(value, "phase");
  out.id = text(value, "id"), out.token = text(value, "token");
  out.caller = principal_of(value["caller"]);
  if (value["previous"].is_object()) out.previous = from_json(value["previous"], std::type_identity<Revision>{});
  out.on_failure = text(value, "on_failure"), out.deadline = instant(value, "deadline");
  out.failed = texts_of(value["failed"]), out.retained = texts_of(value["retained"]), out.cause = text(value, "cause");
  return out;
}

}  // namespace

const Value& Revision::body() const {
  if (body_.is_null() && !template_text.empty()) {
    auto parsed = parse_template(template_text);
    if (parsed) parsed = expand_language_extensions(*parsed, parameter_values(parameters));
    body_ = parsed ? *std::move(parsed) : Value::object();
  }
  return body_;
}

Value to_json(const Revision& one) {
  return json::object({{"template", one.template_text}, {"parameters", to_json(one.parameters)}, {"tags", one.tags}, {"capabilities", one.capabilities},
                       {"notification_arns", one.notification_arns}, {"rollback_configuration", one.rollback_configuration}, {"role_arn", one.role_arn},
                       {"change_set_id", one.change_set_id}, {"zones", texts(one.zones)}});
}

Revision from_json(const Value& value, std::type_identity<Revision>) {
  Revision out;
  out.template_text = text(value, "template");
  out.parameters = parameters_from_json(value["parameters"]);
  out.tags = value["tags"], out.capabilities = value["capabilities"], out.notification_arns = value["notification_arns"];
  out.rollback_configuration = value["rollback_configuration"];
  out.role_arn = text(value, "role_arn"), out.change_set_id = text(value, "change_set_id");
  out.zones = texts_of(value["zones"]);
  return out;
}

Value to_json(const Physical& one) { return json::object({{"id", one.id}, {"properties", one.properties}, {"attributes", one.attributes}}); }
Physical physical_from_json(const Value& value) { return {text(value, "id"), value["properties"], value["attributes"]}; }

Value to_json(const Resource& one) {
  json::ObjectBuilder out;
  out.add("logical_id", one.logical_id).add("type", one.type).add("now", to_json(one.now)).add("status", one.status).add("reason", one.reason);
  out.add("changed", one.changed.ms).add("metadata", one.metadata).add("deletion_policy", one.deletion_policy);
  out.add("update_replace_policy", one.update_replace_policy).add("depends", texts(one.depends));
  if (one.work.kind != Work::Kind::none) {
    out.add("work", json::object({{"kind", number(one.work.kind)}, {"properties", one.work.properties}, {"journal", Value::array(one.work.journal)}, {"token", one.work.token}}));
  }
  if (one.done) out.add("done", true);
  if (one.added) out.add("added", true);
  if (one.before) out.add("before", to_json(*one.before));
  if (!one.old.empty()) {
    std::vector<Value> old;
    for (const Physical& physical : one.old) old.push_back(to_json(physical));
    out.add("old", Value::array(std::move(old)));
  }
  return out.build();
}

Resource from_json(const Value& value, std::type_identity<Resource>) {
  Resource out;
  out.logical_id = text(value, "logical_id"), out.type = text(value, "type");
  out.now = physical_from_json(value["now"]);
  out.status = text(value, "status"), out.reason = text(value, "reason"), out.changed = instant(value, "changed");
  out.metadata = value["metadata"];
  out.deletion_policy = text(value, "deletion_policy"), out.update_replace_policy = text(value, "update_replace_policy");
  out.depends = texts_of(value["depends"]);
  if (const Value* work = value.find("work")) {
    out.work.kind = enumerator<Work::Kind>(*work, "kind");
    out.work.properties = (*work)["properties"], out.work.token = text(*work, "token");
    const auto journal = (*work)["journal"].items();
    out.work.journal.assign(journal.begin(), journal.end());
  }
  out.done = flag(value, "done"), out.added = flag(value, "added");
  if (const Value* before = value.find("before")) out.before = physical_from_json(*before);
  if (const Value* old = value.find("old")) {
    for (const Value& one : old->items()) out.old.push_back(physical_from_json(one));
  }
  return out;
}

std::string_view Stack::uuid() const { return std::string_view(id).substr(id.rfind('/') + 1); }

Value to_json(const Stack& one) {
  json::ObjectBuilder out;
  out.add("id", one.id).add("name", one.name).add("region", one.region).add("account", one.account).add("partition", one.partition);
  out.add("status", one.status).add("reason", one.reason).add("created", one.created.ms).add("updated", one.updated.ms).add("deleted", one.deleted.ms);
  out.add("revision", to_json(one.revision)).add("description", one.description).add("outputs", one.outputs);
  out.add("disable_rollback", one.disable_rollback).add("timeout_minutes", one.timeout_minutes);
  out.add("termination_protection", one.termination_protection).add("policy", one.policy);
  if (one.operation) out.add("operation", operation_json(*one.operation));
  return out.build();
}

Stack from_json(const Value& value, std::type_identity<Stack>) {
  Stack out;
  out.id = text(value, "id"), out.name = text(value, "name"), out.region = text(value, "region");
  out.account = text(value, "account"), out.partition = text(value, "partition");
  out.status = text(value, "status"), out.reason = text(value, "reason");
  out.created = instant(value, "created"), out.updated = instant(value, "updated"), out.deleted = instant(value, "deleted");
  out.revision = from_json(value["revision"], std::type_identity<Revision>{});
  out.description = text(value, "description"), out.outputs = value["outputs"];
  out.disable_rollback = flag(value, "disable_rollback");
  out.timeout_minutes = value["timeout_minutes"].as_int64().value_or(0);
  out.termination_protection = flag(value, "termination_protection"), out.policy = text(value, "policy");
  if (const Value* operation = value.find("operation")) out.operation = operation_of(*operation);
  return out;
}

Value to_json(const ChangeSet& one) {
  return json::object({{"id", one.id}, {"name", one.name}, {"stack_id", one.stack_id}, {"stack_name", one.stack_name}, {"type", one.type},
                       {"status", one.status}, {"reason", one.reason}, {"execution_status", one.execution_status}, {"description", one.description},
                       {"created", one.created.ms}, {"revision", to_json(one.revision)}, {"changes", one.changes}, {"valued_changes", one.valued_changes},
                       {"include_nested", one.include_nested}, {"on_failure", one.on_failure}});
}

ChangeSet from_json(const Value& value, std::type_identity<ChangeSet>) {
  ChangeSet out;
  out.id = text(value, "id"), out.name = text(value, "name"), out.stack_id = text(value, "stack_id"), out.stack_name = text(value, "stack_name");
  out.type = text(value, "type"), out.status = text(value, "status"), out.reason = text(value, "reason");
  out.execution_status = text(value, "execution_status"), out.description = text(value, "description"), out.created = instant(value, "created");
  out.revision = from_json(value["revision"], std::type_identity<Revision>{});
  out.changes = value["changes"], out.valued_changes = value["valued_changes"];
  out.include_nested = flag(value, "include_nested"), out.on_failure = text(value, "on_failure");
  return out;
}

Value to_json(const Event& event) { return event.shown; }
Event from_json(const Value& value, std::type_identity<Event>) { return {value}; }

}  // namespace cloudformation
