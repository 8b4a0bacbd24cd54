// apigateway:invoke: an HTTP request to a deployed API (spec/integrations.md 8).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "net/http_client.h"
#include "services/states/integrations/dispatch.h"
#include "services/states/states.h"

namespace states {

using json::Value;

namespace {

constexpr std::string_view kFields[] = {"AllowNullValues", "ApiEndpoint", "AuthType", "Headers", "Method", "Path", "QueryParameters", "RequestBody", "Stage"};
constexpr std::string_view kMethods[] = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
constexpr size_t kResponseBytesMax = 8 * 1048576;  // far above what a state's result may hold
constexpr int64_t kTimeoutMs = 30'000;             // API Gateway's own limit is 29 s

// {"name": ["value", ...]}
bool lists_of_texts(const Value& given) {
  if (!given.is_object()) return false;
  return std::ranges::all_of(given.members(), [](const json::Member& one) {
    return one.value.is_array() && std::ranges::all_of(one.value.items(), [](const Value& text) { return text.is_string(); });
  });
}

// Header names and values come from a definition's data: nothing may end the line they stand in.
bool fits_a_header(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

std::vector<std::string> faults_of(const Value& params) {
  std::vector<std::string> faults;
  const auto misshapen = [&](std::string_view field) { faults.push_back(fmt::format("The value of the field '{}' has an invalid format", field)); };
  for (const json::Member& one : params.members()) {
    if (std::ranges::find(kFields, one.name) == std::end(kFields)) faults.push_back(fmt::format("The field '{}' is not supported by Step Functions", one.name));
  }
  for (const std::string_view field : {"ApiEndpoint", "Method"}) {
    if (!params.find(field)) faults.push_back(fmt::format("The field \"{}\" is required but was missing", field));
  }
  for (const std::string_view field : {"ApiEndpoint", "Method", "Stage", "Path", "AuthType"}) {
    if (params.find(field) && !params[field].is_string()) misshapen(field);
  }
  if (params["Method"].is_string() && std::ranges::find(kMethods, params.text("Method")) == std::end(kMethods)) misshapen("Method");
  for (const std::string_view field : {"Headers", "QueryParameters"}) {
    if (params.find(field) && !lists_of_texts(params[field])) misshapen(field);
  }
  if (params["Headers"].is_object()) {
    for (const json::Member& one : params["Headers"].members()) {
      const auto unfit = [](const Value& text) { return text.is_string() && !fits_a_header(text.as_string()); };
      if (one.name.empty() || !fits_a_header(one.name) || (one.value.is_array() && std::ranges::any_of(one.value.items(), unfit))) misshapen("Headers");
    }
  }
  // Requests go out unsigned.
  if (params.text("AuthType", "NO_AUTH") == "IAM_ROLE") faults.emplace_back("The AuthType 'IAM_ROLE' is not supported by this server");
  return faults;
}

Value without_nulls(const Value& given) {
  if (given.is_object()) {
    json::ObjectBuilder out;
    for (const json::Member& one : given.members()) {
      if (!one.value.is_null()) out.add(one.name, without_nulls(one.value));
    }
    return out.build();
  }
  if (!given.is_array()) return given;
  std::vector<Value> items;
  for (const Value& item : given.items()) items.push_back(without_nulls(item));
  return Value::array(std::move(items));
}

std::string_view without_slashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

std::string url_of(const Value& params) {
  const std::string_view endpoint = params.text("ApiEndpoint");
  std::string url(endpoint.starts_with("http://") || endpoint.starts_with("https://") ? "" : "https://");
  url += endpoint;
  while (url.ends_with('/')) url.pop_back();
  for (const std::string_view field : {"Stage", "Path"}) {
    const std::string_view part = without_slashes(params.text(field));
    if (!part.empty()) url += "/" + percent_encode(part, "/");
  }
  char separator = '?';
  if (params["QueryParameters"].is_object()) {
    for (const json::Member& one : params["QueryParameters"].members()) {
      for (const Value& value : one.value.items()) {
        url += fmt::format("{}{}={}", separator, percent_encode(one.name), percent_encode(value.as_string()));
        separator = '&';
      }
    }
  }
  return url;
}

net::Request request_of(const Value& params) {
  net::Request request{.method = std::string(params.text("Method")), .target = url_of(params), .headers = {}, .body = {}, .peer = {}};
  if (params["Headers"].is_object()) {
    for (const json::Member& one : params["Headers"].members()) {
      for (const Value& value : one.value.items()) request.headers.add(one.name, value.as_string());
    }
  }
  if (const Value* body = params.find("RequestBody"); body && !body->is_null()) {
    const Value& nulls = params["AllowNullValues"];
    request.body = json::write(nulls.is_bool() && nulls.as_bool() ? *body : without_nulls(*body));
    if (!request.headers.has("Content-Type")) request.headers.add("Content-Type", "application/json");
  }
  return request;
}

std::string_view status_text(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    default: return "";
  }
}

Value result_of(const net::Response& response) {
  std::vector<json::Member> headers;
  for (const net::Header& header : response.headers.list) {
    const auto same = std::ranges::find_if(headers, [&](const json::Member& one) { return net::same_header_name(one.name, header.name); });
    if (same == headers.end()) {
      headers.push_back({header.name, json::array({header.value})});
    } else {
      std::vector<Value> values(same->value.items().begin(), same->value.items().end());
      values.emplace_back(header.value);
      same->value = Value::array(std::move(values));
    }
  }
  std::ranges::sort(headers, {}, &json::Member::name);
  const auto body = json::parse(response.body);
  return json::object({{"Headers", Value::object(std::move(headers))}, {"ResponseBody", body ? *body : Value(response.body)},
                       {"StatusCode", response.status}, {"StatusText", status_text(response.status)}});
}

}  // namespace

void Dispatch::invoke_api(const AttemptPtr& attempt) {
  const Value& params = attempt->task.parameters;
  const std::vector<std::string> faults = params.is_object() ? faults_of(params) : std::vector<std::string>{"The value of the field 'Parameters' has an invalid format"};
  if (!faults.empty()) {
    return refuse(attempt, "States.Runtime",
                  fmt::format("The Parameters '{}' could not be used to start the Task: [{}]", json::write(params), fmt::join(faults, ", ")));
  }
  const auto answered_by_api = [this, attempt, alive = alive_](Result<net::Response> response) {
    if (!*alive) return;
    if (!response) return refuse(attempt, "ApiGateway.SdkClientException", "Unable to execute HTTP request: " + response.error().message);
    if (response->status < 200 || response->status > 299) return refuse(attempt, fmt::format("ApiGateway.{}", response->status), response->body);
    const uint64_t task = attempt->task.task;
    Value output = result_of(*response);
    if (attempt->task.resource->pattern == asl::Resource::Pattern::request_response) {
      states_.engine_.deliver(attempt->execution, asl::TaskSucceeded{task, std::move(output)});
    } else {
      states_.engine_.deliver(attempt->execution, asl::TaskSubmitted{task, std::move(output)});
    }
  };
  // What leaves the process must not be ahead of the history that tells of it.
  kit_.store.when_durable(kit_.store.head(), [this, request = request_of(params), answered_by_api, alive = alive_]() mutable {
    if (*alive) kit_.http.send(std::move(request), {.timeout_ms = kTimeoutMs, .response_bytes_max = kResponseBytesMax}, answered_by_api);
  });
}

}  // namespace states
