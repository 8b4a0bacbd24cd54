#pragma once
// Backups: a folder that is laid out as a data directory is, so that it can be looked at like one, and a `manifest`
// that is written last and names every file with its size and SHA-256 (docs/formats/backup.md).
//
//   copy_files(...)   what is to be kept, into a new folder     seal_backup(folder)   then the manifest
//   read_manifest(folder), check_backup(...)                    restore_backup(...)   into an empty directory
//
// Everything blocks; `watch` hears how many bytes are done.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace store {

struct Manifest {
  struct File {
    std::string path;  // in the backup
    uint64_t bytes = 0;
    std::string sha256;  // in hexadecimal
  };
  std::string note;  // when it was made and by what
  std::vector<File> files;

  uint64_t bytes() const;
};

using Watch = std::function<void(uint64_t bytes_done)>;

// What of a data directory that no server uses makes a backup (or of a copy of its tables, `folder`/tables): paths inside it.
std::vector<std::string> files_to_keep(const std::string& folder);

// Makes the folder if it is not there; fails when there is anything in it.
Status make_empty_folder(const std::string& folder);
// Copies files of one folder to another and flushes them.
Status copy_files(const std::string& from, const std::vector<std::string>& paths, const std::string& to, const Watch& watch = {});
// Writes the manifest of what is in the folder.
Result<Manifest> seal_backup(const std::string& folder, std::string_view note, const Watch& watch = {});

// Fails when there is no backup in the folder, or one that was not finished, and when the manifest is damaged.
Result<Manifest> read_manifest(const std::string& folder);
// A line for each file that is missing or not what it was.
std::vector<std::string> check_backup(const std::string& folder, const Manifest& manifest, const Watch& watch = {});
// Fills an empty directory, comparing every byte's digest on its way. A directory that was not filled to the end is never
// taken for a store. Files that `skip` names are compared only.
Status restore_backup(const std::string& folder, const Manifest& manifest, const std::string& to, std::string_view skip, const Watch& watch = {});
// The last step, when whatever else belongs to it has been put into the directory.
Status finish_restore(const std::string& to);

}  // namespace store
