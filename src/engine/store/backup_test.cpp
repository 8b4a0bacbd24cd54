#include "engine/store/backup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/loop.h"
#include "base/temporary_folder.h"
#include "engine/store/contents.h"
#include "engine/store/disk_store.h"

namespace {

namespace fs = std::filesystem;
using store::Space;

using Folder = TemporaryFolder;

std::unique_ptr<store::DiskStore> open_store(ManualLoop& loop, const std::string& folder) {
  store::Disk disk;
  disk.journal.own_thread = false;
  auto store = store::DiskStore::open(loop, folder, std::move(disk));
  EXPECT_TRUE(store) << store.error().message;
  return store ? *std::move(store) : nullptr;
}

void put(store::Store& store, Space space, std::string key, std::string value) {
  store::Batch batch;
  batch.put(space, std::move(key), std::move(value));
  store.commit(std::move(batch));
}

// A store with something in its tables and something in its journal alone, as a crash leaves it.
void fill(const std::string& crashed) {
  ManualLoop loop;
  const std::string folder = crashed + ".alive";
  auto store = open_store(loop, folder);
  for (int i = 0; i < 40; ++i) put(*store, Space::executions, "e" + std::to_string(i), std::string(100, 'v'));
  loop.run_for(100);
  bool copied = false;
  store->copy_to(folder + "/flushed", [&](Status status) { copied = status.has_value(); });  // brings it into the tables
  loop.run_ready();
  EXPECT_TRUE(copied);
  fs::remove_all(folder + "/flushed");
  store::Batch batch;
  batch.erase(Space::executions, "e0");
  batch.put(Space::executions, "e1", "w");
  batch.put(Space::index, "o", "");
  store->commit(std::move(batch));
  loop.run_for(100);
  fs::copy(folder, crashed, fs::copy_options::recursive);
}

void flip(const std::string& path, uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x10));
}

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string table_file(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder + "/tables")) {
    if (entry.path().extension() == ".sst") return entry.path();
  }
  return "";
}

TEST(Contents, CountsTheTablesWithWhatTheJournalAddsToThem) {
  Folder folder;
  fill(folder / "data");
  const auto contents = store::look_into(folder / "data");
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(all(contents->damage), "");
  EXPECT_TRUE(contents->counted);
  EXPECT_EQ(contents->spaces[static_cast<size_t>(Space::executions)].keys, 39u);
  EXPECT_EQ(contents->spaces[static_cast<size_t>(Space::executions)].bytes, 9 * 2 + 30 * 3 + 38 * 100 + 1u);
  EXPECT_EQ(contents->spaces[static_cast<size_t>(Space::index)].keys, 1u);
  EXPECT_EQ(contents->tables_position, 40u);
  EXPECT_EQ(contents->position(), 41u);
  EXPECT_EQ(contents->format, store::kFormat);
}

TEST(Contents, ChangesNothing) {
  Folder folder;
  fill(folder / "data");
  const auto listing = [&] {
    std::string out;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "data")) {
      out += entry.path().string() + " " + (entry.is_regular_file() ? std::to_string(entry.file_size()) : "") + "\n";
    }
    return out;
  };
  const std::string before = listing();
  ASSERT_TRUE(store::look_into(folder / "data"));
  EXPECT_EQ(listing(), before);
}

TEST(Contents, NameTheTableFileAndTheOffsetOfAFlippedBit) {
  Folder folder;
  fill(folder / "data");
  const std::string file = table_file(folder / "data");
  flip(file, 20);
  const auto contents = store::look_into(folder / "data");
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->damage.size(), 1u) << all(contents->damage);
  EXPECT_NE(contents->damage[0].find(fs::path(file).filename().string()), std::string::npos) << contents->damage[0];
  EXPECT_NE(contents->damage[0].find("offset 0 "), std::string::npos) << contents->damage[0];
  EXPECT_FALSE(contents->counted);
}

TEST(Contents, NameTheSegmentAndTheOffsetOfAFlippedBit) {
  Folder folder;
  fill(folder / "data");
  flip(folder / "data/journal/000000000001.log", 50);
  const auto contents = store::look_into(folder / "data");
  ASSERT_TRUE(contents);
  EXPECT_NE(all(contents->damage).find("000000000001.log: the group at offset 0 is damaged"), std::string::npos) << all(contents->damage);
}

TEST(Contents, AreNotLookedAtWhileAServerHasThem) {
  Folder folder;
  ManualLoop loop;
  const auto store = open_store(loop, folder / "data");
  const auto contents = store::look_into(folder / "data");
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code, "InUse");
  EXPECT_FALSE(store::look_into(folder / "nothing"));
}

store::Manifest make_backup(const std::string& from, const std::string& to) {
  EXPECT_TRUE(store::make_empty_folder(to));
  EXPECT_TRUE(store::copy_files(from, store::files_to_keep(from), to));
  auto manifest = store::seal_backup(to, "made in a test");
  EXPECT_TRUE(manifest) << manifest.error().message;
  return *manifest;
}

TEST(Backup, ComesBackAsItWas) {
  Folder folder;
  fill(folder / "data");
  make_backup(folder / "data", folder / "backup");
  const auto manifest = store::read_manifest(folder / "backup");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->note, "made in a test");
  EXPECT_EQ(all(store::check_backup(folder / "backup", *manifest)), "");
  const auto restored = store::restore_backup(folder / "backup", *manifest, folder / "there/new", "");
  ASSERT_TRUE(restored) << restored.error().message;
  ASSERT_TRUE(store::finish_restore(folder / "there/new"));
  ManualLoop loop;
  const auto store = open_store(loop, folder / "there/new");
  EXPECT_EQ(store->head(), 41u);
  EXPECT_EQ(store->get(Space::executions, "e0"), std::nullopt);
  EXPECT_EQ(store->get(Space::executions, "e1"), "w");
  EXPECT_EQ(store->get(Space::executions, "e39"), std::string(100, 'v'));
}

TEST(Backup, OfARunningStoreHoldsWhatWasCommitted) {
  Folder folder;
  ManualLoop loop;
  const auto store = open_store(loop, folder / "data");
  put(*store, Space::resources, "k", "v");
  Status copied = fail("Test", "not called");
  store->copy_to(folder / "copy", [&](Status status) { copied = status; });
  put(*store, Space::resources, "later", "v");
  loop.run_for(100);
  ASSERT_TRUE(copied) << copied.error().message;
  ASSERT_TRUE(fs::create_directories(folder / "new"));
  fs::rename(folder / "copy", folder / "new/tables");
  const auto again = open_store(loop, folder / "new");
  EXPECT_EQ(again->get(Space::resources, "k"), "v");
}

TEST(Backup, IsRestoredOnlyIntoAnEmptyDirectory) {
  Folder folder;
  fill(folder / "data");
  const auto manifest = make_backup(folder / "data", folder / "backup");
  const auto refused = store::restore_backup(folder / "backup", manifest, folder / "data", "");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is not empty"), std::string::npos);
  EXPECT_FALSE(store::make_empty_folder(folder / "backup"));
}

TEST(Backup, NamesTheFileOfAFlippedBitAndIsNotServed) {
  Folder folder;
  fill(folder / "data");
  const auto manifest = make_backup(folder / "data", folder / "backup");
  const std::string file = table_file(folder / "backup");
  flip(file, fs::file_size(file) / 2);
  EXPECT_NE(all(store::check_backup(folder / "backup", manifest)).find(file + " is damaged"), std::string::npos);
  const auto restored = store::restore_backup(folder / "backup", manifest, folder / "new", "");
  ASSERT_FALSE(restored);
  EXPECT_NE(restored.error().message.find(file + " is damaged"), std::string::npos) << restored.error().message;
  ManualLoop loop;
  const auto served = store::DiskStore::open(loop, folder / "new");
  ASSERT_FALSE(served);
  EXPECT_NE(served.error().message.find("which did not end"), std::string::npos) << served.error().message;
}

TEST(Backup, EveryFlippedBitOfItsManifestIsNoticed) {
  Folder folder;
  fs::create_directories(folder / "backup/tables");
  std::ofstream(folder / "backup/tables/a") << "a";
  ASSERT_TRUE(store::seal_backup(folder / "backup", "note"));
  const std::string path = folder / "backup/manifest";
  for (uint64_t at = 0; at < fs::file_size(path); ++at) {
    flip(path, at);
    EXPECT_FALSE(store::read_manifest(folder / "backup")) << at;
    flip(path, at);
  }
  EXPECT_TRUE(store::read_manifest(folder / "backup"));
}

TEST(Backup, NamesNothingOutsideItself) {
  Folder folder;
  fs::create_directories(folder / "backup/tables");
  std::ofstream(folder / "outside") << "secret";
  fs::create_symlink(folder / "outside", folder / "backup/tables/link");
  std::ofstream(folder / "backup/tables/a") << "a";
  // A link is no file of a backup, and one that stands in a file's place is not followed.
  const auto manifest = store::seal_backup(folder / "backup", "note");
  if (manifest) {
    auto changed = *manifest;
    changed.files[0].path = "tables/link";
    EXPECT_FALSE(store::check_backup(folder / "backup", changed).empty());
  }
}

TEST(Backup, ThatWasNotFinishedIsNone) {
  Folder folder;
  fs::create_directories(folder / "backup/tables");
  const auto manifest = store::read_manifest(folder / "backup");
  ASSERT_FALSE(manifest);
  EXPECT_NE(manifest.error().message.find("not finished"), std::string::npos);
}

}  // namespace
