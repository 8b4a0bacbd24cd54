// What Step Functions adds to the language (spec/asl.md, "JSONata mode").
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/random.h"
#include "language/json/parse.h"
#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

Item partition(Call& call) {
  const Item array = call[0], size = call[1];
  if (!array.defined() || !size.defined()) return {};
  const double wanted = std::trunc(size.number());
  if (!(wanted >= 0)) throw Failure("D3137", "The size argument of $partition must not be negative");
  if (wanted == 0) return {};
  Arena& arena = call.evaluation.arena;
  const size_t count = array.size();
  const auto step = static_cast<size_t>(std::min(wanted, static_cast<double>(count) + 1));
  List* out = make_list(arena);
  for (size_t i = 0; i < count; i += step) {
    List* part = make_list(arena, std::min(step, count - i));
    for (size_t k = i; k < std::min(count, i + step); ++k) part->push(arena, array[k]);
    out->push(arena, Item(part));
  }
  return Item(out);
}

Item range(Call& call) {
  if (!call[0].defined() || !call[1].defined() || !call[2].defined()) return {};
  const double first = std::trunc(call[0].number()), last = std::trunc(call[1].number()), step = std::trunc(call[2].number());
  if (step == 0) return {};
  Arena& arena = call.evaluation.arena;
  List* out = make_list(arena);
  const double count = std::floor((last - first) / step) + 1;
  if (!(count > 0)) return Item(out);
  call.evaluation.admit(count * sizeof(Item));
  out->reserve(arena, static_cast<size_t>(count));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) out->push(arena, Item(first + static_cast<double>(i) * step));
  return Item(out);
}

Item hash(Call& call) {
  if (!call[0].defined() || !call[1].defined()) return {};
  struct Algorithm {
    std::string_view name;
    std::string (*digest)(std::string_view);
  };
  static constexpr Algorithm kAlgorithms[] = {{"MD5", md5}, {"SHA-1", sha1}, {"SHA-256", sha256}, {"SHA-384", sha384}, {"SHA-512", sha512}};
  const auto found = std::ranges::find(kAlgorithms, call[1].string(), &Algorithm::name);
  if (found == std::end(kAlgorithms)) throw Failure("D3137", "The algorithm of $hash must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
  return call.evaluation.text(hex_encode(found->digest(call[0].string())));
}

Item random(Call& call) {
  if (!call[0].defined()) return Item(call.evaluation.random().unit());
  const double seed = std::trunc(call[0].number());
  if (!std::isfinite(seed)) return Item(call.evaluation.random().unit());
  SeededRandom seeded(static_cast<uint64_t>(static_cast<int64_t>(std::clamp(seed, -9.2e18, 9.2e18))));
  return Item(seeded.unit());
}

Item uuid(Call& call) { return call.evaluation.text(call.evaluation.random().uuid()); }

Item parse(Call& call) {
  if (!call[0].defined()) return {};
  const auto value = json::parse_detailed(call[0].string());
  if (!value) throw Failure("D3137", "The argument of $parse is not valid JSON: " + value.error().message);
  return call.evaluation.keep(*value);
}

const Native kAwsNatives[] = {
    {"partition", "<(a)-n:a>", 2, partition, true}, {"range", "<nnn?:a>", 3, range, true},  {"hash", "<s-s:s>", 2, hash, true},
    {"random", "<n?:n>", 1, random},              {"uuid", "<:s>", 0, uuid, true},        {"parse", "<s-:x>", 1, parse, true},
};

}  // namespace

std::span<const Native> aws_natives() { return kAwsNatives; }

}  // namespace jsonata
