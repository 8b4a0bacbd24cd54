#include "net/host.h"

#include <algorithm>

#include "base/encoding.h"

namespace net {

std::string host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    host = end == host.npos ? std::string_view() : host.substr(1, end - 1);
  } else {
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
  }
  return lower_case(host);
}

namespace {
// 127.0.0.0/8 in its usual notation: nothing but digits and dots, so that 127.example.com is none.
bool is_loopback_address(std::string_view name) {
  if (name == "::1" || name == "0:0:0:0:0:0:0:1") return true;
  return name.starts_with("127.") && std::ranges::count(name, '.') == 3 &&
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}
}  // namespace

bool is_loopback(std::string_view name) { return name == "localhost" || name.ends_with(".localhost") || is_loopback_address(name); }

std::string_view authority_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace net
