#include "app/routes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace app {
namespace {

net::Response text(int status, std::string_view type, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

// Resident memory in bytes, from the kernel.
long resident_bytes() {
  long pages = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

net::Response Routes::answer(const net::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "text/plain", "only GET\n");
  if (request.path() == "/_gantry/health") return text(200, "application/json", "{\"status\":\"ok\"}\n");
  if (request.path() == "/_gantry/metrics") {
    Exposition out;
    out.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    out.sample(static_cast<double>(resident_bytes()));
    if (report_) report_(out);
    return text(200, "text/plain; version=0.0.4", out.text());
  }
  return text(404, "text/plain", "there is nothing here\n");
}

}  // namespace app
