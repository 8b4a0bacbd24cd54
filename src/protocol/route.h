#pragma once
// Which operation of which service a request asks for, and in which protocol. The Host header has a
// say only where nothing else tells: clients reach us under all kinds of names.
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "protocol/codec/codec.h"

namespace protocol {

struct Route {
  std::string service;     // signing name; empty when nothing says which
  std::string operation;   // as the request names it; empty when it names none
  codec::Dialect dialect;  // service and operation are null when there are none of these names
  codec::Form form;        // pairs of the query protocols
  std::string
      queue_path;  // of an SQS query that was sent to the queue's own URL and names no QueueUrl
};

// A form that cannot be read.
struct RouteFault {
  Route route;  // as far as it got: says how to word the error
  Error error;
};

// `signed_for` is the service name in the request's credential scope, or empty; `body` is
// decompressed.
std::expected<Route, RouteFault> route(const net::Request& request, std::string_view body,
                                       std::string_view signed_for);

}  // namespace protocol
