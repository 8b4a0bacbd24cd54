#pragma once
// Names of hosts, as Host headers and URLs give them: "name", "name:port", "[::1]:port".
#include <string>
#include <string_view>

namespace net {

// The name alone, in small letters; empty when there is none.
std::string host_name(std::string_view host);
// Whether such a name is this machine's and no other's: localhost, *.localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view name);
// "name:port" of "https://name:port/path"; with whatever user information stands before it.
std::string_view authority_of(std::string_view url);

}  // namespace net
