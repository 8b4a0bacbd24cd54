#pragma once
// Tasks that are HTTP requests, as values: apigateway:invoke and http:invoke (spec/integrations.md 8).
//
// The functions are pure: what a task's parameters and a connection's make of a request, and a response of a result.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"
#include "net/http.h"

namespace states {

// Above what a state's result may hold (256 KiB), with the blanks that JSON may have been sent with.
constexpr size_t kHttpResponseBytesMax = 1'048'576;

bool is_http_method(std::string_view name);

// {"Headers", "ResponseBody", "StatusCode", "StatusText"}; a body that is JSON is read, one that is no text left out.
json::Value http_result(const net::Response& response);

// What is wrong with http:invoke's parameters, in AWS's words as far as they are known; empty: nothing.
std::vector<std::string> http_task_faults(const json::Value& params);
// The connection that they name.
std::string http_task_connection(const json::Value& params);

// The request that faultless parameters and a connection's additions ({"HeaderParameters", "QueryStringParameters",
// "BodyParameters"}, lists of {"Key", "Value"}, or null) make; the connection has the last word. An Error of code
// States.Runtime when a body cannot take up what the connection adds.
Result<net::Request> http_task_request(const json::Value& params, const json::Value& connection, std::string_view region);
// A response that no result can hold (a picture, bytes that are no text) says why; empty: it can.
std::string http_unreadable(const net::Response& response);

// As TestState shows them at the level TRACE.
json::Value traced(const net::Request& request);
json::Value traced(const net::Response& response, std::string_view url);

}  // namespace states
