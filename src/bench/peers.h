#pragma once
// Others beside us: the scripts of bench/peers run them, in processes of their own, and print what they did.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/workload.h"

namespace bench {

// The lines that a script of the folder bench/peers prints, cut at their tabs. Fails when the script does.
Result<std::vector<std::vector<std::string>>> peer_lines(const std::string& folder, std::string_view script_and_arguments);

// Adds to the bench's figures what the peers do of an execution workload ("B1"), each with our own figure as a multiple of it. What a
// peer cannot do is a figure too, with the reason.
Status beside_peers(Bench& bench, std::string_view workload);

}  // namespace bench
