// apigateway:invoke: an HTTP request to a deployed API (spec/integrations.md 8).
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "net/host.h"
#include "net/http_client.h"
#include "protocol/session_key.h"
#include "services/states/integrations/dispatch.h"
#include "services/states/integrations/http_task.h"
#include "services/states/states.h"

namespace states {

using json::Value;

namespace {

constexpr std::string_view kFields[] = {"AllowNullValues", "ApiEndpoint", "AuthType", "Headers", "Method", "Path", "QueryParameters", "RequestBody", "Stage"};
constexpr int64_t kTimeoutMs = 30'000;  // API Gateway's own limit is 29 s

// {"name": ["value", ...]}
bool lists_of_texts(const Value& given) {
  if (!given.is_object()) return false;
  return std::ranges::all_of(given.members(), [](const json::Member& one) {
    return one.value.is_array() && std::ranges::all_of(one.value.items(), [](const Value& text) { return text.is_string(); });
  });
}

std::vector<std::string> faults_of(const Value& params) {
  std::vector<std::string> faults;
  const auto misshapen = [&](std::string_view field) { faults.push_back(fmt::format("The value of the field '{}' has an invalid format", field)); };
  for (const json::Member& one : params.members()) {
    if (std::ranges::find(kFields, one.name.view()) == std::end(kFields)) faults.push_back(fmt::format("The field '{}' is not supported by Step Functions", one.name));
  }
  for (const std::string_view field : {"ApiEndpoint", "Method"}) {
    if (!params.find(field)) faults.push_back(fmt::format("The field \"{}\" is required but was missing", field));
  }
  for (const std::string_view field : {"ApiEndpoint", "Method", "Stage", "Path", "AuthType"}) {
    if (params.find(field) && !params[field].is_string()) misshapen(field);
  }
  if (params["Method"].is_string() && !is_http_method(params.text("Method"))) misshapen("Method");
  for (const std::string_view field : {"Headers", "QueryParameters"}) {
    if (params.find(field) && !lists_of_texts(params[field])) misshapen(field);
  }
  if (params["Headers"].is_object()) {
    for (const json::Member& one : params["Headers"].members()) {
      const auto unfit = [](const Value& text) { return text.is_string() && !net::fits_a_header(text.as_string()); };
      if (one.name.empty() || !net::fits_a_header(one.name) || (one.value.is_array() && std::ranges::any_of(one.value.items(), unfit))) misshapen("Headers");
    }
  }
  const std::string_view type = params.text("AuthType", "NO_AUTH");
  if (params["AuthType"].is_string() && type != "NO_AUTH" && type != "IAM_ROLE" && type != "RESOURCE_POLICY") misshapen("AuthType");
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
  std::string query;
  if (params["QueryParameters"].is_object()) {
    for (const json::Member& one : params["QueryParameters"].members()) {
      for (const Value& value : one.value.items()) net::append_form_pair(query, one.name, value.as_string());
    }
  }
  net::append_query(url, query);
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

// The Region of "https://id.execute-api.REGION.amazonaws.com/stage/path"; `otherwise` for an API that lives elsewhere.
std::string region_of(std::string_view url, std::string_view otherwise) {
  const std::string host = net::host_name(net::authority_of(url));
  constexpr std::string_view kService = ".execute-api.";
  const size_t at = host.find(kService);
  if (at == host.npos) return std::string(otherwise);
  const size_t begin = at + kService.size();
  return host.substr(begin, host.find('.', begin) - begin);
}

}  // namespace

void Dispatch::invoke_api(const AttemptPtr& attempt) {
  const Value& params = attempt->task.parameters;
  const std::vector<std::string> faults = params.is_object() ? faults_of(params) : std::vector<std::string>{"The value of the field 'Parameters' has an invalid format"};
  if (!faults.empty()) return misshapen(attempt, faults);
  const auto answered_by_api = [this, attempt, alive = alive_](Result<net::Response> response) {
    if (!*alive) return;
    if (!response && response.error().code == "HttpTooLarge") return too_large(attempt, "apigateway");
    if (!response) return refuse(attempt, "ApiGateway.SdkClientException", "Unable to execute HTTP request: " + response.error().message);
    if (response->status < 200 || response->status > 299) return refuse(attempt, fmt::format("ApiGateway.{}", response->status), response->body);
    const uint64_t task = attempt->task.task;
    Value output = http_result(*response);
    if (attempt->task.resource->pattern == asl::Resource::Pattern::request_response) {
      states_.engine_.deliver(attempt->execution, asl::TaskSucceeded{task, std::move(output)});
    } else {
      states_.engine_.deliver(attempt->execution, asl::TaskSubmitted{task, std::move(output)});
    }
  };
  // What leaves the process must not be ahead of the history that tells of it.
  kit_.store.when_durable(kit_.store.head(), [this, attempt, request = request_of(params), answered_by_api, alive = alive_]() mutable {
    if (!*alive) return;
    if (attempt->task.parameters.text("AuthType") == "IAM_ROLE") {
      const auto key = protocol::session_key(kit_.registry, attempt->role, attempt->region);
      if (!key) return refuse(attempt, "ApiGateway.SdkClientException", "Unable to load credentials: STS is not part of this server.");
      auth::sign(request, *key, region_of(request.target, attempt->region), "execute-api", kit_.clock().now());
    }
    kit_.http.send(std::move(request), {.timeout_ms = kTimeoutMs, .response_bytes_max = kHttpResponseBytesMax, .owner = attempt->account}, answered_by_api);
  });
}

}  // namespace states
