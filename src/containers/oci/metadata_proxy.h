#pragma once
// Carries requests to 169.254.170.2 from inside a task to the server's task endpoint.
#include <string>
#include <string_view>

namespace containers::oci {

// Serves connections of `listener` until the process ends, each on a thread of its own (at most 16 at once).
// `url` is "http://127.0.0.1:4566/_gantry/task-metadata"; the task's id goes between it and the path.
void start_metadata_proxy(int listener, const std::string& url, const std::string& task);

// What a request's head asks for, below `prefix`: a path, and nothing that would end the request's line. Empty when it is no such thing.
std::string path_below(std::string_view prefix, std::string_view head);

}  // namespace containers::oci
