// R1, R2, R4 and R5 of the design, within a bound (tests/sim/README.md); `scripts/simulate` runs as long as you like.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/loop.h"
#include "engine/store/disk_store.h"
#include "simulated_disk.h"
#include "simulation.h"

namespace {

using sim::Crash;
using sim::Fault;
using sim::SimulatedDisk;
using store::Space;

uint64_t seeds() {
  const char* asked = std::getenv("GANTRY_SIM_SEEDS");
  return asked ? std::strtoull(asked, nullptr, 10) : 10'000;
}

TEST(Simulation, KeepsItsPromisesForEverySeed) {
  const uint64_t count = seeds();
  uint64_t crashes = 0, events = 0, failed = 0;
  for (uint64_t seed = 1; seed <= count && failed < 5; ++seed) {
    const sim::Outcome outcome = sim::check_seed(seed);
    crashes += outcome.crashes, events += outcome.events;
    failed += outcome.failures.empty() ? 0 : 1;
    for (const std::string& failure : outcome.failures) ADD_FAILURE() << failure;
  }
  fmt::print("{} seeds: {} events, {} crashes\n", count, events, crashes);
  EXPECT_GT(crashes, count) << "the seeds are meant to hurt";
}

TEST(Simulation, RepeatsItselfBitForBit) {
  for (uint64_t seed = 1; seed <= std::min<uint64_t>(seeds(), 200); ++seed) {
    const sim::Outcome first = sim::simulate(seed, true), again = sim::simulate(seed, true);
    EXPECT_EQ(first.digest, again.digest) << "seed " << seed;
    EXPECT_EQ(first.disk_calls, again.disk_calls) << "seed " << seed;
  }
}

// --- a scripted run of the store alone, for every call that it makes ----------------------------------------

struct Script {
  SimulatedDisk disk;
  ManualLoop loop;
  std::unique_ptr<store::DiskStore> store;
  uint64_t acknowledged = 0, committed = 0;
  uint64_t calls = 0;
  std::string refusal;

  explicit Script(uint64_t seed) : disk(seed) {}

  bool open() {
    store.reset();
    auto opened = store::DiskStore::open(loop, "data", {.journal = {.files = disk, .segment_bytes = 1024, .own_thread = false},
                                                        .open_tables = [this](const std::string&) -> Result<std::unique_ptr<store::Tables>> { return disk.tables(); }});
    if (!opened) return refusal = opened.error().message, false;
    store = *std::move(opened);
    return true;
  }
  static std::string value(uint64_t n) { return fmt::format("value {} {}", n, std::string(n * 37 % 300, 'x')); }

  // Commits 1, 2, 3 ...; each is one key of its own and the common counter.
  void commit(uint64_t many) {
    for (uint64_t i = 0; i < many; ++i) {
      const uint64_t n = ++committed;
      store::Batch batch;
      batch.put(Space::resources, fmt::format("{:06}", n), value(n));
      batch.put(Space::meta, "count", std::to_string(n));
      store->when_durable(store->commit(std::move(batch)), [this, n] { acknowledged = n; });
      if (n % 3 == 0) loop.run_for(5);
    }
    loop.run_for(10'000);
  }

  // A prefix of the commits that holds every one that was acknowledged.
  std::string check() {
    const std::string counted = store->get(Space::meta, "count").value_or("0");
    const uint64_t count = std::stoull(counted);
    if (count < acknowledged) return fmt::format("{} were acknowledged, {} are there", acknowledged, count);
    uint64_t n = 0;
    std::string wrong;
    store->scan(Space::resources, "", "", store::Order::forward, [&](std::string_view key, std::string_view bytes) {
      ++n;
      if (key != fmt::format("{:06}", n) || bytes != value(n)) wrong = fmt::format("commit {} is not what it was", n);
      return wrong.empty();
    });
    if (wrong.empty() && n != count) wrong = fmt::format("{} are counted, {} are there", count, n);
    committed = count;
    return wrong;
  }
};

constexpr uint64_t kCommits = 40;

uint64_t calls_of_script() {
  Script script(1);
  EXPECT_TRUE(script.open());
  script.commit(kCommits);
  return script.disk.calls();
}

TEST(Disk, ACrashAtEveryCallLosesNothingThatWasAcknowledged) {
  const uint64_t calls = calls_of_script();
  ASSERT_GT(calls, 40u);
  for (uint64_t nth = 1; nth <= calls; ++nth) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      Script script(seed * 1000 + nth);
      script.disk.die_at_call(nth);
      if (script.open()) script.commit(kCommits);
      const Crash how = seed % 3 == 0 ? Crash::process : Crash::power;
      script.store.reset();
      script.disk.crash(how);
      ASSERT_TRUE(script.open()) << "call " << nth << ", seed " << seed << ": " << script.refusal;
      ASSERT_EQ(script.check(), "") << "call " << nth << ", seed " << seed;
      // And it goes on from there.
      script.commit(5);
      script.store.reset();
      script.disk.crash(Crash::power);
      ASSERT_TRUE(script.open()) << "call " << nth << ", seed " << seed << ": " << script.refusal;
      ASSERT_EQ(script.check(), "") << "call " << nth << ", seed " << seed;
    }
  }
}

TEST(Disk, AFailureOfEveryCallIsNeverAFalseAcknowledgement) {
  const uint64_t calls = calls_of_script();
  for (const Fault fault : {Fault::io_error, Fault::no_space, Fault::short_write}) {
    for (uint64_t nth = 1; nth <= calls; ++nth) {
      for (const uint64_t length : {uint64_t{1}, uint64_t{4}, uint64_t{1'000'000}}) {
        Script script(nth * 31 + length);
        script.disk.fail_calls(nth, length, fault);
        if (script.open()) script.commit(kCommits);
        const bool healed = length < 1000 && script.store;
        if (healed) {
          EXPECT_EQ(script.acknowledged, kCommits) << "call " << nth << ": it does not go on once the disk is well";
          EXPECT_TRUE(script.store->healthy());
          EXPECT_EQ(script.check(), "");
        }
        script.store.reset();
        script.disk.crash(Crash::power);
        ASSERT_TRUE(script.open()) << "call " << nth << ": " << script.refusal;
        ASSERT_EQ(script.check(), "") << "call " << nth << " length " << length;
      }
    }
  }
}

TEST(Disk, AFlippedBitIsNamedOrHarmless) {
  uint64_t named = 0, tried = 0;
  for (uint64_t round = 0; round < 4000; ++round) {
    SeededRandom random(round + 99);
    Script script(7);
    ASSERT_TRUE(script.open());
    script.commit(kCommits);
    script.store.reset();
    script.disk.crash(Crash::process);
    auto files = script.disk.files();
    std::erase_if(files, [](const std::string& path) { return path.ends_with("/lock"); });
    const std::string& path = files[random.below(files.size())];
    script.disk.flip(path, random.below(std::max<uint64_t>(script.disk.size(path), 1)), static_cast<int>(random.below(8)));
    ++tried;
    if (!script.open()) {
      ++named;
      EXPECT_NE(script.refusal.find("data/"), std::string::npos) << "it does not say where: " << script.refusal;
      continue;
    }
    ASSERT_EQ(script.check(), "") << "round " << round << ", " << path;
  }
  EXPECT_GT(named, tried / 20);
}

TEST(Disk, IsFoundFullWhileThereIsStillRoomForWhatIsUnderWay) {
  Script script(5);
  ASSERT_TRUE(script.open());
  script.commit(10);
  ASSERT_TRUE(script.store->healthy());
  script.disk.set_full(true);
  while (script.store->healthy() && script.committed < 1'000) script.commit(1);
  EXPECT_FALSE(script.store->healthy());
  EXPECT_EQ(script.acknowledged, script.committed) << "what was committed before that is safe, so that its answers can go";
  script.disk.set_full(false);
  script.loop.run_for(10'000);
  EXPECT_TRUE(script.store->healthy());
  EXPECT_EQ(script.check(), "");
}

TEST(Disk, WhatIsHeldBackIsReadAllTheSame) {
  Script script(3);
  ASSERT_TRUE(script.open());
  script.commit(10);
  script.disk.set_full(true);
  // The journal's segments are there already and take more; the tables refuse once they want to flush.
  for (int i = 0; i < 40; ++i) script.commit(1);
  EXPECT_FALSE(script.store->healthy());
  EXPECT_EQ(script.check(), "");
  std::vector<std::string> backward;
  script.store->scan(Space::resources, "000003", "000048", store::Order::backward, [&](std::string_view key, std::string_view) {
    backward.emplace_back(key);
    return backward.size() < 3;
  });
  EXPECT_EQ(backward, (std::vector<std::string>{"000047", "000046", "000045"}));
  script.disk.set_full(false);
  script.loop.run_for(10'000);
  EXPECT_TRUE(script.store->healthy());
  EXPECT_EQ(script.check(), "");
}

}  // namespace
