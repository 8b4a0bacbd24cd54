#include "containers/oci/bundle.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "language/json/parse.h"

namespace {

namespace fs = std::filesystem;

struct Bundle : testing::Test {
  Bundle() {
    fs::create_directories(place + "/root/etc");
    std::ofstream(place + "/outside") << "worker:x:4242:4242::/:/bin/sh\n";
  }

  // The user that a container runs as, or why it cannot.
  std::string user(const std::string& name) {
    containers::TaskSpec task;
    containers::ContainerSpec container;
    container.command = {"a"};
    container.user = name;
    const auto config = containers::oci::bundle_config(task, container, {}, {.root = place + "/root", .network_path = "", .cgroup = "", .volumes = "", .etc = ""});
    return config ? json::write((*config)["process"]["user"]["uid"]) : config.error().message;
  }

  TemporaryFolder folder;
  const std::string& place = folder.path;
};

TEST_F(Bundle, AUserIsLookedUpInTheImagesOwnFiles) {
  std::ofstream(place + "/root/etc/passwd") << "root:x:0:0:root:/root:/bin/sh\nworker:x:1001:1001::/home/worker:/bin/sh\n";
  EXPECT_EQ(user("worker"), "1001");
  EXPECT_EQ(user("77"), "77");
  EXPECT_NE(user("nobody").find("unable to find user nobody"), std::string::npos);
}

TEST_F(Bundle, ALinkLeadsToTheImagesFileAndNotToTheHosts) {
  std::ofstream(place + "/root/users") << "worker:x:7:7::/:/bin/sh\n";
  fs::create_symlink("/users", place + "/root/etc/passwd");
  EXPECT_EQ(user("worker"), "7");
  fs::remove(place + "/root/etc/passwd");
  fs::create_symlink(place + "/outside", place + "/root/etc/passwd");
  EXPECT_NE(user("worker").find("unable to find user"), std::string::npos);
}

TEST_F(Bundle, AContainerThatIsAloneHasItsTasksShareOfTheProcessors) {
  containers::TaskSpec task;
  task.cpu_millis = 500;
  task.containers.resize(1);
  task.containers[0].command = {"a"};
  const auto shares = [&] {
    const auto config = containers::oci::bundle_config(task, task.containers[0], {}, {.root = place + "/root", .network_path = "", .cgroup = "", .volumes = "", .etc = ""});
    return config ? json::write((*config)["linux"]["resources"]["cpu"]["shares"]) : config.error().message;
  };
  EXPECT_EQ(shares(), "512");
  // Among others of its task it has what it was given there: the least, or so many.
  task.containers.push_back(task.containers[0]);
  EXPECT_EQ(shares(), "2");
  task.containers[0].cpu_shares = 128;
  EXPECT_EQ(shares(), "128");
}

TEST_F(Bundle, APipeOrADeviceInItsPlaceIsNotReadFrom) {
  ASSERT_EQ(mkfifo((place + "/root/etc/passwd").c_str(), 0600), 0);
  EXPECT_NE(user("worker").find("unable to find user"), std::string::npos);
  fs::remove(place + "/root/etc/passwd");
  fs::create_symlink("/dev/zero", place + "/root/etc/passwd");
  EXPECT_NE(user("worker").find("unable to find user"), std::string::npos);
}

}  // namespace
