// P1 to P4 of the expression benchmark: a lookup, a wildcard, a deep scan and a filter, each compiled once.
//   jsonpath_bench [seconds each]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "language/json/parse.h"
#include "language/jsonpath/path.h"

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
                                 {"addr", json::object({{"city", "c" + std::to_string(i % 50)},
                                                        {"zip", std::to_string(10000 + i)}})}}));
  }
  return json::object({{"items", json::Value::array(std::move(list))}});
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  struct Case {
    const char* name;
    const char* path;
    int items;
  };
  for (const Case& test : {Case{"P1", "$.items[5000].addr.city", 10000}, Case{"P2", "$.items[*].addr.city", 10000},
                           Case{"P3", "$..zip", 1000}, Case{"P4", "$.items[?(@.price > 50)].id", 1000}}) {
    const json::Value document = *json::parse(json::write(make_document(test.items)));
    const auto path = *jsonpath::Path::compile(test.path);
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    double spent = 0;
    int64_t runs = 0;
    size_t results = 0;
    while (spent < seconds) {
      for (int i = 0; i < 16; ++i, ++runs) results = path.evaluate(document)->size();
      spent = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    std::printf("%s %-32s %10.0f runs/s  %10.3f us  %zu results\n", test.name, test.path,
                static_cast<double>(runs) / spent, spent / static_cast<double>(runs) * 1e6, results);
  }
}
