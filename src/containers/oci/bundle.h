#pragma once
// A container's OCI bundle: config.json from what the task definition and the image say.
#include <string>

#include "containers/images.h"
#include "containers/runtime.h"

namespace containers::oci {

struct BundlePlace {
  std::string root;            // the mounted root file system
  std::string network_path;    // of the task's network namespace
  std::string cgroup;          // "/gantry/<task>/<container>"
  std::string volumes;         // folder of the task's scratch volumes
  std::string etc;             // folder with hosts and resolv.conf
};

// Why the container cannot be made, or its config.json.
Result<json::Value> bundle_config(const TaskSpec& task, const ContainerSpec& container, const Image& image, const BundlePlace& place);

}  // namespace containers::oci
