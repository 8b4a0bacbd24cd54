#pragma once
// A response's body that is written while it comes into being: server-sent events, a log that is followed.
//
//   auto stream = std::make_shared<net::BodyStream>();
//   response.stream = stream;
//   respond(std::move(response));
//   stream->write("data: 1\n\n");   // now or later; the reader gets it at once
//
// What a reader has not taken yet is kept up to a bound; a producer that can wait writes only while there is
// `room()` and goes on when `on_drained` calls. Who writes beyond the bound has its reader cut off, and so has
// a reader that takes nothing for ServerLimits::send_ms. Everything runs on the loop's thread.
#include <string>
#include <string_view>

#include "base/function.h"

namespace net {

class BodyStream {
 public:
  static constexpr size_t kBytesMax = 1024 * 1024;

  explicit BodyStream(size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}
  BodyStream(const BodyStream&) = delete;

  // --- the producer's side ---
  // False when nobody reads any more.
  bool write(std::string_view bytes);
  // Nothing more comes; the reader gets what was written.
  void end();
  bool closed() const { return closed_; }
  // Whether a producer that can wait should write now.
  bool room() const { return !closed_ && !ended_ && pending_.size() < bytes_max_ / 4; }
  // Called whenever the reader has taken everything.
  void on_drained(Function<void()> drained) { drained_ = std::move(drained); }
  // Called once, when the reader is gone; not after end().
  void on_closed(Function<void()> closed) { on_closed_ = std::move(closed); }

  // --- the connection's side ---
  // `ready` is called when there is something to take or the end was reached.
  void attach(Function<void()> ready);
  // Moves what was written behind `out`; false when there was nothing.
  bool take(std::string& out);
  bool ended() const { return ended_; }
  // Whether take() would give something, or the end was reached.
  bool has_more() const { return closed_ || ended_ || !pending_.empty(); }
  void drained();
  // The reader is gone.
  void close();

 private:
  const size_t bytes_max_;
  std::string pending_;
  bool ended_ = false, closed_ = false;
  Function<void()> ready_, drained_, on_closed_;
};

}  // namespace net
