#pragma once
// The journal: groups of commits, appended and flushed to the device by a thread of its own.
//
// The loop hands over one group at a time (everything that was committed while the one before was being
// written), so thousands of commits share one flush and the loop never waits for a disk. A group is written
// whole and carries a checksum; after a crash the groups up to the first damaged one are what there is.
// Behind the last group that was flushed stands a mark that says so: what tells a group that was being
// written when the power went from one that was acknowledged and has been damaged since.
// Segments are files of a fixed size, filled with zeros beforehand and used again when a checkpoint has
// made them obsolete: overwriting needs no metadata, which makes a flush twice as quick.
// Format: docs/formats/journal.md.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/exposition.h"
#include "base/loop.h"
#include "base/result.h"
#include "engine/store/file_system.h"

namespace store {

class Journal {
 public:
  static constexpr size_t kSegmentBytes = 16 * 1048576;
  static constexpr uint64_t kTablesRoomBytes = 24 * 1048576;

  struct Settings {
    FileSystem& files;
    size_t segment_bytes = kSegmentBytes;
    // Without a thread of its own it writes in turns of the loop: that is how a simulation repeats itself.
    bool own_thread = true;
  };

  // Opens the folder, gives every whole group behind position `from` to `replay` in order, and cuts what
  // follows. What was replayed is on the device then. Fails, naming file and offset, when what was
  // acknowledged is missing or damaged.
  static Result<std::unique_ptr<Journal>> open(Loop& loop, const std::string& folder, uint64_t from, Settings settings,
                                               const std::function<void(uint64_t last_position, std::string_view body)>& replay);
  ~Journal();

  // A spare segment is kept at hand, and a little room for the tables, so that a full disk is noticed while there is still room
  // for what is under way; then healthy() is false as well.
  //
  // Writes a group whose last commit is `last_position` and runs `durable` on the loop once it is on the
  // device. One group at a time: the next only after `durable`. When the device refuses (full, failing) it
  // is tried again until it works; meanwhile healthy() is false.
  void write(std::string body, uint64_t last_position, Function<void()> durable);
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }

  // Everything up to `position` is stored elsewhere: segments that hold nothing younger may be used again.
  void release(uint64_t position);
  // Bytes in segments that are not released yet.
  size_t live_bytes() const;
  // How long the flushes took, and what they wrote.
  struct Flushes {
    Histogram times;
    uint64_t bytes = 0;
  };
  Flushes flushes() const;

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t last_position = 0;  // of the last group in it
  };
  struct Group {
    std::string body;
    uint64_t last_position = 0;
    Function<void()> durable;
  };

  Journal(Loop& loop, std::string folder, Settings settings) : loop_(loop), folder_(std::move(folder)), settings_(settings) {}
  std::string path(uint64_t number) const;
  void run();
  void write_in_turns();
  bool append(const Group& group);
  bool open_next_segment(size_t bytes_needed);
  // Sees to it that there is a spare segment; false when there is no room for one.
  bool keep_reserve();
  void keep_reserve_in_turns();
  std::unique_ptr<File> make_segment(const std::string& name, size_t bytes);

  Loop& loop_;
  std::string folder_;
  Settings settings_;
  std::atomic<bool> healthy_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::unique_ptr<Group> waiting_;
  bool closed_ = false;
  bool reserve_posted_ = false;  // without a thread of its own
  std::deque<Segment> segments_;     // live ones, the last is written to
  std::deque<std::string> spares_;   // files to be used again
  Flushes flushes_;

  // The writing thread's own.
  std::unique_ptr<File> file_;
  size_t offset_ = 0, size_ = 0;
  uint64_t last_written_ = 0;
  std::thread thread_;
};

// What a look at a journal's folder finds, without changing anything: for `gantry inspect`.
struct JournalSummary {
  size_t segments = 0, groups = 0;
  uint64_t first_position = 0, last_position = 0;  // of the groups that are there
  std::vector<std::string> damage;                 // file, offset and what is wrong there
};
// `from` is how far the tables go, if that is known. `visit` gets the bodies of the groups behind it and says false of
// one that it cannot read.
JournalSummary summarise_journal(FileSystem& files, const std::string& folder, std::optional<uint64_t> from,
                                 const std::function<bool(std::string_view body)>& visit);

}  // namespace store
