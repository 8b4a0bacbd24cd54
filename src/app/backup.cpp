// gantry backup and gantry restore.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/running_server.h"
#include "base/time_text.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "containers/images.h"
#include "engine/store/backup.h"
#include "engine/store/contents.h"
#include "engine/store/file_system.h"

namespace app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kImages = "images.tar";
constexpr int64_t kSnapshotMs = 30 * 60'000;

// A line that tells how far a step is, on a terminal.
class Meter {
 public:
  Meter(std::string_view what, uint64_t all) : what_(what), all_(all), live_(cli::Terminal::of(2).live) {}
  ~Meter() {
    if (live_) fmt::print(stderr, "\r\x1b[K");
  }
  void operator()(uint64_t done) {
    if (!live_ || done - shown_ < 4'000'000) return;
    shown_ = done;
    fmt::print(stderr, "\r\x1b[K{}: {} of {}", what_, megabytes(done), megabytes(all_));
  }

 private:
  std::string_view what_;
  uint64_t all_, shown_ = 0;
  bool live_;
};

uint64_t bytes_of(const std::string& folder, const std::vector<std::string>& paths) {
  uint64_t sum = 0;
  for (const std::string& path : paths) sum += store::real_file_system().size(folder + "/" + path);
  return sum;
}

// A server that runs, asked for snapshots of its store.
class Snapshot {
 public:
  static Result<Snapshot> make(const Config& config) {
    Snapshot made(config);
    made.answer_ = TRY(made.call("POST", ""));
    return made;
  }
  Snapshot(Snapshot&& other) noexcept : config_(other.config_), answer_(std::exchange(other.answer_, json::Value())) {}
  ~Snapshot() {
    if (!answer_.is_null() && !call("DELETE", "/" + std::string(answer_.text("id")))) fmt::print(stderr, "gantry: the server keeps its snapshot {} for some hours\n", folder());
  }
  std::string folder() const { return std::string(answer_.text("folder")); }
  std::string data_dir() const { return std::string(answer_.text("dataDir")); }

 private:
  explicit Snapshot(const Config& config) : config_(config) {}

  Result<json::Value> call(const std::string& method, const std::string& path) const {
    return ask_server(config_, method, "/_gantry/api/backup" + path, kSnapshotMs);
  }

  const Config& config_;
  json::Value answer_;
};

bool same_folder(const std::string& a, const std::string& b) {
  struct stat first {}, second {};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Copies what is to be kept into `to`; the folder that the images are in.
Result<std::string> copy_store(const Config& config, const std::string& to) {
  const std::string folder = config.get("data-dir");
  const bool named = config.origin("data-dir").from != "default", server_named = config.origin("endpoint").from != "default";
  std::error_code error;
  const bool there = fs::exists(folder + "/format", error);
  const auto copy = [&](const std::string& from, const std::vector<std::string>& paths) -> Status {
    Meter meter("copying", bytes_of(from, paths));
    return store::copy_files(from, paths, to, std::ref(meter));
  };
  if (there && (named || !server_named)) {
    // Whoever holds the lock is its server; while we hold it nobody starts one.
    if (const auto lock = store::real_file_system().lock(folder + "/lock")) {
      fmt::print("backing up {} (no server is using it)\n", folder);
      TRY(copy(folder, store::files_to_keep(folder)));
      return folder;
    }
  }
  const Snapshot snapshot = TRY(Snapshot::make(config));
  if (named && there && !same_folder(folder, snapshot.data_dir())) {
    return fail("Backup", fmt::format("the server at {} uses {}, not {}: name the other one with --endpoint", server_url(config), snapshot.data_dir(), folder));
  }
  fmt::print("backing up {} (its server goes on)\n", snapshot.data_dir());
  const auto tables = store::files_to_keep(snapshot.folder());
  if (tables.empty()) return fail("Backup", fmt::format("cannot read {}: run this on the server's machine, as the user that it runs as", snapshot.folder()));
  TRY(copy(snapshot.folder(), tables));
  std::vector<std::string> beside;
  for (const std::string& path : store::files_to_keep(snapshot.data_dir())) {
    if (path.find('/') == path.npos) beside.push_back(path);
  }
  TRY(copy(snapshot.data_dir(), beside));
  return snapshot.data_dir();
}

Result<store::Manifest> make_backup(const Config& config, const std::string& to, bool with_images) {
  TRY(store::make_empty_folder(to));
  const std::string folder = TRY(copy_store(config, to));
  std::error_code error;
  if (with_images && fs::exists(folder + "/images/images.json", error)) {
    fmt::print("with its images\n");
    TRY(containers::ImageStore(folder + "/images").save(fmt::format("{}/{}", to, kImages)));
  }
  // A backup of what is damaged is none.
  const store::Contents contents = TRY(store::look_into(to));
  if (!contents.damage.empty()) {
    std::string lines;
    for (const std::string& line : contents.damage) lines += "\n  " + line;
    return fail("Backup", "what was copied is damaged, and the backup is left unfinished:" + lines);
  }
  Meter meter("reading it back", contents.table_bytes + contents.journal_bytes);
  const std::string note = fmt::format("made {} by gantry {}, up to commit {}", iso8601_s(SystemClock().now()), kVersion, contents.position());
  return store::seal_backup(to, note, std::ref(meter));
}

Status restore_into(const std::string& backup, const std::string& to) {
  const store::Manifest manifest = TRY(store::read_manifest(backup));
  fmt::print("restoring {} into {} ({} files, {}; {})\n", backup, to, manifest.files.size(), megabytes(manifest.bytes()), manifest.note);
  {
    Meter meter("restoring", manifest.bytes());
    TRY(store::restore_backup(backup, manifest, to, kImages, std::ref(meter)));
  }
  const std::string images = fmt::format("{}/{}", backup, kImages);
  if (std::ranges::find(manifest.files, kImages, &store::Manifest::File::path) != manifest.files.end()) TRY(containers::ImageStore(to + "/images").load(images));
  return store::finish_restore(to);
}

}  // namespace

int backup(const Config& config, std::vector<std::string> arguments) {
  cli::Options options(std::move(arguments));
  const bool with_images = !options.flag("--without-images");
  const auto rest = options.rest();
  if (const auto wrong = options.wrong(); wrong || rest.size() != 1) {
    fmt::print(stderr, "gantry: {}\n", wrong ? *wrong : "backup wants one new directory: gantry backup DEST ('gantry help backup' has examples)");
    return 2;
  }
  const auto made = make_backup(config, rest[0], with_images);
  if (!made) return told(made.error());
  fmt::print("{}: {} files, {}, every checksum compared; {}\n", rest[0], made->files.size(), megabytes(made->bytes()), made->note);
  return 0;
}

int restore(const Config& config, std::vector<std::string> arguments) {
  cli::Options options(std::move(arguments));
  const auto rest = options.rest();
  if (const auto wrong = options.wrong(); wrong || rest.size() != 1) {
    fmt::print(stderr, "gantry: {}\n", wrong ? *wrong : "restore wants a backup: gantry restore BACKUP --data-dir DIR ('gantry help restore' has examples)");
    return 2;
  }
  const std::string to = config.get("data-dir");
  if (const auto restored = restore_into(rest[0], to); !restored) return told(restored.error());
  fmt::print("every file is what it was; now: gantry serve --data-dir {}\n", to);
  return 0;
}

}  // namespace app
