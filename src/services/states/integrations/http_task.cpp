#include "services/states/integrations/http_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "net/host.h"

namespace states {

using json::Value;

namespace {

constexpr std::string_view kFields[] = {"ApiEndpoint", "Authentication", "Headers", "InvocationConfig", "Method", "QueryParameters", "RequestBody", "Transform"};
constexpr std::string_view kMethods[] = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
// Headers that a state may not set; also whatever begins with x-amz (x-amzn too) or x-forwarded.
constexpr std::string_view kForbidden[] = {"a-im", "accept-charset", "accept-datetime", "accept-encoding", "authorization", "cache-control", "connection",
                                           "content-encoding", "content-md5", "date", "expect", "forwarded", "from", "host", "http2-settings", "if-match",
                                           "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma",
                                           "proxy-authorization", "referer", "server", "te", "trailer", "transfer-encoding", "upgrade", "via", "warning"};
// What Step Functions says itself, whoever else would.
constexpr std::string_view kOwn[] = {"content-length", "host", "range", "user-agent"};
constexpr std::string_view kArrayFormats[] = {"BRACKETS", "COMMAS", "INDICES", "REPEAT"};

bool one_of(std::string_view text, auto& list) { return std::ranges::find(list, text) != std::end(list); }

std::string text_of(const Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  return value.is_null() ? "" : json::write(value);
}

bool is_scalar(const Value& value) { return value.is_string() || value.is_number() || value.is_bool(); }

bool may_be_set(std::string_view name) {
  const std::string low = lower_case(name);
  return !one_of(low, kForbidden) && !low.starts_with("x-amz") && !low.starts_with("x-forwarded");
}

bool is_header_value(const Value& value) {
  if (value.is_array()) return std::ranges::all_of(value.items(), [](const Value& one) { return is_scalar(one) && net::fits_a_header(text_of(one)); });
  return is_scalar(value) && net::fits_a_header(text_of(value));
}

std::string scheme_of(std::string_view url) { return lower_case(url.substr(0, url.find("://"))); }

// https, or plain http to this very machine; no user information, nothing that ends a line.
bool is_endpoint(std::string_view url) {
  const std::string_view authority = net::authority_of(url);
  if (!net::fits_a_header(url) || url.find(' ') != url.npos || authority.empty() || authority.find('@') != authority.npos) return false;
  const std::string scheme = scheme_of(url);
  return scheme == "https" || (scheme == "http" && net::is_loopback(net::host_name(authority)));
}

// {"a": {"b": 1}} is a[b]=1; lists as `format` says: INDICES (a[0]=..), REPEAT (a=..&a=..), COMMAS (a=..,..), BRACKETS (a[]=..).
void add_to_form(std::string& form, const std::string& name, const Value& value, std::string_view format) {
  if (value.is_object()) {
    for (const json::Member& one : value.members()) add_to_form(form, fmt::format("{}[{}]", name, one.name), one.value, format);
  } else if (value.is_array() && format == "COMMAS") {
    std::vector<std::string> texts;
    for (const Value& item : value.items()) texts.push_back(text_of(item));
    net::append_form_pair(form, name, fmt::format("{}", fmt::join(texts, ",")));
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      add_to_form(form, format == "REPEAT" ? name : format == "BRACKETS" ? name + "[]" : fmt::format("{}[{}]", name, i), value[i], format);
    }
  } else {
    net::append_form_pair(form, name, text_of(value));
  }
}

std::string written_body(const Value& body, const Value& transform) {
  if (transform.text("RequestBodyEncoding") != "URL_ENCODED" || !body.is_object()) return body.is_string() ? std::string(body.as_string()) : json::write(body);
  std::string form;
  for (const json::Member& one : body.members()) add_to_form(form, std::string(one.name), one.value, transform["RequestEncodingOptions"].text("ArrayFormat", "INDICES"));
  return form;
}

// Those of a connection: {"Key", "Value"}.
template <typename Take>
void each(const Value& list, Take&& take) {
  if (!list.is_array()) return;
  for (const Value& one : list.items()) take(one.text("Key"), one.text("Value"));
}

void add_query(net::Request& request, const Value& given, const Value& connection) {
  std::string query;
  if (given.is_string()) query = given.as_string();
  if (given.is_object()) {
    for (const json::Member& one : given.members()) {
      bool replaced = false;
      each(connection, [&](std::string_view key, std::string_view) { replaced = replaced || key == one.name; });
      if (replaced) continue;
      if (!one.value.is_array()) net::append_form_pair(query, one.name, text_of(one.value));
      if (one.value.is_array()) {
        for (const Value& item : one.value.items()) net::append_form_pair(query, one.name, text_of(item));
      }
    }
  }
  each(connection, [&](std::string_view key, std::string_view value) { net::append_form_pair(query, key, value); });
  net::append_query(request.target, query);
}

void add_headers(net::Request& request, const Value& given, const Value& connection, std::string_view region) {
  if (given.is_object()) {
    for (const json::Member& one : given.members()) {
      if (one_of(lower_case(one.name), kOwn)) continue;
      if (!one.value.is_array()) request.headers.set(one.name, text_of(one.value));
      if (one.value.is_array()) {
        for (const Value& item : one.value.items()) request.headers.add(one.name, text_of(item));
      }
    }
  }
  each(connection, [&](std::string_view key, std::string_view value) {
    if (!key.empty() && net::fits_a_header(key) && net::fits_a_header(value) && !one_of(lower_case(key), kOwn)) request.headers.set(key, value);
  });
  request.headers.set("User-Agent", fmt::format("Amazon|StepFunctions|HttpInvoke|{}", region));
  request.headers.set("Range", "bytes=0-262144");
}

std::string_view status_text(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "";
  }
}

// Bytes of a header as a text: those that are no UTF-8 are Latin-1, as HTTP once had it.
std::string header_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (const char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

// "[name: value, other: value]"
std::string listed(const net::Headers& headers) {
  std::string out = "[";
  for (const net::Header& header : headers.list) out += fmt::format("{}{}: {}", out.size() > 1 ? ", " : "", header_text(header.name), header_text(header.value));
  return out + "]";
}

}  // namespace

bool is_http_method(std::string_view name) { return one_of(name, kMethods); }

Value http_result(const net::Response& response) {
  std::vector<json::Member> headers;
  for (const net::Header& header : response.headers.list) {
    const auto same = std::ranges::find_if(headers, [&](const json::Member& one) { return net::same_header_name(one.name, header.name); });
    if (same == headers.end()) {
      headers.push_back({header_text(header.name), json::array({header_text(header.value)})});
    } else {
      std::vector<Value> values(same->value.items().begin(), same->value.items().end());
      values.emplace_back(header_text(header.value));
      same->value = Value::array(std::move(values));
    }
  }
  std::ranges::sort(headers, {}, &json::Member::name);
  const auto body = json::parse(response.body);
  return json::object({{"Headers", Value::object(std::move(headers))}, {"ResponseBody", body ? *body : Value(is_utf8(response.body) ? response.body : "")},
                       {"StatusCode", response.status}, {"StatusText", status_text(response.status)}});
}

std::string http_task_connection(const Value& params) {
  const std::string_view given = params["InvocationConfig"].text("ConnectionArn");
  return std::string(given.empty() ? params["Authentication"].text("ConnectionArn") : given);
}

std::vector<std::string> http_task_faults(const Value& params) {
  std::vector<std::string> faults;
  const auto misshapen = [&](std::string_view field) { faults.push_back(fmt::format("The value of the field '{}' has an invalid format", field)); };
  for (const json::Member& one : params.members()) {
    if (!one_of(one.name, kFields)) faults.push_back(fmt::format("The field '{}' is not supported by Step Functions", one.name));
  }
  for (const std::string_view field : {"ApiEndpoint", "Method"}) {
    if (!params.find(field)) faults.push_back(fmt::format("The field \"{}\" is required but was missing", field));
  }
  if (http_task_connection(params).empty()) faults.emplace_back("The field \"ConnectionArn\" is required but was missing");
  if (const Value* url = params.find("ApiEndpoint"); url && !(url->is_string() && is_endpoint(url->as_string()))) misshapen("ApiEndpoint");
  if (const Value* method = params.find("Method"); method && !(method->is_string() && is_http_method(method->as_string()))) misshapen("Method");
  for (const std::string_view field : {"Headers", "Transform", "Authentication", "InvocationConfig"}) {
    if (params.find(field) && !params[field].is_object()) misshapen(field);
  }
  const Value& query = params["QueryParameters"];
  const bool in_url = query.is_string() && net::fits_a_header(query.as_string()) && query.as_string().find_first_of(" #") == std::string_view::npos;
  if (params.find("QueryParameters") && !query.is_object() && !in_url) misshapen("QueryParameters");
  if (const std::string_view encoding = params["Transform"].text("RequestBodyEncoding", "NONE"); encoding != "NONE" && encoding != "URL_ENCODED") {
    misshapen("RequestBodyEncoding");
  }
  if (!one_of(params["Transform"]["RequestEncodingOptions"].text("ArrayFormat", "INDICES"), kArrayFormats)) misshapen("ArrayFormat");
  if (params["Headers"].is_object()) {
    for (const json::Member& one : params["Headers"].members()) {
      if (one.name.empty() || !net::fits_a_header(one.name) || one.name.view().find_first_of(": ") != std::string::npos || !is_header_value(one.value)) {
        misshapen("Headers");
      } else if (!may_be_set(one.name)) {
        faults.push_back(fmt::format("The header '{}' is not supported by Step Functions", one.name));
      }
    }
  }
  return faults;
}

Result<net::Request> http_task_request(const Value& params, const Value& connection, std::string_view region) {
  net::Request request{.method = std::string(params.text("Method")), .target = std::string(params.text("ApiEndpoint")), .headers = {}, .body = {}, .peer = {}};
  add_query(request, params["QueryParameters"], connection["QueryStringParameters"]);
  add_headers(request, params["Headers"], connection["HeaderParameters"], region);
  Value body = params["RequestBody"];
  const Value& more = connection["BodyParameters"];
  if (more.is_array() && more.size() > 0) {
    if (body.is_null()) body = Value::object();
    if (!body.is_object()) return fail("States.Runtime", "The RequestBody is no JSON object: it cannot be merged with the body parameters of the connection.");
    each(more, [&](std::string_view key, std::string_view value) { body = body.with(key, value); });
  }
  if (!body.is_null()) {
    const bool form = params["Transform"].text("RequestBodyEncoding") == "URL_ENCODED";
    request.body = written_body(body, params["Transform"]);
    if (!request.headers.has("Content-Type")) request.headers.add("Content-Type", form ? "application/x-www-form-urlencoded" : "application/json; charset=UTF-8");
  }
  return request;
}

std::string http_unreadable(const net::Response& response) {
  const std::string type = lower_case(response.headers.get("Content-Type"));
  for (const std::string_view kind : {"application/octet-stream", "image/", "video/", "audio/"}) {
    if (type.starts_with(kind)) return fmt::format("The response has the content type '{}', which is not supported.", type);
  }
  return is_utf8(response.body) ? "" : "The response cannot be read as a text.";
}

Value traced(const net::Request& request) {
  json::ObjectBuilder out;
  out.add("protocol", scheme_of(request.target)).add("method", request.method).add("url", request.target).add("headers", listed(request.headers));
  if (!request.body.empty()) out.add("body", request.body);
  return out.build();
}

Value traced(const net::Response& response, std::string_view url) {
  return json::object({{"protocol", scheme_of(url)}, {"statusCode", std::to_string(response.status)}, {"statusMessage", status_text(response.status)},
                       {"headers", listed(response.headers)}, {"body", is_utf8(response.body) ? response.body : std::string()}});
}

}  // namespace states
