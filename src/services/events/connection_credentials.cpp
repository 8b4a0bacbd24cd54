// What a connection adds to a request: its own parameters and its authorisation, by OAuth with a token asked for.
#include <fmt/format.h>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "net/http_client.h"
#include "services/events/events.h"

namespace events {

using json::Value;

namespace {

constexpr int64_t kTokenTimeoutMs = 30'000;
constexpr size_t kTokenBytesMax = 1048576;
constexpr int64_t kTokenLifeMs = 300'000;  // of a token that comes without expires_in
constexpr int64_t kTokenSlackMs = 60'000;  // a token is not used in its last minute
constexpr size_t kAwaitedMax = 100'000;

Value pair(std::string_view key, std::string_view value) { return json::object({{"Key", key}, {"Value", value}}); }

void append(std::vector<Value>& list, const Value& given) {
  if (!given.is_array()) return;
  for (const Value& one : given.items()) list.push_back(pair(one.text("Key"), one.text("Value")));
}

// The request by which an OAuth client asks for its token. What the connection says of it has the last word.
net::Request token_request(const Value& oauth) {
  net::Request request{.method = std::string(oauth.text("HttpMethod", "POST")), .target = std::string(oauth.text("AuthorizationEndpoint")),
                       .headers = {}, .body = {}, .peer = {}};
  const Value& client = oauth["ClientParameters"];
  const Value& more = oauth["OAuthHttpParameters"];
  Value members = json::object({{"grant_type", "client_credentials"}, {"client_id", client["ClientID"]}, {"client_secret", client["ClientSecret"]}});
  std::vector<Value> body, query, headers;
  append(body, more["BodyParameters"]);
  append(query, more["QueryStringParameters"]);
  append(headers, more["HeaderParameters"]);
  for (const Value& one : body) members = members.with(one.text("Key"), one["Value"]);
  std::string form;
  for (const json::Member& one : members.members()) net::append_form_pair(form, one.name, one.value.as_string());
  std::string in_url;
  for (const Value& one : query) net::append_form_pair(in_url, one.text("Key"), one.text("Value"));
  if (request.method == "GET") {
    if (!in_url.empty()) in_url.push_back('&');
    in_url += form;
  } else {
    request.body = form;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  }
  for (const Value& one : headers) {
    if (net::fits_a_header(one.text("Key")) && net::fits_a_header(one.text("Value"))) request.headers.set(one.text("Key"), one.text("Value"));
  }
  net::append_query(request.target, in_url);
  return request;
}

}  // namespace

// Of one connection as it is now: another secret is another key.
std::string Events::token_key(const Connection& connection) {
  return fmt::format("{} {}", connection.shown.text("ConnectionArn"), hex_encode(sha256(json::write(connection.auth))));
}

void Events::access_token(const Connection& connection, TokenTaken taken) {
  const std::string key = token_key(connection);
  if (const auto it = tokens_.find(key); it != tokens_.end() && kit_.clock().now().ms < it->second.until.ms) return taken(it->second.text);
  auto& waiting = token_awaited_[key];
  if (waiting.size() >= kAwaitedMax) return taken(fail("Throttled", "Too many requests wait for the connection's token."));
  waiting.push_back(std::move(taken));
  if (waiting.size() > 1) return;
  const auto answered = [this, key, alive = alive_](Result<net::Response> response) {
    if (!*alive) return;
    Result<std::string> token = fail("AuthorizationFailed", "");
    const auto body = json::parse(response ? response->body : "");
    if (!response) {
      token = fail("AuthorizationFailed", "The authorization endpoint cannot be reached: " + response.error().message);
    } else if (response->status < 200 || response->status > 299) {
      token = fail("AuthorizationFailed", fmt::format("The authorization endpoint answered with status {}.", response->status));
    } else if (!body || !body->is_object() || body->text("access_token").empty() || !net::fits_a_header(body->text("access_token"))) {
      token = fail("AuthorizationFailed", "The authorization endpoint answered without an access_token.");
    } else {
      token = std::string(body->text("access_token"));
      const auto seconds = (*body)["expires_in"].as_int64();
      const int64_t life = seconds && *seconds > 0 && *seconds < 31'536'000 ? *seconds * 1000 - kTokenSlackMs : kTokenLifeMs;
      const Instant now = kit_.clock().now();
      std::erase_if(tokens_, [&](const auto& one) { return one.second.until.ms <= now.ms; });
      if (life > 0) tokens_[key] = {*token, {now.ms + life}};
    }
    auto node = token_awaited_.extract(key);
    if (node.empty()) return;
    for (TokenTaken& one : node.mapped()) one(token);
  };
  // What leaves the process must not be ahead of what the store holds.
  const auto arn = Arn::parse(connection.shown.text("ConnectionArn"));
  kit_.store.when_durable(kit_.store.head(), [this, account = arn ? arn->account : "", request = token_request(connection.auth["OAuthParameters"]), answered, alive = alive_]() mutable {
    if (*alive) kit_.http.send(std::move(request), {.timeout_ms = kTokenTimeoutMs, .response_bytes_max = kTokenBytesMax, .owner = account}, answered);
  });
}

void Events::authorise(const Scope& scope, const std::string& name) {
  // Behind the answer, which says AUTHORIZING.
  kit_.loop.post([this, scope, name, alive = alive_] {
    if (!*alive) return;
    const Connection* asked = connections_.find(scope, name);
    if (!asked || asked->shown.text("ConnectionState") != "AUTHORIZING") return;
    access_token(*asked, [this, scope, name, arn = std::string(asked->shown.text("ConnectionArn"))](const Result<std::string>& token) {
      const Connection* there = connections_.find(scope, name);
      if (!there || there->shown.text("ConnectionArn") != arn || there->shown.text("ConnectionState") != "AUTHORIZING") return;
      Connection connection = *there;
      connection.shown = connection.shown.with("ConnectionState", token ? "AUTHORIZED" : "DEAUTHORIZED");
      if (token) connection.shown = connection.shown.with("LastAuthorizedTime", kit_.clock().now().seconds());
      if (!token) connection.shown = connection.shown.with("StateReason", token.error().message);
      connections_.put(scope, name, std::move(connection));
    });
  });
}

void Events::authorise_all() {
  for (const auto& [scope, all] : connections_.scopes()) {
    for (const auto& [name, connection] : all) authorise(scope, name);
  }
}

const Connection* Events::find_connection(const Scope& scope, std::string_view arn) const {
  for (const auto& [name, connection] : connections_.all(scope)) {
    if (connection.shown.text("ConnectionArn") == arn) return &connection;
  }
  return nullptr;
}

void Events::additions(const Scope& scope, std::string_view arn, std::string_view refused, protocol::Reply reply) {
  const Connection* found = find_connection(scope, arn);
  if (!found) return reply(not_found(fmt::format("Connection '{}' does not exist.", arn)));
  const std::string_view state = found->shown.text("ConnectionState");
  if (state == "AUTHORIZING") return reply(fail("AuthInProgress", fmt::format("The connection {} is being authorized.", arn)));
  if (state != "AUTHORIZED") return reply(fail("InvalidConnectionState", fmt::format("The connection {} is in the state {}.", arn, state)));
  const Connection& connection = *found;
  auto answer = [connection, reply = std::move(reply)](Result<std::string> token) mutable {
    if (!token) return reply(std::unexpected(std::move(token).error()));
    std::string authorization = *std::move(token);
    const Value& auth = connection.auth;
    std::vector<Value> headers, query, body;
    if (const Value& key = auth["ApiKeyAuthParameters"]; key.is_object()) headers.push_back(pair(key.text("ApiKeyName"), key.text("ApiKeyValue")));
    if (const Value& basic = auth["BasicAuthParameters"]; basic.is_object()) {
      authorization = "Basic " + base64_encode(fmt::format("{}:{}", basic.text("Username"), basic.text("Password")));
    }
    if (!authorization.empty()) headers.push_back(pair("Authorization", authorization));
    const Value& more = auth["InvocationHttpParameters"];
    append(headers, more["HeaderParameters"]);
    append(query, more["QueryStringParameters"]);
    append(body, more["BodyParameters"]);
    reply(json::object({{"SecretArn", connection.shown["SecretArn"]},
                        {"AuthorizationType", connection.shown["AuthorizationType"]},
                        {"HeaderParameters", Value::array(std::move(headers))},
                        {"QueryStringParameters", Value::array(std::move(query))},
                        {"BodyParameters", Value::array(std::move(body))}}));
  };
  if (!connection.auth["OAuthParameters"].is_object()) return answer("");
  // Many may have been refused with the same one: the first of them asks for another.
  const auto kept = tokens_.find(token_key(connection));
  if (kept != tokens_.end() && refused == "Bearer " + kept->second.text) tokens_.erase(kept);
  access_token(connection, [answer = std::move(answer)](Result<std::string> token) mutable {
    if (token) token = "Bearer " + *token;
    answer(std::move(token));
  });
}

void Events::retrieve_credentials(const Call& call, protocol::Reply reply) {
  if (!call.internal) return reply(fail("UnknownOperationException", ""));
  additions({call.account, call.region}, call.params.text("ConnectionArn"), call.params.text("RefusedAuthorization"), std::move(reply));
}

}  // namespace events
