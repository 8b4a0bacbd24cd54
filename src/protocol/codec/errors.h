#pragma once
// How an Error that an operation gave is told on the wire: which code, which status, whose fault.
//
// Operations name errors by their shapes; query clients know other codes for many of them. Errors
// that every service has and no model lists are named in the JSON services' way and translated
// here.
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/codec/codec.h"
#include "protocol/models/model.h"

namespace codec {

struct WireError {
  const model::Shape* shape = nullptr;  // null when the model has none of that name
  std::string name;                     // "QueueDoesNotExist": what JSON and CBOR clients know
  std::string code;  // "AWS.SimpleQueueService.NonExistentQueue": what query clients know
  int status = 400;
  bool sender = true;  // the sender's fault, else ours
};

WireError wire_error(const Dialect& dialect, const Error& error);

// The error's members as a value under their model names: the message first, under the name that
// the shape gives it. Members that are no texts in the model are read as JSON.
json::Value error_value(const WireError& wire, const Error& error);
// The same as JSON members, written behind what `out` holds of an object: {"__type":"X" becomes
// {"__type":"X","message":"..."
void write_error_members(const WireError& wire, const Error& error, std::string& out);

}  // namespace codec
