#include "cli/mocks.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "language/json/parse.h"

namespace cli {
namespace {

using json::Value;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr double kSecondsMax = 99'999'999;

std::unexpected<Error> wrong(std::string message) { return fail("Mock", std::move(message)); }

Result<MockedAnswer> read_answer(const Value& value, const std::string& name) {
  MockedAnswer out;
  if (!value.is_object()) return wrong(fmt::format("the mock of '{}' is an object with \"result\" or \"error\", or a list of such objects", name));
  for (const auto& [key, member] : value.members()) {
    if (key == "result") {
      out.result = member;
    } else if (key == "items" && member.is_array()) {
      out.items = member;
    } else if ((key == "error" || key == "cause") && member.is_string()) {
      (key == "error" ? out.error : out.cause) = std::string(member.as_string());
    } else if (key == "after" && member.is_number() && member.as_double() >= 0 && member.as_double() <= kSecondsMax) {
      out.after_ms = std::llround(member.as_double() * 1000);
    } else {
      return wrong(fmt::format("the mock of '{}' has a member '{}' that cannot be read; it may have \"result\", \"error\" and \"cause\" (texts), "
                               "\"after\" (seconds) and \"items\" (a list)", name, key));
    }
  }
  if (out.result && out.error) return wrong(fmt::format("the mock of '{}' has both a result and an error: it is one of them", name));
  if (!out.result && !out.error && !out.items) return wrong(fmt::format("the mock of '{}' has neither a \"result\" nor an \"error\"", name));
  return out;
}

// "0" or "1-2".
std::optional<std::pair<int64_t, int64_t>> read_range(std::string_view text) {
  const auto number = [](std::string_view part) -> std::optional<int64_t> {
    int64_t out = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out);
    if (error != std::errc() || end != part.data() + part.size() || out < 0 || part.empty()) return std::nullopt;
    return out;
  };
  const size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == text.npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return std::pair{*first, *last};
}

}  // namespace

Result<Mocks> Mocks::parse(std::string_view text, std::string_view test_case) {
  const auto document = json::parse_detailed(text);
  if (!document) return wrong(fmt::format("it is not JSON: {} (line {}, column {})", document.error().message, document.error().line, document.error().column));
  Mocks out;
  if (document->find("StateMachines") || document->find("MockedResponses")) {
    TRY(out.read_local(*document, test_case));
    return out;
  }
  if (!test_case.empty()) return wrong("--case chooses among the test cases of a Step Functions Local file, which this is not");
  const Value& states = (*document)["states"];
  const Value& resources = (*document)["resources"];
  if (!states.is_object() && !resources.is_object()) {
    return wrong(R"(it has neither "states" nor "resources": {"states": {"<state>": {"result": ...}}}; Step Functions Local's form has "StateMachines")");
  }
  if (states.is_object()) {
    for (const auto& [name, value] : states.members()) out.states_.insert_or_assign(std::string(name), TRY(out.read_own(value, std::string(name))));
  }
  if (resources.is_object()) {
    for (const auto& [name, value] : resources.members()) out.resources_.insert_or_assign(std::string(name), TRY(out.read_own(value, std::string(name))));
  }
  return out;
}

Result<Mocks::Answers> Mocks::read_own(const Value& value, const std::string& name) const {
  Answers out;
  if (!value.is_array()) {
    out.ranges.push_back({0, kForever, TRY(read_answer(value, name))});
    return out;
  }
  if (value.size() == 0) return wrong(fmt::format("the list of mocks of '{}' is empty", name));
  for (size_t i = 0; i < value.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    out.ranges.push_back({at, i + 1 == value.size() ? kForever : at, TRY(read_answer(value[i], name))});
  }
  return out;
}

Status Mocks::read_local(const Value& document, std::string_view test_case) {
  struct Case {
    std::string name;
    const Value* states;
  };
  std::vector<Case> cases;
  const Value& machines = document["StateMachines"];
  if (!machines.is_object()) return wrong("it has no \"StateMachines\"");
  for (const auto& [machine, content] : machines.members()) {
    if (!content["TestCases"].is_object()) continue;
    for (const auto& [name, states] : content["TestCases"].members()) cases.push_back({machine + "/" + name, &states});
  }
  std::vector<const Case*> chosen;
  std::string all;
  for (const Case& one : cases) {
    all += (all.empty() ? "" : ", ") + one.name;
    const bool fits = test_case.empty() || one.name == test_case || std::string_view(one.name).substr(one.name.find('/') + 1) == test_case;
    if (fits) chosen.push_back(&one);
  }
  if (cases.empty()) return wrong("it has no test cases: StateMachines / <machine> / TestCases");
  if (chosen.size() != 1) {
    return wrong(fmt::format("{}; choose one with --case: {}", chosen.empty() ? fmt::format("there is no test case '{}'", test_case) : "it has several test cases", all));
  }
  if (!chosen[0]->states->is_object()) return wrong(fmt::format("the test case {} names states and their responses", chosen[0]->name));
  for (const auto& [state, response] : chosen[0]->states->members()) {
    const Value* ranges = response.is_string() ? document["MockedResponses"].find(response.as_string()) : nullptr;
    if (!ranges || !ranges->is_object()) {
      return wrong(fmt::format("the state '{}' of {} names no response of \"MockedResponses\": {}", state, chosen[0]->name, json::write(response)));
    }
    Answers answers;
    for (const auto& [range, content] : ranges->members()) {
      const auto calls = read_range(range);
      if (!calls) return wrong(fmt::format("'{}' in the response {} is no range of calls: \"0\" or \"1-2\"", range, response.as_string()));
      MockedAnswer answer;
      if (const Value* result = content.find("Return")) {
        answer.result = *result;
      } else if (const Value* thrown = content.find("Throw"); thrown && thrown->is_object()) {
        answer.error = std::string(thrown->text("Error"));
        if (thrown->find("Cause")) answer.cause = std::string(thrown->text("Cause"));
      } else {
        return wrong(fmt::format("'{}' in the response {} has neither \"Return\" nor \"Throw\"", range, response.as_string()));
      }
      answers.ranges.push_back({calls->first, calls->second, std::move(answer)});
    }
    states_.insert_or_assign(std::string(state), std::move(answers));
  }
  return {};
}

const Mocks::Answers* Mocks::find(std::string_view state, std::string_view resource) const {
  if (const auto it = states_.find(state); it != states_.end()) return &it->second;
  const auto it = resource.empty() ? resources_.end() : resources_.find(resource);
  return it == resources_.end() ? nullptr : &it->second;
}

bool Mocks::has(std::string_view state, std::string_view resource) const { return find(state, resource) != nullptr; }

const MockedAnswer* Mocks::next(const std::string& state, std::string_view resource) {
  const Answers* answers = find(state, resource);
  if (!answers) return nullptr;
  const int64_t call = calls_[state]++;
  for (const auto& range : answers->ranges) {
    if (range.first <= call && call <= range.last) return &range.answer;
  }
  return nullptr;
}

int64_t Mocks::calls(const std::string& state) const {
  const auto it = calls_.find(state);
  return it == calls_.end() ? 0 : it->second;
}

std::vector<std::string> Mocks::states() const {
  std::vector<std::string> out;
  for (const auto& [name, answers] : states_) out.push_back(name);
  return out;
}

}  // namespace cli
