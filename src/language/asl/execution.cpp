// An execution's state as bytes and back. Payloads that several places share are written once.
#include <unordered_map>

#include "base/bytes.h"
#include "language/asl/state.h"
#include "language/json/parse.h"

namespace asl {
namespace {

constexpr uint8_t kExecutionVersion = 3;  // 1 had no `left`, 2 no `last_at`

class PayloadWriter {
 public:
  explicit PayloadWriter(ByteWriter& out) : out_(out) {}
  // 0: a new one follows; n: the n-th that was written.
  void put(const Value& value) {
    if (const void* node = value.identity()) {
      const auto [it, fresh] = seen_.try_emplace(node, seen_.size() + 1);
      if (!fresh) return out_.number(it->second);
      kept_.push_back(value);
      out_.number(0);
      out_.u8(1);
    } else {
      out_.number(0);
      out_.u8(0);
    }
    out_.text(json::write(value));
  }

 private:
  ByteWriter& out_;
  std::unordered_map<const void*, size_t> seen_;
  std::vector<Value> kept_;  // keeps identities from being used again meanwhile
};

class PayloadReader {
 public:
  explicit PayloadReader(ByteReader& in) : in_(in) {}
  Value get() {
    const uint64_t index = in_.number();
    if (index > 0) {
      if (index > seen_.size()) return fault();
      return seen_[index - 1];
    }
    const bool shared = in_.u8() != 0;
    auto value = json::parse(in_.text());
    if (!value) return fault();
    if (shared) seen_.push_back(*value);
    return *std::move(value);
  }
  bool ok() const { return ok_; }

 private:
  Value fault() {
    ok_ = false;
    return Value();
  }
  ByteReader& in_;
  std::vector<Value> seen_;
  bool ok_ = true;
};

void put(ByteWriter& out, const std::optional<std::string>& text) {
  out.u8(text ? 1 : 0);
  if (text) out.text(*text);
}
std::optional<std::string> get_text(ByteReader& in) {
  if (in.u8() == 0) return std::nullopt;
  return std::string(in.text());
}
void put(ByteWriter& out, const std::optional<int64_t>& number) {
  out.u8(number ? 1 : 0);
  if (number) out.signed_number(*number);
}
std::optional<int64_t> get_number(ByteReader& in) {
  if (in.u8() == 0) return std::nullopt;
  return in.signed_number();
}

void put_thread(ByteWriter& out, PayloadWriter& payloads, const Thread& t) {
  for (const uint64_t n : {uint64_t{t.id}, uint64_t{t.parent}, uint64_t{t.index}, uint64_t{t.state}}) out.number(n);
  out.u8(static_cast<uint8_t>(t.phase));
  out.u8(static_cast<uint8_t>((t.queued ? 1 : 0) | (t.submitted ? 2 : 0) | (t.iteration ? 4 : 0) | (t.started ? 8 : 0) | (t.handed_over ? 16 : 0)));
  payloads.put(t.input);
  out.number(t.previous);
  out.number(t.entered_event);
  out.signed_number(t.entered.ms);
  out.number(t.variables.size());
  for (const auto& [name, value] : t.variables) {
    out.text(name);
    payloads.put(value);
  }
  out.number(t.retries.size());
  for (const uint32_t n : t.retries) out.number(n);
  out.number(t.retry_count);
  out.number(t.task);
  payloads.put(t.task_parameters);
  payloads.put(t.submitted_output);
  put(out, t.task_role);
  put(out, t.timeout_s);
  put(out, t.heartbeat_s);
  out.number(t.timer);
  out.number(t.heartbeat_timer);
  out.signed_number(t.timer_due.ms);
  out.signed_number(t.heartbeat_due.ms);
  payloads.put(t.effective);
  payloads.put(t.items);
  out.number(t.results.size());
  for (const Value& value : t.results) payloads.put(value);
  for (const uint64_t n : {t.started_event, t.last_child_state_event, t.last_child_event, uint64_t{t.next_item}, uint64_t{t.active},
                           uint64_t{t.done}, uint64_t{t.concurrency}}) {
    out.number(n);
  }
  payloads.put(t.item);
}

Thread get_thread(ByteReader& in, PayloadReader& payloads) {
  Thread t;
  const auto small = [&] { return static_cast<uint32_t>(in.number()); };
  t.id = small();
  t.parent = small();
  t.index = small();
  t.state = small();
  t.phase = static_cast<Thread::Phase>(in.u8());
  const uint8_t flags = in.u8();
  t.queued = flags & 1, t.submitted = flags & 2, t.iteration = flags & 4, t.started = flags & 8, t.handed_over = flags & 16;
  t.input = payloads.get();
  t.previous = in.number();
  t.entered_event = in.number();
  t.entered.ms = in.signed_number();
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    std::string name(in.text());
    const auto [held, fresh] = t.variables.emplace(std::move(name), payloads.get());
    t.variables_bytes += json::written_size(held->second);
  }
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) t.retries.push_back(small());
  t.retry_count = small();
  t.task = in.number();
  t.task_parameters = payloads.get();
  t.submitted_output = payloads.get();
  t.task_role = get_text(in);
  t.timeout_s = get_number(in);
  t.heartbeat_s = get_number(in);
  t.timer = in.number();
  t.heartbeat_timer = in.number();
  t.timer_due.ms = in.signed_number();
  t.heartbeat_due.ms = in.signed_number();
  t.effective = payloads.get();
  t.items = payloads.get();
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) t.results.push_back(payloads.get());
  t.started_event = in.number();
  t.last_child_state_event = in.number();
  t.last_child_event = in.number();
  t.next_item = small();
  t.active = small();
  t.done = small();
  t.concurrency = small();
  t.item = payloads.get();
  return t;
}

}  // namespace

Execution::Execution(ExecutionInfo info) : state_(std::make_unique<State>()) { state_->info = std::move(info); }
Execution::Execution(std::unique_ptr<State> state) : state_(std::move(state)) {}
Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;
Execution& Execution::operator=(Execution&&) noexcept = default;

const ExecutionInfo& Execution::info() const { return state_->info; }
Outcome Execution::outcome() const { return state_->outcome; }
const json::Value& Execution::output() const { return state_->output; }
const std::optional<std::string>& Execution::error() const { return state_->error; }
const std::optional<std::string>& Execution::cause() const { return state_->cause; }
bool Execution::can_be_redriven() const { return state_->outcome != Outcome::running && !state_->left.empty(); }
uint64_t Execution::last_event() const { return state_->last_event; }
Instant Execution::last_at() const { return state_->last_at; }
uint64_t Execution::state_transitions() const { return state_->transitions; }

bool Execution::awaits(uint64_t task) const {
  for (const auto& [id, t] : state_->threads) {
    if (t.task == task && t.phase == Thread::Phase::task) return true;
  }
  return false;
}

std::vector<SetTimer> Execution::timers() const {
  std::vector<SetTimer> out;
  if (state_->execution_timer) out.push_back({state_->execution_timer, state_->execution_due});
  for (const auto& [id, t] : state_->threads) {
    if (t.timer) out.push_back({t.timer, t.timer_due});
    if (t.heartbeat_timer) out.push_back({t.heartbeat_timer, t.heartbeat_due});
  }
  return out;
}

bool Execution::unfinished() const { return !state_->ready.empty(); }

std::vector<Action> Execution::resume(const Machine& machine, Instant now) {
  std::vector<Action> out;
  for (auto& [id, t] : state_->threads) {
    if (t.phase != Thread::Phase::task) continue;
    if (t.heartbeat_timer && t.heartbeat_s) t.heartbeat_due = now + *t.heartbeat_s * 1000;
    const auto& state = *machine.body().states[t.state].first;
    if (state.resource) {
      if (t.handed_over) continue;
      out.emplace_back(ScheduleTask{.task = t.task, .state = state.name, .resource = state.resource, .parameters = t.task_parameters, .token = "",
                                    .role_arn = t.task_role, .timeout_s = t.timeout_s, .heartbeat_s = t.heartbeat_s,
                                    .submitted = t.submitted, .submitted_output = t.submitted_output});
    } else if (state.distributed) {
      out.push_back(map_run_action(t, state));
    }
  }
  return out;
}

std::string Execution::encode() const {
  const State& x = *state_;
  std::string bytes;
  ByteWriter out(bytes);
  PayloadWriter payloads(out);
  out.u8(kExecutionVersion);
  for (const std::string* text : {&x.info.arn, &x.info.name, &x.info.role_arn, &x.info.machine_arn, &x.info.machine_name}) out.text(*text);
  out.signed_number(x.info.start.ms);
  payloads.put(x.info.input);
  out.number(static_cast<uint64_t>(x.info.redrive_count));
  out.signed_number(x.info.redrive_time.ms);
  out.u8(static_cast<uint8_t>(x.outcome));
  payloads.put(x.output);
  put(out, x.error);
  put(out, x.cause);
  for (const uint64_t n : {x.last_event, x.transitions, uint64_t{x.last_thread}, x.last_timer, x.execution_timer}) out.number(n);
  out.signed_number(x.execution_due.ms);
  out.number(x.threads.size());
  for (const auto& [id, t] : x.threads) put_thread(out, payloads, t);
  out.number(x.ready.size());
  for (const uint32_t id : x.ready) out.number(id);
  out.number(x.left.size());
  for (const auto& [id, t] : x.left) put_thread(out, payloads, t);
  out.signed_number(x.last_at - x.info.start);
  return bytes;
}

std::optional<Execution> Execution::decode(std::string_view bytes, const Machine& machine) {
  ByteReader in(bytes);
  PayloadReader payloads(in);
  const uint8_t version = in.u8();
  if (version == 0 || version > kExecutionVersion) return std::nullopt;
  auto state = std::make_unique<State>();
  State& x = *state;
  for (std::string* text : {&x.info.arn, &x.info.name, &x.info.role_arn, &x.info.machine_arn, &x.info.machine_name}) *text = in.text();
  x.info.start.ms = in.signed_number();
  x.info.input = payloads.get();
  x.info.redrive_count = static_cast<int>(in.number());
  x.info.redrive_time.ms = in.signed_number();
  x.outcome = static_cast<Outcome>(in.u8());
  x.output = payloads.get();
  x.error = get_text(in);
  x.cause = get_text(in);
  x.last_event = in.number();
  x.transitions = in.number();
  x.last_thread = static_cast<uint32_t>(in.number());
  x.last_timer = in.number();
  x.execution_timer = in.number();
  x.execution_due.ms = in.signed_number();
  const auto read_threads = [&](std::map<uint32_t, Thread>& threads) {
    for (uint64_t n = in.number(); n > 0 && in.ok(); --n) {
      Thread t = get_thread(in, payloads);
      if (t.state >= machine.body().states.size()) return false;
      const uint32_t id = t.id;
      threads.emplace(id, std::move(t));
    }
    return true;
  };
  if (!read_threads(x.threads)) return std::nullopt;
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) x.ready.push_back(static_cast<uint32_t>(in.number()));
  if (version >= 2 && !read_threads(x.left)) return std::nullopt;
  x.last_at = x.info.start + (version >= 3 ? in.signed_number() : 0);
  if (!in.ok() || !payloads.ok()) return std::nullopt;
  return Execution(std::move(state));
}

}  // namespace asl
