// What B6 of bench/ asks of the language, step by step: a request read, the input in it, a transform of its 1,000 elements, the
// output written, and the answer with both. Each step's least time of all rounds: what else the machine does is not in it.
//   jsonata_bench [seconds]
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "language/json/parse.h"
#include "language/jsonata/expression.h"

namespace {

json::Value make_input(int items) {
  std::vector<json::Value> list;
  for (int i = 0; i < items; ++i) {
    const std::string number = std::to_string(i);
    list.push_back(json::object({{"id", i}, {"name", "item-" + number}, {"price", i * 37 % 101}, {"qty", i % 7}, {"tag", "t" + std::to_string(i % 13)}}));
  }
  return json::object({{"items", json::Value::array(std::move(list))}});
}

constexpr const char* kSteps[] = {"read the request", "read the input", "evaluate", "write the output", "write the answer", "forget it all"};

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const std::string body = json::write(json::object({{"stateMachineArn", "arn:aws:states:us-east-1:000000000000:stateMachine:b6"}, {"input", json::write(make_input(1000))}}));
  const auto expression = jsonata::Expression::compile(
      "{ 'total': $sum($states.input.items.(price * qty)), 'big': $states.input.items[price > 50].{ 'id': id, 'cost': price * qty }, "
      "'tags': $distinct($states.input.items.tag), 'label': $join($states.input.items[[0..9]].name, ',') }");
  using Clock = std::chrono::steady_clock;
  std::array<double, std::size(kSteps)> least;
  least.fill(1e9);
  size_t written = 0;
  for (const auto begin = Clock::now(); std::chrono::duration<double>(Clock::now() - begin).count() < seconds;) {
    size_t step = 0;
    auto last = Clock::now();
    const auto done = [&] {
      const auto now = Clock::now();
      least[step] = std::min(least[step], std::chrono::duration<double, std::micro>(now - last).count());
      ++step;
      last = now;
    };
    {
      const json::Value request = *json::parse(body);
      done();
      const json::Value input = *json::parse(request.text("input"));
      done();
      std::optional<json::Value> output = *expression->evaluate(std::nullopt, {{"states", json::object({{"input", input}})}}, {});
      done();
      const std::string text = json::write(*output);
      done();
      written = json::write(json::object({{"input", request["input"]}, {"output", text}})).size();
      done();
    }
    done();
  }
  double all = 0;
  for (size_t i = 0; i < least.size(); ++i) {
    std::printf("%-18s %8.1f us\n", kSteps[i], least[i]);
    all += least[i];
  }
  std::printf("%-18s %8.1f us, %zu bytes in, %zu out\n", "all", all, body.size(), written);
}
