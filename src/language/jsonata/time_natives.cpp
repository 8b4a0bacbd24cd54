// Functions of time. Now is the moment that the evaluation was given.
#include "language/jsonata/evaluation.h"
#include "language/jsonata/pictures.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

std::optional<std::string_view> text_or_none(Item item) { return item.is_string() ? std::optional(item.string()) : std::nullopt; }

double now_of(Call& call) { return static_cast<double>(call.evaluation.environment().now.ms); }

Item now(Call& call) { return call.evaluation.text(format_time(now_of(call), text_or_none(call[0]), text_or_none(call[1]))); }
Item millis(Call& call) { return Item(now_of(call)); }

Item from_millis(Call& call) {
  if (!call[0].defined()) return {};
  return call.evaluation.text(format_time(call[0].number(), text_or_none(call[1]), text_or_none(call[2])));
}

Item to_millis(Call& call) {
  if (!call[0].defined()) return {};
  std::optional<double> out;
  if (call[1].is_string()) {
    out = parse_time(call[0].string(), call[1].string(), now_of(call));
  } else {
    out = parse_iso_time(call[0].string());
    if (!out) call.evaluation.fail("D3110", call[0]);
  }
  return out ? Item(*out) : Item();
}

const Native kTimeNatives[] = {
    {"now", "<s?s?:s>", 2, now},
    {"millis", "<:n>", 0, millis},
    {"fromMillis", "<n-s?s?:s>", 3, from_millis},
    {"toMillis", "<s-s?:n>", 2, to_millis},
};

}  // namespace

std::span<const Native> time_natives() { return kTimeNatives; }

}  // namespace jsonata
