#include "containers/images.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/random.h"
#include "containers/archive.h"
#include "containers/process.h"
#include "language/json/parse.h"

namespace containers {

namespace fs = std::filesystem;
using json::Value;

namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A folder that goes away again.
struct Scratch {
  explicit Scratch(const std::string& parent) {
    SystemRandom random;
    path = parent + "/tmp-" + random.hex(16);
    fs::create_directories(path);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string path;
};

std::unexpected<Error> bad(std::string message) { return fail("Image", std::move(message)); }

// A file of an unpacked image by the name that the image has for it, which may be any text, over links that may lead anywhere:
// what is outside the image's folder, or no file, is none of it.
Result<std::string> file_of(const std::string& folder, std::string_view name) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path path = error ? fs::path() : fs::canonical(root.string() + "/" + std::string(name), error);
  const fs::path way = path.lexically_relative(root);
  if (error || way.empty() || *way.begin() == ".." || !fs::is_regular_file(path, error)) return bad(fmt::format("the image lacks {}", name));
  return path.string();
}

// Manifests and configurations: a few kilobytes.
constexpr uintmax_t kDocumentBytesMax = 8 << 20;

Result<Value> document_of(const std::string& folder, std::string_view name) {
  const std::string path = TRY(file_of(folder, name));
  std::error_code error;
  if (fs::file_size(path, error) > kDocumentBytesMax || error) return bad(fmt::format("{} is too large", name));
  auto document = json::parse(read_text(path));
  if (!document) return bad(fmt::format("{} is no JSON document", name));
  return *std::move(document);
}

// Of an OCI layout: where it has what a digest names.
std::string blob_name(std::string_view digest) {
  const size_t colon = digest.find(':');
  return fmt::format("blobs/{}/{}", digest.substr(0, colon), digest.substr(colon + 1));
}

int64_t bytes_of(const std::string& path) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

}  // namespace

std::optional<std::string> full_image_name(std::string_view name) {
  if (name.empty() || name.size() > 512 || name.find_first_of(" \t\n\"'\\") != name.npos) return std::nullopt;
  std::string registry = "docker.io", rest(name);
  const size_t slash = name.find('/');
  if (slash != name.npos) {
    const std::string_view first = name.substr(0, slash);
    if (first.find_first_of(".:") != first.npos || first == "localhost") {
      registry = first;
      rest = name.substr(slash + 1);
    }
  }
  if (rest.empty()) return std::nullopt;
  if (registry == "docker.io" && rest.find('/') == rest.npos) rest = "library/" + rest;
  if (rest.find('@') == rest.npos && rest.find(':') == rest.npos) rest += ":latest";
  return registry + "/" + rest;
}

// Held while the index changes; other processes wait.
class ImageStore::Lock {
 public:
  explicit Lock(const std::string& folder) {
    std::error_code ignored;
    fs::create_directories(folder + "/layers", ignored);
    fd_ = open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  int fd_;
};

Value ImageStore::read_index() const {
  auto index = json::parse(read_text(folder_ + "/images.json"));
  return index && index->is_object() ? *index : Value::object();
}

Status ImageStore::write_index(const Value& index) const {
  const std::string path = folder_ + "/images.json", fresh = path + ".new";
  const std::string text = json::write_pretty(index);
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool ok = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!ok || rename(fresh.c_str(), path.c_str()) != 0) return bad("cannot write " + path);
  return {};
}

Image ImageStore::from_json(const Value& d) const {
  Image image{std::string(d.text("name")), std::string(d.text("digest")), d["config"], {}, d["bytes"].as_int64().value_or(0)};
  for (const Value& layer : d["layers"].items()) image.layers.push_back(folder_ + "/layers/" + std::string(layer.as_string()));
  return image;
}

std::optional<Image> ImageStore::find(std::string_view name) {
  const auto full = full_image_name(name);
  if (!full) return std::nullopt;
  const Value index = read_index();
  if (const Value* found = index.find(*full)) return from_json(*found);
  // By digest, whatever its tag.
  if (const size_t at = full->find('@'); at != std::string::npos) {
    for (const auto& member : index.members()) {
      if (member.value.text("digest") == full->substr(at + 1)) return from_json(member.value);
    }
  }
  return std::nullopt;
}

std::vector<Image> ImageStore::list() {
  std::vector<Image> images;
  for (const auto& member : read_index().members()) images.push_back(from_json(member.value));
  return images;
}

Result<bool> ImageStore::remove(std::string_view name) {
  const auto full = full_image_name(name);
  Lock lock(folder_);
  Value index = read_index();
  if (!full || !index.find(*full)) return false;
  index = index.without(*full);
  TRY(write_index(index));
  std::set<std::string> used;
  for (const auto& member : index.members()) {
    for (const Value& layer : member.value["layers"].items()) used.emplace(layer.as_string());
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_ + "/layers", ignored)) {
    if (!used.contains(entry.path().filename().string())) fs::remove_all(entry.path(), ignored);
  }
  return true;
}

Result<Image> ImageStore::add(Image image) {
  std::vector<Value> layers;
  for (const std::string& layer : image.layers) layers.emplace_back(fs::path(layer).filename().string());
  Lock lock(folder_);
  const Value document = json::object({{"name", image.name}, {"digest", image.digest}, {"config", image.config},
                                       {"layers", Value::array(std::move(layers))}, {"bytes", image.bytes}});
  TRY(write_index(read_index().with(image.name, document)));
  return image;
}

// Layers are kept by the hash of their tar: the same one is unpacked once.
Result<std::string> ImageStore::add_layer(const std::string& tar) {
  const std::string hash = TRY(file_sha256(tar));
  const std::string target = folder_ + "/layers/" + hash;
  if (fs::exists(target)) return target;
  Scratch scratch(folder_ + "/layers");
  TRY(unpack(tar, scratch.path, Whiteouts::overlay));
  std::error_code error;
  fs::rename(scratch.path, target, error);
  if (error && !fs::exists(target)) return bad("cannot keep a layer: " + error.message());
  return target;
}

Result<Image> ImageStore::import(const std::string& path, std::string_view name) {
  const auto full = full_image_name(name);
  if (!full) return bad(fmt::format("'{}' is no image name", name));
  std::error_code error;
  fs::create_directories(folder_ + "/layers", error);
  if (fs::is_directory(path, error)) {
    if (!fs::exists(path + "/index.json")) return bad(path + " is no OCI layout: it has no index.json");
    return from_layout(path, *full);
  }
  const auto names = TRY(top_names(path));
  const auto has = [&](std::string_view wanted) { return std::ranges::find(names, wanted) != names.end(); };
  if (has("index.json") || has("manifest.json")) {
    Scratch scratch(folder_);
    TRY(unpack(path, scratch.path, Whiteouts::keep));
    if (has("manifest.json")) return from_docker(scratch.path, *full);
    return from_layout(scratch.path, *full);
  }
  if (names.empty()) return bad(path + " is empty");
  return from_root(path, *full);
}

Result<Image> ImageStore::from_root(const std::string& tar, const std::string& name) {
  Image image;
  image.name = name;
  image.layers = {TRY(add_layer(tar))};
  image.digest = "sha256:" + fs::path(image.layers[0]).filename().string();
  image.config = Value::object();
  image.bytes = bytes_of(tar);
  return add(std::move(image));
}

Result<Image> ImageStore::from_docker(const std::string& unpacked, const std::string& name) {
  const Value manifest = TRY(document_of(unpacked, "manifest.json"));
  if (!manifest.is_array() || manifest.size() == 0) return bad("manifest.json is not that of a docker save archive");
  const Value& first = manifest[size_t{0}];
  const Value config = TRY(document_of(unpacked, first.text("Config")));
  Image image;
  image.name = name;
  image.digest = "sha256:" + TRY(file_sha256(TRY(file_of(unpacked, first.text("Config")))));
  image.config = config["config"];
  for (const Value& layer : first["Layers"].items()) {
    const std::string path = TRY(file_of(unpacked, layer.is_string() ? layer.as_string() : ""));
    image.layers.push_back(TRY(add_layer(path)));
    image.bytes += bytes_of(path);
  }
  return add(std::move(image));
}

Result<Image> ImageStore::from_layout(const std::string& layout, const std::string& name) {
  const Value index = TRY(document_of(layout, "index.json"));
  if (!index["manifests"].is_array()) return bad("index.json is not that of an OCI layout");
  // An index may lead to another one; the manifest for this machine is wanted.
  Value list = index["manifests"];
  std::string digest;
  Value manifest;
  for (int depth = 0; depth < 4 && list.is_array() && list.size() > 0; ++depth) {
    const Value* chosen = &list[size_t{0}];
    for (const Value& one : list.items()) {
      if (one["platform"].text("architecture") == "amd64" && one["platform"].text("os", "linux") == "linux") chosen = &one;
    }
    digest = chosen->text("digest");
    manifest = TRY(document_of(layout, blob_name(digest)));
    list = manifest["manifests"];
  }
  if (!manifest["layers"].is_array()) return bad("the layout has no manifest for this machine");
  const Value config = TRY(document_of(layout, blob_name(manifest["config"].text("digest"))));
  Image image;
  image.name = name;
  image.digest = digest;
  image.config = config["config"];
  for (const Value& layer : manifest["layers"].items()) {
    const std::string path = TRY(file_of(layout, blob_name(layer.text("digest"))));
    image.layers.push_back(TRY(add_layer(path)));
    image.bytes += layer["size"].as_int64().value_or(0);
  }
  return add(std::move(image));
}

Result<Image> ImageStore::pull(std::string_view name, int64_t timeout_ms) {
  const auto full = full_image_name(name);
  const auto cannot = [&](std::string_view why) {
    std::string line(why.substr(0, why.find_last_not_of(" \n") + 1));
    std::replace(line.begin(), line.end(), '\n', ' ');
    return bad(fmt::format("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {}: {}", full ? *full : std::string(name), line));
  };
  if (!full) return cannot("invalid reference format");
  std::error_code error;
  fs::create_directories(folder_ + "/layers", error);
  Scratch scratch(folder_);
  const auto pulled = run_program({"skopeo", "--insecure-policy", "copy", "--quiet", "--retry-times", "0", "docker://" + *full, "oci:" + scratch.path + ":image"}, timeout_ms);
  if (pulled.timed_out) return cannot("the registry did not answer in time");
  if (pulled.exit_code == 127) return cannot("skopeo is not installed: apt-get install skopeo");
  if (pulled.exit_code != 0) {
    const size_t from = pulled.output.size() > 600 ? pulled.output.size() - 600 : 0;
    return cannot(std::string_view(pulled.output).substr(from));
  }
  return from_layout(scratch.path, *full);
}

// Layers have owners, devices and extended attributes: tar keeps them all.
namespace {
constexpr int64_t kTarMs = 6 * 3'600'000;

Status run_tar(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"tar", "--numeric-owner", "--xattrs", "--xattrs-include=*"});
  const auto ran = run_program(arguments, kTarMs);
  if (ran.exit_code == 0) return {};
  return bad(fmt::format("tar failed ({}): {}", ran.exit_code, ran.output.substr(0, 600)));
}
}  // namespace

Status ImageStore::save(const std::string& tar) {
  Lock lock(folder_);
  return run_tar({"--create", "--file", tar, "--directory", folder_, "--exclude=./layers/tmp-*", "./images.json", "./layers"});
}

Status ImageStore::load(const std::string& tar) {
  Lock lock(folder_);
  return run_tar({"--extract", "--preserve-permissions", "--file", tar, "--directory", folder_});
}

}  // namespace containers
