#include "app/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/store/disk_store.h"

namespace app {

namespace fs = std::filesystem;

namespace {

constexpr int kAtOnceMax = 4;
constexpr int64_t kKeptMs = 12 * 3'600'000;  // of one that its maker never took away
constexpr size_t kIdLength = 24;

}  // namespace

Snapshots::Snapshots(Loop& loop, store::Store& store, Random& random, std::string data_dir)
    : loop_(loop), store_(store), random_(random), data_dir_(std::move(data_dir)) {
  if (data_dir_.empty()) return;
  std::error_code ignored;
  folder_ = data_dir_ + "/snapshots";
  fs::remove_all(folder_, ignored);
}

void Snapshots::make(Function<void(Result<json::Value>)> done) {
  auto* disk = dynamic_cast<store::DiskStore*>(&store_);
  if (!disk || folder_.empty()) return done(fail("NothingKept", "This server keeps nothing (--in-memory): there is nothing to back up."));
  if (count_ == kAtOnceMax) return done(fail("ThrottlingException", "Too many backups are being made at this moment.", 429));
  ++count_;
  const std::string id = random_.hex(kIdLength), folder = folder_ + "/" + id;
  std::error_code error;
  fs::create_directories(folder, error);
  fs::permissions(folder_, fs::perms::owner_all, error);
  // What is applied when the copy is made may be a little more than what is durable now: never less.
  const store::Position position = store_.head();
  disk->copy_to(folder + "/tables", [this, id, folder, position, done = std::move(done)](Status copied) mutable {
    if (!copied) {
      --count_;
      std::error_code ignored;
      fs::remove_all(folder, ignored);
      copied.error().http_status = 503;
      return done(std::unexpected(std::move(copied).error()));
    }
    loop_.after(kKeptMs, [this, id, alive = alive_] {
      if (*alive) remove(id, [](Result<json::Value>) {});
    });
    done(json::object({{"id", id}, {"folder", folder}, {"dataDir", data_dir_}, {"position", position}}));
  });
}

void Snapshots::remove(std::string_view id, Function<void(Result<json::Value>)> done) {
  const bool well_formed = id.size() == kIdLength && id.find_first_not_of("0123456789abcdef") == id.npos;
  const std::string folder = fmt::format("{}/{}", folder_, id);
  std::error_code error;
  if (!well_formed || folder_.empty() || !fs::is_directory(folder, error)) return done(fail("NotFound", "There is no such snapshot.", 404));
  auto gone = std::make_shared<bool>(false);
  loop_.blocking([folder, gone] {
                   std::error_code ignored;
                   *gone = fs::remove_all(folder, ignored) != static_cast<std::uintmax_t>(-1);
                 },
                 [this, gone, done = std::move(done), alive = alive_]() mutable {
                   if (!*alive) return;
                   count_ = std::max(count_ - 1, 0);
                   done(json::Value::object());
                 });
}

}  // namespace app
