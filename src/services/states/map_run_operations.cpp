// ListMapRuns, DescribeMapRun, UpdateMapRun.
#include <fmt/format.h>

#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {

// What AWS has had since there are redrives is shown of runs that were redriven: recordings of others lack it.
Value counts(const MapCounts& c, bool redriven) {
  json::ObjectBuilder out;
  out.add("pending", c.pending).add("running", c.running).add("succeeded", c.succeeded).add("failed", c.failed);
  out.add("timedOut", c.timed_out).add("aborted", c.aborted).add("total", c.total()).add("resultsWritten", c.succeeded);
  if (redriven) out.add("failuresNotRedrivable", 0).add("pendingRedrive", c.pending_redrive);
  return out.build();
}

}  // namespace

Result<const MapRun*> States::find_map_run(const Call& call) {
  const std::string_view arn = call.params.text("mapRunArn");
  const Name name = TRY(parse_arn(arn));
  const MapRun* run = name.kind == Name::Kind::map_run && reaches(call, name) ? map_runs_.find(arn) : nullptr;
  if (!run) return fail("ResourceNotFound", fmt::format("Resource not found: '{}'", arn));
  return run;
}

Result<Value> States::list_map_runs(const Call& call) {
  const std::string arn(call.params.text("executionArn"));
  if (!find_execution(call, TRY(parse_execution_arn(arn)))) return fail("ExecutionDoesNotExist", fmt::format("Execution Does Not Exist: '{}'", arn));
  const PageAsked page = TRY(page_asked(call));
  auto runs = map_runs_.of_execution(arn);
  size_t at = std::strtoul(page.from.c_str(), nullptr, 10);
  std::vector<Value> list;
  for (; at < runs.size() && list.size() < page.limit; ++at) {
    // Newest first.
    const MapRun& run = *runs[runs.size() - 1 - at];
    json::ObjectBuilder one;
    one.add("executionArn", run.execution_arn).add("mapRunArn", run.arn).add("stateMachineArn", run.machine_arn).add("startDate", run.start.seconds());
    if (run.status != "RUNNING") one.add("stopDate", run.stop.seconds());
    list.push_back(one.build());
  }
  json::ObjectBuilder out;
  out.add("mapRuns", Value::array(std::move(list)));
  add_next_token(out, call, at < runs.size() ? std::to_string(at) : "");
  return out.build();
}

Result<Value> States::describe_map_run(const Call& call) {
  const MapRun& run = *TRY(find_map_run(call));
  json::ObjectBuilder out;
  out.add("mapRunArn", run.arn).add("executionArn", run.execution_arn).add("status", run.status).add("startDate", run.start.seconds());
  if (run.status != "RUNNING") out.add("stopDate", run.stop.seconds());
  out.add("maxConcurrency", run.concurrency).add("toleratedFailurePercentage", run.tolerated_percentage.value_or(0.0));
  out.add("toleratedFailureCount", run.tolerated_count.value_or(0));
  const bool redriven = run.redrive_count > 0;
  out.add("itemCounts", counts(run.items, redriven)).add("executionCounts", counts(run.executions, redriven));
  if (redriven) out.add("redriveCount", run.redrive_count).add("redriveDate", run.redrive.seconds());
  return out.build();
}

Result<Value> States::update_map_run(const Call& call) {
  const MapRun& run = *TRY(find_map_run(call));
  const Value& params = call.params;
  const auto refused = [](std::string message, std::string reason) {
    return std::unexpected(Error{"ValidationException", std::move(message), 400, {{"reason", std::move(reason)}}});
  };
  if (!params.find("maxConcurrency") && !params.find("toleratedFailureCount") && !params.find("toleratedFailurePercentage")) {
    return refused("Either the maxConcurrency, the toleratedFailurePercentage, or the toleratedFailureCount must be specified", "MISSING_REQUIRED_PARAMETER");
  }
  if (run.status != "RUNNING") return refused("Map Run is already completed and cannot be updated", "CANNOT_UPDATE_COMPLETED_MAP_RUN");
  std::optional<double> percentage;
  if (params["toleratedFailurePercentage"].is_number()) percentage = params["toleratedFailurePercentage"].as_double();
  map_runs_.update(run, params["maxConcurrency"].as_int64(), params["toleratedFailureCount"].as_int64(), percentage);
  return Value::object();
}

}  // namespace states
