#pragma once
// EventBridge: buses, rules, targets, and the way of an event from PutEvents to whoever asked for it.
//
// An event that is accepted is matched at once; each delivery is stored with the acceptance (Space::outbox,
// "events/...") and taken out when its target has it, so that a crash in between repeats it and loses none.
// Targets are other services' operations, called through the registry as the rule's role, or as
// events.amazonaws.com where the target's own policy decides.
#include <map>
#include <memory>
#include <string>

#include "protocol/patterns/pattern.h"
#include "services/service.h"
#include "services/table.h"

namespace events {

struct Rule {
  json::Value shown;    // as DescribeRule tells it
  std::map<std::string, json::Value> targets;  // by id
  json::Value tags;
  std::shared_ptr<patterns::Pattern> pattern;  // made from shown's EventPattern
};
json::Value to_json(const Rule& rule);
Rule from_json(const json::Value& document, std::type_identity<Rule>);

struct Bus {
  json::Value shown;
  json::Value policy;
  json::Value tags;
};
json::Value to_json(const Bus& bus);
Bus from_json(const json::Value& document, std::type_identity<Bus>);

// An HTTP endpoint as a rule's target.
struct ApiDestination {
  json::Value shown;  // as DescribeApiDestination tells it
};
json::Value to_json(const ApiDestination& destination);
ApiDestination from_json(const json::Value& document, std::type_identity<ApiDestination>);

// How an HTTP endpoint is to be authorised.
struct Connection {
  json::Value shown;  // as DescribeConnection tells it
  json::Value auth;   // AuthParameters with their secrets, which no operation of a client tells
};
json::Value to_json(const Connection& connection);
Connection from_json(const json::Value& document, std::type_identity<Connection>);

class Events final : public services::Service {
 public:
  explicit Events(services::Kit& kit);
  ~Events() override;
  void load() override;
  void start() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;

  // rules.cpp
  Result<Value> put_rule(const Call& call);
  Result<Value> describe_rule(const Call& call);
  Result<Value> list_rules(const Call& call);
  Result<Value> delete_rule(const Call& call);
  Result<Value> switch_rule(const Call& call);
  // targets.cpp
  Result<Value> put_targets(const Call& call);
  Result<Value> remove_targets(const Call& call);
  Result<Value> list_targets(const Call& call);
  Result<Value> list_rules_by_target(const Call& call);
  // buses.cpp
  Result<Value> create_bus(const Call& call);
  Result<Value> describe_bus(const Call& call);
  Result<Value> list_buses(const Call& call);
  Result<Value> delete_bus(const Call& call);
  Result<Value> change_permission(const Call& call);
  Result<Value> list_tags(const Call& call);
  Result<Value> change_tags(const Call& call);
  // put_events.cpp
  Result<Value> put_events(const Call& call);
  Result<Value> test_pattern(const Call& call);

  // connections.cpp
  Result<Value> create_connection(const Call& call);
  Result<Value> describe_connection(const Call& call);
  Result<Value> update_connection(const Call& call);
  Result<Value> delete_connection(const Call& call);
  Result<Value> deauthorize_connection(const Call& call);
  Result<Value> list_connections(const Call& call);
  Result<Connection> need_connection(const Call& call) const;
  // connection_credentials.cpp
  void retrieve_credentials(const Call& call, protocol::Reply reply);
  const Connection* find_connection(const Scope& scope, std::string_view arn) const;
  // {"SecretArn", "AuthorizationType", "HeaderParameters", "QueryStringParameters", "BodyParameters": [{"Key", "Value"}]}: what a
  // connection adds to a request, authorisation and all. With `refused` an
  // Authorization that the endpoint has refused: it is not given again.
  void additions(const Scope& scope, std::string_view arn, std::string_view refused, protocol::Reply reply);
  // Asks the authorization endpoint whether a client is known there; AUTHORIZING becomes AUTHORIZED or DEAUTHORIZED.
  void authorise(const Scope& scope, const std::string& name);
  void authorise_all();
  using TokenTaken = Function<void(Result<std::string>)>;
  // The access token of an OAuth client: the one there is while it is good, else a new one.
  void access_token(const Connection& connection, TokenTaken taken);
  static std::string token_key(const Connection& connection);
  void forget_token(const Connection& connection) { tokens_.erase(token_key(connection)); }

  // api_destinations.cpp
  Result<Value> create_destination(const Call& call);
  Result<Value> describe_destination(const Call& call);
  Result<Value> update_destination(const Call& call);
  Result<Value> delete_destination(const Call& call);
  Result<Value> list_destinations(const Call& call);
  Result<ApiDestination> need_destination(const Call& call) const;
  void deliver_by_http(const std::string& key, const std::string& target_arn);
  void send_by_http(const std::string& key, const Value& destination, const std::string& refused);

  // --- shared ---
  // The bus that a call names, without ARN; "default" when it names none. ResourceNotFoundException.
  Result<std::string> bus_of(const Call& call, std::string_view member = "EventBusName") const;
  const Rule* find_rule(const Scope& scope, const std::string& bus, std::string_view name) const;
  Result<Rule> need_rule(const Call& call, std::string_view member = "Name") const;
  std::string rule_arn(const Call& call, const std::string& bus, std::string_view name) const;
  // Rules of AWS's services are theirs: ManagedRuleException for anybody else.
  Status may_change(const Call& call, const Rule& rule) const;
  Result<std::pair<size_t, std::string>> page(const Call& call) const;
  void next_token(json::ObjectBuilder& out, const Call& call, const std::string& from) const;
  // A page of a table behind what `list` has already, as {member: [...], "NextToken"}: what `show` makes of the resources whose
  // keys begin with `prefix`, in the order of these; nothing leaves one out.
  template <typename T, typename Show>
  Result<Value> listed(const Call& call, std::string_view member, const std::map<std::string, T, std::less<>>& all, const std::string& prefix,
                       Show&& show, std::vector<Value> list = {}) const {
    const auto [limit, from] = TRY(page(call));
    std::string next;
    for (auto it = all.lower_bound(std::max(prefix, from)); it != all.end() && it->first.starts_with(prefix); ++it) {
      std::optional<Value> shown = show(it->second);
      if (!shown) continue;
      if (list.size() == limit) {
        next = it->first;
        break;
      }
      list.push_back(*std::move(shown));
    }
    json::ObjectBuilder out;
    out.add(member, Value::array(std::move(list)));
    next_token(out, call, next);
    return out.build();
  }

  // --- delivery.cpp ---
  // Whether a rule of the default bus could match an event of that source.
  bool hears(const Scope& scope, std::string_view source) const;
  void accept(const Scope& scope, const std::string& bus, const Value& event);
  struct Delivery {
    Scope scope;
    std::string rule_arn;
    Value target;
    Value event;
    Value input;  // what the target gets
    int attempts = 0;
    Instant accepted;
  };
  void enqueue(Delivery delivery);
  void deliver(const std::string& key);
  void done(const std::string& key, Result<Value> answer);
  static Value encode(const Delivery& delivery);
  static Delivery decode(const Value& document);
  void schedule_rules();

  services::Kit& kit_;
  services::Table<Rule> rules_;  // id: "<bus>/<name>"
  services::Table<Bus> buses_;
  services::Table<Connection> connections_;
  services::Table<ApiDestination> destinations_;
  std::map<std::string, double> next_call_ms_;  // by an API destination's ARN: its rate's next free instant
  struct Token {
    std::string text;
    Instant until;
  };
  std::map<std::string, Token> tokens_;  // by token_key()
  std::map<std::string, std::vector<TokenTaken>> token_awaited_;
  std::map<std::string, Delivery> waiting_;
  uint64_t sequence_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unexpected<Error> invalid(std::string message);
std::unexpected<Error> not_found(std::string message);

// InvalidEventPatternException, in AWS's words.
Result<patterns::Pattern> compile_pattern(std::string_view text);

// "rate(5 minutes)" or "cron(...)" that is well formed.
bool is_schedule(std::string_view text);
// Milliseconds of a rate; nothing for a cron expression or what is no rate.
std::optional<int64_t> rate_ms(std::string_view text);
// The next instant behind `after` that a cron expression names; nothing when there is none within 5 years.
std::optional<Instant> next_cron(std::string_view text, Instant after);

// A name between < and > in an InputTemplate that nothing stands for.
std::optional<std::string> unknown_placeholder(const json::Value& transformer);
// What a target is given: the event, its Input, InputPath or InputTransformer. Nothing when the template makes no
// valid JSON for a JSON template.
std::optional<json::Value> target_input(const json::Value& target, const json::Value& event, std::string_view rule_arn, Instant now);

}  // namespace events
