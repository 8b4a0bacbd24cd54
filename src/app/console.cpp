#include "app/console.h"

#include "base/check.h"
#include "language/json/parse.h"
#include "protocol/codec/inflate.h"

extern "C" {
extern const char gantry_console_begin[], gantry_console_end[];
}

namespace app {
namespace {

constexpr std::string_view kPrefix = "/console/";
constexpr size_t kFileBytesMax = 64 * 1048576;

// Nothing but this server's own files is loaded, run or called; nothing of it is framed by others.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kNotBuilt =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Gantry</title></head><body>"
    "<h1>The console is not part of this binary</h1><p>It was built without the web part. <code>scripts/build-web</code> builds that, and "
    "<code>scripts/build</code> then makes a binary that has it. Everything else works.</p></body></html>\n";

void add_security(net::Headers& headers) {
  headers.add("Content-Security-Policy", kPolicy);
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
}

net::Response page(int status, std::string_view type, std::string_view text) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  add_security(response.headers);
  response.body = text;
  return response;
}

}  // namespace

Console::Console(std::string_view pack) {
  if (pack.empty()) return;
  const size_t line = pack.find('\n');
  const auto index = json::parse(pack.substr(0, line));
  CHECK(line != pack.npos && index && index->is_array(), "scripts/build-web wrote the console's pack");
  const std::string_view bytes = pack.substr(line + 1);
  for (const json::Value& entry : index->items()) {
    File file;
    file.bytes = bytes.substr(static_cast<size_t>(entry["offset"].as_int64().value_or(0)), static_cast<size_t>(entry["size"].as_int64().value_or(0)));
    file.type = entry.text("type");
    file.etag = entry.text("etag");
    file.gzip = entry["gzip"].is_bool() && entry["gzip"].as_bool();
    file.immutable = entry["immutable"].is_bool() && entry["immutable"].as_bool();
    files_.emplace(entry.text("path"), std::move(file));
  }
}

const Console& Console::built_in() {
  static const Console console({gantry_console_begin, gantry_console_end});
  return console;
}

net::Response Console::answer(const net::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return page(405, "text/plain", "only GET\n");
  const std::string_view path = request.path();
  if (!path.starts_with(kPrefix)) {
    net::Response response = page(path == "/console" ? 308 : 404, "text/plain", "the console is at /console/\n");
    if (path == "/console") response.headers.add("Location", kPrefix);
    return response;
  }
  if (!built()) return page(503, "text/html; charset=utf-8", kNotBuilt);
  const std::string name(path.substr(kPrefix.size()));
  const auto it = files_.find(name.empty() ? "index.html" : name);
  if (it == files_.end()) return page(404, "text/plain", "there is nothing here\n");
  return send(request, it->second);
}

net::Response Console::send(const net::Request& request, const File& file) const {
  net::Response response;
  add_security(response.headers);
  response.headers.add("ETag", file.etag);
  response.headers.add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (file.gzip) response.headers.add("Vary", "Accept-Encoding");
  if (request.headers.get("If-None-Match").find(file.etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", file.type);
  if (!file.gzip) {
    response.body = file.bytes;
  } else if (request.headers.get("Accept-Encoding").find("gzip") != std::string_view::npos) {
    response.headers.add("Content-Encoding", "gzip");
    response.body = file.bytes;
  } else {
    auto whole = codec::gunzip(file.bytes, kFileBytesMax);
    CHECK(whole, "scripts/build-web wrote the console's pack");
    response.body = *std::move(whole);
  }
  return response;
}

}  // namespace app
