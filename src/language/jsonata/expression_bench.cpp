// J1 to J8 of the expression benchmark, each compiled once.
//   jsonata_bench [seconds each] [name]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "language/json/parse.h"
#include "language/jsonata/expression.h"

namespace {

json::Value make_document(int items) {
  std::vector<json::Value> list;
  for (int i = 0; i < items; ++i) {
    const std::string number = std::to_string(i);
    list.push_back(json::object({{"id", i},
                                 {"name", "item-" + number},
                                 {"price", i * 37 % 101},
                                 {"qty", i % 7},
                                 {"tag", "t" + std::to_string(i % 13)},
                                 {"addr", json::object({{"city", "c" + std::to_string(i % 50)}, {"zip", std::to_string(10000 + i)}})}}));
  }
  return json::object({{"items", json::Value::array(std::move(list))}});
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Case {
  std::string_view name;
  std::string_view expression;
  int items;  // 0: the small document
};

constexpr Case kCases[] = {
    {"J1", "items.addr.city", 10000},
    {"J2", "$sum(items[price > 50].(price * qty))", 10000},
    {"J3", "items^(>price, id).id", 1000},
    {"J4", "items[name ~> /^item-\\d*7$/].id", 1000},
    {"J5", "'Hello ' & user.first & ' ' & $uppercase(user.last) & ': ' & $string(order.total) & ' #' & $join([order.id, $string(user.n)], '/')", 0},
    {"J6", "items{tag: $sum(price)}", 1000},
    {"J7", "$map(items, function($v, $i) { $v.price * $i })", 1000},
    {"J8", "{ 'a': order.id, 'b': order.total * 2, 'c': user.n > 3 }", 0},
};

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const std::string_view only = count > 2 ? arguments[2] : "";
  for (const Case& test : kCases) {
    if (!only.empty() && test.name != only) continue;
    const std::string text = test.items > 0 ? json::write(make_document(test.items))
                                            : R"({"user":{"first":"Ada","last":"Lovelace","n":42},"order":{"id":"o-1","total":99.5}})";
    const std::optional<json::Value> document = *json::parse(text);
    const auto expression = *jsonata::Expression::compile(test.expression);
    const jsonata::Environment environment;
    const double begin = cpu_seconds();
    double spent = 0;
    long runs = 0;
    size_t bytes = 0;
    while (spent < seconds) {
      const int batch = test.items > 0 ? 4 : 1000;
      for (int i = 0; i < batch; ++i, ++runs) {
        const auto result = expression.evaluate(document, {}, environment);
        if (!result || !*result) return std::fprintf(stderr, "%s fails\n", std::string(test.name).c_str()), 1;
        if (bytes == 0) bytes = json::written_size(**result);
      }
      spent = cpu_seconds() - begin;
    }
    std::printf("%s %10.0f runs per CPU-s %10.3f us, result of %zu bytes\n", std::string(test.name).c_str(), static_cast<double>(runs) / spent,
                spent / static_cast<double>(runs) * 1e6, bytes);
  }
}
