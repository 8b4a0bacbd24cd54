#pragma once
// HTTP/1.1 requests out of bytes, as they come (RFC 9112).
//
// Strict, since leniency is how requests are smuggled: lines end with CR LF, a name touches its colon, nothing is
// folded, a length is told once and in one way. What exceeds a limit is refused as soon as it is seen: a body that is
// announced too large before any of it has come.
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace net {

class RequestParser {
 public:
  struct Limits {
    size_t head_bytes, body_bytes;
  };
  explicit RequestParser(Limits limits) : limits_(limits) {}

  // Takes as much of `bytes` as belongs to this request; returns how much that was. All of it, unless the request is
  // done or refused.
  size_t feed(std::string_view bytes);

  bool head_done() const { return state_ > State::head; }
  bool done() const { return state_ == State::done; }
  // Why it is refused: the status to answer with (400, 413, 431), else 0; and in words.
  int fault() const { return fault_; }
  std::string_view why() const { return why_; }

  // Once the head is there.
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }
  int minor_version() const { return minor_; }
  // The memory that what has come takes by now.
  size_t held_bytes() const { return request_.body.capacity() + line_.capacity(); }

  // The request, once done.
  Request take() { return std::move(request_); }

 private:
  enum class State : uint8_t { head, body, chunk_size, chunk, chunk_end, trailers, done, refused };

  size_t feed_head(std::string_view bytes);
  void parse_head(std::string_view head);
  bool parse_request_line(std::string_view line);
  bool parse_target(std::string_view target);
  bool parse_field(std::string_view line);
  void begin_body();
  size_t feed_body(std::string_view bytes);
  // A line of the chunked form, without its end; false while it is not whole. `used` counts what was taken.
  bool take_line(std::string_view bytes, size_t& used, size_t bytes_max);
  void parse_chunk_size();
  void refuse(int status, std::string_view why) { state_ = State::refused, fault_ = status, why_ = why; }

  Limits limits_;
  State state_ = State::head;
  int fault_ = 0;
  std::string_view why_;
  Request request_;
  std::string line_;       // of a head or a line that is not whole
  size_t remaining_ = 0;   // of the body or the chunk
  size_t trailer_bytes_ = 0;
  std::string authority_;  // of a target in the absolute form
  int minor_ = 1, hosts_ = 0;
  bool keep_alive_ = true, expects_continue_ = false, has_length_ = false, chunked_ = false;
};

}  // namespace net
