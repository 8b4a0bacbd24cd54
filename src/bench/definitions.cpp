#include "bench/definitions.h"

#include "base/check.h"
#include "language/json/parse.h"

namespace bench {
namespace {
struct Embedded {
  const char *name, *begin, *end;
};
extern "C" const Embedded gantry_bench_begin[];
extern "C" const Embedded gantry_bench_end[];
}  // namespace

std::string_view definition_text(std::string_view name) {
  for (const Embedded* one = gantry_bench_begin; one != gantry_bench_end; ++one) {
    if (one->name == name) return {one->begin, static_cast<size_t>(one->end - one->begin)};
  }
  CHECK(false, "a workload's definition is embedded");
  return {};
}

Definition definition(std::string_view name) {
  const auto file = json::parse(definition_text(name));
  CHECK(file, "a workload's definition is JSON");
  Definition out;
  out.machine = (*file)["definition"];
  out.text = json::write(out.machine);
  out.input = json::write((*file)["input"]);
  out.output = (*file)["expect"];
  out.transitions = static_cast<uint64_t>((*file)["transitions"].as_int64().value_or(0));
  return out;
}

}  // namespace bench
