#include "app/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/samples.h"
#include "app/snapshots.h"
#include "base/arn.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "net/body_stream.h"
#include "services/ecs/ecs.h"
#include "services/iam/iam.h"
#include "services/sns/sns.h"
#include "services/states/states.h"

namespace app {

using json::Value;

namespace {

constexpr size_t kCountMax = 10'000;         // of one status: what is beyond is told as "at least"
constexpr size_t kSearchedMax = 5'000;       // executions looked at by one search
constexpr size_t kFoundMax = 100;
constexpr size_t kDecisionsMax = 1'000;
constexpr size_t kTextMax = 1'000;

net::Response json_response(const Value& value) {
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = json::write(value);
  return response;
}

net::Response event_stream(const std::shared_ptr<net::BodyStream>& stream) {
  net::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  response.stream = stream;
  return response;
}

net::Response error_response(const Error& error) {
  net::Response response = json_response(json::object({{"__type", error.code}, {"message", error.message}}));
  response.status = error.http_status ? error.http_status : 400;
  return response;
}

std::unexpected<Error> refused(int status, std::string code, std::string message) { return std::unexpected(Error{std::move(code), std::move(message), status, {}}); }

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What a caller wrote, for a message: not much of it, and bytes that are no UTF-8 as U+FFFD, since an answer is JSON.
std::string shown(std::string_view text) {
  text = text.substr(0, 200);
  std::string out;
  for (size_t at = 0; at < text.size();) append_utf8(out, next_code_point(text, at));
  return out;
}

bool contains(const std::optional<std::string>& text, std::string_view wanted) { return text && text->find(wanted) != std::string::npos; }

}  // namespace

void Api::handle(const net::Request& request, net::HttpServer::Respond respond) {
  const auto verdict = parts_.origins.check(request);
  if (verdict == protocol::OriginPolicy::Verdict::refused || verdict == protocol::OriginPolicy::Verdict::link) return respond(protocol::refused_response());
  const bool foreign = verdict == protocol::OriginPolicy::Verdict::cross_origin;
  if (foreign && protocol::OriginPolicy::is_preflight(request)) return respond(parts_.origins.preflight_response(request));
  net::Headers cors;
  if (foreign) parts_.origins.add_cors_headers(request, cors);
  const std::string_view path = request.path().substr(kPrefix.size());
  Function<void(Answer)> send = [this, cors = std::move(cors), respond = std::move(respond)](Answer made) mutable {
    net::Response response = made ? *std::move(made) : error_response(made.error());
    for (net::Header& header : cors.list) response.headers.list.push_back(std::move(header));
    send_durable(std::move(response), std::move(respond));
  };
  if (!answer_later(request, path, send)) send(answer(request, path));
}

// What is shown here is durable, like every other answer; a device that takes nothing is not waited for for ever.
void Api::send_durable(net::Response response, net::HttpServer::Respond respond) {
  constexpr int64_t kPatienceMs = 5'000;
  struct Waiting {
    net::HttpServer::Respond respond;
    std::shared_ptr<net::BodyStream> stream;
    Loop::TimerId timer = 0;
    bool answered = false;
  };
  auto waiting = std::make_shared<Waiting>(Waiting{.respond = std::move(respond), .stream = response.stream});
  parts_.store.when_durable(parts_.store.head(), [this, waiting, response = std::move(response)]() mutable {
    if (std::exchange(waiting->answered, true)) return;
    if (waiting->timer) parts_.loop.cancel(waiting->timer);
    waiting->respond(std::move(response));
  });
  if (waiting->answered) return;
  waiting->timer = parts_.loop.after(kPatienceMs, [waiting] {
    if (std::exchange(waiting->answered, true)) return;
    if (waiting->stream) waiting->stream->close();
    waiting->respond(error_response(Error{"ServiceUnavailableException", "The disk takes nothing for the moment: try again", 503, {}}));
  });
}

Result<auth::Identity> Api::identify(const net::Request& request) {
  const auto scope = auth::read_scope(request);
  return parts_.authenticator.authenticate(request, scope, scope ? std::string_view(scope->service) : "states", parts_.loop.clock().now());
}

bool Api::answer_later(const net::Request& request, std::string_view path, Function<void(Answer)>& done) {
  constexpr std::string_view kBackup = "backup/";
  const bool makes = path == "backup" && request.method == "POST", removes = path.starts_with(kBackup) && request.method == "DELETE";
  if (!makes && !removes) return false;
  const auto identity = identify(request);
  if (!identity) {
    done(std::unexpected(identity.error()));
    return true;
  }
  // A backup holds every account's secrets: it is for the one to whom the server belongs.
  if (!is_owner(identity->principal)) {
    done(refused(403, "AccessDeniedException", fmt::format("Only the root of the account {} may make backups.", parts_.account)));
    return true;
  }
  Function<void(Result<Value>)> send = [done = std::move(done)](Result<Value> made) mutable {
    done(made ? Answer(json_response(*made)) : std::unexpected(std::move(made).error()));
  };
  if (makes) {
    parts_.snapshots.make(std::move(send));
  } else {
    parts_.snapshots.remove(path.substr(kBackup.size()), std::move(send));
  }
  return true;
}

Api::Answer Api::answer(const net::Request& request, std::string_view path) {
  auto identity = TRY(identify(request));
  if (request.method != "GET" && request.method != "HEAD") return refused(405, "MethodNotAllowed", "Only GET is answered here, and POST of backup.");
  Asked asked{.request = request, .query = {}, .caller = std::move(identity.principal), .region = std::move(identity.region)};
  TRY(asked.query.add(request.query()));
  asked.query.sort();

  constexpr std::string_view kOutput = "task-output/", kSample = "samples/";
  if (path == "server") return server(asked);
  if (path == "changes") return follow_changes(asked);
  if (path == "executions/events") return follow_execution(asked);
  if (path == "executions/counts") return count_executions(asked);
  if (path == "executions/search") return search_executions(asked);
  if (path == "topics/messages") return topic_messages(asked);
  if (path == "decisions") return decisions(asked);
  if (path.starts_with(kOutput)) return task_output(asked, path.substr(kOutput.size()));
  if (path == "samples") {
    net::Response response = json_response({});
    response.body = samples::catalogue();
    return response;
  }
  if (path.starts_with(kSample)) {
    if (const auto text = samples::template_of(path.substr(kSample.size()))) {
      net::Response response = json_response({});
      response.body = *text;
      return response;
    }
  }
  return refused(404, "NotFound", fmt::format("There is no {}{} here; docs/api.md lists what there is.", kPrefix, shown(path)));
}

Status Api::allowed(const Asked& asked, std::string_view service, std::string_view action, std::string_view resource) {
  protocol::Call call;
  call.caller = asked.caller;
  call.account = asked.caller.account;
  call.region = asked.region;
  call.service = service;
  call.operation = action;
  call.params = Value::object();
  call.request_id = parts_.random.uuid();
  call.at = parts_.loop.clock().now();
  call.source_ip = asked.request.peer;
  call.user_agent = asked.request.headers.get("User-Agent");
  auto may = parts_.registry.authorise(call, {.action = fmt::format("{}:{}", service, action), .resources = {std::string(resource)}});
  if (!may) may.error().http_status = 403;
  return may;
}

Result<std::string> Api::arn(const Asked& asked, std::string_view member, std::string_view service, std::string_view action) {
  const std::string text(asked.query.text(member));
  const auto parts = Arn::parse(text);
  if (!parts || parts->service != service) return refused(400, "InvalidArn", fmt::format("{} has to be an ARN of {}, not '{}'.", member, service, shown(text)));
  TRY(allowed(asked, service, action, text));
  if (parts->account != asked.caller.account) return refused(404, "NotFound", fmt::format("There is no {} in the account {}.", text, asked.caller.account));
  return text;
}

// Who asks, and what kind of server this is.
Api::Answer Api::server(const Asked& asked) {
  const auto mode = parts_.authenticator.mode();
  const Value told = json::object({{"account", asked.caller.account}, {"region", asked.region}, {"callerArn", asked.caller.arn},
                                   {"auth", mode == auth::Mode::off ? "off" : mode == auth::Mode::audit ? "audit" : "enforce"}});
  return json_response(is_owner(asked.caller) ? told.with("dataDir", parts_.data_dir).with("images", parts_.images) : told);
}

// The one to whom the server belongs: under `enforce` the default account's root.
bool Api::is_owner(const protocol::Principal& caller) const {
  return parts_.authenticator.mode() != auth::Mode::enforce ||
         (caller.type == protocol::Principal::Type::root && caller.account == parts_.account);
}

Api::Answer Api::follow_execution(const Asked& asked) {
  const std::string execution = TRY(arn(asked, "executionArn", "states", "GetExecutionHistory"));
  const auto record = parts_.states.engine().find(execution);
  if (!record) return refused(404, "ExecutionDoesNotExist", fmt::format("Execution Does Not Exist: '{}'", execution));
  const std::string_view last = asked.request.headers.get("Last-Event-ID");
  auto stream = std::make_shared<net::BodyStream>();
  if (!parts_.states.feed().follow_execution(execution, number(last.empty() ? asked.query.text("after") : last), stream)) {
    return refused(503, "TooManyFollowers", "Too many follow executions at this moment.");
  }
  return event_stream(stream);
}

// Whether the things that the reader names have changed. What it may not watch is told to it, and does not spoil the rest.
Api::Answer Api::follow_changes(const Asked& asked) {
  std::vector<Watchable> watched;
  std::vector<Value> refusals;
  std::vector<std::string_view> names;
  for (const auto& [member, name] : asked.query.pairs()) {
    if (member != "watch" || std::ranges::find(names, name) != names.end()) continue;
    if (names.size() == ChangeFeed::kWatchesMax) return refused(400, "ValidationException", fmt::format("At most {} things can be watched at once.", ChangeFeed::kWatchesMax));
    names.push_back(name);
    auto one = watchable(name, asked.caller.account, asked.region);
    const Status may = one ? allowed(asked, one->service, one->action, one->resource) : std::unexpected(one.error());
    if (may) {
      one->elsewhere = parts_.registry.lives_elsewhere(one->service, one->action);
      watched.push_back(*std::move(one));
    } else {
      refusals.push_back(json::object({{"watch", name}, {"__type", may.error().code}, {"message", may.error().message}}));
    }
  }
  const std::string_view last = asked.request.headers.get("Last-Event-ID");
  auto stream = std::make_shared<net::BodyStream>();
  if (!feed_.follow(watched, Value::array(std::move(refusals)), last.empty() ? asked.query.text("after") : last, stream)) {
    return refused(503, "TooManyFollowers", "Too many follow changes at this moment.");
  }
  return event_stream(stream);
}

Api::Answer Api::count_executions(const Asked& asked) {
  const std::string machine = TRY(arn(asked, "stateMachineArn", "states", "ListExecutions"));
  json::ObjectBuilder out;
  bool exact = true;
  for (const auto outcome : {engine::Outcome::running, engine::Outcome::succeeded, engine::Outcome::failed, engine::Outcome::timed_out, engine::Outcome::aborted}) {
    const size_t count = parts_.states.engine().count(machine, outcome, kCountMax);
    exact = exact && count < kCountMax;
    out.add(engine::status_text(outcome), static_cast<uint64_t>(count));
  }
  return json_response(json::object({{"counts", out.build()}, {"exact", exact}}));
}

// Executions, newest first, whose name, input, output, error or cause has a text in it.
Api::Answer Api::search_executions(const Asked& asked) {
  const std::string machine = TRY(arn(asked, "stateMachineArn", "states", "ListExecutions"));
  TRY(allowed(asked, "states", "DescribeExecution", "*"));
  const std::string_view wanted = asked.query.text("text");
  if (wanted.empty() || wanted.size() > kTextMax) return refused(400, "ValidationException", "text has to have 1 to 1,000 bytes.");
  std::vector<Value> found;
  size_t looked = 0;
  engine::Engine& engine = parts_.states.engine();
  engine::Listing page;
  // A place in the index is bytes, which JSON has none of.
  const auto from_place = hex_decode(asked.query.text("from"));
  if (!from_place) return refused(400, "ValidationException", "from has to be the next of an earlier answer.");
  page.next = *from_place;
  do {
    const std::string from = page.next;
    page = engine.list({.owner = machine, .limit = 200, .from = from});
    for (const engine::Listed& listed : page.entries) {
      ++looked;
      const auto r = engine.find(listed.arn);
      if (!r) continue;
      std::string_view where;
      if (contains(r->name, wanted)) where = "name";
      else if (contains(r->input, wanted)) where = "input";
      else if (contains(r->output, wanted)) where = "output";
      else if (contains(r->error, wanted)) where = "error";
      else if (contains(r->cause, wanted)) where = "cause";
      if (where.empty()) continue;
      json::ObjectBuilder one;
      one.add("executionArn", r->arn).add("name", r->name).add("status", engine::status_text(r->status)).add("startDate", r->start.seconds());
      if (r->status != engine::Outcome::running) one.add("stopDate", r->stop.seconds());
      found.push_back(one.add("where", where).build());
    }
  } while (!page.next.empty() && looked < kSearchedMax && found.size() < kFoundMax);
  json::ObjectBuilder out;
  out.add("executions", Value::array(std::move(found))).add("looked", static_cast<uint64_t>(looked)).add_text("next", hex_encode(page.next));
  return json_response(out.build());
}

Api::Answer Api::task_output(const Asked& asked, std::string_view task_id) {
  TRY(allowed(asked, "ecs", "DescribeTasks", "*"));
  return json_response(parts_.ecs.recent_output(std::string(task_id), number(asked.query.text("after"))));
}

Api::Answer Api::topic_messages(const Asked& asked) {
  const std::string topic = TRY(arn(asked, "topicArn", "sns", "GetTopicAttributes"));
  return json_response(parts_.sns.recent().of(topic));
}

// The last decisions about who may do what, the newest first.
Api::Answer Api::decisions(const Asked& asked) {
  TRY(allowed(asked, "gantry", "ListDecisions", "*"));
  const size_t most = std::clamp<size_t>(number(asked.query.text("limit")), 1, kDecisionsMax);
  const bool denied_only = asked.query.text("denied") == "true";
  const std::string mine = fmt::format(":{}:", asked.caller.account);
  std::vector<Value> list;
  const iam::DecisionLog& decisions = parts_.iam.decisions();
  for (size_t i = 0; i < decisions.size() && list.size() < most; ++i) {
    const iam::LoggedDecision& d = decisions[i];
    const bool denied = d.outcome != policy::Outcome::allowed;
    if ((denied_only && !denied) || (d.who.find(mine) == std::string::npos && d.resource.find(mine) == std::string::npos)) continue;
    json::ObjectBuilder one;
    one.add("at", d.at.seconds()).add("requestId", d.request_id).add("principal", d.who).add("action", d.action).add("resource", d.resource);
    one.add("decision", d.outcome == policy::Outcome::allowed ? "allowed" : d.outcome == policy::Outcome::explicit_deny ? "explicitDeny" : "implicitDeny");
    one.add("refused", d.refused).add_text("reason", d.reason).add_text("policy", d.policy).add_text("statement", d.statement);
    list.push_back(one.build());
  }
  return json_response(json::object({{"decisions", Value::array(std::move(list))}, {"denials", decisions.denials()}}));
}

}  // namespace app
