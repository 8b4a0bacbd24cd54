#include "app/routes.h"

#include "base/memory.h"

namespace app {
namespace {

net::Response text(int status, std::string_view type, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
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
