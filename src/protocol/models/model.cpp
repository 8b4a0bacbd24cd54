#include "protocol/models/model.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/check.h"
#include "language/json/parse.h"

namespace model {
namespace {

std::optional<Type> type_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"structure", Type::structure},
      {"list", Type::list},
      {"map", Type::map},
      {"string", Type::string},
      {"character", Type::string},
      {"boolean", Type::boolean},
      {"integer", Type::integer},
      {"byte", Type::integer},
      {"short", Type::integer},
      {"long", Type::long_integer},
      {"bigInteger", Type::long_integer},
      {"float", Type::float_number},
      {"double", Type::double_number},
      {"bigDecimal", Type::double_number},
      {"timestamp", Type::timestamp},
      {"blob", Type::blob}};
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return std::nullopt;
}

std::optional<Protocol> protocol_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Protocol> kProtocols[] = {
      {"json", Protocol::json},         {"query", Protocol::query},
      {"ec2", Protocol::ec2},           {"rest-json", Protocol::rest_json},
      {"rest-xml", Protocol::rest_xml}, {"smithy-rpc-v2-cbor", Protocol::cbor}};
  for (const auto& [text, protocol] : kProtocols) {
    if (text == name) return protocol;
  }
  return std::nullopt;
}

TimeFormat time_format_of(std::string_view name) {
  if (name == "unixTimestamp") return TimeFormat::epoch_seconds;
  if (name == "iso8601") return TimeFormat::iso8601;
  if (name == "rfc822") return TimeFormat::http_date;
  return TimeFormat::unset;
}

Location location_of(std::string_view name) {
  if (name == "header") return Location::header;
  if (name == "headers") return Location::headers;
  if (name == "uri") return Location::uri;
  if (name == "querystring") return Location::querystring;
  if (name == "statusCode") return Location::status_code;
  return Location::body;
}

bool flag(const json::Value& object, std::string_view name) {
  const json::Value& value = object[name];
  return value.is_bool() && value.as_bool();
}

Metadata read_metadata(const json::Value& source) {
  Metadata out;
  out.signing_name = source.text("signingName", source.text("endpointPrefix"));
  out.sdk_id = source.text("serviceId");
  out.api_version = source.text("apiVersion");
  out.target_prefix = source.text("targetPrefix");
  out.json_version = source.text("jsonVersion", "1.1");
  out.xml_namespace = source.text("xmlNamespace");
  out.query_compatible = source.find("awsQueryCompatible") != nullptr;
  if (const json::Value& protocols = source["protocols"]; protocols.is_array()) {
    for (const json::Value& one : protocols.items()) {
      if (const auto protocol = protocol_of(one.as_string())) out.protocols.push_back(*protocol);
    }
  }
  if (out.protocols.empty()) {
    if (const auto protocol = protocol_of(source.text("protocol")))
      out.protocols.push_back(*protocol);
  }
  return out;
}

size_t text_bytes(const json::Value& value) {
  if (value.is_string()) return value.as_string().size();
  size_t sum = 0;
  if (value.is_array()) {
    for (const json::Value& item : value.items()) sum += text_bytes(item);
  } else if (value.is_object()) {
    for (const json::Member& member : value.members())
      sum += 2 * member.name.size() + text_bytes(member.value);
  }
  return sum;
}

const Member* find_by(const std::vector<Member>& members, std::string_view name, size_t& hint,
                      std::string_view Member::* field) {
  if (hint < members.size() && members[hint].*field == name) return &members[hint++];
  for (size_t i = 0; i < members.size(); ++i) {
    const size_t at = hint + i < members.size() ? hint + i : hint + i - members.size();
    if (members[at].*field == name) {
      hint = at + 1 == members.size() ? 0 : at + 1;
      return &members[at];
    }
  }
  return nullptr;
}
}  // namespace

const Member* Shape::find(std::string_view member_name) const {
  size_t hint = 0;
  return find_by(members, member_name, hint, &Member::name);
}
const Member* Shape::find(std::string_view member_name, size_t& hint) const {
  return find_by(members, member_name, hint, &Member::name);
}
const Member* Shape::find_json(std::string_view wire_name, size_t& hint) const {
  return find_by(members, wire_name, hint, &Member::json_name);
}

bool Metadata::speaks(Protocol protocol) const {
  return std::ranges::find(protocols, protocol) != protocols.end();
}

std::string_view type_name(Type type) {
  static constexpr std::string_view kNames[] = {"structure", "list",      "map",  "string",
                                                "boolean",   "integer",   "long", "float",
                                                "double",    "timestamp", "blob"};
  return kNames[static_cast<size_t>(type)];
}

// Reads a document into a service.
struct Service::Builder {
  Service& service;
  bool ec2 = false;

  std::string_view keep(std::string_view text) {
    CHECK(service.text_.size() + text.size() <= service.text_.capacity(),
          "the pool was measured before");
    const size_t at = service.text_.size();
    service.text_.append(text);
    return std::string_view(service.text_).substr(at, text.size());
  }

  std::string_view capitalised(std::string_view text) {
    if (text.empty() || text[0] < 'a' || text[0] > 'z') return text;
    const std::string_view copy = keep(text);
    service.text_[service.text_.size() - copy.size()] = static_cast<char>(text[0] - 32);
    return copy;
  }

  Result<Shape*> shape_named(std::string_view name) {
    const auto it = service.by_name_.find(name);
    if (it == service.by_name_.end()) return fail("Model", "no shape named " + std::string(name));
    return it->second;
  }

  Result<Member> member(std::string_view name, const json::Value& source) {
    Member out;
    out.name = keep(name);
    out.shape = TRY(shape_named(source.text("shape")));
    const std::string_view location_name = source.text("locationName");
    const std::string_view query_name = source.text("queryName");
    out.named = !location_name.empty() || !query_name.empty();
    out.json_name = location_name.empty() ? out.name : keep(location_name);
    // Names are letters, digits and dashes: nothing that JSON would escape.
    out.json_key = keep(std::string(",\"").append(out.json_name).append("\":"));
    if (ec2) {
      out.xml_name = out.json_name;
      out.form_name = query_name.empty() ? capitalised(out.json_name) : keep(query_name);
    } else {
      out.xml_name = query_name.empty() ? out.json_name : keep(query_name);
      out.form_name = out.xml_name;
    }
    out.location = location_of(source.text("location"));
    out.time_format = time_format_of(source.text("timestampFormat"));
    out.flattened = flag(source, "flattened");
    out.streaming = flag(source, "streaming");
    out.xml_attribute = flag(source, "xmlAttribute");
    out.json_text = flag(source, "jsonvalue");
    out.idempotency_token = flag(source, "idempotencyToken");
    out.sensitive = flag(source, "sensitive");
    if (const json::Value& ns = source["xmlNamespace"]; ns.is_object()) {
      out.xml_namespace = {keep(ns.text("uri")), keep(ns.text("prefix"))};
    } else if (ns.is_string()) {
      out.xml_namespace = {keep(ns.as_string()), ""};
    }
    return out;
  }

  Status fill(Shape& shape, const json::Value& source) {
    if (shape.type == Type::structure && source["members"].is_object()) {
      shape.members.reserve(source["members"].size());
      for (const json::Member& one : source["members"].members()) {
        shape.members.push_back(TRY(member(one.name, one.value)));
      }
      if (source["required"].is_array()) {
        for (const json::Value& name : source["required"].items()) {
          for (Member& m : shape.members) {
            if (m.name == name.as_string()) m.required = true;
          }
        }
      }
      if (const std::string_view payload = source.text("payload"); !payload.empty())
        shape.payload = shape.find(payload);
    }
    if (shape.type == Type::list) shape.item = TRY(member("member", source["member"]));
    if (shape.type == Type::map) {
      shape.key = TRY(member("key", source["key"]));
      shape.item = TRY(member("value", source["value"]));
    }
    return {};
  }

  // What needs no other shape.
  Status start(std::string_view name, const json::Value& source) {
    const auto type = type_of(source.text("type"));
    if (!type) return fail("Model", "type of shape " + std::string(name));
    Shape& shape = service.shapes_.emplace_back();
    shape.type = *type;
    shape.name = keep(name);
    if (const json::Value& min = source["min"]; min.is_number())
      shape.has_min = true, shape.min = min.as_double();
    if (const json::Value& max = source["max"]; max.is_number())
      shape.has_max = true, shape.max = max.as_double();
    shape.pattern = keep(source.text("pattern"));
    if (const json::Value& values = source["enum"]; values.is_array()) {
      for (const json::Value& value : values.items())
        shape.values.push_back(keep(value.as_string()));
    }
    shape.exception = flag(source, "exception");
    shape.fault = flag(source, "fault");
    shape.document = flag(source, "document");
    shape.eventstream = flag(source, "eventstream");
    shape.sensitive = flag(source, "sensitive");
    if (const json::Value& error = source["error"]; error.is_object()) {
      shape.error_code = keep(error.text("code"));
      shape.error_status = static_cast<int>(error["httpStatusCode"].as_int64().value_or(0));
    }
    if (shape.error_code.empty()) shape.error_code = shape.name;
    service.by_name_.emplace(shape.name, &shape);
    return {};
  }

  // Traits that a shape hands on to the members of its type.
  void inherit(Member& member, const json::Value& shapes) {
    const json::Value& source = shapes[member.shape->name];
    if (!member.flattened) member.flattened = flag(source, "flattened");
    if (member.time_format == TimeFormat::unset)
      member.time_format = time_format_of(source.text("timestampFormat"));
    if (member.shape->sensitive) member.sensitive = true;
    // A flattened list's elements bear the item's name.
    if (member.flattened && member.shape->type == Type::list && member.shape->item.named && !ec2) {
      member.form_name = member.shape->item.form_name;
      member.xml_name = member.shape->item.xml_name;
    }
  }

  Status operation(std::string_view name, const json::Value& source) {
    Operation out;
    out.name = keep(name);
    const json::Value& http = source["http"];
    out.method = keep(http.text("method", "POST"));
    out.uri = keep(http.text("requestUri", "/"));
    out.status = static_cast<int>(http["responseCode"].as_int64().value_or(200));
    split_uri(out);
    if (source["input"].is_object()) out.input = TRY(shape_named(source["input"].text("shape")));
    if (source["output"].is_object()) {
      out.output = TRY(shape_named(source["output"].text("shape")));
      const std::string_view wrapper = source["output"].text("resultWrapper");
      out.result_wrapper = wrapper.empty() ? keep(std::string(name) + "Result") : keep(wrapper);
    }
    if (source["errors"].is_array()) {
      for (const json::Value& error : source["errors"].items()) {
        const std::string_view shape = error.is_object() ? error.text("shape") : error.as_string();
        out.errors.push_back(TRY(shape_named(shape)));
      }
    }
    out.unsigned_call = source.text("authtype") == "none";
    service.operations_.push_back(std::move(out));
    return {};
  }

  void split_uri(Operation& out) {
    std::string_view path = out.uri.substr(0, out.uri.find('?'));
    if (out.uri.size() > path.size()) {
      std::string_view query = out.uri.substr(path.size() + 1);
      while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        const size_t equals = pair.find('=');
        out.query.emplace_back(pair.substr(0, equals),
                               equals == pair.npos ? "" : pair.substr(equals + 1));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
      }
    }
    while (!path.empty()) {
      path.remove_prefix(1);  // the slash
      const std::string_view segment = path.substr(0, path.find('/'));
      path.remove_prefix(segment.size());
      UriPart part{.text = segment};
      if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') {
        part.label = true;
        part.text = segment.substr(1, segment.size() - 2);
        if (part.text.ends_with('+')) part.greedy = true, part.text.remove_suffix(1);
      }
      out.path.push_back(part);
    }
  }

  // Spreads through the graph of shapes, which has cycles, whether validation has anything to look
  // at.
  void spread_constraints() {
    for (Shape& shape : service.shapes_) {
      shape.constrained = shape.has_min || shape.has_max || !shape.pattern.empty() ||
                          !shape.values.empty() ||
                          std::ranges::any_of(shape.members, &Member::required);
    }
    const auto constrained = [](const Member& member) {
      return member.shape && member.shape->constrained;
    };
    for (bool again = true; again;) {
      again = false;
      for (Shape& shape : service.shapes_) {
        if (shape.constrained) continue;
        shape.constrained = constrained(shape.item) || constrained(shape.key) ||
                            std::ranges::any_of(shape.members, constrained);
        again |= shape.constrained;
      }
    }
  }
};

Result<std::unique_ptr<Service>> Service::parse(const json::Value& document) {
  auto service = std::make_unique<Service>();
  service->metadata_ = read_metadata(document["metadata"]);
  const json::Value& shapes = document["shapes"];
  const json::Value& operations = document["operations"];
  if (!shapes.is_object() || !operations.is_object())
    return fail("Model", "shapes and operations are needed");
  // Capitalised names, keys of JSON and result wrappers are extra.
  service->text_.reserve(2 * (text_bytes(shapes) + text_bytes(operations)) + 1024 +
                         8 * operations.size());

  Builder build{*service, service->metadata_.speaks(Protocol::ec2)};
  service->by_name_.reserve(shapes.size());
  for (const json::Member& shape : shapes.members()) TRY(build.start(shape.name, shape.value));
  for (const json::Member& shape : shapes.members()) {
    TRY(build.fill(*service->by_name_.find(shape.name)->second, shape.value));
  }
  for (Shape& shape : service->shapes_) {
    for (Member& member : shape.members) build.inherit(member, shapes);
    if (shape.item.shape) build.inherit(shape.item, shapes);
    if (shape.key.shape) build.inherit(shape.key, shapes);
  }
  build.spread_constraints();
  service->operations_.reserve(operations.size());
  for (const json::Member& operation : operations.members())
    TRY(build.operation(operation.name, operation.value));
  std::ranges::sort(service->operations_, {}, &Operation::name);
  for (const Operation& one : service->operations_) service->operation_of_name_.emplace(one.name, &one);
  return service;
}

const Operation* Service::find(std::string_view operation) const {
  const auto it = operation_of_name_.find(operation);
  return it == operation_of_name_.end() ? nullptr : it->second;
}

const Shape* Service::shape(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

const Shape* Service::error(std::string_view name_or_code) const {
  if (const Shape* by_shape = shape(name_or_code); by_shape && by_shape->exception) return by_shape;
  for (const Shape& shape : shapes_) {
    if (shape.exception && shape.error_code == name_or_code) return &shape;
  }
  return nullptr;
}

// The built-in tables: models/embedded.S.
extern "C" {
struct EmbeddedModel {
  const char* begin;
  const char* end;
};
extern const EmbeddedModel gantry_models_begin[];
extern const EmbeddedModel gantry_models_end[];
}

namespace {
struct Builtin {
  std::vector<Metadata> metadata;
  struct Slot {
    std::once_flag once;
    std::atomic<const Service*> service = nullptr;
  };
  std::unique_ptr<Slot[]> slots;

  Builtin() {
    for (const EmbeddedModel* m = gantry_models_begin; m != gantry_models_end; ++m) {
      // The first line is {"metadata":{...}, and the rest is read when it is needed.
      constexpr std::string_view kStart = R"({"metadata":)";
      const std::string_view text(m->begin, m->end);
      const std::string_view line = text.substr(0, text.find('\n'));
      CHECK(line.starts_with(kStart) && line.ends_with(','), "scripts/make-models wrote it so");
      const auto parsed = json::parse(line.substr(kStart.size(), line.size() - kStart.size() - 1));
      CHECK(parsed.has_value(), "models are JSON");
      metadata.push_back(read_metadata(*parsed));
    }
    slots = std::make_unique<Slot[]>(metadata.size());
  }

  const Service& load(size_t index) {
    Slot& slot = slots[index];
    if (const Service* ready = slot.service.load(std::memory_order_acquire)) return *ready;
    std::call_once(slot.once, [&] {
      const EmbeddedModel& m = gantry_models_begin[index];
      const auto document = json::parse(std::string_view(m.begin, m.end));
      CHECK(document.has_value(), "models are JSON");
      auto service = Service::parse(*document);
      CHECK(service.has_value(), service ? "" : service.error().message);
      slot.service.store(service->release(),
                         std::memory_order_release);  // kept for the process's life
    });
    return *slot.service.load(std::memory_order_acquire);
  }
};

Builtin& builtin() {
  static Builtin* const tables = new Builtin;
  return *tables;
}
}  // namespace

std::span<const Metadata> all() { return builtin().metadata; }

const Service* find(std::string_view signing_name) {
  Builtin& tables = builtin();
  for (size_t i = 0; i < tables.metadata.size(); ++i) {
    if (tables.metadata[i].signing_name == signing_name) return &tables.load(i);
  }
  return nullptr;
}

const Metadata* find_metadata(std::string_view signing_name) {
  for (const Metadata& one : all()) {
    if (one.signing_name == signing_name) return &one;
  }
  return nullptr;
}

const Metadata* find_by_target(std::string_view target_prefix) {
  for (const Metadata& one : all()) {
    if (one.target_prefix == target_prefix && !target_prefix.empty()) return &one;
  }
  return nullptr;
}

}  // namespace model
