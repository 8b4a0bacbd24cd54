// Connections: how an HTTP endpoint is to be authorised. Their secrets are told to no client.
#include <fmt/format.h>

#include "services/events/events.h"

namespace events {

using json::Value;

namespace {

constexpr size_t kConnectionsMax = 3'000;

// Header, query string and body parameters without the values that are secret.
Value shown_parameters(const Value& given) {
  json::ObjectBuilder out;
  for (const json::Member& kind : given.members()) {
    if (!kind.value.is_array()) continue;
    std::vector<Value> list;
    for (const Value& one : kind.value.items()) {
      const bool secret = one["IsValueSecret"].is_bool() && one["IsValueSecret"].as_bool();
      json::ObjectBuilder shown;
      shown.add("Key", one["Key"]);
      if (!secret && one.find("Value")) shown.add("Value", one["Value"]);
      shown.add("IsValueSecret", secret);
      list.push_back(shown.build());
    }
    out.add(kind.name, Value::array(std::move(list)));
  }
  return out.build();
}

// What DescribeConnection tells: never a password, a key or a client's secret.
Value shown_auth(const Value& auth) {
  json::ObjectBuilder out;
  if (auth["BasicAuthParameters"].is_object()) out.add("BasicAuthParameters", json::object({{"Username", auth["BasicAuthParameters"]["Username"]}}));
  if (const Value& oauth = auth["OAuthParameters"]; oauth.is_object()) {
    json::ObjectBuilder shown;
    shown.add("ClientParameters", json::object({{"ClientID", oauth["ClientParameters"]["ClientID"]}}));
    shown.add("AuthorizationEndpoint", oauth["AuthorizationEndpoint"]).add("HttpMethod", oauth["HttpMethod"]);
    if (oauth["OAuthHttpParameters"].is_object()) shown.add("OAuthHttpParameters", shown_parameters(oauth["OAuthHttpParameters"]));
    out.add("OAuthParameters", shown.build());
  }
  if (auth["ApiKeyAuthParameters"].is_object()) out.add("ApiKeyAuthParameters", json::object({{"ApiKeyName", auth["ApiKeyAuthParameters"]["ApiKeyName"]}}));
  if (auth["InvocationHttpParameters"].is_object()) out.add("InvocationHttpParameters", shown_parameters(auth["InvocationHttpParameters"]));
  return out.build();
}

Status check_auth(std::string_view type, const Value& auth) {
  const std::string_view wanted = type == "BASIC" ? "BasicAuthParameters" : type == "API_KEY" ? "ApiKeyAuthParameters" : "OAuthParameters";
  if (!auth[wanted].is_object()) return invalid(fmt::format("The parameter {} is required for the authorization type {}.", wanted, type));
  for (const std::string_view other : {"BasicAuthParameters", "ApiKeyAuthParameters", "OAuthParameters"}) {
    if (other != wanted && auth.find(other)) return invalid(fmt::format("The parameter {} does not go with the authorization type {}.", other, type));
  }
  return {};
}

// What is given again replaces what there was, member by member.
Value merged(const Value& before, const Value& given) {
  if (!before.is_object() || !given.is_object()) return given;
  Value out = before;
  for (const json::Member& member : given.members()) out = out.with(member.name, merged(before[member.name], member.value));
  return out;
}

// {"ConnectionArn", "ConnectionState", times}: the answer to whatever changes one.
Value changed(const Connection& connection) {
  json::ObjectBuilder out;
  for (const std::string_view member : {"ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime", "LastAuthorizedTime"}) {
    if (const Value* value = connection.shown.find(member)) out.add(member, *value);
  }
  return out.build();
}

// Which is asked only behind the answer, and then tells whether it is authorised.
std::string_view first_state(std::string_view type) { return type == "OAUTH_CLIENT_CREDENTIALS" ? "AUTHORIZING" : "AUTHORIZED"; }

Status check_reach(const Value& params) {
  // PrivateLink is not to be had on one machine.
  if (params.find("InvocationConnectivityParameters") || params["AuthParameters"].find("ConnectivityParameters")) {
    return invalid("Connections to private APIs are not supported by this server.");
  }
  return {};
}

}  // namespace

Value to_json(const Connection& c) { return json::object({{"shown", c.shown}, {"auth", c.auth}}); }
Connection from_json(const Value& d, std::type_identity<Connection>) { return {d["shown"], d["auth"]}; }

Result<Connection> Events::need_connection(const Call& call) const {
  const std::string name(call.params.text("Name"));
  const Connection* there = connections_.find({call.account, call.region}, name);
  if (!there) return not_found(fmt::format("Connection '{}' does not exist.", name));
  return *there;
}

Result<Value> Events::create_connection(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string name(call.params.text("Name"));
  if (connections_.find(scope, name)) return fail("ResourceAlreadyExistsException", fmt::format("Connection {} already exists.", name));
  if (connections_.all(scope).size() >= kConnectionsMax) return fail("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
  const std::string_view type = call.params.text("AuthorizationType");
  const Value& auth = call.params["AuthParameters"];
  TRY(check_reach(call.params));
  TRY(check_auth(type, auth));
  const std::string id = kit_.random.uuid();
  Call secret = call;
  secret.service = "secretsmanager";
  json::ObjectBuilder shown;
  shown.add("ConnectionArn", call.arn(fmt::format("connection/{}/{}", name, id))).add("Name", name);
  shown.add_text("Description", call.params.text("Description"));
  shown.add("ConnectionState", first_state(type)).add("AuthorizationType", type);
  shown.add_text("KmsKeyIdentifier", call.params.text("KmsKeyIdentifier"));
  shown.add("SecretArn", secret.arn(fmt::format("secret:events!connection/{}/{}-{}", name, id, kit_.random.hex(6))));
  shown.add("AuthParameters", shown_auth(auth));
  for (const std::string_view time : {"CreationTime", "LastModifiedTime", "LastAuthorizedTime"}) shown.add(time, call.at.seconds());
  Connection made{shown.build(), auth};
  connections_.put(scope, name, made);
  authorise(scope, name);
  made.shown = made.shown.without("LastAuthorizedTime");
  return changed(made);
}

Result<Value> Events::describe_connection(const Call& call) { return TRY(need_connection(call)).shown; }

Result<Value> Events::update_connection(const Call& call) {
  Connection connection = TRY(need_connection(call));
  const Value& params = call.params;
  TRY(check_reach(params));
  const std::string type(params.text("AuthorizationType", connection.shown.text("AuthorizationType")));
  const bool other = type != connection.shown.text("AuthorizationType");
  if (params.find("AuthParameters") || other) {
    forget_token(connection);
    // Another type begins anew.
    connection.auth = other ? params["AuthParameters"] : merged(connection.auth, params["AuthParameters"]);
    TRY(check_auth(type, connection.auth));
    connection.shown = connection.shown.with("AuthorizationType", type).with("AuthParameters", shown_auth(connection.auth))
                           .with("ConnectionState", first_state(type)).without("StateReason").with("LastAuthorizedTime", call.at.seconds());
  }
  if (params.find("Description")) connection.shown = connection.shown.with("Description", params["Description"]);
  if (params.find("KmsKeyIdentifier")) connection.shown = connection.shown.with("KmsKeyIdentifier", params["KmsKeyIdentifier"]);
  connection.shown = connection.shown.with("LastModifiedTime", call.at.seconds());
  const Scope scope{call.account, call.region};
  const std::string name(params.text("Name"));
  const Value answer = changed(connections_.put(scope, name, std::move(connection)));
  authorise(scope, name);
  return answer;
}

Result<Value> Events::delete_connection(const Call& call) {
  Connection connection = TRY(need_connection(call));
  connections_.erase({call.account, call.region}, call.params.text("Name"));
  forget_token(connection);
  connection.shown = connection.shown.with("ConnectionState", "DELETING");
  return changed(connection);
}

Result<Value> Events::deauthorize_connection(const Call& call) {
  Connection connection = TRY(need_connection(call));
  forget_token(connection);
  connection.auth = Value::object();
  connection.shown = connection.shown.with("ConnectionState", "DEAUTHORIZED").with("LastModifiedTime", call.at.seconds());
  return changed(connections_.put({call.account, call.region}, call.params.text("Name"), std::move(connection)));
}

Result<Value> Events::list_connections(const Call& call) {
  const std::string_view state = call.params.text("ConnectionState");
  const auto show = [&](const Connection& connection) -> std::optional<Value> {
    if (!state.empty() && state != connection.shown.text("ConnectionState")) return std::nullopt;
    json::ObjectBuilder one;
    for (const std::string_view member : {"ConnectionArn", "Name", "ConnectionState", "AuthorizationType", "CreationTime", "LastModifiedTime", "LastAuthorizedTime"}) {
      if (const Value* value = connection.shown.find(member)) one.add(member, *value);
    }
    return one.build();
  };
  return listed(call, "Connections", connections_.all({call.account, call.region}), std::string(call.params.text("NamePrefix")), show);
}

}  // namespace events
