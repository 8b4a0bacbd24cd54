#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "base/random.h"
#include "base/temporary_folder.h"
#include "engine/store/disk_store.h"
#include "engine/store/journal.h"
#include "engine/store/memory_store.h"

namespace {

using store::Batch;
using store::Order;
using store::Space;

// A manual loop whose run() waits for what the journal's thread posts.
class WaitingLoop final : public Loop {
 public:
  Clock& clock() override { return clock_; }
  void post(Function<void()> work) override {
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(work));
    wake_.notify_one();
  }
  TimerId after(int64_t, Function<void()>) override { return 1; }
  void cancel(TimerId) override {}
  void blocking(Function<void()> work, Function<void()> done) override {
    work();
    post(std::move(done));
  }
  void run_until(const bool& done) {
    while (!done) {
      Function<void()> work;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return !ready_.empty(); });
        work = std::move(ready_.front());
        ready_.pop_front();
      }
      work();
    }
  }

 private:
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Function<void()>> ready_;
};

using Folder = TemporaryFolder;

void put_durably(WaitingLoop& loop, store::Store& store, std::string key, std::string value) {
  Batch batch;
  batch.put(Space::resources, std::move(key), std::move(value));
  bool done = false;
  store.when_durable(store.commit(std::move(batch)), [&] { done = true; });
  loop.run_until(done);
}

std::string keys(store::Store& store, std::string_view from, std::string_view to, Order order) {
  std::string out;
  store.scan(Space::resources, from, to, order, [&](std::string_view key, std::string_view) {
    out.append(key).append(" ");
    return true;
  });
  return out;
}

void check_reading(store::Store& store) {
  Batch batch;
  for (const char* key : {"b", "a", "c", "d"}) batch.put(Space::resources, key, std::string("v") + key);
  batch.put(Space::history, "b", "other");
  store.commit(std::move(batch));
  EXPECT_EQ(store.get(Space::resources, "b"), "vb");
  EXPECT_EQ(store.get(Space::resources, "x"), std::nullopt);
  EXPECT_EQ(keys(store, "b", "d", Order::forward), "b c ");
  EXPECT_EQ(keys(store, "b", "", Order::backward), "d c b ");
  Batch erase;
  erase.erase(Space::resources, "b");
  store.commit(std::move(erase));
  EXPECT_EQ(keys(store, "", "", Order::forward), "a c d ");
  EXPECT_EQ(store.get(Space::history, "b"), "other");
}

TEST(MemoryStore, ReadsWhatWasCommitted) {
  store::MemoryStore store;
  check_reading(store);
}

TEST(DiskStore, ReadsWhatWasCommitted) {
  Folder folder;
  WaitingLoop loop;
  auto store = store::open_disk_store(loop, folder.path);
  ASSERT_TRUE(store) << store.error().message;
  check_reading(**store);
}

TEST(DiskStore, KeepsWhatWasDurable) {
  Folder folder;
  WaitingLoop loop;
  {
    auto store = store::open_disk_store(loop, folder.path);
    ASSERT_TRUE(store);
    for (int i = 0; i < 50; ++i) put_durably(loop, **store, "k" + std::to_string(i), "v");
  }
  // The tables are thrown away: the journal alone brings everything back.
  std::filesystem::remove_all(folder.path + "/tables");
  auto store = store::open_disk_store(loop, folder.path);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->get(Space::resources, "k49"), "v");
  EXPECT_EQ((*store)->head(), 50u);
  put_durably(loop, **store, "after", "v");
}

// Makes a journal of three groups, each one commit with one value of 100 bytes, and turns a byte of one.
// A group is a header of 40 bytes and a write of 1 + 1 + 2 + 1 + 100.
void damage_group(WaitingLoop& loop, const Folder& folder, int group) {
  {
    auto store = store::open_disk_store(loop, folder.path);
    for (int i = 0; i < 3; ++i) put_durably(loop, **store, "k" + std::to_string(i), std::string(100, 'v'));
  }
  std::filesystem::remove_all(folder.path + "/tables");
  std::fstream file(folder.path + "/journal/000000000001.log", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(group * 145 + 60);
  file.put('X');
}

TEST(DiskStore, TellsDamageOfTheLastGroup) {
  Folder folder;
  WaitingLoop loop;
  damage_group(loop, folder, 2);
  auto store = store::open_disk_store(loop, folder.path);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("the group at offset 290 is damaged (the mark at 435 says that it was safe)"), std::string::npos)
      << store.error().message;
}

TEST(DiskStore, RefusesANewerFormat) {
  Folder folder;
  WaitingLoop loop;
  std::ofstream(folder.path + "/format") << "gantry data directory, format 99\n";
  auto store = store::open_disk_store(loop, folder.path);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("format says format 99, and this program reads formats 1 to 2"), std::string::npos) << store.error().message;
  std::ofstream(folder.path + "/format") << "gantry dXta\n";
  EXPECT_NE(store::open_disk_store(loop, folder.path).error().message.find("is damaged"), std::string::npos);
}

TEST(DiskStore, TakesUpWhatFormat1HasLeft) {
  Folder folder;
  WaitingLoop loop;
  std::ofstream(folder.path + "/format") << "gantry data directory, format 1\n";
  ASSERT_TRUE(store::open_disk_store(loop, folder.path));
  // From now on it holds what a program of then could not read.
  EXPECT_EQ(store::real_file_system().read(folder.path + "/format").value(), "gantry data directory, format 2\n");
}

TEST(DiskStore, CutsATornTailAndGoesOn) {
  Folder folder;
  WaitingLoop loop;
  damage_group(loop, folder, 2);
  {
    // Without the mark nobody was told that the last group was safe.
    std::fstream file(folder.path + "/journal/000000000001.log", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 145);
    file.put('X');
  }
  for (int round = 0; round < 2; ++round) {
    auto store = store::open_disk_store(loop, folder.path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->get(Space::resources, "k1"));
    EXPECT_FALSE((*store)->get(Space::resources, "k2"));
    put_durably(loop, **store, "after" + std::to_string(round), "v");
    store->reset();
    std::filesystem::remove_all(folder.path + "/tables");
  }
}

TEST(DiskStore, TellsDamageFromATornTail) {
  Folder folder;
  WaitingLoop loop;
  damage_group(loop, folder, 1);
  auto store = store::open_disk_store(loop, folder.path);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("000000000001.log: the group at offset 145 is damaged"), std::string::npos)
      << store.error().message;
}

// Memory that is handed over every few commits: whatever lies where, reading shows what was committed, after a restart too.
TEST(DiskStore, ReadsTheSameThroughCheckpoints) {
  Folder folder;
  WaitingLoop loop;
  SeededRandom random(3);
  const store::Disk disk{.memory_bytes = 4'000};
  std::map<std::string, std::string> model;
  const auto check = [&](store::Store& store) {
    std::string forward, backward;
    for (const auto& [key, value] : model) {
      forward += key + " ";
      backward = key + " " + backward;
      EXPECT_EQ(store.get(Space::resources, key), value);
    }
    EXPECT_EQ(keys(store, "", "", Order::forward), forward);
    EXPECT_EQ(keys(store, "", "", Order::backward), backward);
    EXPECT_EQ(store.get(Space::resources, "none"), std::nullopt);
  };
  for (int round = 0; round < 3; ++round) {
    auto store = store::DiskStore::open(loop, folder.path, disk);
    ASSERT_TRUE(store) << store.error().message;
    check(**store);
    for (int i = 0; i < 150; ++i) {
      const std::string key = fmt::format("k{:02}", random.below(60)), value = std::to_string(random.below(1'000'000));
      if (random.below(3) == 0) {
        Batch batch;
        batch.erase(Space::resources, key);
        (*store)->commit(std::move(batch));
        model.erase(key);
      } else {
        put_durably(loop, **store, key, value);
        model[key] = value;
      }
      if (i % 30 == 0) check(**store);
    }
    put_durably(loop, **store, "last", "v");
    model["last"] = "v";
    check(**store);
  }
  const auto files = std::filesystem::directory_iterator(folder.path + "/tables");
  EXPECT_TRUE(std::ranges::any_of(files, [](const auto& entry) { return entry.path().extension() == ".sst"; }));
}

// A file of erasures alone would lie on the last level, where nothing ever merges it.
TEST(DiskStore, KeepsNoTraceOfWhatCameAndWentBetweenCheckpoints) {
  Folder folder;
  WaitingLoop loop;
  auto store = store::DiskStore::open(loop, folder.path, {.memory_bytes = 500});
  ASSERT_TRUE(store) << store.error().message;
  const auto commit = [&](const std::function<void(Batch&)>& fill) {
    Batch batch;
    fill(batch);
    bool done = false;
    (*store)->when_durable((*store)->commit(std::move(batch)), [&] { done = true; });
    loop.run_until(done);
  };
  const auto key = [](int number) { return fmt::format("o{:06}", number); };
  constexpr int kLast = 500;
  for (const int number : {0, 100}) commit([&](Batch& batch) { batch.put(Space::index, key(number), ""); });
  for (int number = 1; number <= kLast; ++number) {
    commit([&](Batch& batch) {
      if (number != 100) batch.put(Space::index, key(number), "");
      if (number != 300) batch.erase(Space::index, key(number));
    });
  }
  std::string left;
  (*store)->scan(Space::index, "", "", Order::forward, [&](std::string_view found, std::string_view) {
    left.append(found).append(" ");
    return true;
  });
  EXPECT_EQ(left, "o000000 o000300 ");
  store->reset();
  const auto files = std::filesystem::directory_iterator(folder.path + "/tables");
  const auto tables = std::ranges::count_if(files, [](const auto& entry) { return entry.path().extension() == ".sst"; });
  EXPECT_LT(tables, 25);
}

TEST(DiskStore, RefusesASecondProcess) {
  Folder folder;
  WaitingLoop loop;
  auto first = store::open_disk_store(loop, folder.path);
  auto second = store::open_disk_store(loop, folder.path);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another gantry"), std::string::npos);
}

}  // namespace
