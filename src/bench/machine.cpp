#include "bench/machine.h"

#include <fmt/format.h>

#include "language/json/parse.h"

namespace bench {

using json::Value;

Result<Value> states(const Bench& bench, std::string_view operation, const Value& params) {
  return json::parse(TRY(call_once(bench.subject.address(), "states", fmt::format("AWSStepFunctions.{}", operation), json::write(params))));
}

namespace {

constexpr std::string_view kRole = "arn:aws:iam::000000000000:role/bench";

Status check_output(const Definition& definition, std::string_view output) {
  const auto value = json::parse(output);
  if (!value || *value != definition.output) {
    return fail("Bench", fmt::format("the output is wrong: {}", output.substr(0, 300)));
  }
  return {};
}

// Every state that was entered is an event, and the last event is the end.
Status check_history(const Bench& bench, const std::string& arn, uint64_t transitions) {
  uint64_t entered = 0, events = 0;
  std::string token, last;
  do {
    json::ObjectBuilder params;
    params.add("executionArn", arn).add("maxResults", 1000);
    params.add_text("nextToken", token);
    const Value page = TRY(states(bench, "GetExecutionHistory", params.build()));
    for (const Value& event : page["events"].items()) {
      ++events;
      if (event["id"].as_int64() != static_cast<int64_t>(events)) return fail("Bench", "the history's events are not 1, 2, 3 ...");
      last = event.text("type");
      if (last.ends_with("StateEntered")) ++entered;
    }
    token = page.text("nextToken");
  } while (!token.empty());
  if (last != "ExecutionSucceeded") return fail("Bench", fmt::format("the history ends with {}", last));
  if (entered != transitions) return fail("Bench", fmt::format("the history has {} states in place of {}", entered, transitions));
  return {};
}

}  // namespace

std::string start_body(std::string_view machine_arn, std::string_view input) {
  std::string body = "{\"stateMachineArn\":";
  json::write_string(machine_arn, body);
  body += ",\"input\":";
  json::write_string(input, body);
  body += "}";
  return body;
}

std::string_view raw_member(std::string_view text, std::string_view name) {
  const std::string quoted = fmt::format("\"{}\":\"", name);
  const size_t at = text.find(quoted);
  if (at == text.npos) return "";
  const size_t from = at + quoted.size();
  size_t to = from;
  while (to < text.size() && text[to] != '"') to += text[to] == '\\' ? 2 : 1;
  return text.substr(from, to - from);
}

Result<std::string> make_machine(const Bench& bench, std::string_view name, const Definition& definition, Type type) {
  const Value made = TRY(states(bench, "CreateStateMachine",
                                json::object({{"name", name}, {"definition", definition.text}, {"roleArn", kRole},
                                              {"type", type == Type::express ? "EXPRESS" : "STANDARD"}})));
  return std::string(made.text("stateMachineArn"));
}

Status check_once(const Bench& bench, const std::string& machine_arn, const Definition& definition, Type type) {
  const Value start = json::object({{"stateMachineArn", machine_arn}, {"input", definition.input}});
  if (type == Type::express) {
    const Value answer = TRY(states(bench, "StartSyncExecution", start));
    if (answer.text("status") != "SUCCEEDED") return fail("Bench", fmt::format("it ended {}: {}", answer.text("status"), answer.text("cause")));
    return check_output(definition, answer.text("output"));
  }
  const Value started = TRY(states(bench, "StartExecution", start));
  const std::string arn(started.text("executionArn"));
  const double begun = now_s();
  while (true) {
    const Value now = TRY(states(bench, "DescribeExecution", json::object({{"executionArn", arn}})));
    if (now.text("status") == "SUCCEEDED") {
      TRY(check_output(definition, now.text("output")));
      return check_history(bench, arn, definition.transitions);
    }
    if (now.text("status") != "RUNNING") return fail("Bench", fmt::format("it ended {}: {}", now.text("status"), now.text("cause")));
    if (now_s() - begun > 60) return fail("Bench", "it does not end");
  }
}

namespace {

// The output as the server writes it into an answer: JSON text within JSON text.
std::string escaped_output(const Definition& definition) {
  std::string literal;
  json::write_string(json::write(definition.output), literal);
  return literal.substr(1, literal.size() - 2);
}

}  // namespace

Status run_standard(Bench& bench, const std::string& machine_arn, const Definition& definition, size_t connections, uint64_t count) {
  Load load = TRY(Load::connect(bench.subject.address(), connections));
  std::string start;
  render_call(bench.subject.address(), "states", "AWSStepFunctions.StartExecution", start_body(machine_arn, definition.input), start);
  const std::string right = escaped_output(definition);
  std::vector<std::string> running(connections);
  uint64_t started = 0, ended = 0;
  std::string fault;
  TRY(load.run(
      [&](size_t connection, std::string& request) {
        if (!fault.empty()) return false;
        if (!running[connection].empty()) {
          render_call(bench.subject.address(), "states", "AWSStepFunctions.DescribeExecution",
                      fmt::format("{{\"executionArn\":\"{}\"}}", running[connection]), request);
          return true;
        }
        if (started == count) return false;
        ++started;
        request = start;
        return true;
      },
      [&](size_t connection, const Answer& answer) {
        if (answer.status != 200) return void(fault = fmt::format("{}: {}", answer.status, answer.body.substr(0, 300)));
        if (running[connection].empty()) return void(running[connection] = raw_member(answer.body, "executionArn"));
        const std::string_view status = raw_member(answer.body, "status");
        if (status == "RUNNING") return;
        if (status != "SUCCEEDED" || raw_member(answer.body, "output") != right) fault = std::string(answer.body.substr(0, 500));
        running[connection].clear();
        if (++ended % 256 == 0) bench.progress("", static_cast<double>(ended) / static_cast<double>(count));
      }));
  if (!fault.empty()) return fail("Bench", fault);
  return {};
}

Status run_express(Bench& bench, const std::string& machine_arn, const Definition& definition, size_t connections, uint64_t count) {
  Load load = TRY(Load::connect(bench.subject.address(), connections));
  std::string start;
  render_call(bench.subject.address(), "states", "AWSStepFunctions.StartSyncExecution", start_body(machine_arn, definition.input), start);
  const std::string right = escaped_output(definition);
  uint64_t started = 0, ended = 0;
  std::string fault;
  TRY(load.run(
      [&](size_t, std::string& request) {
        if (!fault.empty() || started == count) return false;
        ++started;
        request = start;
        return true;
      },
      [&](size_t, const Answer& answer) {
        if (answer.status != 200 || raw_member(answer.body, "status") != "SUCCEEDED" || raw_member(answer.body, "output") != right) {
          fault = fmt::format("{}: {}", answer.status, answer.body.substr(0, 500));
        }
        if (++ended % 256 == 0) bench.progress("", static_cast<double>(ended) / static_cast<double>(count));
      }));
  if (!fault.empty()) return fail("Bench", fault);
  return {};
}

Result<std::string> start_many(Bench& bench, const std::string& machine_arn, const std::string& input, size_t connections, uint64_t count) {
  Load load = TRY(Load::connect(bench.subject.address(), connections));
  std::string start, last, fault;
  render_call(bench.subject.address(), "states", "AWSStepFunctions.StartExecution", start_body(machine_arn, input), start);
  uint64_t started = 0, answered = 0;
  TRY(load.run(
      [&](size_t, std::string& request) {
        if (!fault.empty() || started == count) return false;
        ++started;
        request = start;
        return true;
      },
      [&](size_t, const Answer& answer) {
        if (answer.status != 200) fault = fmt::format("{}: {}", answer.status, answer.body.substr(0, 300));
        if (++answered == count) last = raw_member(answer.body, "executionArn");
        if (answered % 1024 == 0) bench.progress("", static_cast<double>(answered) / static_cast<double>(count));
      }));
  if (!fault.empty()) return fail("Bench", fault);
  return last;
}

Result<uint64_t> count_executions(const Bench& bench, const std::string& machine_arn, std::string_view status) {
  uint64_t count = 0;
  std::string token;
  do {
    json::ObjectBuilder params;
    params.add("stateMachineArn", machine_arn).add("maxResults", 1000);
    params.add_text("statusFilter", status).add_text("nextToken", token);
    const Value page = TRY(states(bench, "ListExecutions", params.build()));
    count += page["executions"].size();
    token = page.text("nextToken");
  } while (!token.empty());
  return count;
}

}  // namespace bench
