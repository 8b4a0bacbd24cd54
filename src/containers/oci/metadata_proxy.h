#pragma once
// Carries requests to 169.254.170.2 from inside a task to the server's task endpoint.
#include <string>

namespace containers::oci {

// Serves connections of `listener` until the process ends, each on a thread of its own (at most 16 at once).
// `url` is "http://127.0.0.1:4566/_gantry/task-metadata"; the task's id goes between it and the path.
void start_metadata_proxy(int listener, const std::string& url, const std::string& task);

}  // namespace containers::oci
