#pragma once
// `gantry bench`: the named workloads of bench/, measured. Returns the exit status.
#include <string>
#include <vector>

namespace bench {

int run(std::vector<std::string> arguments, const std::string& endpoint);

}  // namespace bench
