#pragma once
// Digests, as raw bytes (hex_encode makes them text). OpenSSL does the work.
#include <memory>
#include <string>
#include <string_view>

std::string md5(std::string_view data);
std::string sha1(std::string_view data);
std::string sha256(std::string_view data);
std::string sha384(std::string_view data);
std::string sha512(std::string_view data);
// SHA-256 of what comes piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view data);
  // The digest of everything added; nothing may be added after it.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
std::string hmac_sha256(std::string_view key, std::string_view data);
// Takes as long for unequal texts as for equal ones.
bool equal_in_constant_time(std::string_view a, std::string_view b);
