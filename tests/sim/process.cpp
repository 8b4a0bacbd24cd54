#include "process.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "protocol/models/validate.h"

namespace sim {

using asl::Resource;
using json::Value;

void Outside::fail(std::string what) { failures.push_back(fmt::format("seed {}: {}", seed, std::move(what))); }

Process::House::House(Process& process)
    : registry(process.loop, process.random_),
      kit{process.loop, *process.store, process.random_, registry, http, sealer, "http://127.0.0.1:4566", "000000000000", "us-east-1"},
      events(kit),
      states(kit, {.retention_ms = 0}) {
  registry.set_validator(model::make_validator());
  registry.set_room([&process] { return process.store->healthy() ? protocol::Lack::none : protocol::Lack::disk; });
  registry.set_upstream([&process](const protocol::Call& call, protocol::Reply& reply) { return process.answer_upstream(call, reply); });
  registry.set_upstream_has([](std::string_view service, std::string_view operation) { return service == "s3" && operation == "GetObject"; });
  states.engine().set_sink(&process);
  states.engine().set_turns({.at_once = 7, .first = 5, .turn = 3, .slice = 5});
  states.engine().keep_resident(1);
  events.load();
  states.load();
}

Status Process::open() {
  store::Disk on{.journal = {.files = outside_.disk, .segment_bytes = 4096, .own_thread = false},
                 .open_tables = [this](const std::string&) -> Result<std::unique_ptr<store::Tables>> { return outside_.disk.tables(); }};
  store = TRY(store::DiskStore::open(loop, "data", std::move(on)));
  house_ = std::make_unique<House>(*this);
  return {};
}

void Process::start() {
  house_->events.start();
  house_->states.start();
  for (auto& [key, job] : outside_.jobs) {
    if (job.has_token) answer_by_token(job);
  }
}

Result<Value> Process::call(std::string_view operation, Value params) {
  protocol::Call made = house_->registry.internal(protocol::Principal::root("000000000000"), "us-east-1", "states", operation, std::move(params));
  made.internal = false;
  std::optional<Result<Value>> answer;
  house_->registry.call(made, [&answer](Result<Value> result) { answer = std::move(result); });
  return answer ? *answer : ::fail("NoAnswer", "");
}

bool Process::answer_upstream(const protocol::Call& call, protocol::Reply& reply) {
  constexpr uint64_t kSlowestMs = 400;
  if (call.service != "s3" || call.operation != "GetObject") return false;
  loop.after(static_cast<int64_t>(random_.below(kSlowestMs)), [body = base64_encode(call.params.text("Key")), reply = std::move(reply)]() mutable {
    reply(json::object({{"Body", body}}));
  });
  return true;
}

void Process::schedule(const engine::Record& execution, const asl::ScheduleTask& task) {
  const Resource& resource = *task.resource;
  if (resource.service == "states" || resource.service == "sfn") return house_->states.tasks().schedule(execution, task);
  const auto [it, fresh] = outside_.jobs.try_emplace({execution.arn, task.task});
  Job& job = it->second;
  const Value& p = task.parameters;
  // What was asked for and was not safe yet may not have been after a crash: another task has its number then.
  if (fresh || !job.has_token) {
    job = {.execution = execution.arn, .token = task.token, .task = task.task,
           .answer = answer_of(outside_.seed, p.text("s"), p["a"].as_int64().value_or(0), p["n"].as_int64().value_or(0))};
    job.due_ms = lived_ms() + 1 + static_cast<int64_t>((task.task * 7919 + execution.order * 104729) % 1500);
  }
  if (task.token != job.token) outside_.fail("a task's token is not what it was");
  if (resource.kind == Resource::Kind::activity) {
    if (job.handed_over) outside_.fail(fmt::format("{}: task {} was offered again though its worker was told of it", execution.arn, task.task));
    engine().deliver(execution.arn, asl::TaskStarted{task.task, "worker"});
    durably([this, &job] {
      const bool first = !job.has_token;
      job.has_token = true;
      engine().deliver(job.execution, asl::TaskHandedOver{job.task});
      durably([&job] { job.handed_over = true; });
      if (first) answer_by_token(job);
    });
  } else if (resource.pattern == Resource::Pattern::wait_for_task_token) {
    if (!task.submitted) {
      if (job.has_token) outside_.fail(fmt::format("{}: the message of task {} was sent again though the history had it", execution.arn, task.task));
      engine().deliver(execution.arn, asl::TaskSubmitted{task.task, json::object({{"MessageId", "m"}})});
    }
    durably([this, &job] {
      if (!std::exchange(job.has_token, true)) answer_by_token(job);
    });
  } else {
    answer(job);
  }
}

void Process::cancel(const engine::Record& execution, const asl::CancelTask& task) {
  if (task.resource->service == "states" || task.resource->service == "sfn") house_->states.tasks().cancel(execution, task);
}

// A service's answer: it comes when it comes.
void Process::answer(Job& job) {
  if (job.answer.kind == Answer::Kind::silence) return;
  loop.after(std::max<int64_t>(job.due_ms - lived_ms(), 1), [this, &job] {
    if (job.answer.kind == Answer::Kind::output) {
      engine().deliver(job.execution, asl::TaskSucceeded{job.task, Value(job.answer.value)});
    } else {
      engine().deliver(job.execution, asl::TaskFailed{.task = job.task, .error = job.answer.error, .cause = "c"});
    }
  });
}

// Whoever has a token says halfway that it is alive, and sends its answer until it is heard.
void Process::answer_by_token(Job& job) {
  if (job.done) return;
  const int64_t left = std::max<int64_t>(job.due_ms - lived_ms(), 1);
  loop.after(left / 2, [this, &job] { (void)call("SendTaskHeartbeat", json::object({{"taskToken", job.token}})); });
  if (job.answer.kind == Answer::Kind::silence) return;
  loop.after(left, [this, &job] {
    if (!store->healthy()) return answer_by_token(job);
    const auto told = job.answer.kind == Answer::Kind::output
                          ? call("SendTaskSuccess", json::object({{"taskToken", job.token}, {"output", std::to_string(job.answer.value)}}))
                          : call("SendTaskFailure", json::object({{"taskToken", job.token}, {"error", job.answer.error}, {"cause", "c"}}));
    if (!told && told.error().code != "TaskTimedOut") return outside_.fail(fmt::format("{}: {} {}", job.execution, told.error().code, told.error().message));
    durably([&job, accepted = told.has_value()] {
      job.done = true;
      job.accepted = job.accepted || accepted;
    });
  });
}

}  // namespace sim
