#include "net/request_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace net {
namespace {

constexpr size_t kChunkLineBytesMax = 1024;
constexpr size_t kFieldsMax = 500;  // a header of one letter takes sixteen times its bytes in memory
constexpr std::string_view kHeadTooLarge = "the request's headers are too large";
constexpr std::string_view kLineEnd = "a line ends with CR LF";
// A body grows as it comes: what is only announced takes no memory.
constexpr size_t kReservedAhead = 256 * 1024;

// RFC 9110, 5.6.2: what names and methods are made of.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> out{};
  for (int c = '0'; c <= '9'; ++c) out[static_cast<size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) out[static_cast<size_t>(c)] = out[static_cast<size_t>(c + 32)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) out[static_cast<size_t>(c)] = true;
  return out;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kToken[static_cast<uint8_t>(c)]; });
}
bool is_visible(char c) { return static_cast<uint8_t>(c) > 0x20 && c != 0x7F; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether a list like "keep-alive, Upgrade" has a token.
bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (same_header_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Whether a line ends with LF alone, which no parser of ours takes for an end. `before`: the byte before `bytes`.
bool has_bare_line_feed(std::string_view bytes, char before) {
  for (size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    if ((at == 0 ? before : bytes[at - 1]) != '\r') return true;
  }
  return false;
}

// The name and the value of a header's line; no name when it is none.
struct Field {
  std::string_view name, value;
};
Field read_field(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos) return {};
  const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (!is_token(name) || !fits_a_header(value)) return {};
  return {name, value};
}

}  // namespace

size_t RequestParser::feed(std::string_view bytes) {
  size_t used = 0;
  if (state_ == State::head) used = feed_head(bytes);
  while (used < bytes.size() && state_ > State::head && state_ < State::done) {
    const size_t took = feed_body(bytes.substr(used));
    used += took;
    if (took == 0 && used < bytes.size() && state_ != State::done && state_ != State::refused) break;
  }
  return state_ == State::refused ? bytes.size() : used;
}

size_t RequestParser::feed_head(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (line_.empty()) {
    // Another protocol (TLS, most likely) may never send the end of a head.
    if (!bytes.empty() && !kToken[static_cast<uint8_t>(bytes.front())]) {
      return refuse(400, "this is not HTTP/1.1 (for TLS, put a proxy in front)"), bytes.size();
    }
    const size_t end = bytes.find(kEnd);
    if (end != bytes.npos && end + 4 <= limits_.head_bytes) {
      parse_head(bytes.substr(0, end + 2));
      return end + 4;
    }
  }
  // It is not whole, or its end lies across what came before.
  const size_t before = line_.size(), from = before < 3 ? 0 : before - 3;
  const std::string_view taken = bytes.substr(0, limits_.head_bytes + 1 - before);
  const bool bare = has_bare_line_feed(taken, before == 0 ? '\0' : line_.back());
  line_.append(taken);
  const size_t end = line_.find(kEnd, from);
  if (end == line_.npos || end + 4 > limits_.head_bytes) {
    // Whoever ends lines with LF alone would wait for ever for an answer.
    if (bare) {
      refuse(400, kLineEnd);
    } else if (line_.size() > limits_.head_bytes) {
      refuse(431, kHeadTooLarge);
    }
    return bytes.size();
  }
  const std::string head = std::move(line_);
  line_.clear();
  parse_head(std::string_view(head).substr(0, end + 2));
  return end + 4 - before;
}

void RequestParser::parse_head(std::string_view head) {
  if (has_bare_line_feed(head, '\0')) return refuse(400, kLineEnd);
  size_t end = head.find("\r\n");
  if (!parse_request_line(head.substr(0, end))) return refuse(400, "this is not HTTP/1.1: the request line cannot be read");
  request_.headers.list.reserve(12);
  for (size_t at = end + 2; at < head.size(); at = end + 2) {
    end = head.find("\r\n", at);
    if (!parse_field(head.substr(at, end - at))) {
      if (state_ != State::refused) refuse(400, "this is not HTTP/1.1: a header cannot be read");
      return;
    }
  }
  if (has_length_ && chunked_) {
    // Two ways to tell the length are a way to smuggle requests.
    return refuse(400, "a request has either Content-Length or Transfer-Encoding");
  }
  if (hosts_ > 1 || (hosts_ == 0 && minor_ == 1)) return refuse(400, "a request names its Host, once");
  if (chunked_ && minor_ == 0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
  if (!authority_.empty()) {
    // The target's host goes before the header's (RFC 9112, 3.2.2).
    request_.headers.set("Host", authority_);
  }
  begin_body();
}

bool RequestParser::parse_request_line(std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || last == first) return false;
  const std::string_view method = line.substr(0, first), target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  if (!is_token(method) || target.empty() || !std::ranges::all_of(target, is_visible)) return false;
  minor_ = version.back() - '0';
  keep_alive_ = minor_ == 1;
  request_.method = method;
  return parse_target(target);
}

bool RequestParser::parse_target(std::string_view target) {
  if (target.front() == '/' || (target == "*" && request_.method == "OPTIONS")) {
    request_.target = target;
    return true;
  }
  // The absolute form, as it is sent to proxies.
  const size_t scheme = target.find("://");
  if (scheme == target.npos) return false;
  if (const auto name = target.substr(0, scheme); !same_header_name(name, "http") && !same_header_name(name, "https")) return false;
  const std::string_view rest = target.substr(scheme + 3);
  const size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, path);
  if (authority.empty() || authority.find('@') != authority.npos) return false;
  authority_ = authority;
  request_.target = path < rest.size() && rest[path] == '/' ? "" : "/";
  request_.target += rest.substr(path);
  return true;
}

bool RequestParser::parse_field(std::string_view line) {
  const auto [name, value] = read_field(line);
  if (name.empty()) return false;
  if (request_.headers.list.size() == kFieldsMax) return refuse(431, "the request has too many headers"), false;
  request_.headers.list.push_back({std::string(name), std::string(value)});
  switch (name.size()) {
    case 4:
      if (same_header_name(name, "Host")) ++hosts_;
      break;
    case 6:
      if (same_header_name(name, "Expect") && same_header_name(value, "100-continue")) expects_continue_ = minor_ == 1;
      break;
    case 10:
      if (same_header_name(name, "Connection")) {
        if (lists(value, "close")) keep_alive_ = false;
        if (minor_ == 0 && lists(value, "keep-alive")) keep_alive_ = true;
      }
      break;
    case 14:
      if (same_header_name(name, "Content-Length")) {
        if (has_length_) return refuse(400, "a request has one Content-Length"), false;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), remaining_);
        if (error == std::errc::result_out_of_range) return refuse(413, "the request's body is too large"), false;
        if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
          return refuse(400, "Content-Length is no number"), false;
        }
        has_length_ = true;
      }
      break;
    case 17:
      if (same_header_name(name, "Transfer-Encoding")) {
        if (chunked_ || !same_header_name(value, "chunked")) return refuse(400, "the only Transfer-Encoding is chunked"), false;
        chunked_ = true;
      }
      break;
    default:
      break;
  }
  return true;
}

void RequestParser::begin_body() {
  if (chunked_) {
    state_ = State::chunk_size;
    return;
  }
  if (remaining_ > limits_.body_bytes) return refuse(413, "the request's body is too large");
  state_ = remaining_ > 0 ? State::body : State::done;
  if (remaining_ > 0) request_.body.reserve(std::min(remaining_, kReservedAhead));
}

size_t RequestParser::feed_body(std::string_view bytes) {
  size_t used = 0;
  switch (state_) {
    case State::body:
    case State::chunk:
      used = std::min(remaining_, bytes.size());
      request_.body.append(bytes.substr(0, used));
      remaining_ -= used;
      if (remaining_ == 0) state_ = state_ == State::body ? State::done : State::chunk_end;
      break;
    case State::chunk_size:
      if (take_line(bytes, used, kChunkLineBytesMax)) parse_chunk_size();
      break;
    case State::chunk_end:
      if (take_line(bytes, used, 0)) state_ = State::chunk_size;
      break;
    case State::trailers:
      // Trailers are read and forgotten.
      if (take_line(bytes, used, limits_.head_bytes)) {
        trailer_bytes_ += line_.size() + 2;
        if (trailer_bytes_ > limits_.head_bytes) return refuse(431, "the request's trailers are too large"), bytes.size();
        if (line_.empty()) {
          state_ = State::done;
        } else if (read_field(line_).name.empty()) {
          return refuse(400, "a trailer cannot be read"), bytes.size();
        }
        line_.clear();
      }
      break;
    default:
      break;
  }
  return used;
}

bool RequestParser::take_line(std::string_view bytes, size_t& used, size_t bytes_max) {
  const size_t end = bytes.find('\n');
  used = end == bytes.npos ? bytes.size() : end + 1;
  if (line_.size() + used > bytes_max + 2) return refuse(400, "a line of a chunk is too long"), false;
  line_.append(bytes.substr(0, used));
  if (end == bytes.npos) return false;
  if (!line_.ends_with("\r\n")) return refuse(400, kLineEnd), false;
  line_.resize(line_.size() - 2);
  return true;
}

void RequestParser::parse_chunk_size() {
  const std::string line = std::move(line_);
  line_.clear();
  // Extensions follow a semicolon and mean nothing to us.
  if (!fits_a_header(line)) return refuse(400, "a chunk's size cannot be read");
  std::string_view digits = std::string_view(line).substr(0, line.find(';'));
  if (digits.size() < line.size()) {
    while (digits.ends_with(' ') || digits.ends_with('\t')) digits.remove_suffix(1);
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), remaining_, 16);
  if (digits.empty() || digits.size() > 16 || error != std::errc() || end != digits.data() + digits.size()) {
    return refuse(400, "a chunk's size cannot be read");
  }
  if (remaining_ > limits_.body_bytes - request_.body.size()) return refuse(413, "the request's body is too large");
  state_ = remaining_ > 0 ? State::chunk : State::trailers;
}

}  // namespace net
