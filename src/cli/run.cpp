#include "cli/run.h"

#include <fmt/format.h>

#include <cstdlib>

#include "language/json/parse.h"
#include "protocol/models/validate.h"
#include "protocol/upstream.h"

namespace cli {

using engine::Outcome;
using json::Value;
using Pattern = asl::Resource::Pattern;

namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

}  // namespace

Run::Run(Loop& loop, Random& random, net::HttpClient& http, Settings settings, OnEvent on_event, std::function<void()> on_end)
    : loop_(loop), settings_(std::move(settings)), on_event_(std::move(on_event)), on_end_(std::move(on_end)), progress_(*settings_.machine),
      sealer_(random.hex(64)), registry_(loop, random),
      kit_{loop, store_, random, registry_, http, sealer_, "http://127.0.0.1:4566", settings_.account, settings_.region} {
  registry_.set_validator(model::make_validator());
  if (!settings_.endpoint.empty()) {
    protocol::Upstream::Settings elsewhere;
    elsewhere.others = settings_.endpoint;
    elsewhere.key = [](const protocol::Call& call) {
      return auth::SigningKey{environment("AWS_ACCESS_KEY_ID", call.account.c_str()), environment("AWS_SECRET_ACCESS_KEY", "gantry"),
                              environment("AWS_SESSION_TOKEN", "")};
    };
    upstream_ = std::make_unique<protocol::Upstream>(std::move(elsewhere), registry_, http, loop.clock());
    registry_.set_upstream([this](const protocol::Call& call, protocol::Reply& reply) { return upstream_->call(call, reply); });
    registry_.set_upstream_has([this](std::string_view service, std::string_view operation) { return upstream_->has(service, operation); });
  }
  states_ = std::make_unique<states::States>(kit_, states::States::Settings{.retention_ms = 0});
  states_->load();
  states_->engine().set_sink(this);
  states_->engine().set_observer(this);
  states_->start();
}

Run::~Run() { *alive_ = false; }

void Run::start() {
  const auto arn = [&](std::string_view kind, const std::string& name) {
    return fmt::format("arn:aws:states:{}:{}:{}:{}", settings_.region, settings_.account, kind, name);
  };
  record_.arn = arn("execution", settings_.machine_name + ":" + settings_.execution_name);
  record_.name = settings_.execution_name;
  record_.machine_arn = arn("stateMachine", settings_.machine_name);
  record_.role_arn = fmt::format("arn:aws:iam::{}:role/gantry-run", settings_.account);
  record_.input = json::write(settings_.input);
  record_.start = loop_.clock().now();
  record_.definition = states_->engine().add_definition(settings_.definition, settings_.machine);
  states_->engine().start(engine::Record(record_), settings_.input, settings_.machine_name, settings_.region);
}

void Run::stop() { states_->engine().stop(record_.arn, std::nullopt, std::nullopt); }

// --- tasks -----------------------------------------------------------------------------------------------------

const MockedAnswer* Run::next_mock(const std::string& state, std::string_view resource) {
  if (!settings_.mocks || !settings_.mocks->has(state, resource)) return nullptr;
  const MockedAnswer* mocked = settings_.mocks->next(state, resource);
  if (!mocked) refuse(fmt::format("the mock of '{}' has no answer for call {} of it: add \"{}\" to its response", state, settings_.mocks->calls(state) - 1, settings_.mocks->calls(state) - 1));
  return mocked;
}

void Run::schedule(const engine::Record& execution, const asl::ScheduleTask& task) {
  if (refusal_) return;
  if (const MockedAnswer* mocked = next_mock(task.state, task.resource->arn)) {
    if (task.resource->kind == asl::Resource::Kind::activity) states_->engine().deliver(execution.arn, asl::TaskStarted{task.task, "mock"});
    if (task.resource->pattern != Pattern::request_response) states_->engine().deliver(execution.arn, asl::TaskSubmitted{task.task, Value::object()});
    if (mocked->after_ms == 0) return answer(execution.arn, task, *mocked);
    loop_.after(mocked->after_ms, [this, arn = execution.arn, task, answered = *mocked, alive = alive_] {
      if (*alive) answer(arn, task, answered);
    });
    return;
  }
  if (refusal_) return;
  const bool followed = task.resource->pattern != Pattern::request_response || task.resource->kind == asl::Resource::Kind::activity;
  if (!settings_.endpoint.empty() && !followed) return states_->tasks().schedule(execution, task);
  refuse(fmt::format("the state '{}' calls {}, and nobody is there to answer.\n"
                     "  Give it a mock:  {{\"states\": {{{}: {{\"result\": {{}}}}}}}}  in a file, with --mock FILE{}",
                     task.state, task.resource->arn, json::write(Value(task.state)),
                     followed ? ".\n  What is waited for (.sync, callbacks, activities) works with a mock or in a server alone: gantry serve"
                              : ",\n  or let a server do it: --endpoint URL"));
}

void Run::answer(const std::string& execution, const asl::ScheduleTask& task, const MockedAnswer& mocked) {
  if (mocked.error) {
    states_->engine().deliver(execution, asl::TaskFailed{.task = task.task, .error = mocked.error, .cause = mocked.cause});
  } else {
    states_->engine().deliver(execution, asl::TaskSucceeded{task.task, mocked.result.value_or(Value())});
  }
}

void Run::cancel(const engine::Record& execution, const asl::CancelTask& task) {
  if (!settings_.endpoint.empty()) states_->tasks().cancel(execution, task);
}

// --- distributed Map ---------------------------------------------------------------------------------------------

std::string Run::map_of(const std::string& execution, uint64_t event) {
  while (event > 0) {
    const auto found = states_->engine().history(execution, event, 1, store::Order::forward);
    if (found.empty()) return "";
    if (found[0].type == asl::EventType::MapStateEntered) return found[0].name;
    event = found[0].previous;
  }
  return "";
}

void Run::finish_map_run(const std::string& execution, uint64_t task, const MockedAnswer& mocked) {
  asl::MapRunFinished end{.task = task, .succeeded = !mocked.error, .output = mocked.result.value_or(Value::array())};
  end.error = mocked.error.value_or("");
  end.cause = mocked.cause.value_or("");
  states_->engine().deliver(execution, std::move(end));
}

void Run::read_items(const engine::Record& execution, const asl::ReadItems& what) {
  if (refusal_) return;
  const std::string state = map_of(execution.arn, what.task);
  if (const MockedAnswer* mocked = next_mock(state, "")) {
    if (!mocked->items) return finish_map_run(execution.arn, what.task, *mocked);
    states_->engine().deliver(execution.arn, asl::ItemsRead{what.task, *mocked->items});
    return;
  }
  if (refusal_) return;
  if (!settings_.endpoint.empty()) return states_->tasks().read_items(execution, what);
  refuse(fmt::format("the Map '{}' reads its items from S3, and nobody is there to answer.\n"
                     "  Give it items:  {{\"states\": {{{}: {{\"items\": []}}}}}}  in a file, with --mock FILE, or let a server read them: --endpoint URL",
                     state, json::write(Value(state))));
}

void Run::start_map_run(const engine::Record& execution, const asl::StartMapRun& run) {
  if (refusal_) return;
  progress_.map_run_began(run.map_run_arn, static_cast<int64_t>(run.inputs.size()));
  // A Map with a reader has had its turn there; without one, a mock is for the whole run.
  const bool read = run.config.find("itemReader") != nullptr;
  if (!read && settings_.mocks && settings_.mocks->has(run.state)) {
    const MockedAnswer* mocked = next_mock(run.state, "");
    if (mocked && !mocked->items) finish_map_run(execution.arn, run.task, *mocked);
    if (mocked && !mocked->items) return;
    if (!mocked) return;
  }
  const Value& writer = run.config["resultWriter"];
  if (writer.is_object() && writer.find("Resource") && settings_.endpoint.empty()) {
    return refuse(fmt::format("the Map '{}' writes its results to S3, and nobody is there to take them.\n"
                              "  Give it a mock for its whole run:  {{\"states\": {{{}: {{\"result\": {{}}}}}}}}  in a file, with --mock FILE, or a server: --endpoint URL",
                              run.state, json::write(Value(run.state))));
  }
  states_->tasks().start_map_run(execution, run);
}

void Run::stop_map_run(const engine::Record& execution, const asl::StopMapRun& run) { states_->tasks().stop_map_run(execution, run); }

void Run::refuse(std::string why) {
  if (refusal_) return;
  refusal_ = std::move(why);
  loop_.post([this, alive = alive_] {
    if (*alive) stop();
  });
}

void Run::forgotten(const std::string& arn) { states_->observer().forgotten(arn); }

// --- what happens --------------------------------------------------------------------------------------------------

void Run::status_changed(const engine::Record& execution) {
  if (!execution.map_run_arn.empty()) {
    if (execution.status == Outcome::running) progress_.child_started(execution.map_run_arn);
    else progress_.child_ended(execution.map_run_arn, execution.status == Outcome::succeeded);
  }
  if (execution.arn == record_.arn) {
    record_ = execution;
    ended_ = execution.status != Outcome::running;
  }
  states_->observer().status_changed(execution);
  if (execution.arn == record_.arn && ended_ && on_end_) on_end_();
}

void Run::progressed(const engine::Record& execution, const std::vector<asl::Event>& events) {
  for (const asl::Event& event : events) {
    const std::string& state = progress_.take(execution.arn, event);
    if (execution.arn == record_.arn) history_.push_back(event);
    if (on_event_) on_event_(execution, event, state);
  }
  states_->observer().progressed(execution, events);
}

}  // namespace cli
