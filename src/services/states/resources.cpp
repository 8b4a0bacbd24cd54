#include "services/states/resources.h"

#include <cstdlib>

namespace states {
namespace {

json::Value tags_json(const Tags& tags) {
  json::ObjectBuilder out;
  for (const auto& [key, value] : tags) out.add(key, value);
  return out.build();
}

Tags tags_from(const json::Value& document) {
  Tags tags;
  if (document.is_object()) {
    for (const auto& member : document.members()) tags.emplace(member.name, member.value.as_string());
  }
  return tags;
}

json::Value revision_json(const Revision& r) {
  return json::object({{"id", r.id}, {"definition", r.definition}, {"role", r.role_arn}, {"logging", r.logging},
                       {"tracing", r.tracing}, {"encryption", r.encryption}});
}

Revision revision_from(const json::Value& d) {
  return {std::string(d.text("id")), std::string(d.text("definition")), std::string(d.text("role")), d["logging"],
          d["tracing"].as_bool(), d["encryption"]};
}

Instant instant(const json::Value& value) { return {value.as_int64().value_or(0)}; }

}  // namespace

json::Value to_json(const StateMachine& m) {
  json::ObjectBuilder versions, aliases;
  for (const auto& [number, v] : m.versions) {
    versions.add(std::to_string(number), json::object({{"revision", revision_json(v.revision)},
                                                       {"description", v.description}, {"created", v.created.ms}}));
  }
  for (const auto& [name, a] : m.aliases) {
    std::vector<json::Value> routing;
    for (const auto& [version, weight] : a.routing) routing.push_back(json::array({version, weight}));
    aliases.add(name, json::object({{"description", a.description}, {"routing", json::Value::array(std::move(routing))},
                                    {"created", a.created.ms}, {"updated", a.updated.ms}}));
  }
  return json::object({{"arn", m.arn}, {"name", m.name}, {"express", m.express}, {"deleting", m.deleting},
                       {"revision", revision_json(m.revision)}, {"created", m.created.ms}, {"updated", m.updated.ms},
                       {"tags", tags_json(m.tags)}, {"versions", versions.build()}, {"lastVersion", m.last_version},
                       {"aliases", aliases.build()}, {"publishedAtCreation", m.published_at_creation},
                       {"creationVersionDescription", m.creation_version_description}});
}

StateMachine from_json(const json::Value& d, std::type_identity<StateMachine>) {
  StateMachine m;
  m.arn = d.text("arn");
  m.name = d.text("name");
  m.express = d["express"].as_bool();
  m.deleting = d["deleting"].as_bool();
  m.revision = revision_from(d["revision"]);
  m.created = instant(d["created"]);
  m.updated = instant(d["updated"]);
  m.tags = tags_from(d["tags"]);
  for (const auto& [number, v] : d["versions"].members()) {
    m.versions[std::strtoull(std::string(number).c_str(), nullptr, 10)] = {revision_from(v["revision"]),
                                                              std::string(v.text("description")), instant(v["created"])};
  }
  m.last_version = static_cast<uint64_t>(d["lastVersion"].as_int64().value_or(0));
  for (const auto& [name, a] : d["aliases"].members()) {
    Alias alias{std::string(a.text("description")), {}, instant(a["created"]), instant(a["updated"])};
    for (const auto& route : a["routing"].items()) {
      alias.routing.emplace_back(route[0].as_string(), static_cast<int>(route[1].as_int64().value_or(0)));
    }
    m.aliases.emplace(name, std::move(alias));
  }
  m.published_at_creation = d["publishedAtCreation"].as_bool();
  m.creation_version_description = d.text("creationVersionDescription");
  return m;
}

json::Value to_json(const ExpressStart& s) {
  return json::object({{"arn", s.arn}, {"name", s.name}, {"machine", s.machine_arn}, {"version", s.version_arn}, {"alias", s.alias_arn},
                       {"definition", s.definition}, {"role", s.role_arn}, {"input", s.input}, {"trace", s.trace_header}, {"start", s.start.ms}});
}

ExpressStart from_json(const json::Value& d, std::type_identity<ExpressStart>) {
  const auto text = [&](std::string_view member) { return std::string(d.text(member)); };
  return {text("arn"), text("name"), text("machine"), text("version"), text("alias"), text("definition"), text("role"), text("input"), text("trace"),
          instant(d["start"])};
}

json::Value to_json(const Activity& a) {
  return json::object({{"arn", a.arn}, {"name", a.name}, {"created", a.created.ms}, {"tags", tags_json(a.tags)},
                       {"encryption", a.encryption}});
}

Activity from_json(const json::Value& d, std::type_identity<Activity>) {
  return {std::string(d.text("arn")), std::string(d.text("name")), instant(d["created"]), tags_from(d["tags"]),
          d["encryption"]};
}

}  // namespace states
