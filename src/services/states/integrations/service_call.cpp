// A task that is one call of one operation: parameters on the way out, result or error on the way back.
#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/errors.h"
#include "protocol/models/sdk_shape.h"
#include "services/states/integrations/dispatch.h"
#include "services/states/integrations/ecs_task.h"
#include "services/states/states.h"

namespace states {

using asl::Resource;
using json::Value;

namespace {

std::string crc32_bytes(std::string_view body) {
  uint32_t sum = 0xffffffff;
  for (const char c : body) {
    sum ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0xedb88320U : 0U);
  }
  sum = ~sum;
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(sum >> shift));
  return out;
}

// Members that an optimized integration adds or rewrites, beyond what the model says.
Value adapt_params(const Resource& resource, Value params, const std::string& execution, const std::string& key, const std::string& trace_header) {
  // The SDK sends a text body as text, and its checksum.
  if (resource.service == "s3" && resource.action == "putObject" && params.find("Body")) {
    if (!params.find("ContentType")) params = params.with("ContentType", "text/plain; charset=UTF-8");
    for (const json::Member& one : params.members()) {
      if (one.name.starts_with("Checksum") || one.name == "ContentMD5") return params;
    }
    const std::string body = base64_decode(params.text("Body")).value_or("");
    return params.with("ChecksumAlgorithm", "CRC32").with("ChecksumCRC32", base64_encode(crc32_bytes(body)));
  }
  if (resource.kind != Resource::Kind::optimized) return params;
  if (resource.service == "lambda" && resource.action == "invoke") {
    // A text that holds JSON is the payload itself (recorded of an object and of a quoted text).
    const auto quoted = json::parse(base64_decode(params.text("Payload")).value_or(""));
    if (quoted && quoted->is_string() && json::parse(quoted->as_string())) return params.with("Payload", base64_encode(quoted->as_string()));
    return params;
  }
  if (resource.service == "ecs" && resource.action == "runTask") return params.with("clientToken", key);
  if (resource.service == "states" && resource.action == "startExecution") {
    // A repetition after a crash must find the execution that it began.
    if (!params.find("name")) params = params.with("name", key);
    if (!trace_header.empty() && !params.find("traceHeader")) params = params.with("traceHeader", trace_header);
    return params.with("parentExecutionArn", execution);
  }
  if (resource.service == "events" && resource.action == "putEvents" && params["Entries"].is_array()) {
    // AWS tells who sent them.
    std::vector<Value> entries;
    const auto name = parse_arn(execution);
    for (const Value& entry : params["Entries"].items()) {
      std::vector<Value> resources;
      if (entry["Resources"].is_array()) resources.assign(entry["Resources"].items().begin(), entry["Resources"].items().end());
      if (name) resources.emplace_back(name->machine_arn());
      resources.emplace_back(execution);
      entries.push_back(entry.with("Resources", Value::array(std::move(resources))));
    }
    return params.with("Entries", Value::array(std::move(entries)));
  }
  return params;
}

std::string with_exception_suffix(std::string name) {
  if (!name.ends_with("Exception")) name += "Exception";
  return name;
}

}  // namespace

void Dispatch::call_service(const AttemptPtr& attempt) {
  const Integration& to = attempt->integration;
  auto params = model::to_service_params(to.service, to.operation, attempt->task.parameters);
  if (!params) {
    return refuse(attempt, "States.Runtime",
                  fmt::format("The Parameters '{}' could not be used to start the Task: [{}]", json::write(attempt->task.parameters),
                              params.error().message));
  }
  const Value adapted = adapt_params(*attempt->task.resource, *std::move(params), attempt->execution, idempotency_key(*attempt), attempt->trace_header);
  protocol::Call call = kit_.registry.internal(attempt->role, attempt->region, to.service, to.operation, adapted);
  call.account = attempt->account;
  send(attempt, std::move(call));
}

namespace {
// What an AWS SDK tries again by itself.
bool is_transient(const Error& error) {
  if (error.http_status >= 500) return true;
  constexpr std::string_view kCodes[] = {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
                                         "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException",
                                         "ProvisionedThroughputExceededException", "TransactionInProgressException", "SlowDown", "PriorRequestNotComplete",
                                         "EC2ThrottledException", "RequestTimeout", "RequestTimeoutException"};
  return std::ranges::find(kCodes, error.code) != std::end(kCodes);
}
}  // namespace

// Three attempts, as the SDKs have it, while somebody still waits for the answer.
void Dispatch::send(const AttemptPtr& attempt, protocol::Call call) {
  constexpr int kTriesMax = 3;
  constexpr uint64_t kFirstDelayMs = 100;
  attempt->request_id = call.request_id;
  call.trace_header = attempt->trace_header;
  ++attempt->tries;
  kit_.registry.call(call, [this, attempt, call, alive = alive_](Result<Value> answer) mutable {
    if (!*alive) return;
    if (answer || attempt->tries >= kTriesMax || !is_transient(answer.error())) return answered(attempt, std::move(answer));
    const auto delay = static_cast<int64_t>(kit_.random.below((kFirstDelayMs << attempt->tries) + 1));
    call.request_id = kit_.random.uuid();
    kit_.loop.after(delay, [this, attempt, call = std::move(call), alive]() mutable {
      if (*alive && states_.engine_.awaits(attempt->execution, attempt->task.task)) send(attempt, std::move(call));
    });
  });
}

void Dispatch::schedule_lambda(const AttemptPtr& attempt) {
  protocol::Call call = kit_.registry.internal(
      attempt->role, attempt->region, "lambda", "Invoke",
      json::object({{"FunctionName", attempt->task.resource->arn}, {"Payload", base64_encode(json::write(attempt->task.parameters))}}));
  call.account = attempt->account;
  send(attempt, std::move(call));
}

void Dispatch::refuse(const AttemptPtr& attempt, const Error& error) {
  const Integration& to = attempt->integration;
  if (error.code == "UnknownOperationException" && error.message.empty()) {
    return refuse(attempt, to.prefix + ".SdkClientException",
                  fmt::format("{}:{} is not part of this server and no upstream has it: start gantry with --upstream {}=URL",
                              to.service, to.operation, to.service));
  }
  const model::Service* service = model::find(to.service);
  codec::Dialect dialect{.protocol = service && !service->metadata().protocols.empty() ? service->metadata().protocols[0] : model::Protocol::json,
                         .service = service, .operation = service ? service->find(to.operation) : nullptr};
  const codec::WireError wire = codec::wire_error(dialect, error);
  const bool optimized = !to.java_name.empty();
  const bool named_by_code = dialect.protocol == model::Protocol::query || dialect.protocol == model::Protocol::ec2 ||
                             dialect.protocol == model::Protocol::rest_xml || (service && service->metadata().query_compatible);
  const std::string& code = named_by_code ? wire.code : wire.name;
  // What the model does not know is the service's general exception.
  std::string exception = wire.shape ? with_exception_suffix(wire.name) : "";
  if (exception.empty()) {
    const bool common = error.code.ends_with("Exception") && error.code != "ValidationException";
    exception = common ? error.code : (optimized && to.java_name.starts_with("Amazon") ? "Amazon" + to.prefix + "Exception" : to.prefix + "Exception");
    if (!common && optimized && to.java_name.starts_with("AWS")) exception = "AWS" + to.prefix + "Exception";
  }
  // S3 has a second id.
  const std::string extended = to.service == "s3" ? fmt::format(", Extended Request ID: {}", base64_encode(sha256(attempt->request_id))) : "";
  std::string cause = optimized
                          ? fmt::format("{} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)", error.message,
                                        to.java_name, wire.status, code, attempt->request_id)
                          : fmt::format("{} (Service: {}, Status Code: {}, Request ID: {}{}) (SDK Attempt Count: {})", error.message, to.prefix,
                                        wire.status, attempt->request_id, extended, attempt->tries);
  refuse(attempt, to.prefix + "." + exception, std::move(cause));
}

namespace {

// What a Lambda function that failed says of itself: error is its type, cause the payload. A function called by
// its ARN is quoted as it spoke; lambda:invoke has read the payload and writes it anew.
asl::TaskFailed function_failed(const Resource& resource, uint64_t task, const std::string& payload) {
  const auto parsed = json::parse(payload);
  std::string type = parsed && parsed->is_object() ? std::string(parsed->text("errorType", "Exception")) : "Lambda.Unknown";
  const bool rewritten = parsed && resource.kind != Resource::Kind::lambda;
  return {.task = task, .error = std::move(type), .cause = rewritten ? json::write(*parsed) : payload};
}

}  // namespace

void Dispatch::answered(const AttemptPtr& attempt, Result<Value> answer) {
  if (!answer) return refuse(attempt, answer.error());
  const Resource& resource = *attempt->task.resource;
  const Integration& to = attempt->integration;
  const uint64_t task = attempt->task.task;
  engine::Engine& engine = states_.engine_;

  if (to.service == "lambda" && to.operation == "Invoke") {
    const std::string payload = base64_decode((*answer).text("Payload")).value_or("");
    if (answer->find("FunctionError") && !(*answer)["FunctionError"].is_null()) {
      engine.deliver(attempt->execution, function_failed(resource, task, payload));
      return;
    }
    auto value = json::parse(payload);
    if (resource.kind == Resource::Kind::lambda) {
      engine.deliver(attempt->execution, asl::TaskSucceeded{task, value ? *value : Value(payload)});
      return;
    }
  }
  Value output;
  if (to.service == "ecs" && to.operation == "RunTask" && !to.java_name.empty()) {
    output = ecs_run_task_result(*answer);
    const bool waits = resource.pattern != Resource::Pattern::request_response;
    if (waits && output["Failures"].size() > 0) {
      return refuse(attempt, "AmazonECS.Unknown", json::write(output["Failures"]));
    }
  } else {
    output = model::to_pascal_result(to.service, to.operation, *answer,
                                     to.java_name.empty() ? model::Times::iso8601 : model::Times::epoch_milliseconds);
  }
  if (to.service == "lambda" && to.operation == "Invoke" && !to.java_name.empty()) {
    const std::string payload = base64_decode((*answer).text("Payload")).value_or("");
    auto value = json::parse(payload);
    output = output.with("Payload", value ? *value : Value(payload));
  }
  if (to.service == "events" && (*answer)["FailedEntryCount"].as_int64().value_or(0) > 0 && !to.java_name.empty()) {
    return refuse(attempt, "EventBridge.FailedEntry", json::write(output));
  }
  // PutEvents is the one optimized call that shows its entries alone.
  const bool bare = to.service == "events" && to.operation == "PutEvents";
  if (!to.java_name.empty() && !bare) output = model::with_sdk_metadata(to.service, to.operation, *answer, output, attempt->request_id, kit_.clock().now());
  if (resource.pattern == Resource::Pattern::request_response) {
    engine.deliver(attempt->execution, asl::TaskSucceeded{task, std::move(output)});
    return;
  }
  engine.deliver(attempt->execution, asl::TaskSubmitted{task, output});
  if (resource.pattern != Resource::Pattern::wait_for_task_token) follow(attempt, output);
}

}  // namespace states
