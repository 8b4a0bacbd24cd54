#include "services/states/observe/traces.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "net/http_client.h"

namespace states {

using json::Value;

namespace {

bool is_hex(std::string_view text, size_t digits) { return text.size() == digits && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos; }

std::string id_of(std::string_view text, size_t digits) { return hex_encode(sha256(text)).substr(0, digits); }
std::string span_of_state(const std::string& arn, uint64_t event) { return id_of(fmt::format("{} {}", arn, event), 16); }

Value text_attribute(std::string_view key, std::string_view value) { return json::object({{"key", key}, {"value", json::object({{"stringValue", value}})}}); }

// OTLP's JSON writes 64-bit numbers as texts.
std::string nanoseconds(Instant at) { return fmt::format("{}000000", at.ms); }

struct Span {
  std::string trace, id, parent, name;
  Instant start, end;
  std::vector<Value> attributes;
  std::string error;  // empty: it went well
};

Value to_otlp(Span span) {
  json::ObjectBuilder out;
  out.add("traceId", span.trace).add("spanId", span.id).add_text("parentSpanId", span.parent).add("name", span.name).add("kind", 1);
  out.add("startTimeUnixNano", nanoseconds(span.start)).add("endTimeUnixNano", nanoseconds(span.end)).add("attributes", Value::array(std::move(span.attributes)));
  out.add("status", span.error.empty() ? json::object({{"code", 1}}) : json::object({{"code", 2}, {"message", span.error.substr(0, 1'024)}}));
  return out.build();
}

}  // namespace

std::optional<TraceHeader> TraceHeader::parse(std::string_view text) {
  TraceHeader out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (part.starts_with(" ")) part.remove_prefix(1);
    if (part.starts_with("Root=1-") && part.size() == 40 && part[15] == '-') {
      out.trace = std::string(part.substr(7, 8)) + std::string(part.substr(16));
    } else if (part.starts_with("Parent=")) {
      out.parent = part.substr(7);
    } else if (part == "Sampled=0") {
      out.sampled = false;
    }
  }
  if (!is_hex(out.trace, 32)) return std::nullopt;
  if (!is_hex(out.parent, 16)) out.parent.clear();
  return out;
}

Traces::Traces(services::Kit& kit, std::string endpoint) : kit_(kit), url_(std::move(endpoint)) {
  while (url_.ends_with("/")) url_.pop_back();
  if (!url_.ends_with("/v1/traces")) url_ += "/v1/traces";
}

Traces::OpenExecution* Traces::open(const engine::Record& r) {
  if (const auto it = executions_.find(r.arn); it != executions_.end()) return &it->second;
  if (executions_.size() >= kExecutionsMax) return nullptr;
  OpenExecution made{.trace = id_of(r.arn, 32), .span = id_of(r.arn, 16), .parent = {}, .states = {}};
  if (const auto header = TraceHeader::parse(r.trace_header)) {
    made.trace = header->trace, made.parent = header->parent, made.sampled = header->sampled;
  } else if (const auto parent = executions_.find(r.parent_arn); parent != executions_.end()) {
    made.trace = parent->second.trace, made.parent = parent->second.span, made.sampled = parent->second.sampled;
  } else if (!r.parent_arn.empty()) {
    made.trace = id_of(r.parent_arn, 32), made.parent = id_of(r.parent_arn, 16);
  }
  return &executions_.emplace(r.arn, std::move(made)).first->second;
}

void Traces::progressed(const engine::Record& r, const std::vector<asl::Event>& events) {
  OpenExecution* of = open(r);
  if (!of || !of->sampled) return;
  auto& open_states = of->states;
  for (const asl::Event& event : events) {
    const std::string_view type = asl::type_name(event.type);
    if (type.ends_with("StateEntered")) {
      if (open_states.size() == kStatesMax) {
        ++counts_.dropped;
        continue;
      }
      open_states.push_back({.name = event.name, .type = std::string(type.substr(0, type.size() - 12)), .entered = event.id, .last = event.id, .since = event.at, .resource = {}, .error = {}});
      continue;
    }
    // The state whose thread this event goes on with; the end of a fan-out is told from its last branch, so its name must do.
    auto it = std::ranges::find_if(open_states, [&](const OpenState& s) { return s.last == event.previous; });
    const bool exited = type.ends_with("StateExited");
    if (exited && (it == open_states.end() || it->name != event.name)) it = std::ranges::find_if(open_states, [&](const OpenState& s) { return s.name == event.name; });
    if (it == open_states.end()) continue;
    it->last = event.id;
    if (type.ends_with("Scheduled")) it->resource = event.details;
    if (type.ends_with("Failed") || type.ends_with("TimedOut")) it->error = event.details.text("error", type);
    if (exited) close_state(r, *of, static_cast<size_t>(it - open_states.begin()), event.at, "");
  }
}

void Traces::close_state(const engine::Record& r, OpenExecution& of, size_t index, Instant at, std::string error) {
  OpenState state = std::move(of.states[index]);
  of.states.erase(of.states.begin() + static_cast<std::ptrdiff_t>(index));
  Span span{.trace = of.trace, .id = span_of_state(r.arn, state.entered), .parent = of.span, .name = std::move(state.name), .start = state.since, .end = at, .attributes = {}, .error = std::move(error)};
  span.attributes.push_back(text_attribute("aws.states.execution_arn", r.arn));
  span.attributes.push_back(text_attribute("aws.states.state_type", state.type));
  if (state.resource.is_object()) {
    const std::string_view kind = state.resource.text("resourceType");
    span.attributes.push_back(text_attribute("aws.states.resource", kind.empty() ? std::string(state.resource.text("resource"))
                                                                                 : fmt::format("arn:aws:states:::{}:{}", kind, state.resource.text("resource"))));
  }
  // A state that caught or retried a failure tells it, though it ended well.
  if (!state.error.empty()) span.attributes.push_back(text_attribute("aws.states.error", state.error));
  add(to_otlp(std::move(span)));
}

void Traces::status_changed(const engine::Record& r) {
  OpenExecution* of = open(r);
  if (r.status == engine::Outcome::running) return;
  if (!of) {
    ++counts_.dropped;
    return;
  }
  if (of->sampled) {
    const std::string error = r.status == engine::Outcome::succeeded ? "" : r.error.value_or(std::string(engine::status_text(r.status)));
    while (!of->states.empty()) close_state(r, *of, of->states.size() - 1, r.stop, error.empty() ? "aborted" : error);
    const size_t name = r.machine_arn.rfind(':') + 1;
    Span span{.trace = of->trace, .id = of->span, .parent = of->parent, .name = r.machine_arn.substr(name), .start = r.start, .end = r.stop, .attributes = {}, .error = error};
    span.attributes.push_back(text_attribute("aws.states.execution_arn", r.arn));
    span.attributes.push_back(text_attribute("aws.states.state_machine_arn", r.machine_arn));
    span.attributes.push_back(text_attribute("aws.states.status", engine::status_text(r.status)));
    add(to_otlp(std::move(span)));
  }
  executions_.erase(r.arn);
}

void Traces::add(Value span) {
  if (spans_.size() >= kSpansMax) {
    ++counts_.dropped;
    return;
  }
  spans_.push_back(std::move(span));
  if (spans_.size() >= kBatch) return send();
  if (gathering_) return;
  gathering_ = true;
  kit_.loop.after(kGatherMs, [this, alive = alive_] {
    if (!*alive) return;
    gathering_ = false;
    send();
  });
}

void Traces::send() {
  if (sending_ || spans_.empty()) return;
  sending_ = true;
  const size_t count = std::min(spans_.size(), kBatch);
  std::vector<Value> batch(std::make_move_iterator(spans_.begin()), std::make_move_iterator(spans_.begin() + static_cast<std::ptrdiff_t>(count)));
  spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(count));
  const Value resource = json::object({{"attributes", json::array({text_attribute("service.name", "gantry")})}});
  const Value scope = json::object({{"scope", json::object({{"name", "gantry.states"}})}, {"spans", Value::array(std::move(batch))}});
  net::Request request;
  request.method = "POST";
  request.target = url_;
  request.headers.add("Content-Type", "application/json");
  request.body = json::write(json::object({{"resourceSpans", json::array({json::object({{"resource", resource}, {"scopeSpans", json::array({scope})}})})}}));
  kit_.http.send(std::move(request), {.timeout_ms = kTimeoutMs, .response_bytes_max = 65'536}, [this, count, alive = alive_](Result<net::Response> response) {
    if (!*alive) return;
    sending_ = false;
    const bool taken = response && response->status >= 200 && response->status < 300;
    (taken ? counts_.exported : counts_.dropped) += count;
    send();
  });
}

}  // namespace states
