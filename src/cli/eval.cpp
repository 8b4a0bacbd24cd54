#include "cli/eval.h"

#include <fmt/format.h>
#include <pthread.h>

#include <cstdio>
#include <iostream>

#include "cli/options.h"
#include "cli/terminal.h"
#include "language/asl/expression.h"
#include "language/json/parse.h"
#include "language/jsonpath/path.h"

namespace cli {
namespace {

using json::Value;

// Only memory and time bound what one evaluation does: these are far beyond what the defaults allow a state machine.
constexpr uint64_t kStepsMax = UINT64_MAX;
constexpr size_t kMemoryMax = size_t{1} << 30;
constexpr size_t kCompiledMax = 256;  // expressions remembered

Value error(std::string_view code, std::string_view message) { return json::object({{"error", json::object({{"code", code}, {"message", message}})}}); }

// Code, message, and where: in code points from the expression's start.
Value error(const jsonata::Fault& fault) {
  json::ObjectBuilder told;
  told.add("code", fault.code).add("message", fault.message);
  if (fault.position > 0) told.add("position", static_cast<int64_t>(fault.position));
  told.add_text("token", fault.token);
  return json::object({{"error", told.build()}});
}

const Value kUndefined = json::object({{"undefined", true}});

const Value* bound(const Evaluator::Bindings& bindings, std::string_view name) {
  for (const auto& [key, value] : bindings) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

std::optional<ExpressionLanguage> expression_language(std::string_view name) {
  if (name == "jsonata") return ExpressionLanguage::jsonata;
  if (name == "jsonpath") return ExpressionLanguage::jsonpath;
  if (name == "intrinsic") return ExpressionLanguage::intrinsic;
  return std::nullopt;
}

Value Evaluator::answer(const std::string& expression, const std::optional<Value>& data, const Bindings& bindings) {
  switch (language_) {
    case ExpressionLanguage::jsonata:
      return jsonata(expression, data, bindings);
    case ExpressionLanguage::jsonpath:
      return jsonpath(expression, data, bindings);
    default:
      return intrinsic(expression, data, bindings);
  }
}

Value Evaluator::jsonata(const std::string& expression, const std::optional<Value>& data, const Bindings& bindings) {
  auto known = compiled_.find(expression);
  if (known == compiled_.end()) {
    auto code = jsonata::Expression::compile(expression);
    if (!code) return error(code.error());
    if (compiled_.size() >= kCompiledMax) compiled_.clear();
    known = compiled_.emplace(expression, *std::move(code)).first;
  }
  jsonata::Environment environment;
  environment.now = clock_.now();
  environment.random = &random_;
  environment.limits.timeout_ms = timeout_ms_;
  environment.limits.steps = kStepsMax;
  environment.limits.memory_bytes = kMemoryMax;
  environment.limits.depth = UINT32_MAX;  // the thread's stack is large, and is looked after
  auto value = known->second.evaluate(data, bindings, environment);
  if (!value) return error(value.error());
  if (!*value) return kUndefined;
  return json::object({{"result", **std::move(value)}});
}

Value Evaluator::jsonpath(const std::string& expression, const std::optional<Value>& data, const Bindings& bindings) {
  // "$name.a" looks into a variable when one of that name is bound.
  std::string path = expression;
  const Value* document = data ? &*data : nullptr;
  if (path.size() > 1 && path[0] == '$' && path[1] != '.' && path[1] != '[') {
    const size_t end = std::min(path.find_first_of(".[", 1), path.size());
    if (const Value* variable = bound(bindings, std::string_view(path).substr(1, end - 1))) {
      document = variable;
      path = "$" + path.substr(end);
    }
  }
  const auto code = jsonpath::Path::compile(path);
  if (!code) return error("InvalidPath", code.error().message);
  if (!document) return kUndefined;
  auto value = code->evaluate(*document);
  if (value) return json::object({{"result", *std::move(value)}, {"definite", code->definite()}});
  switch (value.error().kind) {
    case jsonpath::Fault::Kind::not_found:
      return kUndefined;
    case jsonpath::Fault::Kind::invalid_path:
      return error("InvalidPath", value.error().message);
    default:
      return error("PathFunctionFailed", value.error().message);
  }
}

Value Evaluator::intrinsic(const std::string& expression, const std::optional<Value>& data, const Bindings& bindings) {
  const auto reference = asl::parse_reference(expression, true);
  if (!reference || !reference->call) return error("InvalidIntrinsic", "The value must be a valid intrinsic function call");
  const Value nothing = Value::object();
  const asl::View view{.input = data ? &*data : &nothing,
                       .context = [&] {
                         const Value* context = bound(bindings, "$");
                         return context ? *context : Value::object();
                       },
                       .variable = [&](std::string_view name) { return bound(bindings, name); },
                       .random = &random_,
                       .now = clock_.now()};
  auto value = asl::look_up(*reference, view);
  if (!value) return error(value.error().error, value.error().cause);
  return json::object({{"result", *std::move(value)}});
}

std::string Evaluator::answer_line(std::string_view line) {
  const auto request = json::parse_detailed(line);
  if (!request) return json::write(error("InvalidRequest", fmt::format("The line is not JSON: {}", request.error().message)));
  const Value* expression = request->find("expr");
  if (!expression || !expression->is_string()) return json::write(error("InvalidRequest", R"(A request is {"expr": "...", "data"?, "bindings"?})"));
  std::optional<Value> data;
  if (const Value* given = request->find("data")) data = *given;
  Bindings bindings;
  if (const Value& given = (*request)["bindings"]; given.is_object()) {
    for (const auto& [name, value] : given.members()) bindings.emplace_back(name, value);
  }
  return json::write(answer(std::string(expression->as_string()), data, bindings));
}

namespace {

struct Wanted {
  ExpressionLanguage language{};
  std::string expression;
  std::optional<Value> data;
  Evaluator::Bindings bindings;
  bool lines = false;
  int64_t timeout_ms = 10'000;
  int status = 0;
};

int one(Evaluator& evaluator, const Wanted& wanted) {
  const Value told = evaluator.answer(wanted.expression, wanted.data, wanted.bindings);
  if (const Value* result = told.find("result")) {
    fmt::print("{}\n", json::write_pretty(*result));
    return 0;
  }
  const Terminal terminal = Terminal::of(2);
  if (told.find("undefined")) {
    fmt::print(stderr, "{}\n", terminal.paint(Colour::grey, "undefined: the expression leads to nothing in the data"));
    return 3;
  }
  const Value& failed = told["error"];
  fmt::print(stderr, "{} {}: {}\n", terminal.paint(Colour::red, "error"), failed.text("code"), failed.text("message"));
  if (const auto position = failed["position"].as_int64(); position && wanted.expression.find('\n') == std::string::npos) {
    // The position is behind the token that is at fault.
    const std::string shown = printable(wanted.expression);
    size_t at = 0;
    for (int64_t i = 1; i < *position && at < shown.size(); ++i) {
      ++at;
      while (at < shown.size() && (static_cast<unsigned char>(shown[at]) & 0xC0) == 0x80) ++at;
    }
    fmt::print(stderr, "  {}\n  {}{}\n", shown, std::string(columns_of(shown.substr(0, at)), ' '), terminal.paint(Colour::red, "^"));
  }
  if (wanted.language == ExpressionLanguage::jsonata && wanted.expression.starts_with("{%")) {
    fmt::print(stderr, "  {}\n", terminal.paint(Colour::cyan, "hint: leave out the marks {% and %}; they belong to state machines"));
  }
  return 1;
}

int every_line(Evaluator& evaluator) {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    std::string told = evaluator.answer_line(line);
    told += '\n';
    if (std::fwrite(told.data(), 1, told.size(), stdout) != told.size() || std::fflush(stdout) != 0) return 1;
  }
  return 0;
}

void* work(void* given) {
  Wanted& wanted = *static_cast<Wanted*>(given);
  SystemClock clock;
  SystemRandom random;
  Evaluator evaluator(wanted.language, wanted.timeout_ms, clock, random);
  wanted.status = wanted.lines ? every_line(evaluator) : one(evaluator, wanted);
  return nullptr;
}

}  // namespace

int eval(std::vector<std::string> arguments) {
  Options options(std::move(arguments));
  const auto language = options.value("--language");
  const auto expression = options.value("--expr");
  const auto data = options.value("--data");
  const auto bindings = options.value("--bindings");
  Wanted wanted;
  wanted.lines = options.flag("--jsonl");
  wanted.timeout_ms = options.number("--timeout-ms", 1).value_or(10'000);
  const auto used_wrongly = [](std::string_view text) {
    fmt::print(stderr, "gantry eval: {}\n'gantry help eval' shows how it is used.\n", text);
    return 2;
  };
  if (const auto wrong = options.wrong()) return used_wrongly(*wrong);
  if (!options.rest().empty()) return used_wrongly(fmt::format("'{}' stands alone; the expression goes behind --expr, in quotes", options.rest()[0]));
  const auto spoken = expression_language(language.value_or("jsonata"));
  if (!spoken) return used_wrongly(fmt::format("there is no language '{}'; it is one of jsonata, jsonpath, intrinsic", *language));
  wanted.language = *spoken;
  if (!wanted.lines) {
    if (!expression) return used_wrongly("an expression is needed: --expr E, or --jsonl and a request a line on standard input");
    wanted.expression = *expression;
    if (data) {
      const auto text = text_of(*data);
      if (!text) return used_wrongly(fmt::format("cannot read {}", data->substr(1)));
      auto value = json::parse_detailed(*text);
      if (!value) return used_wrongly(fmt::format("--data is not JSON: {} (line {}, column {})", value.error().message, value.error().line, value.error().column));
      wanted.data = *std::move(value);
    }
    if (bindings) {
      const auto text = text_of(*bindings);
      auto value = text ? json::parse(*text) : Result<Value>(Value());
      if (!value || !value->is_object()) return used_wrongly("--bindings is a JSON object, names without '$': --bindings '{\"x\": 1}'");
      for (const auto& [name, bound_value] : value->members()) wanted.bindings.emplace_back(name, bound_value);
    }
  }
  // A stack of its own: expressions recurse as deep as their limits let them.
  constexpr size_t kStackBytes = size_t{512} << 20;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  if (pthread_create(&thread, &attributes, work, &wanted) != 0) {
    work(&wanted);
  } else {
    pthread_join(thread, nullptr);
  }
  pthread_attr_destroy(&attributes);
  return wanted.status;
}

}  // namespace cli
