#include "engine/store/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace store {
namespace {

class RealFile final : public File {
 public:
  explicit RealFile(int fd) : fd_(fd) {}
  ~RealFile() override { close(fd_); }

  bool write(std::string_view bytes, uint64_t offset) override {
    while (!bytes.empty()) {
      const ssize_t wrote = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(wrote));
      offset += static_cast<uint64_t>(wrote);
    }
    return true;
  }
  // The sizes of our files are settled when they are made; a file that grew is flushed with its size all the same.
  bool sync() override { return fdatasync(fd_) == 0; }

 private:
  int fd_;
};

class RealLock final : public FileSystem::Lock {
 public:
  explicit RealLock(int fd) : fd_(fd) {}
  ~RealLock() override { close(fd_); }

 private:
  int fd_;
};

// Whether every page of a mapping is in memory: MAP_POPULATE leaves out what it cannot read.
bool mincore_all(void* at, size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> there((size + page - 1) / page);
  return mincore(at, size, there.data()) == 0 && std::ranges::all_of(there, [](unsigned char one) { return (one & 1) != 0; });
}

class RealFileSystem final : public FileSystem {
 public:
  Status make_folder(const std::string& path) override {
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      const bool last = slash == path.npos;
      if (mkdir(folder.c_str(), last ? 0700 : 0755) == 0) {
        const size_t above = folder.rfind('/');
        sync_folder(above == folder.npos ? "." : above == 0 ? "/" : folder.substr(0, above));
      } else if (errno != EEXIST && last) {
        return fail("Store", fmt::format("cannot make {}: {}", path, std::strerror(errno)));
      }
      if (last) return {};
    }
  }

  std::vector<std::string> list(const std::string& folder) override {
    std::vector<std::string> names;
    if (DIR* dir = opendir(folder.c_str())) {
      while (const dirent* entry = readdir(dir)) names.emplace_back(entry->d_name);
      closedir(dir);
    }
    return names;
  }

  Result<std::string> read(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail("Store", fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    struct stat status {};
    fstat(fd, &status);
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t n = pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const int why = errno;
        close(fd);
        return fail("Store", fmt::format("cannot read {}: {}", path, std::strerror(why)));
      }
      if (n == 0) break;
      got += static_cast<size_t>(n);
    }
    close(fd);
    bytes.resize(got);
    return bytes;
  }

  Result<FileView> look(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail("Store", fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    struct stat status {};
    fstat(fd, &status);
    const auto size = static_cast<size_t>(status.st_size);
    if (size == 0) {
      close(fd);
      return FileView{};
    }
    // All pages at once: they are read from front to end. What the device cannot read is told by read(), not by a signal.
    void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    const bool whole = at != MAP_FAILED && mincore_all(at, size);
    close(fd);
    if (whole) return FileView{{static_cast<const char*>(at), size}, {at, [size](void* mapped) { munmap(mapped, size); }}};
    if (at != MAP_FAILED) munmap(at, size);
    auto copy = std::make_shared<const std::string>(TRY(read(path)));
    return FileView{*copy, copy};
  }

  std::unique_ptr<File> open(const std::string& path, Open how) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | (how == Open::create ? O_CREAT : 0), 0600);
    return fd < 0 ? nullptr : std::make_unique<RealFile>(fd);
  }

  uint64_t size(const std::string& path) override {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
  }

  uint64_t room(const std::string& folder) override {
    struct statvfs status {};
    return statvfs(folder.c_str(), &status) == 0 ? static_cast<uint64_t>(status.f_bavail) * status.f_frsize : 0;
  }

  bool rename(const std::string& from, const std::string& to) override { return ::rename(from.c_str(), to.c_str()) == 0; }
  bool remove(const std::string& path) override { return unlink(path.c_str()) == 0; }

  bool sync_folder(const std::string& folder) override {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
  }

  std::unique_ptr<Lock> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return nullptr;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return std::make_unique<RealLock>(fd);
    close(fd);
    return nullptr;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem files;
  return files;
}

}  // namespace store
