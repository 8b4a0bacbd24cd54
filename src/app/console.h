#pragma once
// The console's static files under /console/, as scripts/build-web packed them into the binary.
//
// The page itself is asked for anew each time (ETag); everything else has its content's digest in its name and is kept
// by browsers for ever. Files are stored compressed and sent so; whoever does not take gzip gets them inflated.
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"

namespace app {

class Console {
 public:
  // `pack`: JSON on the first line, the files' bytes behind it; empty when the console was not built.
  explicit Console(std::string_view pack);
  // Of the binary's own pack.
  static const Console& built_in();

  bool built() const { return !files_.empty(); }
  // `request` is for a path below /console.
  net::Response answer(const net::Request& request) const;

 private:
  struct File {
    std::string_view bytes;
    std::string type, etag;
    bool gzip = false, immutable = false;
  };
  net::Response send(const net::Request& request, const File& file) const;

  std::unordered_map<std::string, File> files_;
};

}  // namespace app
