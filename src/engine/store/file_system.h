#pragma once
// The few things that the store asks of a file system, so that tests can give it a disk that tears, drops,
// fills up and lies (tests/sim/simulated_disk.h).
//
// What was written is safe once sync() of the file has succeeded, a name (made, changed, removed) once
// sync_folder() of its folder has. After a sync that failed nothing is known of the writes before it: they
// are to be made again.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace store {

class File {
 public:
  virtual ~File() = default;
  // Writes all of it at `offset`, or says false; then any part of it may have been written.
  virtual bool write(std::string_view bytes, uint64_t offset) = 0;
  virtual bool sync() = 0;
};

// A file's bytes, there as long as this lives.
struct FileView {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

class FileSystem {
 public:
  enum class Open : uint8_t { existing, create };
  // Held while it lives.
  class Lock {
   public:
    virtual ~Lock() = default;
  };

  virtual ~FileSystem() = default;
  // Makes the folder (and those above it) if it is not there, safely.
  virtual Status make_folder(const std::string& path) = 0;
  // Names in a folder, in no order; none when there is no such folder.
  virtual std::vector<std::string> list(const std::string& folder) = 0;
  virtual Result<std::string> read(const std::string& path) = 0;
  // The same without a copy, where the system can: for files that are large and that nobody writes meanwhile.
  virtual Result<FileView> look(const std::string& path) = 0;
  // The file for writing; null when that is refused.
  virtual std::unique_ptr<File> open(const std::string& path, Open how) = 0;
  // 0 when there is no such file.
  virtual uint64_t size(const std::string& path) = 0;
  // Bytes that the folder's disk still takes.
  virtual uint64_t room(const std::string& folder) = 0;
  virtual bool rename(const std::string& from, const std::string& to) = 0;
  virtual bool remove(const std::string& path) = 0;
  virtual bool sync_folder(const std::string& folder) = 0;
  // Null when another process holds it.
  virtual std::unique_ptr<Lock> lock(const std::string& path) = 0;
};

FileSystem& real_file_system();

}  // namespace store
