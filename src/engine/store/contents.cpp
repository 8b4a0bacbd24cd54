#include "engine/store/contents.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <optional>

#include "engine/store/disk_store.h"
#include "engine/store/encoding.h"
#include "engine/store/file_system.h"

namespace store {
namespace {

namespace fs = std::filesystem;

// The journal's writes that the tables do not have yet, as they end: the value's size, or nothing for what is erased.
using Overlay = std::map<std::pair<Space, std::string>, std::optional<size_t>>;

void count_keys(Tables* tables, Overlay overlay, Contents& out, const std::function<void(Space, std::string_view)>& visit) {
  const auto count = [&](Space space, std::string_view key, size_t value_bytes) {
    auto& counted = out.spaces[static_cast<size_t>(space)];
    ++counted.keys;
    counted.bytes += key.size() + value_bytes;
    if (visit) visit(space, key);
  };
  for (int i = 0; i < static_cast<int>(Space::count); ++i) {
    const auto space = static_cast<Space>(i);
    if (tables) {
      tables->scan(space, "", "", Order::forward, [&](std::string_view key, std::string_view value) {
        if (overlay.empty() || !overlay.contains({space, std::string(key)})) count(space, key, value.size());
        return true;
      });
    }
    for (const auto& [key, size] : overlay) {
      if (key.first == space && size) count(space, key.second, *size);
    }
  }
  out.counted = true;
}

void sum_files(const std::string& folder, uint64_t& files, uint64_t& bytes) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    ++files;
    bytes += entry.file_size(error);
  }
}

}  // namespace

std::string_view space_name(Space space) {
  constexpr std::string_view kNames[] = {"meta", "resources", "executions", "history", "index", "logs", "outbox", "metrics", "names"};
  static_assert(std::size(kNames) == static_cast<size_t>(Space::count));
  return kNames[static_cast<size_t>(space)];
}

Result<Contents> look_into(const std::string& folder, const std::function<void(Space, std::string_view)>& visit) {
  FileSystem& files = real_file_system();
  std::error_code error;
  const bool has_tables = fs::is_directory(folder + "/tables", error), has_journal = fs::is_directory(folder + "/journal", error);
  if (!has_tables && !has_journal && !fs::exists(folder + "/format", error)) return fail("Store", fmt::format("there is no store in {}", folder));
  // A folder that nobody has opened yet has no lock, and is not to get one by being looked at.
  std::unique_ptr<FileSystem::Lock> lock;
  if (fs::exists(folder + "/lock", error)) {
    lock = files.lock(folder + "/lock");
    if (!lock) return fail("InUse", fmt::format("a server is using {}: stop it, or look at a backup of it", folder));
  }
  Contents out;
  if (const auto known = read_format(files, folder); !known) {
    if (known.error().code == "OtherFormat") return std::unexpected(known.error());
    out.damage.push_back(known.error().message);
  } else {
    out.format = *known;
  }
  uint64_t segments = 0;
  sum_files(folder + "/tables", out.table_files, out.table_bytes);
  sum_files(folder + "/journal", segments, out.journal_bytes);

  std::unique_ptr<Tables> tables;
  std::optional<Position> from = 0;  // how far the tables go, as far as that is known
  bool tables_whole = true;
  if (has_tables) {
    const size_t before = out.damage.size();
    if (auto opened = look_at_rocks_tables(folder + "/tables")) {
      tables = *std::move(opened);
      for (std::string& line : tables->verify()) out.damage.push_back(std::move(line));
      const auto position = tables->position();
      if (!position && out.damage.size() == before) out.damage.push_back(position.error().message);
      from = position ? std::optional(*position) : std::nullopt;
      out.tables_position = from.value_or(0);
    } else {
      out.damage.push_back(opened.error().message);
      from.reset();
    }
    tables_whole = out.damage.size() == before;
  }
  Overlay overlay;
  out.journal = summarise_journal(files, folder + "/journal", from, [&](std::string_view body) {
    while (!body.empty()) {
      auto write = decode(body);
      if (!write) return false;
      const std::optional<size_t> size = write->value ? std::optional(write->value->size()) : std::nullopt;
      overlay.insert_or_assign({write->space, std::move(write->key)}, size);
    }
    return true;
  });
  out.damage.insert(out.damage.end(), out.journal.damage.begin(), out.journal.damage.end());
  if (tables_whole) count_keys(tables.get(), std::move(overlay), out, visit);
  return out;
}

}  // namespace store
