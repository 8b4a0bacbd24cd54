#include "protocol/models/sdk_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/response_metadata.h"
#include "protocol/codec/scalar.h"

namespace model {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

// As the SDK's code generator makes a variable of a name: DBInstance becomes dbInstance, ETag eTag.
std::string uncapitalised(std::string_view name) {
  std::string out;
  size_t i = 0;
  while (i < name.size()) {
    out.push_back(lower(name[i++]));
    if (i >= name.size() || !is_upper(name[i])) break;
    if (i + 1 < name.size() && is_lower(name[i + 1])) break;
  }
  return out.append(name.substr(i));
}

class ParamReader {
 public:
  json::Value structure(const Shape& shape, const json::Value& given, std::string_view field) {
    if (!given.is_object()) return misshapen(field);
    json::ObjectBuilder out;
    for (const json::Member& one : given.members()) {
      const Member* member = named(shape, one.name);
      if (!member) {
        result_.unknown.emplace_back(one.name);
      } else if (one.value.is_null()) {
        continue;
      } else if (member == shape.payload && member->shape->type == Type::blob) {
        // A streamed body is the value's JSON text, quotes and all.
        out.set(member->name, base64_encode(json::write(one.value)));
      } else {
        out.set(member->name, value(*member, one.value, one.name));
      }
    }
    json::Value built = out.build();
    for (const Member& member : shape.members) {
      // What is given as null is the service's to refuse.
      const auto is_it = [&](const json::Member& one) { return named(shape, one.name) == &member; };
      if (member.required && !built.find(member.name) && std::ranges::none_of(given.members(), is_it))
        result_.missing.push_back(java_name(member.name, Naming::capitalised));
    }
    return built;
  }

  ServiceParams take(json::Value params) {
    result_.params = std::move(params);
    return std::move(result_);
  }

 private:
  static const Member* named(const Shape& shape, std::string_view field) {
    for (const Naming naming : {Naming::capitalised, Naming::sdk}) {
      for (const Member& member : shape.members) {
        if (java_name(member.name, naming) == field) return &member;
      }
    }
    return nullptr;
  }

  json::Value misshapen(std::string_view field) {
    result_.misshapen.emplace_back(field);
    return {};
  }

  json::Value value(const Member& member, const json::Value& given, std::string_view field) {
    const Shape& shape = *member.shape;
    if (shape.document) return given;
    switch (shape.type) {
      case Type::structure:
        return structure(shape, given, field);
      case Type::list: {
        if (!given.is_array()) return misshapen(field);
        std::vector<json::Value> out;
        for (const json::Value& item : given.items())
          out.push_back(item.is_null() ? item : value(shape.item, item, field));
        return json::Value::array(std::move(out));
      }
      case Type::map: {
        if (!given.is_object()) return misshapen(field);
        json::ObjectBuilder out;
        for (const json::Member& one : given.members()) {
          out.add(one.name, one.value.is_null() ? one.value : value(shape.item, one.value, field));
        }
        return out.build();
      }
      case Type::string:
        return given.is_string() ? given : json::Value(json::write(given));
      case Type::blob:
        return base64_encode(given.is_string() ? std::string(given.as_string())
                                               : json::write(given));
      case Type::boolean:
        if (given.is_bool()) return given;
        break;
      case Type::timestamp:
      case Type::integer:
      case Type::long_integer:
      case Type::float_number:
      case Type::double_number:
        if (given.is_number()) return given;
        break;
    }
    if (given.is_string()) {
      if (auto scalar = codec::parse_scalar(shape, given.as_string())) return *std::move(scalar);
    }
    return misshapen(field);
  }

  ServiceParams result_;
};

json::Value time_value(const json::Value& seconds, Times style) {
  if (!seconds.is_number()) return seconds;
  if (style == Times::epoch_milliseconds)
    return static_cast<int64_t>(std::llround(seconds.as_double() * 1000));
  return codec::time_text(seconds, TimeFormat::iso8601);
}

json::Value pascal(const Member& member, const json::Value& value, const PascalStyle& style) {
  const Shape& shape = *member.shape;
  if (shape.document || value.is_null()) return value;
  if (shape.type == Type::structure && value.is_object()) return to_pascal(shape, value, style);
  if (shape.type == Type::list && value.is_array()) {
    std::vector<json::Value> out;
    for (const json::Value& item : value.items()) out.push_back(pascal(shape.item, item, style));
    return json::Value::array(std::move(out));
  }
  if (shape.type == Type::map && value.is_object()) {
    json::ObjectBuilder out;
    for (const json::Member& one : value.members())
      out.add(one.name, pascal(shape.item, one.value, style));
    return out.build();
  }
  if (shape.type == Type::timestamp) return time_value(value, style.times);
  if (shape.type == Type::blob && value.is_string()) {
    const auto bytes = base64_decode(value.as_string());
    if (bytes && is_utf8(*bytes)) return *bytes;
  }
  return value;
}

// "CloudWatch Logs" is cloudwatchlogs.
std::string client_id(const Metadata& metadata) {
  std::string out;
  for (const char c : metadata.sdk_id) {
    if (c != ' ') out.push_back(lower(c));
  }
  return out;
}
}  // namespace

std::string java_name(std::string_view member_name, Naming naming) {
  std::string out = naming == Naming::sdk ? uncapitalised(member_name) : std::string(member_name);
  if (!out.empty()) out[0] = upper(out[0]);
  return out;
}

ServiceParams to_service_params(const Operation& operation, const json::Value& pascal_params) {
  static const Shape kNothing{.type = Type::structure};
  ParamReader reader;
  json::Value params =
      reader.structure(operation.input ? *operation.input : kNothing, pascal_params, "Parameters");
  return reader.take(std::move(params));
}

Result<json::Value> to_service_params(std::string_view service, std::string_view operation,
                                      const json::Value& pascal_params) {
  const Service* known = find(service);
  const Operation* described = known ? known->find(operation) : nullptr;
  if (!described) return pascal_params;
  ServiceParams made = to_service_params(*described, pascal_params);
  std::vector<std::string> faults;
  for (const std::string& field : made.unknown)
    faults.push_back(fmt::format("The field '{}' is not supported by Step Functions", field));
  for (const std::string& field : made.missing)
    faults.push_back(fmt::format("The field \"{}\" is required but was missing", field));
  for (const std::string& field : made.misshapen)
    faults.push_back(fmt::format("The value of the field '{}' has an invalid format", field));
  if (!faults.empty()) return fail("States.Runtime", fmt::format("{}", fmt::join(faults, ", ")));
  return std::move(made.params);
}

json::Value to_pascal(const Shape& shape, const json::Value& value, const PascalStyle& style) {
  std::vector<json::Member> out;
  std::optional<json::Member> streamed;
  for (const Member& member : shape.members) {
    const json::Value& one = value[member.name];
    if (one.is_null()) {
      // The SDK for Java has the map of prefixed headers even when there was none.
      if (member.location == Location::headers) {
        out.push_back({java_name(member.name, style.naming), json::Value::object()});
        continue;
      }
      if (!style.fill_in_lists || member.shape->type != Type::list) continue;
      out.push_back({java_name(member.name, style.naming), json::Value::array()});
      continue;
    }
    json::Member made{java_name(member.name, style.naming), pascal(member, one, style)};
    if (&member == shape.payload && member.shape->type == Type::blob) {
      streamed = std::move(made);
    } else {
      out.push_back(std::move(made));
    }
  }
  std::ranges::sort(out, {}, &json::Member::name);
  if (streamed) out.push_back(*std::move(streamed));
  return json::Value::object(std::move(out));
}

json::Value to_pascal_result(const Operation& operation, const json::Value& result,
                             const PascalStyle& style) {
  return operation.output && result.is_object() ? to_pascal(*operation.output, result, style)
                                                : json::Value::object();
}

json::Value to_pascal_result(std::string_view service, std::string_view operation,
                             const json::Value& result, const PascalStyle& style) {
  const Service* known = find(service);
  const Operation* described = known ? known->find(operation) : nullptr;
  return described ? to_pascal_result(*described, result, style) : result;
}

json::Value with_sdk_metadata(std::string_view service, std::string_view operation,
                              const json::Value& result, const json::Value& output,
                              std::string_view request_id, Instant at) {
  codec::ResponseMetadata metadata =
      codec::response_metadata(service, operation, result, request_id, at);
  std::vector<std::string> names;
  for (const net::Header& header : metadata.headers) names.push_back(header.name);
  json::ObjectBuilder all_headers;
  for (const size_t i : json::java_hash_order(names))
    all_headers.add(names[i], json::array({metadata.headers[i].value}));
  // Recorded: these are sorted, whatever their case.
  const auto folded = [](const net::Header& header) {
    std::string name = header.name;
    for (char& c : name) c = lower(c);
    return name;
  };
  std::ranges::sort(metadata.headers, {}, folded);
  json::ObjectBuilder headers;
  for (const net::Header& header : metadata.headers) headers.add(header.name, header.value);

  std::vector<json::Member> members;
  if (output.is_object()) members.assign(output.members().begin(), output.members().end());
  const auto insert = [&](std::string name, json::Value value) {
    const auto place =
        std::ranges::find_if(members, [&](const json::Member& m) { return m.name > name; });
    members.insert(place, {std::move(name), std::move(value)});
  };
  insert("SdkHttpMetadata", json::object({{"AllHttpHeaders", all_headers.build()},
                                          {"HttpHeaders", headers.build()},
                                          {"HttpStatusCode", metadata.status}}));
  insert("SdkResponseMetadata", json::object({{"RequestId", request_id}}));
  return json::Value::object(std::move(members));
}

const Service* find_sdk_service(std::string_view java_client_id) {
  for (const Metadata& one : all()) {
    if (client_id(one) == java_client_id) return find(one.signing_name);
  }
  return nullptr;
}

const Operation* find_sdk_operation(const Service& service, std::string_view action) {
  for (const Operation& operation : service.operations()) {
    if (uncapitalised(operation.name) == action) return &operation;
  }
  return nullptr;
}

std::string sdk_error_prefix(const Metadata& metadata) {
  // Words begin at blanks and at capitals; runs of capitals are one word.
  std::string out;
  char before = ' ';
  for (size_t i = 0; i < metadata.sdk_id.size(); ++i) {
    const char c = metadata.sdk_id[i];
    const bool next_lower = i + 1 < metadata.sdk_id.size() && is_lower(metadata.sdk_id[i + 1]);
    const bool starts_word = before == ' ' || (is_upper(c) && (!is_upper(before) || next_lower));
    if (c != ' ') out.push_back(starts_word ? upper(c) : lower(c));
    before = c;
  }
  return out;
}

std::string sdk_error_name(const Service& service, std::string_view code) {
  const std::string prefix = sdk_error_prefix(service.metadata());
  const Shape* shape = service.error(code);
  if (!shape) return prefix + "." + prefix + "Exception";
  std::string name(shape->name);
  for (const std::string_view ending : {"Exception", "Fault", "Error"}) {
    if (!name.ends_with(ending)) continue;
    if (ending != "Error") name.resize(name.size() - ending.size());
    break;
  }
  return prefix + "." + name + "Exception";
}

}  // namespace model
