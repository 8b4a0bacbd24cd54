#pragma once
// For tests: reads a response as a client of the protocol does, with decoders that share nothing
// with the server's own.
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"
#include "net/http.h"
#include "protocol/models/model.h"

namespace client_side {

struct Element {
  std::string name, text;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Element> children;
  const Element* child(std::string_view child_name) const;
};
// The root of a document; aborts the test process on what is no XML.
Element parse_xml(std::string_view text);

// The result of a successful response, under model names; times as seconds, blobs as base64.
json::Value read_result(model::Protocol protocol, const model::Operation& operation,
                        const net::Response& response);

struct ReadError {
  std::string code;
  std::string message;
  json::Value members;
};
// An error response, as the code says which shape it has.
ReadError read_error(model::Protocol protocol, const model::Service& service,
                     const net::Response& response);

}  // namespace client_side
