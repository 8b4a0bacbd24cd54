#pragma once
// A load generator: many connections, each with one request on its way, driven by one thread over epoll.
//
// It costs a few microseconds a request, so that less than a core of it keeps a server busy. It speaks just enough
// HTTP/1.1 for our own answers: keep-alive, Content-Length. Not a client for anything else.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bench {

struct Address {
  std::string host;  // an IPv4 address
  uint16_t port = 0;
  // Of "http://127.0.0.1:4566".
  static Result<Address> of(std::string_view url);
  std::string text() const;
};

struct Answer {
  int status = 0;
  std::string_view body;
};

// A call of a JSON protocol as an SDK would send it, its signature included (which `off` and `audit` do not check).
void render_call(const Address& server, std::string_view service, std::string_view target, std::string_view body, std::string& out);

class Load {
 public:
  static Result<Load> connect(const Address& server, size_t connections);
  ~Load();
  Load(Load&& other) noexcept;
  Load(const Load&) = delete;

  // Asked for the next request of a connection that has none on its way; false: that connection is done.
  using Next = std::function<bool(size_t connection, std::string& request)>;
  using Answered = std::function<void(size_t connection, const Answer& answer)>;
  // Runs until every connection is done. Fails when the server hangs up, sends what cannot be read, or is silent
  // for `patience_ms`.
  Status run(const Next& next, const Answered& answered, int patience_ms = 60'000);
  size_t connections() const { return lines_.size(); }

 private:
  struct Line {
    int fd = -1;
    std::string out, in;
    size_t sent = 0;
    size_t expected = 0;  // bytes of the whole answer, once its header is there
    bool waits_to_write = false;
  };

  Load() = default;
  bool send_next(size_t connection, const Next& next);
  Status write(Line& line, size_t connection);
  Status read(Line& line, size_t connection, const Next& next, const Answered& answered);

  int epoll_ = -1;
  std::vector<Line> lines_;
  size_t busy_ = 0;
  std::vector<char> scratch_ = std::vector<char>(256 * 1024);
};

// One call on a connection of its own, its answer's body; fails when it is not answered with 200.
Result<std::string> call_once(const Address& server, std::string_view service, std::string_view target, std::string_view body);
// A GET, the same way.
Result<std::string> get_once(const Address& server, std::string_view path);

}  // namespace bench
