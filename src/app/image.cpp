// gantry image: container images, whether the server runs or not.
#include <fmt/format.h>

#include <cstdio>

#include "app/commands.h"
#include "app/running_server.h"
#include "containers/images.h"
#include "containers/oci/starter.h"

namespace app {

int image(const Config& config, std::vector<std::string> arguments) {
  const std::string verb = arguments.empty() ? "" : arguments[0];
  const auto folder = images_folder(config);
  if (!folder) return told(folder.error());
  containers::ImageStore store(*folder);
  if (verb == "import" && arguments.size() == 3) {
    auto imported = store.import(arguments[1], arguments[2]);
    if (!imported) return told(imported.error());
    fmt::print("{} {}\n", imported->name, imported->digest);
    return 0;
  }
  if (verb == "ls" && arguments.size() == 1) {
    for (const auto& one : store.list()) fmt::print("{:<60} {} {:.1f} MB\n", one.name, one.digest.substr(0, 19), static_cast<double>(one.bytes) / 1e6);
    return 0;
  }
  if (verb == "rm" && arguments.size() == 2) {
    auto removed = store.remove(arguments[1]);
    if (!removed) return told(removed.error());
    if (!*removed) fmt::print(stderr, "gantry: there is no image {}\n", arguments[1]);
    return *removed ? 0 : 1;
  }
  if (verb == "pull" && arguments.size() == 2) {
    fmt::print("pulling {}\n", arguments[1]);
    auto pulled = store.pull(arguments[1], 600'000);
    if (!pulled) return told(pulled.error());
    fmt::print("{} {}\n", pulled->name, pulled->digest);
    return 0;
  }
  fmt::print(stderr, "gantry: image import FILE NAME[:TAG] | ls | rm NAME | pull NAME\n");
  return 2;
}

int shim() { return containers::oci::starter_main(); }

}  // namespace app
