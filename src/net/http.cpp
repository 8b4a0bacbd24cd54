#include "net/http.h"

#include <algorithm>

#include "base/encoding.h"

namespace net {
namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return a == b || std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view Headers::get(std::string_view name) const {
  for (const Header& header : list) {
    if (same_header_name(header.name, name)) return header.value;
  }
  return "";
}

bool fits_a_header(std::string_view text) {
  // To the end whatever it finds, so that the compiler looks at many bytes at once.
  bool unfit = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    unfit |= ((byte < 0x20) & (byte != '\t')) | (byte == 0x7f);
  }
  return !unfit;
}

void append_form_pair(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form.push_back('&');
  form += percent_encode(name) + "=" + percent_encode(value);
}

void append_query(std::string& url, std::string_view query) {
  if (query.empty()) return;
  url.resize(std::min(url.size(), url.find('#')));  // a fragment is not sent
  const size_t mark = url.find('?');
  if (mark == url.npos) {
    url.push_back('?');
  } else if (mark + 1 < url.size() && !url.ends_with('&')) {
    url.push_back('&');
  }
  url += query;
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
