// gantry inspect: what is in a data directory or a backup, and whether all of it is what it was.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "app/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "containers/images.h"
#include "engine/keys.h"
#include "engine/store/backup.h"
#include "engine/store/contents.h"
#include "language/json/parse.h"

namespace app {

namespace fs = std::filesystem;
using json::Value;

namespace {

struct Found {
  store::Contents store;
  std::optional<store::Manifest> manifest;  // of a backup
  uint64_t open = 0;
  std::map<std::string, uint64_t> resources;  // "<service>/<type>"
  std::vector<containers::Image> images;
};

Result<Found> look(const std::string& folder) {
  Found found;
  std::error_code error;
  std::vector<std::string> damage;
  if (fs::exists(folder + "/manifest", error)) {
    if (auto manifest = store::read_manifest(folder)) {
      found.manifest = *std::move(manifest);
      damage = store::check_backup(folder, *found.manifest);
    } else {
      damage.push_back(manifest.error().message);
    }
  }
  found.store = TRY(store::look_into(folder, [&](store::Space space, std::string_view key) {
    if (space == store::Space::index && key.starts_with(engine::kOpenPrefix)) ++found.open;
    if (space == store::Space::resources) ++found.resources[std::string(key.substr(0, key.find('\0')))];
  }));
  found.store.damage.insert(found.store.damage.end(), damage.begin(), damage.end());
  if (fs::exists(folder + "/images/images.json", error)) found.images = containers::ImageStore(folder + "/images").list();
  return found;
}

Value as_json(const std::string& folder, const Found& found) {
  const store::Contents& s = found.store;
  json::ObjectBuilder tables, resources, out;
  for (size_t i = 0; s.counted && i < s.spaces.size(); ++i) {
    tables.add(store::space_name(static_cast<store::Space>(i)), json::object({{"keys", s.spaces[i].keys}, {"bytes", s.spaces[i].bytes}}));
  }
  for (const auto& [name, count] : found.resources) resources.add(name, count);
  std::vector<Value> damage, images;
  for (const std::string& line : s.damage) damage.emplace_back(line);
  for (const auto& image : found.images) images.push_back(json::object({{"name", image.name}, {"digest", image.digest}, {"bytes", image.bytes}}));
  out.add("folder", folder).add("format", s.format).add("position", s.position()).add("healthy", s.damage.empty());
  if (found.manifest) out.add("backup", found.manifest->note);
  out.add("tablesOnDisk", json::object({{"position", s.tables_position}, {"files", s.table_files}, {"bytes", s.table_bytes}}));
  out.add("journal", json::object({{"segments", static_cast<uint64_t>(s.journal.segments)}, {"groups", static_cast<uint64_t>(s.journal.groups)},
                                   {"firstPosition", s.journal.first_position}, {"lastPosition", s.journal.last_position}, {"bytes", s.journal_bytes}}));
  if (s.counted) out.add("tables", tables.build()).add("openExecutions", found.open).add("resources", resources.build());
  out.add("images", Value::array(std::move(images))).add("damage", Value::array(std::move(damage)));
  return out.build();
}

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

void print(const std::string& folder, const Found& found) {
  const store::Contents& s = found.store;
  const cli::Terminal terminal = cli::Terminal::of(1);
  fmt::print("{}: format {}, up to commit {}\n", folder, s.format, grouped(s.position()));
  if (found.manifest) fmt::print("  a backup, {}\n", found.manifest->note);
  fmt::print("\n  tables   {:>12}  {} files, up to commit {}\n", megabytes(s.table_bytes), s.table_files, grouped(s.tables_position));
  fmt::print("  journal  {:>12}  {} segments, {} groups", megabytes(s.journal_bytes), s.journal.segments, grouped(s.journal.groups));
  if (s.journal.groups > 0) fmt::print(", commits {} to {}", grouped(s.journal.first_position), grouped(s.journal.last_position));
  fmt::print("\n");
  for (const auto& image : found.images) fmt::print("  image    {:>12}  {}\n", megabytes(static_cast<uint64_t>(image.bytes)), cli::printable(image.name));
  if (s.counted) {
    fmt::print("\n  {:<12} {:>14} {:>14}\n", "table", "keys", "bytes");
    for (size_t i = 0; i < s.spaces.size(); ++i) {
      fmt::print("  {:<12} {:>14} {:>14}\n", store::space_name(static_cast<store::Space>(i)), grouped(s.spaces[i].keys), grouped(s.spaces[i].bytes));
    }
    fmt::print("\n  {} executions, {} of them open\n", grouped(s.spaces[static_cast<size_t>(store::Space::executions)].keys), grouped(found.open));
    if (!found.resources.empty()) fmt::print("\n");
    for (const auto& [name, count] : found.resources) fmt::print("  {:<40} {:>8}\n", cli::printable(name), grouped(count));
  }
  fmt::print("\n");
  if (s.damage.empty()) return fmt::print("{}\n", terminal.paint(cli::Colour::green, "every checksum is right"));
  for (const std::string& line : s.damage) fmt::print("{} {}\n", terminal.paint(cli::Colour::red, "DAMAGED:"), cli::printable(line));
  if (!s.counted) fmt::print("What is damaged does not let keys be counted.\n");
  fmt::print("'gantry restore BACKUP --data-dir NEW' puts a backup in its place.\n");
}

}  // namespace

int inspect(const Config& config, std::vector<std::string> arguments) {
  cli::Options options(std::move(arguments));
  const bool as_document = options.flag("--json");
  const auto rest = options.rest();
  if (const auto wrong = options.wrong(); wrong || rest.size() > 1) {
    fmt::print(stderr, "gantry: {}\n", wrong ? *wrong : "inspect looks at one directory: gantry inspect --data-dir DIR, or gantry inspect BACKUP");
    return 2;
  }
  const std::string folder = rest.empty() ? config.get("data-dir") : rest[0];
  const auto found = look(folder);
  if (!found) {
    fmt::print(stderr, "gantry: {}\n", found.error().message);
    return 2;
  }
  if (as_document) {
    fmt::print("{}\n", json::write_pretty(as_json(folder, *found)));
  } else {
    print(folder, *found);
  }
  return found->store.damage.empty() ? 0 : 1;
}

}  // namespace app
