#pragma once
// Requests and responses between AWS's wire protocols and the values that operations see
// (operation.h).
//
// The protocols differ in where the parts of a message stand and in how errors are told; what a
// message means is the service model's. Nothing here knows a single operation.
#include <string>
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"
#include "net/http.h"
#include "protocol/codec/form.h"
#include "protocol/models/model.h"

namespace codec {

// One dialect of the wire: a protocol as a service speaks it.
struct Dialect {
  model::Protocol protocol = model::Protocol::json;
  const model::Service* service = nullptr;      // null when the request names none that there is
  const model::Operation* operation = nullptr;  // null when it names none
  std::string_view json_version = "1.1";
};

// The params of a request. `body` is what the request carries once it is decompressed; `form` holds
// the pairs of body and URL for the query protocols. Fails with SerializationException,
// MalformedInput and the like.
Result<json::Value> decode(const Dialect& dialect, const net::Request& request,
                           std::string_view body, const Form& form);

net::Response encode_result(const Dialect& dialect, const json::Value& result,
                            std::string_view request_id);
net::Response encode_error(const Dialect& dialect, const Error& error, std::string_view request_id);

}  // namespace codec
