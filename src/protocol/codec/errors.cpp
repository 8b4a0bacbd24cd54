#include "protocol/codec/errors.h"

#include "language/json/parse.h"
#include "protocol/codec/json_shape.h"

namespace codec {
namespace {

struct Common {
  std::string_view name;  // JSON services
  std::string_view code;  // query services
  int query_status;
};

// Errors outside the models.
constexpr Common kCommon[] = {
    {"AccessDeniedException", "AccessDenied", 403},
    {"ExpiredTokenException", "ExpiredToken", 403},
    {"IncompleteSignatureException", "IncompleteSignature", 400},
    {"InternalFailure", "InternalFailure", 500},
    {"InvalidParameterCombinationException", "InvalidParameterCombination", 400},
    {"InvalidParameterValueException", "InvalidParameterValue", 400},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
    {"MissingRequiredParameterException", "MissingParameter", 400},
    {"SerializationException", "MalformedInput", 400},
    {"ServiceUnavailableException", "ServiceUnavailable", 503},
    {"ThrottlingException", "Throttling", 400},
    {"UnknownOperationException", "InvalidAction", 400},
    {"UnrecognizedClientException", "InvalidClientTokenId", 403},
    {"ValidationException", "ValidationError", 400},
};

const Common* common(std::string_view name_or_code) {
  for (const Common& one : kCommon) {
    if (one.name == name_or_code || one.code == name_or_code) return &one;
  }
  return nullptr;
}

bool is_query(const Dialect& dialect) {
  return dialect.protocol == model::Protocol::query || dialect.protocol == model::Protocol::ec2;
}
}  // namespace

WireError wire_error(const Dialect& dialect, const Error& error) {
  WireError wire;
  wire.name = wire.code = error.code;
  wire.status = error.http_status;
  if (dialect.service) wire.shape = dialect.service->error(error.code);
  if (wire.shape) {
    wire.name = wire.shape->name;
    wire.code = wire.shape->error_code;
    if (wire.shape->error_status != 0) wire.status = wire.shape->error_status;
    if (wire.shape->fault && wire.status == 400) wire.status = 500;
  } else if (const Common* one = common(error.code)) {
    const bool compatible = dialect.service && dialect.service->metadata().query_compatible;
    if (compatible || !is_query(dialect)) wire.name = one->name;
    wire.code = one->code;
    if (is_query(dialect) && wire.status == 400) wire.status = one->query_status;
  }
  wire.sender = wire.status < 500;
  return wire;
}

json::Value error_value(const WireError& wire, const Error& error) {
  std::string_view message_name = "message";
  if (wire.shape && wire.shape->find("Message")) message_name = "Message";
  json::ObjectBuilder out;
  if (!error.message.empty()) out.add(message_name, error.message);
  for (const auto& [name, text] : error.members) {
    json::Value value = text;
    if (const model::Member* member = wire.shape ? wire.shape->find(name) : nullptr;
        member && member->shape->type != model::Type::string &&
        member->shape->type != model::Type::blob) {
      if (auto parsed = json::parse(text)) value = *std::move(parsed);
    }
    out.set(name, std::move(value));
  }
  return out.build();
}

void write_error_members(const WireError& wire, const Error& error, std::string& out) {
  const json::Value value = error_value(wire, error);
  for (const json::Member& one : value.members()) {
    const model::Member* member = wire.shape ? wire.shape->find(one.name) : nullptr;
    if (member && member->location != model::Location::body) continue;
    if (out.back() != '{') out.push_back(',');
    json::write_string(member ? member->json_name : std::string_view(one.name), out);
    out.push_back(':');
    if (member) {
      write_json(*member, one.value, out);
    } else {
      json::write(one.value, out);
    }
  }
}

}  // namespace codec
