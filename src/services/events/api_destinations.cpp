// API destinations: HTTP endpoints as targets of rules, authorised by a connection.
#include <fmt/format.h>

#include <algorithm>

#include "base/arn.h"
#include "base/encoding.h"
#include "net/http_client.h"
#include "services/events/events.h"

namespace events {

using json::Value;

namespace {

constexpr size_t kDestinationsMax = 3'000;
constexpr int64_t kRateDefault = 300;
constexpr int64_t kTimeoutMs = 5'000;
constexpr size_t kResponseBytesMax = 1048576;

// {"ApiDestinationArn", "ApiDestinationState", times}: the answer to whatever changes one.
Value changed(const ApiDestination& destination) {
  json::ObjectBuilder out;
  for (const std::string_view member : {"ApiDestinationArn", "ApiDestinationState", "CreationTime", "LastModifiedTime"}) out.add(member, destination.shown[member]);
  return out.build();
}

// The endpoint with each '*' of its path in turn replaced by a value.
std::string filled(std::string_view endpoint, const Value& values) {
  std::string out;
  size_t next = 0;
  for (const char c : endpoint) {
    if (c != '*' || !values.is_array() || next >= values.size()) {
      out.push_back(c);
    } else {
      out += percent_encode(values[next++].is_string() ? values[next - 1].as_string() : "");
    }
  }
  return out;
}

// What a delivery sends: the target's own parameters, then the connection's, which have the last word.
net::Request request_of(const Value& destination, const Value& target, const Value& input, const Value& connection) {
  const Value& own = target["HttpParameters"];
  net::Request request{.method = std::string(destination.text("HttpMethod")),
                       .target = filled(destination.text("InvocationEndpoint"), own["PathParameterValues"]),
                       .headers = {}, .body = {}, .peer = {}};
  const auto each_own = [&](std::string_view kind, auto&& take) {
    if (!own[kind].is_object()) return;
    for (const json::Member& one : own[kind].members()) take(one.name, one.value.is_string() ? one.value.as_string() : "");
  };
  const auto each_added = [&](std::string_view kind, auto&& take) {
    if (!connection[kind].is_array()) return;
    for (const Value& one : connection[kind].items()) take(one.text("Key"), one.text("Value"));
  };
  std::string query;
  const auto to_query = [&](std::string_view name, std::string_view value) { net::append_form_pair(query, name, value); };
  each_own("QueryStringParameters", to_query);
  each_added("QueryStringParameters", to_query);
  net::append_query(request.target, query);
  request.headers.add("Content-Type", "application/json; charset=utf-8");
  const auto to_headers = [&](std::string_view name, std::string_view value) {
    if (!name.empty() && net::fits_a_header(name) && net::fits_a_header(value)) request.headers.set(name, value);
  };
  each_own("HeaderParameters", to_headers);
  each_added("HeaderParameters", to_headers);
  request.headers.set("User-Agent", "Amazon/EventBridge/ApiDestinations");
  Value body = input;
  if (body.is_object()) each_added("BodyParameters", [&](std::string_view name, std::string_view value) { body = body.with(name, value); });
  if (request.method != "GET" && request.method != "HEAD") request.body = body.is_string() ? std::string(body.as_string()) : json::write(body);
  return request;
}

}  // namespace

Value to_json(const ApiDestination& destination) { return destination.shown; }
ApiDestination from_json(const Value& document, std::type_identity<ApiDestination>) { return {document}; }

Result<ApiDestination> Events::need_destination(const Call& call) const {
  const std::string_view name = call.params.text("Name");
  const ApiDestination* there = destinations_.find({call.account, call.region}, name);
  if (!there) return not_found(fmt::format("An api-destination '{}' does not exist.", name));
  return *there;
}

Result<Value> Events::create_destination(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value& params = call.params;
  const std::string name(params.text("Name"));
  if (destinations_.find(scope, name)) return fail("ResourceAlreadyExistsException", fmt::format("An api-destination '{}' already exists.", name));
  if (destinations_.all(scope).size() >= kDestinationsMax) return fail("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
  if (!find_connection(scope, params.text("ConnectionArn"))) return not_found(fmt::format("Connection '{}' does not exist.", params.text("ConnectionArn")));
  json::ObjectBuilder shown;
  shown.add("ApiDestinationArn", call.arn(fmt::format("api-destination/{}/{}", name, kit_.random.uuid()))).add("Name", name);
  shown.add_text("Description", params.text("Description"));
  shown.add("ApiDestinationState", "ACTIVE").add("ConnectionArn", params["ConnectionArn"]).add("InvocationEndpoint", params["InvocationEndpoint"]);
  shown.add("HttpMethod", params["HttpMethod"]).add("InvocationRateLimitPerSecond", params["InvocationRateLimitPerSecond"].as_int64().value_or(kRateDefault));
  shown.add("CreationTime", call.at.seconds()).add("LastModifiedTime", call.at.seconds());
  return changed(destinations_.put(scope, name, {shown.build()}));
}

// What has no connection any more delivers nothing.
Result<Value> Events::describe_destination(const Call& call) {
  const ApiDestination destination = TRY(need_destination(call));
  const bool connected = find_connection({call.account, call.region}, destination.shown.text("ConnectionArn"));
  return connected ? destination.shown : destination.shown.with("ApiDestinationState", "INACTIVE");
}

Result<Value> Events::update_destination(const Call& call) {
  const Scope scope{call.account, call.region};
  ApiDestination destination = TRY(need_destination(call));
  if (call.params.find("ConnectionArn") && !find_connection(scope, call.params.text("ConnectionArn"))) {
    return not_found(fmt::format("Connection '{}' does not exist.", call.params.text("ConnectionArn")));
  }
  for (const std::string_view member : {"Description", "ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond"}) {
    if (const Value* given = call.params.find(member)) destination.shown = destination.shown.with(member, *given);
  }
  destination.shown = destination.shown.with("LastModifiedTime", call.at.seconds());
  return changed(destinations_.put(scope, call.params.text("Name"), std::move(destination)));
}

Result<Value> Events::delete_destination(const Call& call) {
  const ApiDestination destination = TRY(need_destination(call));
  next_call_ms_.erase(std::string(destination.shown.text("ApiDestinationArn")));
  destinations_.erase({call.account, call.region}, call.params.text("Name"));
  return Value::object();
}

Result<Value> Events::list_destinations(const Call& call) {
  const std::string_view connection = call.params.text("ConnectionArn");
  const auto show = [&](const ApiDestination& destination) -> std::optional<Value> {
    if (!connection.empty() && connection != destination.shown.text("ConnectionArn")) return std::nullopt;
    return destination.shown.without("Description");
  };
  return listed(call, "ApiDestinations", destinations_.all({call.account, call.region}), std::string(call.params.text("NamePrefix")), show);
}

void Events::deliver_by_http(const std::string& key, const std::string& target_arn) {
  const Delivery& d = waiting_.at(key);
  const ApiDestination* found = nullptr;
  for (const auto& [name, destination] : destinations_.all(d.scope)) {
    if (destination.shown.text("ApiDestinationArn") == target_arn) found = &destination;
  }
  if (!found) return done(key, not_found(target_arn));
  const auto role = protocol::Principal::role_session(d.target.text("RoleArn"), "events");
  const auto call = kit_.registry.internal(role, d.scope.region, "events", "InvokeApiDestination", Value::object());
  if (auto may = kit_.registry.authorise(call, {.action = "events:InvokeApiDestination", .resources = {target_arn}}); !may) {
    return done(key, std::unexpected(std::move(may).error()));
  }
  // No more in a second than the destination takes.
  const auto now = static_cast<double>(kit_.clock().now().ms);
  double& next = next_call_ms_[target_arn];
  next = std::max(next, now);
  const auto wait = static_cast<int64_t>(next - now);
  next += 1000.0 / static_cast<double>(std::max<int64_t>(1, found->shown["InvocationRateLimitPerSecond"].as_int64().value_or(kRateDefault)));
  // What leaves the process must not be ahead of what the store holds.
  const auto send = [this, key, destination = found->shown, alive = alive_] {
    if (!*alive) return;
    kit_.store.when_durable(kit_.store.head(), [this, key, destination, alive] {
      if (*alive) send_by_http(key, destination, "");
    });
  };
  if (wait <= 0) return send();
  kit_.loop.after(wait, send);
}

void Events::send_by_http(const std::string& key, const Value& destination, const std::string& refused) {
  const auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  additions(it->second.scope, destination.text("ConnectionArn"), refused, [this, key, destination, refused, alive = alive_](Result<Value> added) {
    if (!*alive) return;
    const auto waiting = waiting_.find(key);
    if (waiting == waiting_.end()) return;
    if (!added) {
      // An authorisation that is under way, or an endpoint of it that is down, may be there the next time.
      if (added.error().code == "AuthInProgress" || added.error().code == "AuthorizationFailed") added.error().http_status = 503;
      return done(key, std::move(added));
    }
    auto request = request_of(destination, waiting->second.target, waiting->second.input, *added);
    const std::string authorization(request.headers.get("Authorization"));
    const bool may_renew = added->text("AuthorizationType") == "OAUTH_CLIENT_CREDENTIALS" && refused.empty() && !authorization.empty();
    kit_.http.send(std::move(request), {.timeout_ms = kTimeoutMs, .response_bytes_max = kResponseBytesMax, .owner = waiting->second.scope.account},
                   [this, key, destination, may_renew, authorization, alive](Result<net::Response> response) {
      if (!*alive) return;
      if (!response) return done(key, std::unexpected(Error{"ServiceUnavailable", response.error().message, 503, {}}));
      const int status = response->status;
      if (status >= 200 && status < 300) return done(key, Value::object());
      if ((status == 401 || status == 407) && may_renew) return send_by_http(key, destination, authorization);
      const bool again = status >= 500 || status == 429 || status == 409 || status == 401 || status == 407;
      done(key, std::unexpected(Error{"ApiDestination", fmt::format("The endpoint answered with status {}.", status), again ? 503 : 400, {}}));
    });
  });
}

}  // namespace events
