#include "net/http.h"

#include <algorithm>

namespace net {
namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view Headers::get(std::string_view name) const {
  for (const Header& header : list) {
    if (same_header_name(header.name, name)) return header.value;
  }
  return "";
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(list, [&](const Header& h) { return same_header_name(h.name, name); });
}

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(list, [&](const Header& h) { return same_header_name(h.name, name); });
  add(name, value);
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

}  // namespace net
