#pragma once
// What the HTTP response to a call would look like, for calls that never travel: a state's output
// shows its headers (SdkHttpMetadata).
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "language/json/value.h"
#include "net/http.h"

namespace codec {

struct ResponseMetadata {
  int status = 200;
  std::vector<net::Header>
      headers;  // x-amzn-RequestId, connection, Content-Length, Date, Content-Type
};

// Of a successful call, in the protocol that SDKs choose first. Nothing is known of services
// without a model: then the headers are those of an empty JSON answer.
ResponseMetadata response_metadata(std::string_view service, std::string_view operation,
                                   const json::Value& result, std::string_view request_id,
                                   Instant at);

}  // namespace codec
