// Records as bytes: whatever a version of the program has written is read by those that follow.
#include "engine/record.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "engine/keys.h"

namespace {

using engine::Record;

Record whole() {
  return {.arn = "arn:aws:states:us-east-1:000000000000:execution:m:one", .name = "one",
          .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m", .definition = "d", .role_arn = "r", .input = "{}",
          .start = {1'700'000'000'000}, .stop = {1'700'000'000'500}, .status = engine::Outcome::failed, .error = "E", .events = 5, .order = 7,
          .redrive_count = 1};
}

// As the first version wrote them: names told, no redrive token, no item count.
std::string first_version(const Record& r) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(1);
  for (const std::string* text : {&r.arn, &r.name, &r.machine_arn, &r.version_arn, &r.alias_arn, &r.definition, &r.role_arn, &r.input,
                                  &r.trace_header, &r.map_run_arn, &r.parent_arn}) {
    out.text(*text);
  }
  out.signed_number(r.start.ms);
  out.signed_number(r.stop.ms);
  out.u8(static_cast<uint8_t>(r.status));
  out.u8(0);
  out.u8(1), out.text(*r.error);
  out.u8(0);
  out.number(r.events);
  out.number(r.order);
  out.number(static_cast<uint64_t>(r.redrive_count));
  out.signed_number(r.redrive.ms);
  out.u8(0);
  return bytes;
}

TEST(Record, IsWhatItWasWhenItIsReadAgain) {
  for (const char* arn : {"arn:aws:states:us-east-1:000000000000:execution:m:one", "arn:aws:states:us-east-1:000000000000:execution:m/label:one"}) {
    Record r = whole();
    r.arn = arn;
    const std::string bytes = r.encode() + "rest";
    std::string_view rest = bytes;
    const auto again = Record::decode(rest);
    ASSERT_TRUE(again);
    EXPECT_EQ(rest, "rest");
    EXPECT_EQ(again->arn, r.arn);
    EXPECT_EQ(again->name, r.name);
    EXPECT_EQ(again->machine_arn, r.machine_arn);
    EXPECT_EQ(again->error, r.error);
    EXPECT_EQ(again->order, r.order);
  }
}

TEST(Record, TheFirstVersionIsRead) {
  const std::string bytes = first_version(whole());
  std::string_view rest = bytes;
  const auto r = Record::decode(rest);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->name, "one");
  EXPECT_EQ(r->machine_arn, "arn:aws:states:us-east-1:000000000000:stateMachine:m");
  EXPECT_EQ(r->status, engine::Outcome::failed);
  EXPECT_EQ(r->redrive_count, 1);
}

TEST(Record, WhatIsCutOrOfAVersionToComeIsNothing) {
  const std::string bytes = whole().encode();
  for (size_t n = 0; n < bytes.size(); ++n) {
    std::string_view cut = std::string_view(bytes).substr(0, n);
    EXPECT_FALSE(Record::decode(cut));
  }
  std::string newer = bytes;
  newer[0] = 99;
  std::string_view rest = newer;
  EXPECT_FALSE(Record::decode(rest));
}

TEST(Record, AnEntryOfAListingWhoseStatusIsNoneIsRefused) {
  Record r = whole();
  r.status = engine::Outcome::aborted;
  ASSERT_TRUE(engine::decode_listed(engine::encode_listed(r)));
  r.status = static_cast<engine::Outcome>(5);
  EXPECT_FALSE(engine::decode_listed(engine::encode_listed(r)));
}

}  // namespace
