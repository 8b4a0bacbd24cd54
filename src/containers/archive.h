#pragma once
// Tar archives, compressed or not, from anybody: nothing in them leaves the folder that they are unpacked to.
#include <string>
#include <vector>

#include "base/result.h"

namespace containers {

enum class Whiteouts : uint8_t { keep, overlay };  // overlay: ".wh.x" becomes what an overlay takes for a removal

// Unpacks into `folder`, which is there. Devices are left out, names that climb out are refused, at most
// 64 GiB are written.
Status unpack(const std::string& tar, const std::string& folder, Whiteouts whiteouts);
// The names at the top of the archive: enough to tell its form.
Result<std::vector<std::string>> top_names(const std::string& tar);
// "sha256" of a file, in hexadecimal.
Result<std::string> file_sha256(const std::string& path);

}  // namespace containers
