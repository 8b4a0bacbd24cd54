// What the tables hold of an execution, and a commit's writes, as any bytes, and as real ones of which some are not what they were: read or
// refused; what is read is written so that it is read again as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "engine/keys.h"
#include "engine/record.h"
#include "engine/store/encoding.h"
#include "language/json/parse.h"

namespace {

const engine::Record& sample() {
  static const engine::Record record = {.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e",
                                        .name = "e",
                                        .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m",
                                        .version_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m:1",
                                        .alias_arn = "",
                                        .definition = "d",
                                        .role_arn = "arn:aws:iam::000000000000:role/r",
                                        .input = "{}",
                                        .trace_header = "",
                                        .map_run_arn = "",
                                        .parent_arn = "",
                                        .start = {1'700'000'000'000},
                                        .stop = {1'700'000'000'001},
                                        .status = engine::Outcome::failed,
                                        .output = std::nullopt,
                                        .error = "E",
                                        .cause = "c",
                                        .events = 5,
                                        .order = 1};
  return record;
}

// An execution that has begun, and what it told.
struct Begun {
  std::shared_ptr<const asl::Machine> machine;
  std::string execution, events;
};
const Begun& begun() {
  static const Begun made = [] {
    Begun out;
    out.machine = asl::compile(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"W","Branches":[{"StartAt":"T","States":{"T":{"Type":"Task",
      "Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},"End":true}}},{"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":9,"End":true}}}]},
      "W":{"Type":"Succeed"}}})").machine;
    asl::Execution execution({.arn = sample().arn, .name = "e", .role_arn = sample().role_arn, .machine_arn = sample().machine_arn, .machine_name = "m",
                              .start = sample().start, .input = *json::parse(R"({"a":[1,{"b":"x"}],"n":3})")});
    SeededRandom random(1);
    auto moved = asl::step(*out.machine, execution, asl::Start{}, {.now = sample().start, .random = random, .token = [](uint64_t task) { return std::to_string(task); }});
    out.execution = execution.encode(), out.events = asl::encode_events(moved.events);
    return out;
  }();
  return made;
}

void read(std::string_view bytes) {
  std::string_view rest = bytes;
  if (const auto record = engine::Record::decode(rest)) {
    const std::string written = record->encode();
    std::string_view again = written;
    const auto same = engine::Record::decode(again);
    CHECK(same && again.empty() && same->encode() == written && !engine::status_text(same->status).empty(), "a record is its bytes");
  }
  if (const auto listed = engine::decode_listed(bytes)) CHECK(!engine::status_text(listed->status).empty(), "it has a status that there is");
  (void)engine::decode_chunks(bytes);
  if (const auto events = asl::decode_events(bytes)) CHECK(asl::decode_events(asl::encode_events(*events)), "events are their bytes");
  rest = bytes;
  while (auto write = store::decode(rest)) {
    std::string written;
    store::encode(*write, written);
    std::string_view again = written;
    const auto same = store::decode(again);
    CHECK(same && same->space == write->space && same->key == write->key && same->value == write->value, "a write is its bytes");
  }
  if (const auto execution = asl::Execution::decode(bytes, *begun().machine)) {
    CHECK(asl::Execution::decode(execution->encode(), *begun().machine), "an execution is its bytes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  static const std::string writes = [] {
    std::string out;
    store::encode({store::Space::meta, "key", "value"}, out);
    store::encode({store::Space::index, "other", std::nullopt}, out);
    return out;
  }();
  for (std::string real : {sample().encode(), engine::encode_listed(sample()), engine::encode_chunks(std::vector<uint64_t>{1, 9, 300}), begun().events, begun().execution, writes}) {
    for (size_t i = 0; i + 2 < size; i += 3) real[(data[i] << 8 | data[i + 1]) % real.size()] ^= static_cast<char>(data[i + 2]);
    read(real);
  }
  return 0;
}
