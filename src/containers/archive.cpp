#include "containers/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/encoding.h"
#include "base/shared_library.h"

namespace containers {
namespace {

// The functions of libarchive, bound by load_archive().
decltype(&::archive_entry_filetype) archive_entry_filetype;
decltype(&::archive_entry_hardlink) archive_entry_hardlink;
decltype(&::archive_entry_pathname) archive_entry_pathname;
decltype(&::archive_entry_set_hardlink) archive_entry_set_hardlink;
decltype(&::archive_entry_set_pathname) archive_entry_set_pathname;
decltype(&::archive_error_string) archive_error_string;
decltype(&::archive_read_data_block) archive_read_data_block;
decltype(&::archive_read_data_skip) archive_read_data_skip;
decltype(&::archive_read_free) archive_read_free;
decltype(&::archive_read_new) archive_read_new;
decltype(&::archive_read_next_header) archive_read_next_header;
decltype(&::archive_read_open_filename) archive_read_open_filename;
decltype(&::archive_read_support_filter_all) archive_read_support_filter_all;
decltype(&::archive_read_support_format_empty) archive_read_support_format_empty;
decltype(&::archive_read_support_format_tar) archive_read_support_format_tar;
decltype(&::archive_write_data_block) archive_write_data_block;
decltype(&::archive_write_disk_new) archive_write_disk_new;
decltype(&::archive_write_disk_set_options) archive_write_disk_set_options;
decltype(&::archive_write_finish_entry) archive_write_finish_entry;
decltype(&::archive_write_free) archive_write_free;
decltype(&::archive_write_header) archive_write_header;

const Status& load_archive() {
  static const Status loaded = load_library("libarchive.so.13", {BIND(archive_entry_filetype), BIND(archive_entry_hardlink), BIND(archive_entry_pathname),
                                                              BIND(archive_entry_set_hardlink), BIND(archive_entry_set_pathname), BIND(archive_error_string),
                                                              BIND(archive_read_data_block), BIND(archive_read_data_skip), BIND(archive_read_free),
                                                              BIND(archive_read_new), BIND(archive_read_next_header), BIND(archive_read_open_filename),
                                                              BIND(archive_read_support_filter_all), BIND(archive_read_support_format_empty), BIND(archive_read_support_format_tar),
                                                              BIND(archive_write_data_block), BIND(archive_write_disk_new), BIND(archive_write_disk_set_options),
                                                              BIND(archive_write_finish_entry), BIND(archive_write_free), BIND(archive_write_header)});
  return loaded;
}

constexpr int64_t kUnpackedMax = 64LL << 30;

using Reader = std::unique_ptr<archive, decltype(archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(archive_write_free)>;

Result<Reader> open_tar(const std::string& path) {
  TRY(load_archive());
  Reader reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  archive_read_support_filter_all(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 20) != ARCHIVE_OK) {
    return fail("Archive", fmt::format("cannot read {}: {}", path, archive_error_string(reader.get())));
  }
  return reader;
}

// The name inside the folder, or nothing for one that climbs out of it.
std::optional<std::string> inside(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(slash == name.npos ? name.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!out.empty()) out.push_back('/');
    out.append(part);
  }
  return out;
}

// The folder that a name stands in, made where it is not there. No link is followed on the way: an archive may have made one
// that leads out. -1 where the way is barred.
int open_parent(const std::string& root, std::string_view name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int at = open(root.c_str(), kFlags);
  for (size_t slash; at >= 0 && (slash = name.find('/')) != name.npos; name.remove_prefix(slash + 1)) {
    const std::string part(name.substr(0, slash));
    (void)mkdirat(at, part.c_str(), 0755);
    const int next = openat(at, part.c_str(), kFlags);
    close(at);
    at = next;
  }
  return at;
}

// What an overlay takes for "not there any more": a character device 0/0, or an opaque folder. False where a link is in the way.
bool white_out(const std::string& root, const std::string& name) {
  const int parent = open_parent(root, name);
  if (parent < 0) return false;
  const std::string last = name.substr(name.rfind('/') + 1);
  if (last == ".wh..wh..opq") {
    fsetxattr(parent, "trusted.overlay.opaque", "y", 1, 0);
  } else {
    mknodat(parent, last.c_str() + std::string_view(".wh.").size(), S_IFCHR, makedev(0, 0));
  }
  close(parent);
  return true;
}

}  // namespace

Status unpack(const std::string& tar, const std::string& folder, Whiteouts whiteouts) {
  Reader reader = TRY(open_tar(tar));
  Writer writer(archive_write_disk_new(), archive_write_free);
  archive_write_disk_set_options(writer.get(), ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_XATTR |
                                                   ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_UNLINK);
  const std::string root = std::filesystem::canonical(folder).string();
  int64_t written = 0;
  archive_entry* entry = nullptr;
  int status;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
    const auto name = inside(archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "");
    if (!name) return fail("Archive", fmt::format("{} has a name that leads out of it: {}", tar, archive_entry_pathname(entry)));
    if (name->empty()) continue;
    const size_t slash = name->rfind('/');
    const std::string_view last = std::string_view(*name).substr(slash == std::string::npos ? 0 : slash + 1);
    if (whiteouts == Whiteouts::overlay && last.starts_with(".wh.")) {
      if (!white_out(root, *name)) return fail("Archive", fmt::format("{} removes {}, which is not in a folder of its own", tar, *name));
      continue;
    }
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFCHR || type == AE_IFBLK) continue;
    if (const char* link = archive_entry_hardlink(entry)) {
      const auto target = inside(link);
      if (!target) return fail("Archive", fmt::format("{} has a link that leads out of it: {}", tar, link));
      archive_entry_set_hardlink(entry, (root + "/" + *target).c_str());
    }
    archive_entry_set_pathname(entry, (root + "/" + *name).c_str());
    if (archive_write_header(writer.get(), entry) < ARCHIVE_WARN) {
      return fail("Archive", fmt::format("cannot unpack {}: {}", *name, archive_error_string(writer.get())));
    }
    const void* block;
    size_t size;
    la_int64_t offset;
    while ((status = archive_read_data_block(reader.get(), &block, &size, &offset)) == ARCHIVE_OK) {
      written += static_cast<int64_t>(size);
      if (written > kUnpackedMax) return fail("Archive", fmt::format("{} unpacks to more than {} bytes", tar, kUnpackedMax));
      if (archive_write_data_block(writer.get(), block, size, offset) < ARCHIVE_WARN) {
        return fail("Archive", fmt::format("cannot unpack {}: {}", *name, archive_error_string(writer.get())));
      }
    }
    if (status != ARCHIVE_EOF) return fail("Archive", fmt::format("{} is damaged: {}", tar, archive_error_string(reader.get())));
    archive_write_finish_entry(writer.get());
  }
  if (status != ARCHIVE_EOF) return fail("Archive", fmt::format("{} is damaged: {}", tar, archive_error_string(reader.get())));
  return {};
}

Result<std::vector<std::string>> top_names(const std::string& tar) {
  Reader reader = TRY(open_tar(tar));
  std::set<std::string> names;
  archive_entry* entry = nullptr;
  int status;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
    const auto name = inside(archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "");
    if (name && !name->empty()) names.insert(name->substr(0, name->find('/')));
    archive_read_data_skip(reader.get());
  }
  if (status != ARCHIVE_EOF) return fail("Archive", fmt::format("{} is no tar archive: {}", tar, archive_error_string(reader.get())));
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::string> file_sha256(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("Archive", fmt::format("cannot read {}", path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  std::string buffer(1 << 18, '\0');
  ssize_t got;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0) EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<size_t>(got));
  close(fd);
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), out, &size);
  return hex_encode({reinterpret_cast<char*>(out), size});
}

}  // namespace containers
