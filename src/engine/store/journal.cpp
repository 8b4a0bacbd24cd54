#include "engine/store/journal.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
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
constexpr uint32_t kGroup = 0x4A525447;  // "GTRJ"
constexpr uint32_t kMark = 0x4D525447;   // "GTRM": everything up to last_position is on the device

uint32_t checksum(const GroupHeader& header, std::string_view body) {
  const auto* bytes = reinterpret_cast<const Bytef*>(&header);
  const uLong crc = crc32(0, bytes + 8, sizeof header - 8);
  if (body.empty()) return static_cast<uint32_t>(crc);  // zlib takes a null pointer for another question
  return static_cast<uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

std::string_view bytes_of(const GroupHeader& header) { return {reinterpret_cast<const char*>(&header), sizeof header}; }

struct GroupView {
  GroupHeader header;
  std::string_view body;
};

// The whole group (or mark) that begins at `offset`, if one does.
std::optional<GroupView> group_at(std::string_view bytes, size_t offset, uint64_t segment, uint32_t magic = kGroup) {
  if (offset + sizeof(GroupHeader) > bytes.size()) return std::nullopt;
  GroupView group;
  std::memcpy(&group.header, bytes.data() + offset, sizeof group.header);
  if (group.header.magic != magic || group.header.segment != segment) return std::nullopt;
  if (group.header.body_bytes > bytes.size() - offset - sizeof(GroupHeader)) return std::nullopt;
  group.body = bytes.substr(offset + sizeof(GroupHeader), group.header.body_bytes);
  if (checksum(group.header, group.body) != group.header.crc) return std::nullopt;
  return group;
}

std::optional<size_t> find(std::string_view bytes, size_t from, uint64_t segment, uint32_t magic, uint64_t behind) {
  const std::string_view letters(reinterpret_cast<const char*>(&magic), sizeof magic);
  for (size_t at = bytes.find(letters, from); at != bytes.npos; at = bytes.find(letters, at + 1)) {
    if (const auto group = group_at(bytes, at, segment, magic); group && group->header.last_position > behind) return at;
  }
  return std::nullopt;
}

// One segment, read: gives its whole groups to `visit`, in order, and tells damage behind them.
struct SegmentRead {
  uint64_t last_position = 0;
  size_t groups = 0, end = 0, last_group = 0;  // `last_group`: where it begins
  std::optional<std::string> damage;
};
SegmentRead read_segment(std::string_view bytes, uint64_t number, const std::string& path,
                         const std::function<bool(const GroupView&, size_t offset)>& visit) {
  SegmentRead read;
  while (const auto group = group_at(bytes, read.end, number)) {
    if (!visit(*group, read.end)) return read;
    read.last_position = group->header.last_position;
    read.last_group = read.end;
    ++read.groups;
    read.end += sizeof(GroupHeader) + group->body.size();
  }
  // Only the last write of a process can be torn. A whole group behind a damaged one, or a mark that tells of
  // more, means that what was acknowledged has been damaged since.
  if (const auto behind = find(bytes, read.end, number, kGroup, read.last_position)) {
    read.damage = fmt::format("{}: the group at offset {} is damaged (the one at {} is whole)", path, read.end, *behind);
  } else if (const auto mark = find(bytes, read.end, number, kMark, read.last_position)) {
    read.damage = fmt::format("{}: the group at offset {} is damaged (the mark at {} says that it was safe)", path, read.end, *mark);
  }
  return read;
}

std::vector<uint64_t> segment_numbers(FileSystem& files, const std::string& folder, std::deque<std::string>* spares) {
  std::vector<uint64_t> numbers;
  for (const std::string& name : files.list(folder)) {
    if (name.ends_with(".log")) numbers.push_back(std::strtoull(name.c_str(), nullptr, 10));
    if (spares && name.ends_with(".spare")) spares->push_back(folder + "/" + name);
  }
  std::ranges::sort(numbers);
  if (spares) std::ranges::sort(*spares);
  return numbers;
}

std::string segment_path(const std::string& folder, uint64_t number) { return fmt::format("{}/{:012}.log", folder, number); }

}  // namespace

std::string Journal::path(uint64_t number) const { return segment_path(folder_, number); }

Result<std::unique_ptr<Journal>> Journal::open(Loop& loop, const std::string& folder, uint64_t from, Settings settings,
                                               const std::function<void(uint64_t, std::string_view)>& replay) {
  FileSystem& files = settings.files;
  TRY(files.make_folder(folder));
  std::unique_ptr<Journal> journal(new Journal(loop, folder, settings));
  for (const std::string& name : files.list(folder)) {
    if (name.ends_with(".new")) files.remove(folder + "/" + name);  // a spare that was being made
  }
  const auto restore = [](std::string damage) { return fail("Journal", damage + ": 'gantry restore' puts a backup in its place"); };
  uint64_t last = from;
  std::string tail, tail_path;
  size_t tail_offset = 0;
  for (const uint64_t number : segment_numbers(files, folder, &journal->spares_)) {
    const std::string path = journal->path(number);
    const FileView contents = TRY(files.look(path));
    const std::string_view bytes = contents.bytes;
    std::optional<std::string> missing;
    const SegmentRead read = read_segment(bytes, number, path, [&](const GroupView& group, size_t offset) {
      if (group.header.previous_position > last) {
        missing = fmt::format("{}: commits {} to {} are missing in front of offset {}", path, last + 1, group.header.previous_position, offset);
        return false;
      }
      if (group.header.last_position > last) {
        replay(group.header.last_position, group.body);
        last = group.header.last_position;
      }
      return true;
    });
    if (missing) return restore(*missing);
    if (read.damage) return restore(*read.damage);
    if (read.groups > 0) {
      tail_path = path;
      tail_offset = read.last_group;
      tail = std::string(bytes.substr(read.last_group, read.end - read.last_group));
    }
    journal->segments_.push_back({number, read.last_position});
  }
  // The last group may stand in the system's memory alone: the process was killed before its flush, or the flush
  // failed, after which the system may take the page for written. It is answered for from now on, so it is
  // written again and flushed. Every group in front of it was safe before the next was begun.
  if (last > from) {
    const auto file = files.open(tail_path, FileSystem::Open::existing);
    if (!file || !file->write(tail, tail_offset) || !file->sync() || !files.sync_folder(folder)) {
      return fail("Journal", fmt::format("cannot write {}", tail_path));
    }
  }
  journal->last_written_ = last;
  // Always begin a fresh segment: a torn group is then never appended to.
  if (settings.own_thread) journal->thread_ = std::thread([raw = journal.get()] { raw->run(); });
  return journal;
}

Journal::~Journal() {
  *alive_ = false;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Journal::write(std::string body, uint64_t last_position, Function<void()> durable) {
  {
    std::lock_guard lock(mutex_);
    waiting_ = std::make_unique<Group>(Group{std::move(body), last_position, std::move(durable)});
  }
  if (settings_.own_thread) return ready_.notify_one();
  loop_.after(1, [this, alive = alive_] {
    if (*alive) write_in_turns();
  });
}

void Journal::run() {
  // What is under way has its turn first; a server that has only begun is given a moment.
  bool reserved = false;
  while (true) {
    std::unique_ptr<Group> group;
    {
      std::unique_lock lock(mutex_);
      const auto called = [&] { return closed_ || waiting_; };
      if (reserved) {
        ready_.wait(lock, called);
      } else {
        ready_.wait_for(lock, std::chrono::milliseconds(200), called);
      }
      if (closed_ && !waiting_) return;
      group = std::move(waiting_);
    }
    if (!group) {
      reserved = keep_reserve();
      healthy_ = reserved;
      continue;
    }
    // A group that the device refuses stays here until it is taken: acknowledging it would be a lie.
    while (!append(*group)) {
      healthy_ = false;
      std::unique_lock lock(mutex_);
      if (ready_.wait_for(lock, std::chrono::milliseconds(200), [&] { return closed_; })) return;
    }
    loop_.post(std::move(group->durable));
    reserved = keep_reserve();
    healthy_ = reserved;
  }
}

void Journal::write_in_turns() {
  if (append(*waiting_)) {
    auto group = std::move(waiting_);
    loop_.post(std::move(group->durable));
    return keep_reserve_in_turns();
  }
  healthy_ = false;
  loop_.after(200, [this, alive = alive_] {
    if (*alive) write_in_turns();
  });
}

void Journal::keep_reserve_in_turns() {
  const bool reserved = keep_reserve();
  healthy_ = reserved;
  if (reserved || reserve_posted_) return;
  reserve_posted_ = true;
  loop_.after(200, [this, alive = alive_] {
    if (!*alive) return;
    reserve_posted_ = false;
    // A group that is waiting to be taken tells for itself.
    if (!waiting_) keep_reserve_in_turns();
  });
}

bool Journal::keep_reserve() {
  if (settings_.files.room(folder_) < kTablesRoomBytes) return false;
  std::string name;
  {
    std::lock_guard lock(mutex_);
    if (!spares_.empty()) return true;
    name = fmt::format("{}/reserve-{:012}.spare", folder_, segments_.empty() ? 0 : segments_.back().number);
  }
  const auto file = make_segment(name + ".new", settings_.segment_bytes);
  if (!file || !file->sync() || !settings_.files.rename(name + ".new", name) || !settings_.files.sync_folder(folder_)) return false;
  std::lock_guard lock(mutex_);
  spares_.push_back(name);
  return true;
}

// A file of zeros; what a full disk has taken of it is given back.
std::unique_ptr<File> Journal::make_segment(const std::string& name, size_t bytes) {
  auto file = settings_.files.open(name, FileSystem::Open::create);
  const std::string zeros(std::min<size_t>(64 << 10, settings_.segment_bytes), '\0');
  for (size_t at = 0; file && at < bytes; at += zeros.size()) {
    if (file->write(std::string_view(zeros).substr(0, bytes - at), at)) continue;
    settings_.files.remove(name);
    return nullptr;
  }
  return file;
}

bool Journal::append(const Group& group) {
  const size_t bytes = sizeof(GroupHeader) + group.body.size();
  // Room for the mark behind it is part of what is needed.
  if ((!file_ || offset_ + bytes + sizeof(GroupHeader) > size_) && !open_next_segment(bytes + sizeof(GroupHeader))) return false;
  uint64_t segment;
  {
    std::lock_guard lock(mutex_);
    segment = segments_.back().number;
  }
  GroupHeader header{kGroup, 0, segment, last_written_, group.last_position, static_cast<uint32_t>(group.body.size()), 0};
  header.crc = checksum(header, group.body);
  const auto since = std::chrono::steady_clock::now();
  if (!file_->write(bytes_of(header), offset_) || !file_->write(group.body, offset_ + sizeof header) || !file_->sync()) return false;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  offset_ += bytes;
  last_written_ = group.last_position;
  // The mark need not reach the device: it is for damage, which is rare, and the next group overwrites it.
  GroupHeader mark{kMark, 0, segment, last_written_, last_written_, 0, 0};
  mark.crc = checksum(mark, {});
  file_->write(bytes_of(mark), offset_);
  std::lock_guard lock(mutex_);
  segments_.back().last_position = group.last_position;
  flushes_.times.observe(took.count());
  flushes_.bytes += bytes;
  return true;
}

Journal::Flushes Journal::flushes() const {
  std::lock_guard lock(mutex_);
  return flushes_;
}

bool Journal::open_next_segment(size_t bytes_needed) {
  FileSystem& files = settings_.files;
  uint64_t number;
  std::string spare;
  {
    std::lock_guard lock(mutex_);
    number = segments_.empty() ? 1 : segments_.back().number + 1;
    if (!spares_.empty() && bytes_needed <= settings_.segment_bytes) spare = spares_.front();
  }
  const std::string name = path(number);
  const size_t size = std::max(settings_.segment_bytes, bytes_needed);
  std::unique_ptr<File> file;
  // A spare that an attempt before this one has renamed already is taken as it is.
  const bool renamed = files.size(name) == settings_.segment_bytes && bytes_needed <= settings_.segment_bytes;
  if (!renamed && !spare.empty()) {
    if (!files.rename(spare, name)) return false;
    std::lock_guard lock(mutex_);
    spares_.pop_front();
  }
  if (renamed || !spare.empty()) {
    file = files.open(name, FileSystem::Open::existing);
  } else {
    file = make_segment(name, size);
  }
  if (!file || !file->sync() || !files.sync_folder(folder_)) return false;
  file_ = std::move(file);
  offset_ = 0;
  size_ = size;
  std::lock_guard lock(mutex_);
  segments_.push_back({number, 0});
  return true;
}

void Journal::release(uint64_t position) {
  constexpr size_t kSparesMax = 4;
  std::lock_guard lock(mutex_);
  // The last segment is being written to; an empty one in front of it holds nothing.
  while (segments_.size() > 1 && segments_.front().last_position <= position) {
    const std::string old = path(segments_.front().number);
    const bool usual = settings_.files.size(old) == settings_.segment_bytes;
    const std::string spare = fmt::format("{}/{:012}.spare", folder_, segments_.front().number);
    if (usual && spares_.size() < kSparesMax && settings_.files.rename(old, spare)) {
      spares_.push_back(spare);
    } else {
      settings_.files.remove(old);
    }
    segments_.pop_front();
  }
}

size_t Journal::live_bytes() const {
  std::lock_guard lock(mutex_);
  return segments_.size() * settings_.segment_bytes;
}

JournalSummary summarise_journal(FileSystem& files, const std::string& folder, std::optional<uint64_t> from,
                                 const std::function<bool(std::string_view body)>& visit) {
  JournalSummary out;
  std::optional<uint64_t> last = from;
  for (const uint64_t number : segment_numbers(files, folder, nullptr)) {
    const std::string path = segment_path(folder, number);
    ++out.segments;
    const auto contents = files.look(path);
    if (!contents) {
      out.damage.push_back(contents.error().message);
      continue;
    }
    const SegmentRead read = read_segment(contents->bytes, number, path, [&](const GroupView& group, size_t offset) {
      if (last && group.header.previous_position > *last) {
        out.damage.push_back(fmt::format("{}: commits {} to {} are missing in front of offset {}", path, *last + 1, group.header.previous_position, offset));
      }
      if (out.groups == 0) out.first_position = group.header.previous_position + 1;
      ++out.groups;
      if (group.header.last_position > last.value_or(0) && !visit(group.body)) {
        out.damage.push_back(fmt::format("{}: the group at offset {} cannot be read", path, offset));
      }
      last = std::max(last.value_or(0), group.header.last_position);
      return true;
    });
    if (read.damage) out.damage.push_back(*read.damage);
  }
  out.last_position = last.value_or(0);
  return out;
}

}  // namespace store
