#include "engine/store/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace store {
namespace {

// A group on disk. `crc` is of everything behind it. The segment's number keeps a group that an earlier use
// of the file left behind from being taken for one of ours.
struct GroupHeader {
  uint32_t magic;
  uint32_t crc;
  uint64_t segment;
  uint64_t previous_position;  // where the group before it ended
  uint64_t last_position;
  uint32_t body_bytes;
  uint32_t reserved;
};
static_assert(sizeof(GroupHeader) == 40);
constexpr uint32_t kMagic = 0x4A525447;  // "GTRJ"

uint32_t checksum(const GroupHeader& header, std::string_view body) {
  const auto* bytes = reinterpret_cast<const Bytef*>(&header);
  uLong crc = crc32(0, bytes + 8, sizeof header - 8);
  return static_cast<uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

bool write_fully(int fd, const char* data, size_t size, size_t offset) {
  while (size > 0) {
    const ssize_t wrote = pwrite(fd, data, size, static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    data += wrote, offset += static_cast<size_t>(wrote), size -= static_cast<size_t>(wrote);
  }
  return true;
}

bool sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = fsync(fd) == 0;
  close(fd);
  return ok;
}

Result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("Journal", fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  struct stat status {};
  fstat(fd, &status);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      close(fd);
      return fail("Journal", fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  close(fd);
  bytes.resize(got);
  return bytes;
}

struct GroupView {
  GroupHeader header;
  std::string_view body;
};

// The whole group that begins at `offset`, if one does.
std::optional<GroupView> group_at(std::string_view bytes, size_t offset, uint64_t segment) {
  if (offset + sizeof(GroupHeader) > bytes.size()) return std::nullopt;
  GroupView group;
  std::memcpy(&group.header, bytes.data() + offset, sizeof group.header);
  if (group.header.magic != kMagic || group.header.segment != segment) return std::nullopt;
  if (group.header.body_bytes > bytes.size() - offset - sizeof(GroupHeader)) return std::nullopt;
  group.body = bytes.substr(offset + sizeof(GroupHeader), group.header.body_bytes);
  if (checksum(group.header, group.body) != group.header.crc) return std::nullopt;
  return group;
}

std::optional<size_t> find_group(std::string_view bytes, size_t from, uint64_t segment) {
  const std::string_view magic(reinterpret_cast<const char*>(&kMagic), sizeof kMagic);
  for (size_t at = bytes.find(magic, from); at != bytes.npos; at = bytes.find(magic, at + 1)) {
    if (group_at(bytes, at, segment)) return at;
  }
  return std::nullopt;
}

}  // namespace

std::string Journal::path(uint64_t number) const { return fmt::format("{}/{:012}.log", folder_, number); }

Result<std::unique_ptr<Journal>> Journal::open(Loop& loop, const std::string& folder, uint64_t from,
                                               const std::function<void(uint64_t, std::string_view)>& replay) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail("Journal", fmt::format("cannot make {}: {}", folder, std::strerror(errno)));
  }
  std::unique_ptr<Journal> journal(new Journal(loop, folder));
  std::vector<uint64_t> numbers;
  if (DIR* dir = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name.ends_with(".log")) numbers.push_back(std::strtoull(entry->d_name, nullptr, 10));
      if (name.ends_with(".spare")) journal->spares_.push_back(folder + "/" + entry->d_name);
    }
    closedir(dir);
  }
  std::ranges::sort(numbers);
  uint64_t last = from;
  for (const uint64_t number : numbers) {
    const std::string bytes = TRY(read_file(journal->path(number)));
    uint64_t last_here = 0;
    size_t offset = 0;
    while (const auto group = group_at(bytes, offset, number)) {
      if (group->header.previous_position > last) {
        return fail("Journal", fmt::format("{}: commits {} to {} are missing in front of offset {}: restore a backup",
                                           journal->path(number), last + 1, group->header.previous_position, offset));
      }
      if (group->header.last_position > last) {
        replay(group->header.last_position, group->body);
        last = group->header.last_position;
      }
      last_here = group->header.last_position;
      offset += sizeof(GroupHeader) + group->body.size();
    }
    // Only the last write of a process can be torn. A whole group behind a damaged one means that what was
    // acknowledged has been damaged since.
    if (const auto behind = find_group(bytes, offset, number)) {
      return fail("Journal", fmt::format("{}: the group at offset {} is damaged (the one at {} is whole): restore a backup",
                                         journal->path(number), offset, *behind));
    }
    journal->segments_.push_back({number, last_here});
  }
  journal->last_written_ = last;
  // Always begin a fresh segment: a torn group is then never appended to.
  journal->thread_ = std::thread([raw = journal.get()] { raw->run(); });
  return journal;
}

Journal::~Journal() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (fd_ >= 0) close(fd_);
}

void Journal::write(std::string body, uint64_t last_position, Function<void()> durable) {
  {
    std::lock_guard lock(mutex_);
    waiting_ = std::make_unique<Group>(Group{std::move(body), last_position, std::move(durable)});
  }
  ready_.notify_one();
}

void Journal::run() {
  while (true) {
    std::unique_ptr<Group> group;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return closed_ || waiting_; });
      if (!waiting_) return;
      group = std::move(waiting_);
    }
    // A group that the device refuses stays here until it is taken: acknowledging it would be a lie.
    while (!append(*group)) {
      healthy_ = false;
      std::unique_lock lock(mutex_);
      if (ready_.wait_for(lock, std::chrono::milliseconds(200), [&] { return closed_; })) return;
    }
    healthy_ = true;
    loop_.post(std::move(group->durable));
  }
}

bool Journal::append(const Group& group) {
  const size_t bytes = sizeof(GroupHeader) + group.body.size();
  if ((fd_ < 0 || offset_ + bytes > size_) && !open_next_segment(bytes)) return false;
  uint64_t segment;
  {
    std::lock_guard lock(mutex_);
    segment = segments_.back().number;
  }
  GroupHeader header{kMagic, 0, segment, last_written_, group.last_position, static_cast<uint32_t>(group.body.size()), 0};
  header.crc = checksum(header, group.body);
  if (!write_fully(fd_, reinterpret_cast<const char*>(&header), sizeof header, offset_) ||
      !write_fully(fd_, group.body.data(), group.body.size(), offset_ + sizeof header) || fdatasync(fd_) != 0) {
    return false;
  }
  offset_ += bytes;
  last_written_ = group.last_position;
  std::lock_guard lock(mutex_);
  segments_.back().last_position = group.last_position;
  return true;
}

bool Journal::open_next_segment(size_t bytes_needed) {
  uint64_t number;
  std::string spare;
  {
    std::lock_guard lock(mutex_);
    number = segments_.empty() ? 1 : segments_.back().number + 1;
    if (!spares_.empty() && bytes_needed <= kSegmentBytes) spare = spares_.front();
  }
  const std::string name = path(number);
  const size_t size = std::max(kSegmentBytes, bytes_needed);
  int fd;
  if (!spare.empty()) {
    if (rename(spare.c_str(), name.c_str()) != 0) return false;
    fd = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string zeros(1 << 20, '\0');
    for (size_t at = 0; fd >= 0 && at < size; at += zeros.size()) {
      if (!write_fully(fd, zeros.data(), std::min(zeros.size(), size - at), at)) {
        close(fd);
        unlink(name.c_str());
        return false;
      }
    }
  }
  if (fd < 0) return false;
  if (fsync(fd) != 0 || !sync_folder(folder_)) {
    close(fd);
    return false;
  }
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
  offset_ = 0;
  size_ = size;
  std::lock_guard lock(mutex_);
  if (!spare.empty()) spares_.pop_front();
  segments_.push_back({number, 0});
  return true;
}

void Journal::release(uint64_t position) {
  constexpr size_t kSparesMax = 4;
  std::lock_guard lock(mutex_);
  // The last segment is being written to; an empty one in front of it holds nothing.
  while (segments_.size() > 1 && segments_.front().last_position <= position) {
    const std::string old = path(segments_.front().number);
    struct stat status {};
    const bool usual = stat(old.c_str(), &status) == 0 && static_cast<size_t>(status.st_size) == kSegmentBytes;
    const std::string spare = fmt::format("{}/{:012}.spare", folder_, segments_.front().number);
    if (usual && spares_.size() < kSparesMax && rename(old.c_str(), spare.c_str()) == 0) {
      spares_.push_back(spare);
    } else {
      unlink(old.c_str());
    }
    segments_.pop_front();
  }
}

size_t Journal::live_bytes() const {
  std::lock_guard lock(mutex_);
  return segments_.size() * kSegmentBytes;
}

}  // namespace store
