// Images from anybody: what is in them is kept, and nothing beside them is read or made.
#include "containers/images.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "language/json/parse.h"

namespace {

namespace fs = std::filesystem;
using containers::ImageStore;

// A tar archive, entry by entry.
class Tar {
 public:
  Tar& file(const std::string& name, const std::string& text) { return entry(name, '0', "", text); }
  Tar& folder(const std::string& name) { return entry(name, '5', "", ""); }
  Tar& link(const std::string& name, const std::string& target) { return entry(name, '2', target, ""); }
  Tar& hard_link(const std::string& name, const std::string& target) { return entry(name, '1', target, ""); }
  Tar& pipe(const std::string& name) { return entry(name, '6', "", ""); }
  std::string bytes() const { return bytes_ + std::string(1024, '\0'); }

 private:
  Tar& entry(const std::string& name, char type, const std::string& target, const std::string& text) {
    char head[512] = {};
    std::memcpy(head, name.data(), std::min<size_t>(name.size(), 100));
    std::memcpy(head + 100, "0000755", 7);
    std::memcpy(head + 108, "0000000", 7);
    std::memcpy(head + 116, "0000000", 7);
    snprintf(head + 124, 12, "%011zo", text.size());
    std::memcpy(head + 136, "00000000000", 11);
    head[156] = type;
    std::memcpy(head + 157, target.data(), std::min<size_t>(target.size(), 100));
    std::memcpy(head + 257, "ustar\00000", 8);
    std::memset(head + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : head) sum += static_cast<unsigned char>(c);
    snprintf(head + 148, 8, "%06o", sum);
    bytes_.append(head, 512).append(text).append((512 - text.size() % 512) % 512, '\0');
    return *this;
  }

  std::string bytes_;
};

struct Images : testing::Test {
  Images() {
    fs::create_directory(place + "/outside");
    write("outside/secret.json", R"({"config":{"Env":["SECRET=1"]}})");
    write("outside/layer.tar", Tar().file("secret", "of the host").bytes());
  }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(place + "/" + name, std::ios::binary) << bytes;
    return place + "/" + name;
  }
  Result<containers::Image> import(const Tar& tar) { return ImageStore(place + "/store").import(write("image.tar", tar.bytes()), "image"); }
  std::string refusal(const Tar& tar) {
    const auto image = import(tar);
    return image ? "imported" : image.error().message;
  }
  std::vector<std::string> outside() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(place + "/outside")) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  static std::string text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder folder;
  const std::string& place = folder.path;
  const std::string layer = Tar().file("hello", "from the layer").bytes();
  const std::string manifest = R"([{"Config":"config.json","Layers":["layer.tar"]}])";
};

TEST_F(Images, AnArchiveOfDockerSaveIsItsConfigurationAndItsLayers) {
  const auto image = import(Tar().file("manifest.json", manifest).file("config.json", R"({"config":{"Cmd":["a"]}})").file("layer.tar", layer));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(json::write(image->config), R"({"Cmd":["a"]})");
  ASSERT_EQ(image->layers.size(), 1u);
  EXPECT_EQ(text(image->layers[0] + "/hello"), "from the layer");
}

TEST_F(Images, ALayerThatIsALinkWithinTheArchiveIsTaken) {
  const auto image = import(Tar().file("manifest.json", manifest).file("config.json", "{}").folder("a").file("a/layer.tar", layer).link("layer.tar", "a/layer.tar"));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(text(image->layers[0] + "/hello"), "from the layer");
}

TEST_F(Images, ALayoutIsFoundByItsDigests) {
  const auto image = import(Tar()
                                .file("index.json", R"({"manifests":[{"digest":"sha256:m"}]})")
                                .file("blobs/sha256/m", R"({"config":{"digest":"sha256:c"},"layers":[{"digest":"sha256:l","size":7}]})")
                                .file("blobs/sha256/c", R"({"config":{"User":"u"}})")
                                .file("blobs/sha256/l", layer));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->digest, "sha256:m");
  EXPECT_EQ(image->config.text("User"), "u");
  EXPECT_EQ(image->bytes, 7);
}

TEST_F(Images, NothingIsReadThatTheArchiveDoesNotHold) {
  const std::string out = place + "/outside";
  const auto climb = [&](const std::string& to) { return "../../../../../../../../../.." + out + to; };
  const std::string lacks = "the image lacks ";
  EXPECT_EQ(refusal(Tar().file("manifest.json", "[{\"Config\":\"" + climb("/secret.json") + "\",\"Layers\":[]}]")), lacks + climb("/secret.json"));
  EXPECT_EQ(refusal(Tar().file("manifest.json", "[{\"Config\":\"c\",\"Layers\":[\"" + climb("/layer.tar") + "\"]}]").file("c", "{}")), lacks + climb("/layer.tar"));
  EXPECT_EQ(refusal(Tar().file("manifest.json", manifest).link("config.json", out + "/secret.json").file("layer.tar", layer)), lacks + "config.json");
  EXPECT_EQ(refusal(Tar().file("manifest.json", manifest).file("config.json", "{}").link("layer.tar", out + "/layer.tar")), lacks + "layer.tar");
  EXPECT_EQ(refusal(Tar().link("manifest.json", out + "/secret.json")), lacks + "manifest.json");
  EXPECT_EQ(refusal(Tar().file("index.json", "{\"manifests\":[{\"digest\":\"" + climb("/secret.json") + "\"}]}")).substr(0, lacks.size()), lacks);
  EXPECT_EQ(refusal(Tar().link("index.json", out + "/secret.json")), lacks + "index.json");
}

TEST_F(Images, APipeIsNoLayerThatOneWaitsFor) {
  EXPECT_EQ(refusal(Tar().file("manifest.json", manifest).file("config.json", "{}").pipe("layer.tar")), "the image lacks layer.tar");
  EXPECT_EQ(refusal(Tar().pipe("manifest.json")), "the image lacks manifest.json");
}

TEST_F(Images, WhatIsRemovedInALayerIsRemovedInTheLayerAlone) {
  const std::string refused = refusal(Tar().link("way", place + "/outside").file("way/.wh.gone", ""));
  EXPECT_NE(refused.find("which is not in a folder of its own"), std::string::npos) << refused;
  EXPECT_NE(refusal(Tar().link("way", place + "/outside").file("way/made/.wh..wh..opq", "")), "imported");
  EXPECT_EQ(outside(), (std::vector<std::string>{"layer.tar", "secret.json"}));
  EXPECT_EQ(refusal(Tar().file("a/b/.wh.gone", "").folder("c").file("c/.wh..wh..opq", "")), "imported");
}

TEST_F(Images, NoEntryIsWrittenOrLinkedOverALinkThatLeadsOut) {
  import(Tar().link("way", place + "/outside").file("way/secret.json", "overwritten"));
  import(Tar().link("way", place + "/outside").file("way/more", "made"));
  const auto linked = import(Tar().link("way", place + "/outside").hard_link("mine", "way/secret.json"));
  if (linked) EXPECT_FALSE(fs::exists(linked->layers[0] + "/mine")) << "a link to the host's file would be a way to it";
  EXPECT_NE(refusal(Tar().file("../up", "x")), "imported");
  EXPECT_NE(refusal(Tar().hard_link("mine", "../../../outside/secret.json")), "imported");
  EXPECT_EQ(outside(), (std::vector<std::string>{"layer.tar", "secret.json"}));
  EXPECT_EQ(text(place + "/outside/secret.json"), R"({"config":{"Env":["SECRET=1"]}})");
  struct stat facts {};
  ASSERT_EQ(stat((place + "/outside/secret.json").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_nlink, 1u);
}

TEST_F(Images, DamagedArchivesAreRefused) {
  const std::string whole = Tar().file("manifest.json", manifest).file("config.json", "{}").file("layer.tar", layer).bytes();
  for (const size_t cut : {size_t{600}, size_t{1200}, size_t{1536}, whole.size() - 1800}) {
    EXPECT_FALSE(ImageStore(place + "/store").import(write("cut.tar", whole.substr(0, cut)), "image")) << cut;
  }
  EXPECT_FALSE(ImageStore(place + "/store").import(write("text", "this is no archive, and more than a few letters of it"), "image"));
}

}  // namespace
