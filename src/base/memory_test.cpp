#include "base/memory.h"

#include "base/loop.h"
#include "base/temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

// The kernel's file systems, as some machine has them.
class Machine {
  TemporaryFolder folder_;

 public:
  Machine& says(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root + path).parent_path());
    std::ofstream(root + path) << text;
    return *this;
  }
  const std::string& root = folder_.path;
};

TEST(Memory, TheLeastThatAGroupOrOneAroundItAllowsCounts) {
  Machine m;
  m.says("/proc/self/cgroup", "0::/machine/gantry.service\n").says("/sys/fs/cgroup/machine/gantry.service/memory.max", "max\n");
  EXPECT_EQ(allowed_bytes(m.root), 0u);
  m.says("/sys/fs/cgroup/machine/memory.max", "3000000\n");
  EXPECT_EQ(allowed_bytes(m.root), 3'000'000u);
  m.says("/sys/fs/cgroup/machine/gantry.service/memory.max", "2000000\n").says("/sys/fs/cgroup/memory.max", "9000000\n");
  EXPECT_EQ(allowed_bytes(m.root), 2'000'000u);
}

TEST(Memory, TheFirstVersionOfControlGroupsIsAskedToo) {
  Machine m;
  m.says("/proc/self/cgroup", "9:cpu,cpuacct:/a\n4:memory:/a\n0::/\n").says("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(allowed_bytes(m.root), 0u) << "the number that means none";
  m.says("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "5000000\n");
  EXPECT_EQ(allowed_bytes(m.root), 5'000'000u);
}

TEST(Memory, ThereIsNoRoomAboveTheLimitAndAgainBelowIt) {
  constexpr size_t kMore = 64 << 20;
  ManualLoop loop;
  MemoryLimit limit(loop.clock(), resident_bytes() + kMore / 2);
  EXPECT_TRUE(limit.room());
  // Of the kernel itself: an allocator may keep what it was given back.
  void* large = mmap(nullptr, kMore, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(large, MAP_FAILED);
  std::memset(large, 'x', kMore);
  loop.run_for(1'000);
  EXPECT_FALSE(limit.room());
  munmap(large, kMore);
  loop.run_for(10'000);
  EXPECT_TRUE(limit.room());
}

}  // namespace
