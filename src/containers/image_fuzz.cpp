// Any file as an image: imported into a store of its own. Whatever it is, nothing beside the store is touched or read.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "containers/images.h"
#include "language/json/parse.h"

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSecret = R"({"config":{"Env":["SECRET=1"]},"manifests":[],"layers":[]})";

// FOLDER/secret.json is what an image must not reach; FOLDER/store is where it may write.
const std::string& folder() {
  static const std::string made = [] {
    std::string path = (fs::temp_directory_path() / "gantry-image-fuzz-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr, "a folder for images");
    std::ofstream(path + "/secret.json") << kSecret;
    fs::permissions(path, fs::perms::all);
    static std::string swept = path;
    atexit([] {
      std::error_code ignored;
      fs::remove_all(swept, ignored);
    });
    return path;
  }();
  return made;
}

// What climbs out must not do harm here either: as root the work is done as nobody.
class AsNobody {
 public:
  AsNobody() { CHECK(!root_ || seteuid(65534) == 0, "somebody else's rights"); }
  ~AsNobody() { CHECK(!root_ || seteuid(0) == 0, "one's own rights again"); }

 private:
  const bool root_ = getuid() == 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string file = folder() + "/image", store = folder() + "/store";
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  {
    const AsNobody other;
    containers::ImageStore images(store);
    if (const auto image = images.import(file, "fuzz")) {
      CHECK(json::write(image->config).find("SECRET") == std::string::npos, "an image is made of what is in it");
      CHECK(images.find("fuzz").has_value(), "what was imported is found");
      for (const std::string& layer : image->layers) CHECK(layer.starts_with(store + "/layers/") && fs::is_directory(layer), "layers are kept in the store");
      CHECK(images.remove("fuzz").value_or(false), "what is there can go");
    } else {
      CHECK(!image.error().message.empty(), "what is wrong is said");
    }
  }
  size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(folder())) {
    (void)entry;
    ++entries;
  }
  CHECK(entries == 3, "nothing is made beside the store");
  fs::remove_all(store);
  return 0;
}
