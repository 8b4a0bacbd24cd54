#include "net/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "net/body_stream.h"
#include "net/burst_clock.h"
#include "net/io_impl.h"
#include "net/request_parser.h"

namespace net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kKeptBytes = 4 * 1024;             // of an answer's buffer, while its connection is idle: there may be 50,000
constexpr size_t kTogetherBytes = 16 * 1024;        // a larger answer does not wait to go out with others
constexpr size_t kBodiesBytesMax = 192 * 1048576;   // of all requests that are being received
constexpr size_t kAnswersBytesMax = 192 * 1048576;  // of all answers that wait for their readers
constexpr uint32_t kReadsAtOnce = 64;               // of one owner's connections in a burst, before the others have their turn
constexpr size_t kReadsInTurns = 16;                // between two looks at the sockets: the modest owner's request may be there now
constexpr size_t kPlacesAtOnce = 64;                // idle connections that go when there is no place for another

std::string_view reason_phrase(int status) {
  const auto phrase = http::obsolete_reason(static_cast<http::status>(status));
  return {phrase.data(), phrase.size()};
}

class Session;

// Of whom connections are. A read costs as much as the request that it brings; so whoever has a thousand connections would keep one
// who has one waiting for a thousand requests.
struct Owner {
  std::string name;
  size_t sessions = 0;
  uint64_t burst = 0;  // in which the last was read
  uint32_t reads = 0;  // in that burst
  std::deque<std::shared_ptr<Session>> line;  // those that can be read, and wait for their turn
};

struct Shared {
  IoLoop::Impl& io;
  ServerLimits limits;
  HttpServer::Handler handler;
  std::unordered_set<Session*> sessions;
  std::vector<char> scratch = std::vector<char>(kReadBytes);  // reads are parsed at once: one buffer serves all
  // Answers that go out together once the requests that are there have been read: a client that is woken by the first
  // finds the others, and each wakening costs as much as a request.
  std::vector<std::shared_ptr<Session>> answered;
  std::unordered_map<std::string, Owner> owners;  // that have a connection
  std::deque<Owner*> ring;                        // that have a line, the next one in front
  size_t bodies_bytes = 0, answers_bytes = 0;
  bool stopping = false;
  BurstClock clock{io};
};

// One connection: reads a request, waits for its response, sends it, goes on with the next. It holds itself while its socket is open.
class Session final : public Client, public Poller::Socket, public std::enable_shared_from_this<Session> {
 public:
  // `fd` does not block.
  Session(std::shared_ptr<Shared> shared, int fd, std::string peer) : shared_(std::move(shared)), fd_(fd), peer_(std::move(peer)) {
    shared_->sessions.insert(this);
    deadline_ = shared_->clock.now_ms() + shared_->limits.idle_ms;
  }
  ~Session() override {
    release_body();
    release_answer();
    leave_owner();
    shared_->sessions.erase(this);
    if (stream_) stream_->close();
  }

  void start() {
    self_ = shared_from_this();
    wait_readable();
    if (!shared_->io.poller->add(fd_, *this)) close();
  }
  void ready(uint32_t events) override {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ended_ = true;
    if ((events & EPOLLIN) || ended_) may_read_ = true;
    const auto self = shared_from_this();
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) && std::exchange(waits_to_write_, false)) {
      if (stream_) {
        writing_stream_ = false;
        write_stream();
      } else {
        write();
      }
    }
    look();
  }
  void when_gone(Function<void()> gone) override {
    if (state_ != State::handling || gone_) return;
    gone_ = std::move(gone);
    wait_readable();
  }
  void belongs_to(std::string_view owner) override {
    if (owner_ && owner_->name == owner) return;
    leave_owner();
    owner_ = &shared_->owners[std::string(owner)];
    if (owner_->sessions++ == 0) owner_->name = owner;
  }
  // Those that wait are read in their owners' turns, a few at a time.
  static void read_in_turns(const std::shared_ptr<Shared>& shared) {
    for (size_t i = 0; i < kReadsInTurns && !shared->ring.empty(); ++i) {
      Owner& owner = *shared->ring.front();
      shared->ring.pop_front();
      const auto session = std::move(owner.line.front());
      owner.line.pop_front();
      if (!owner.line.empty()) shared->ring.push_back(&owner);
      session->go_on();  // the owner may be gone behind it
    }
    if (!shared->ring.empty()) asio::post(shared->io.io, [shared] { read_in_turns(shared); });
  }
  // Between requests.
  bool waits() const { return state_ == State::idle; }
  // Whether nothing is lost when it is closed.
  bool idle() const { return state_ == State::idle || state_ == State::streaming; }
  void close() {
    if (!open()) return;
    shared_->io.poller->remove(fd_, *this);
    ::shutdown(fd_, SHUT_RDWR);
    ::close(std::exchange(fd_, -1));
    release_answer();
    if (const auto stream = std::exchange(stream_, nullptr)) stream->close();
    asio::post(shared_->io.io, [self = std::move(self_)] {});  // whoever closes it may go on with it
  }
  bool open() const { return fd_ >= 0; }
  static void write_answers(Shared& shared) {
    for (const auto& session : std::exchange(shared.answered, {})) session->write();
  }
  int64_t deadline() const { return deadline_; }
  void check_deadline(int64_t now) {
    if (now >= deadline_ && state_ != State::handling) close();
  }

 private:
  enum class State : uint8_t { idle, receiving, handling, sending, streaming };

  // Goes on in look() once there is something to read. What is there already waits for its turn.
  void wait_readable() {
    waits_to_read_ = true;
    if (may_read_) asio::post(shared_->io.io, [self = shared_from_this()] { self->look(); });
  }
  void look() {
    if (!may_read_ || !open() || !std::exchange(waits_to_read_, false)) return;
    if (draining_) return drain();
    if (state_ == State::handling || state_ == State::streaming) return read_ahead();
    readable();
  }

  // What has come, in the buffer that all share; nothing when that is nothing yet, no value when the connection is over.
  std::optional<std::string_view> take() {
    const auto got = receive(fd_, shared_->scratch);
    if (!got) return std::nullopt;
    // Less than there is room for is all there is, unless the end lies behind it. What comes from now on is told.
    may_read_ = *got > 0 && (ended_ || *got == shared_->scratch.size());
    return std::string_view(shared_->scratch.data(), *got);
  }
  // How much of it the system took, which may be nothing for now; no value when the connection is over.
  std::optional<size_t> give(std::string_view bytes) {
    const auto gave = transmit(fd_, bytes);
    waits_to_write_ = gave && *gave == 0;
    return gave;
  }

  void readable() {
    if (!owner_ || shared_->owners.size() == 1) return go_on();  // nobody else is kept waiting
    if (owner_->burst != shared_->io.bursts) owner_->burst = shared_->io.bursts, owner_->reads = 0;
    if (owner_->line.empty() && ++owner_->reads <= kReadsAtOnce) return go_on();
    const bool begins = shared_->ring.empty();
    if (owner_->line.empty()) shared_->ring.push_back(owner_);
    owner_->line.push_back(shared_from_this());
    if (begins) asio::post(shared_->io.io, [shared = shared_] { read_in_turns(shared); });
  }
  void leave_owner() {
    if (owner_ && --owner_->sessions == 0) shared_->owners.erase(shared_->owners.find(owner_->name));
    owner_ = nullptr;
  }

  // With what came before, or what is there.
  void go_on() {
    if (pending_.empty() || state_ != State::idle) return read();
    const std::string bytes = std::exchange(pending_, {});
    received(bytes);
  }

  void read() {
    const auto bytes = take();
    if (!bytes) return close();
    if (bytes->empty()) return wait_readable();
    received(*bytes);
  }

  void received(std::string_view bytes) {
    if (state_ == State::idle) {
      // Stray line ends between requests are to be ignored (RFC 9112, 2.2).
      while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
      if (bytes.empty()) return wait_readable();
      begin_request();
    }
    const size_t used = feed(bytes);
    // What follows a request waits for its answer.
    if (state_ == State::receiving && used < bytes.size()) pending_.assign(bytes.substr(used));
    advance();
  }

  void begin_request() {
    state_ = State::receiving;
    parser_.emplace(RequestParser::Limits{shared_->limits.header_bytes, shared_->limits.body_bytes});
    continued_ = false;
    deadline_ = shared_->clock.now_ms() + shared_->limits.receive_ms;
  }

  // Returns how much the parser took. On a fault the answer is on its way and nothing more is read.
  size_t feed(std::string_view bytes) {
    const size_t used = parser_->feed(bytes);
    if (parser_->fault()) {
      answer_fault(parser_->fault(), parser_->why());
      return bytes.size();
    }
    if (parser_->done()) return used;
    if (parser_->expects_continue() && !continued_) {
      continued_ = true;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      transmit(fd_, kContinue);
    }
    account_body();
    return used;
  }

  void account_body() {
    const size_t now = parser_->held_bytes();
    shared_->bodies_bytes += now - counted_body_;
    counted_body_ = now;
    if (shared_->bodies_bytes <= kBodiesBytesMax) return;
    Session& slow = slowest(&Session::counted_body_);
    slow.release_body();
    slow.answer_fault(503, "too much is being sent at once");
  }
  void release_body() {
    shared_->bodies_bytes -= counted_body_;
    counted_body_ = 0;
  }

  // Whoever makes room where too much is held: who has been at it longest, not who happens to come last.
  Session& slowest(size_t Session::*held) {
    Session* found = this;
    for (Session* one : shared_->sessions) {
      if (one->*held > 0 && one->deadline_ < found->deadline_) found = one;
    }
    return *found;
  }

  // An answer that its reader does not take takes memory; of too many the one that has stood longest goes.
  void account_answer() {
    release_answer();
    counted_answer_ = out_.capacity();
    shared_->answers_bytes += counted_answer_;
    while (shared_->answers_bytes > kAnswersBytesMax) slowest(&Session::counted_answer_).close();
  }
  void release_answer() {
    shared_->answers_bytes -= counted_answer_;
    counted_answer_ = 0;
  }

  void answer_fault(int status, std::string_view why) {
    keep_alive_ = false;
    pending_.clear();
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = fmt::format("{}\n", why);
    send(std::move(response));
  }

  void advance() {
    if (state_ != State::receiving) return;
    if (!parser_->done()) return wait_readable();
    release_body();
    state_ = State::handling;
    keep_alive_ = parser_->keep_alive() && !shared_->stopping;
    chunked_ = parser_->minor_version() >= 1;
    Request request = parser_->take();
    parser_.reset();
    request.peer = peer_;
    request.client = weak_from_this();
    head_only_ = request.method == "HEAD";
    shared_->handler(std::move(request), [self = shared_from_this()](Response response) { self->send(std::move(response)); });
  }

  // While a request is answered: its client may leave, or send the next one before the answer to this one.
  void read_ahead() {
    const auto bytes = take();
    if (bytes) pending_.append(*bytes);
    if (bytes && pending_.size() <= shared_->limits.header_bytes) return wait_readable();
    close();
    if (auto gone = std::exchange(gone_, nullptr)) gone();
  }

  void send(Response response) {
    if (std::exchange(gone_, nullptr)) waits_to_read_ = false;
    if (!open()) {
      if (response.stream) response.stream->close();
      return;
    }
    state_ = State::sending;
    out_.clear();
    if (response.status == 200) {
      out_ += "HTTP/1.1 200 OK\r\n";
    } else {
      fmt::format_to(std::back_inserter(out_), "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    }
    for (const Header& header : response.headers.list) {
      out_.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    const bool bodiless = response.status == 204 || response.status == 304;
    if (response.stream) {
      keep_alive_ = keep_alive_ && chunked_;  // HTTP/1.0 knows the end by the close alone
      if (chunked_) out_ += "Transfer-Encoding: chunked\r\n";
    } else if (!bodiless) {
      out_.append("Content-Length: ").append(fmt::format_int(response.body.size()).c_str()).append("\r\n");
    }
    if (!response.headers.has("Date")) out_.append("Date: ").append(shared_->clock.http_date_now()).append("\r\n");
    if (!keep_alive_) out_ += "Connection: close\r\n";
    out_ += "\r\n";
    if (response.stream && !head_only_) return begin_stream(std::move(response.stream));
    if (response.stream) response.stream->close();
    if (!bodiless && !head_only_) out_ += response.body;
    sent_ = 0;
    const int64_t now = shared_->clock.now_ms();
    deadline_ = now + shared_->limits.send_ms;
    // Progress alone is not enough: a reader that takes a byte now and then is cut off all the same.
    sent_by_ = deadline_ + static_cast<int64_t>(out_.size()) * 1'000 / shared_->limits.send_bytes_per_s_min;
    if (out_.size() > kTogetherBytes) return write();
    if (shared_->answered.empty()) asio::post(shared_->io.io, [shared = shared_] { write_answers(*shared); });
    shared_->answered.push_back(shared_from_this());
  }

  // A body that is written as it comes: chunks go out while the reader takes them, and that the reader has gone
  // is seen at once.
  void begin_stream(std::shared_ptr<BodyStream> stream) {
    state_ = State::streaming;
    stream_ = std::move(stream);
    sent_ = 0;
    wait_readable();
    write_stream();
    if (stream_) stream_->attach([this] { write_stream(); });
  }

  void write_stream() {
    if (std::exchange(writing_stream_, true)) return;  // the loop below takes it
    const auto self = shared_from_this();
    while (stream_) {
      if (sent_ == out_.size()) {
        out_.clear(), sent_ = 0;
        if (stream_->closed()) {
          close();
        } else if (stream_->take(chunk_)) {
          if (chunked_) fmt::format_to(std::back_inserter(out_), "{:x}\r\n", chunk_.size());
          out_ += chunk_;
          if (chunked_) out_ += "\r\n";
          chunk_.clear();
          deadline_ = shared_->clock.now_ms() + shared_->limits.send_ms;
          continue;
        } else if (stream_->ended()) {
          end_stream();
        } else {
          deadline_ = INT64_MAX;  // nothing is owed to the reader
          stream_->drained();
          if (stream_ && !stream_->has_more()) break;
          continue;
        }
        break;
      }
      const auto gave = give(std::string_view(out_).substr(sent_));
      if (!gave) {
        close();
        break;
      }
      if (waits_to_write_) return;
      sent_ += *gave;
      deadline_ = shared_->clock.now_ms() + shared_->limits.send_ms;
    }
    writing_stream_ = false;
  }

  void end_stream() {
    stream_ = nullptr;
    state_ = State::sending;
    sent_by_ = shared_->clock.now_ms() + shared_->limits.send_ms;
    waits_to_read_ = false;
    if (chunked_) out_ = "0\r\n\r\n";
    write();
  }

  void write() {
    while (sent_ < out_.size()) {
      const auto gave = give(std::string_view(out_).substr(sent_));
      if (!gave) return close();
      if (waits_to_write_) {
        if (counted_answer_ == 0) account_answer();
        return;
      }
      sent_ += *gave;
      if (sent_ < out_.size()) deadline_ = std::min(shared_->clock.now_ms() + shared_->limits.send_ms, sent_by_);
    }
    release_answer();
    if (!keep_alive_) return finish();
    if (out_.capacity() > kKeptBytes) out_ = {};
    state_ = State::idle;
    deadline_ = shared_->clock.now_ms() + shared_->limits.idle_ms;
    if (pending_.empty()) return wait_readable();
    // A pipelined request is there already; the stack is unwound first, so that many of them cannot pile up.
    asio::post(shared_->io.io, [self = shared_from_this()] {
      if (self->state_ == State::idle) self->readable();
    });
  }

  // Closes in order: says that nothing more comes, and lets the client read what was sent.
  void finish() {
    ::shutdown(fd_, SHUT_WR);
    state_ = State::idle;
    deadline_ = shared_->clock.now_ms() + 2'000;
    draining_ = true;
    wait_readable();
  }
  void drain() {
    if (!take()) return close();
    wait_readable();
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Session> self_;  // while the socket is open
  Owner* owner_ = nullptr;
  int fd_;
  std::string peer_;
  State state_ = State::idle;
  bool keep_alive_ = true, continued_ = false, head_only_ = false;
  bool may_read_ = false, ended_ = false;                     // something is there that was not read; and behind it nothing more will come
  bool waits_to_read_ = false, waits_to_write_ = false;
  bool draining_ = false;
  int64_t deadline_ = 0;
  int64_t sent_by_ = INT64_MAX;  // the answer's last byte, whatever progress there is
  std::optional<RequestParser> parser_;
  size_t counted_body_ = 0, counted_answer_ = 0;
  std::string pending_;  // received and not yet parsed
  std::string out_;
  size_t sent_ = 0;
  std::shared_ptr<BodyStream> stream_;
  std::string chunk_;
  Function<void()> gone_;
  bool chunked_ = true, writing_stream_ = false;
};

class Server final : public HttpServer {
 public:
  Server(std::shared_ptr<Shared> shared, tcp::acceptor acceptor, IoLoop& loop)
      : shared_(std::move(shared)), acceptor_(std::move(acceptor)), loop_(loop) {
    accept();
  }
  ~Server() override {
    loop_.cancel(deadlines_);
    error_code ignored;
    acceptor_.close(ignored);
    Session::write_answers(*shared_);
    std::vector<std::shared_ptr<Session>> waiting;
    for (auto& [name, owner] : shared_->owners) std::ranges::move(owner.line, std::back_inserter(waiting)), owner.line.clear();
    shared_->ring.clear();
    const auto sessions = shared_->sessions;
    for (Session* session : sessions) session->close();
  }

  uint16_t port() const override { return acceptor_.local_endpoint().port(); }

  void stop() override {
    shared_->stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto sessions = shared_->sessions;
    for (Session* session : sessions) {
      if (session->idle()) session->close();
    }
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error || shared_->sessions.size() >= shared_->limits.connections) make_places();
      if (!error && shared_->sessions.size() < shared_->limits.connections) {
        error_code ignored;
        socket.non_blocking(true, ignored);
        socket.set_option(tcp::no_delay(true), ignored);
        error_code unknown;
        const auto peer = socket.remote_endpoint(unknown);
        const int fd = socket.release(ignored);
        if (fd >= 0) std::make_shared<Session>(shared_, fd, unknown ? "" : peer.address().to_string())->start();
        if (deadlines_ == 0) watch_deadlines();
      }
      if (!acceptor_.is_open()) return;
      if (error) {
        // Out of file descriptors, most likely: those that were made free are there in the loop's next turn.
        loop_.after(10, [this] { accept(); });
      } else {
        accept();
      }
    });
  }

  // The connections that have been idle longest give theirs up: a client sees that as any end of a kept connection.
  void make_places() {
    std::vector<Session*> idle;
    for (Session* session : shared_->sessions) {
      if (session->waits() && session->open()) idle.push_back(session);
    }
    const auto last = idle.begin() + static_cast<std::ptrdiff_t>(std::min(kPlacesAtOnce, idle.size()));
    std::ranges::partial_sort(idle, last, {}, &Session::deadline);
    for (auto it = idle.begin(); it != last; ++it) (*it)->close();
  }

  // Once a second, while there is anybody.
  void watch_deadlines() {
    deadlines_ = loop_.after(1'000, [this] {
      deadlines_ = 0;
      const int64_t now = shared_->clock.now_ms();
      const auto sessions = shared_->sessions;
      for (Session* session : sessions) session->check_deadline(now);
      give_back();
      if (!shared_->sessions.empty()) watch_deadlines();
    });
  }

  // What a burst of large bodies took goes back to the system once it is over.
  void give_back() {
    constexpr size_t kMuch = 32 * 1048576;
    const size_t held = shared_->bodies_bytes + shared_->answers_bytes;
    most_held_ = std::max(most_held_, held);
    if (most_held_ < kMuch || held > most_held_ / 4) return;
    most_held_ = held;
    malloc_trim(0);
  }

  std::shared_ptr<Shared> shared_;
  tcp::acceptor acceptor_;
  IoLoop& loop_;
  Loop::TimerId deadlines_ = 0;
  size_t most_held_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(IoLoop& loop, const std::string& address, uint16_t port,
                                                       ServerLimits limits, Handler handler) {
  error_code error;
  const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return fail("Listen", fmt::format("'{}' is not an IP address to listen on", address));
  tcp::acceptor acceptor(loop.impl().io);
  const tcp::endpoint endpoint(ip, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(4096, error);
  if (error) return fail("Listen", fmt::format("cannot listen on {}:{}: {}", address, port, error.message()));
  auto shared = std::make_shared<Shared>(Shared{loop.impl(), limits, std::move(handler), {}});
  return std::make_unique<Server>(std::move(shared), std::move(acceptor), loop);
}

}  // namespace net
