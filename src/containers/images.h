#pragma once
// Container images: imported from files, pulled from registries, kept as extracted layers.
//
// DIR/layers/<hash>/ holds each layer once, ready to be a lower directory of an overlay; DIR/images.json says
// which names stand for which layers. The folder may be used by a server and a command at once: changes are
// made under a lock of the file system. All calls block.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace containers {

struct Image {
  std::string name;                 // "docker.io/library/busybox:latest"
  std::string digest;               // "sha256:..."
  json::Value config;               // the "config" of the image: Env, Cmd, Entrypoint, WorkingDir, User, StopSignal
  std::vector<std::string> layers;  // folders, the lowest first
  int64_t bytes = 0;
};

// "busybox" -> "docker.io/library/busybox:latest"; nothing for what is no image name.
std::optional<std::string> full_image_name(std::string_view name);

class ImageStore {
 public:
  explicit ImageStore(std::string folder) : folder_(std::move(folder)) {}

  // A `docker save` archive, an OCI layout (folder or tar) or a root file system tar.
  Result<Image> import(const std::string& path, std::string_view name);
  // From its registry, within `timeout_ms`. The message begins with "CannotPullContainerError: ".
  Result<Image> pull(std::string_view name, int64_t timeout_ms = 25'000);
  std::optional<Image> find(std::string_view name);
  std::vector<Image> list();
  // Layers that no other image has go too. False when there is no such image.
  Result<bool> remove(std::string_view name);

  // All of them as one tar, and back from it into a folder that has none (for backups).
  Status save(const std::string& tar);
  Status load(const std::string& tar);

 private:
  class Lock;
  json::Value read_index() const;
  Status write_index(const json::Value& index) const;
  Result<Image> add(Image image);
  Result<std::string> add_layer(const std::string& tar);
  Result<Image> from_root(const std::string& tar, const std::string& name);
  Result<Image> from_docker(const std::string& unpacked, const std::string& name);
  Result<Image> from_layout(const std::string& unpacked, const std::string& name);
  Image from_json(const json::Value& document) const;

  std::string folder_;
};

}  // namespace containers
