#pragma once
// REST services, JSON and XML: members travel in the path, the query, headers and the body.
#include <optional>

#include "protocol/codec/codec.h"

namespace codec {

using Labels = std::vector<std::pair<std::string_view, std::string>>;  // name, decoded value

// The labels of the operation's path, or nothing when the path is another one. `path` is
// percent-encoded.
std::optional<Labels> match_path(const model::Operation& operation, std::string_view path);
// The operation that method, path and query name: of several the most literal one. nullptr when
// there is none.
const model::Operation* match_request(const model::Service& service, std::string_view method,
                                      std::string_view path, std::string_view query);

Result<json::Value> read_rest(const Dialect& dialect, const net::Request& request,
                              std::string_view body);
net::Response rest_result(const Dialect& dialect, const json::Value& result,
                          std::string_view request_id);
net::Response rest_error(const Dialect& dialect, const Error& error, std::string_view request_id);

// The members that travel in headers, of a request or a response.
Result<std::vector<json::Member>> read_header_members(const model::Shape& shape,
                                                      const net::Headers& headers);
void write_header_members(const model::Shape& shape, const json::Value& value,
                          net::Headers& headers);

}  // namespace codec
