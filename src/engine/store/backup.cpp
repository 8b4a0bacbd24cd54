#include "engine/store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/crypto.h"
#include "base/encoding.h"
#include "engine/store/disk_store.h"
#include "engine/store/file_system.h"

namespace store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest";
constexpr std::string_view kHead = "gantry backup, format 1\n";
constexpr size_t kPiece = 1 << 20;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

std::unexpected<Error> cannot(std::string_view what, const std::string& path) {
  return fail("Backup", fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// Reads a file to its end, piece by piece, and copies it if there is somewhere to copy it to.
struct Read {
  uint64_t bytes = 0;
  std::string sha256;
};
Result<Read> read_through(const std::string& from, const std::string& to, const std::function<void(size_t)>& took) {
  const Descriptor in{::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (in.fd < 0) return cannot("read", from);
  Descriptor out;
  if (!to.empty()) {
    out.fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out.fd < 0) return cannot("write", to);
  }
  Read read;
  Sha256 digest;
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t got = ::read(in.fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", from);
    if (got == 0) break;
    digest.add(std::string_view(piece).substr(0, static_cast<size_t>(got)));
    for (ssize_t at = 0; out.fd >= 0 && at < got;) {
      const ssize_t put = ::write(out.fd, piece.data() + at, static_cast<size_t>(got - at));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return cannot("write", to);
      at += put;
    }
    read.bytes += static_cast<uint64_t>(got);
    if (took) took(static_cast<size_t>(got));
  }
  if (out.fd >= 0 && fsync(out.fd) != 0) return cannot("write", to);
  read.sha256 = hex_encode(digest.finish());
  return read;
}

// Adds up what is done over many files.
class Sum {
 public:
  explicit Sum(const Watch& watch) : watch_(watch) {}
  void operator()(size_t bytes) {
    done_ += bytes;
    if (watch_) watch_(done_);
  }

 private:
  const Watch& watch_;
  uint64_t done_ = 0;
};

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

// Flushes the folder's names and those of the folders in it.
Status sync_folders(const std::string& folder) {
  std::vector<std::string> folders = {folder};
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_directory(error)) folders.push_back(entry.path());
  }
  for (const std::string& one : folders) {
    if (!real_file_system().sync_folder(one)) return cannot("write", one);
  }
  return {};
}

// A manifest comes from outside: what it names lies in the backup and nowhere else.
bool is_inside(std::string_view path) {
  if (path.empty() || path.size() > 4096 || path.front() == '/' || path == kManifest) return false;
  for (const auto& part : fs::path(path)) {
    if (part == ".." || part == "." || part.empty()) return false;
  }
  return true;
}

std::string text_of(const Manifest& manifest) {
  std::string text(kHead);
  text += manifest.note + "\n";
  for (const auto& file : manifest.files) text += fmt::format("{} {} {}\n", file.sha256, file.bytes, file.path);
  return text + fmt::format("end {}\n", hex_encode(sha256(text)));
}

}  // namespace

uint64_t Manifest::bytes() const {
  uint64_t sum = 0;
  for (const File& file : files) sum += file.bytes;
  return sum;
}

std::vector<std::string> files_to_keep(const std::string& folder) {
  std::vector<std::string> kept;
  std::error_code error;
  for (const std::string_view name : {"format", "root-credentials"}) {
    if (fs::exists(fmt::format("{}/{}", folder, name), error)) kept.emplace_back(name);
  }
  for (const std::string_view sub : {"tables", "journal"}) {
    for (const auto& entry : fs::directory_iterator(fmt::format("{}/{}", folder, sub), error)) {
      const std::string name = entry.path().filename().string();
      // The tables' lock and diary, and segments that hold nothing, are of no use elsewhere.
      if (!entry.is_regular_file(error) || name == "LOCK" || name.starts_with("LOG") || name.ends_with(".spare")) continue;
      kept.push_back(fmt::format("{}/{}", sub, name));
    }
  }
  std::ranges::sort(kept);
  return kept;
}

Status make_empty_folder(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) return fail("Backup", fmt::format("{} is no directory", folder));
    if (!fs::is_empty(folder, error) || error) return fail("Backup", fmt::format("{} is not empty: name a new directory", folder));
    return {};
  }
  return real_file_system().make_folder(fs::absolute(folder, error).lexically_normal().string());
}

Status copy_files(const std::string& from, const std::vector<std::string>& paths, const std::string& to, const Watch& watch) {
  Sum sum(watch);
  for (const std::string& path : paths) {
    TRY(real_file_system().make_folder(to + (folder_of(path).empty() ? "" : "/" + folder_of(path))));
    TRY(read_through(from + "/" + path, to + "/" + path, std::ref(sum)));
  }
  return sync_folders(to);
}

Result<Manifest> seal_backup(const std::string& folder, std::string_view note, const Watch& watch) {
  Manifest manifest{.note = std::string(note), .files = {}};
  Sum sum(watch);
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    const std::string path = fs::relative(entry.path(), folder).string();
    Read read = TRY(read_through(entry.path(), "", std::ref(sum)));
    manifest.files.push_back({path, read.bytes, std::move(read.sha256)});
  }
  if (error) return fail("Backup", fmt::format("cannot read {}: {}", folder, error.message()));
  std::ranges::sort(manifest.files, {}, &Manifest::File::path);
  const std::string path = fmt::format("{}/{}", folder, kManifest), text = text_of(manifest);
  {
    const auto file = real_file_system().open(path + ".new", FileSystem::Open::create);
    if (!file || !file->write(text, 0) || !file->sync()) return cannot("write", path);
  }
  if (!real_file_system().rename(path + ".new", path)) return cannot("write", path);
  TRY(sync_folders(folder));
  return manifest;
}

Result<Manifest> read_manifest(const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, kManifest);
  std::error_code error;
  if (!fs::exists(path, error)) return fail("Backup", fmt::format("there is no backup in {}, or one that was not finished: it has no manifest", folder));
  const std::string text = TRY(real_file_system().read(path));
  const auto damaged = [&](size_t offset) { return fail("Backup", fmt::format("{} is damaged, at offset {} or before", path, offset)); };
  const size_t end = text.rfind("end ");
  if (!text.starts_with("gantry backup, format ") || end == text.npos || end == 0 || text[end - 1] != '\n' ||
      text.substr(end) != fmt::format("end {}\n", hex_encode(sha256(std::string_view(text).substr(0, end))))) {
    return damaged(text.size());
  }
  if (!text.starts_with(kHead)) return fail("Backup", fmt::format("{} is of another format: another version of gantry has written it; use that one", path));
  Manifest manifest;
  size_t at = kHead.size();
  const size_t note_end = text.find('\n', at);
  if (note_end >= end) return damaged(at);
  manifest.note = text.substr(at, note_end - at);
  for (at = note_end + 1; at < end;) {
    const size_t line_end = text.find('\n', at), first = text.find(' ', at), second = text.find(' ', first + 1);
    if (second >= line_end || first - at != 64) return damaged(at);
    Manifest::File file{text.substr(second + 1, line_end - second - 1), 0, text.substr(at, 64)};
    const auto [stop, wrong] = std::from_chars(text.data() + first + 1, text.data() + second, file.bytes);
    if (wrong != std::errc{} || stop != text.data() + second || !is_inside(file.path)) return damaged(at);
    manifest.files.push_back(std::move(file));
    at = line_end + 1;
  }
  return manifest;
}

namespace {

// Nothing, or what is wrong with a file of a backup; copied on the way if there is somewhere to copy it to.
Status compare(const std::string& folder, const Manifest::File& file, const std::string& to, Sum& sum) {
  const std::string path = folder + "/" + file.path;
  const Read read = TRY(read_through(path, to, std::ref(sum)));
  if (read.bytes != file.bytes) return fail("Backup", fmt::format("{} is damaged: it has {} bytes and had {}", path, read.bytes, file.bytes));
  if (read.sha256 != file.sha256) return fail("Backup", fmt::format("{} is damaged: its digest is not the one that the manifest tells", path));
  return {};
}

}  // namespace

std::vector<std::string> check_backup(const std::string& folder, const Manifest& manifest, const Watch& watch) {
  std::vector<std::string> damage;
  Sum sum(watch);
  for (const auto& file : manifest.files) {
    if (const auto whole = compare(folder, file, "", sum); !whole) damage.push_back(whole.error().message);
  }
  return damage;
}

Status restore_backup(const std::string& folder, const Manifest& manifest, const std::string& to, std::string_view skip, const Watch& watch) {
  TRY(make_empty_folder(to));
  const std::string format = to + "/format";
  {
    const auto file = real_file_system().open(format, FileSystem::Open::create);
    if (!file || !file->write(kUnfinishedRestore, 0) || !file->sync() || !real_file_system().sync_folder(to)) return cannot("write", format);
  }
  Sum sum(watch);
  for (const auto& file : manifest.files) {
    // The format is told last.
    const bool copied = file.path != skip && file.path != "format";
    if (copied && !folder_of(file.path).empty()) TRY(real_file_system().make_folder(to + "/" + folder_of(file.path)));
    TRY(compare(folder, file, copied ? to + "/" + file.path : "", sum));
  }
  return sync_folders(to);
}

Status finish_restore(const std::string& to) {
  TRY(sync_folders(to));
  return write_format(real_file_system(), to);
}

}  // namespace store
