#pragma once
// Digests, as raw bytes (hex_encode makes them text). OpenSSL does the work.
#include <string>
#include <string_view>

std::string md5(std::string_view data);
std::string sha1(std::string_view data);
std::string sha256(std::string_view data);
std::string sha384(std::string_view data);
std::string sha512(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
// Takes as long for unequal texts as for equal ones.
bool equal_in_constant_time(std::string_view a, std::string_view b);
