#pragma once
// Opaque tokens that are handed out and come back: pages of a listing, tasks of an execution.
//
// A token carries a text and a seal (HMAC-SHA-256 under the server's key, over purpose and text), so that
// an altered letter, or a token made for something else, is known. The key is the node's, kept in the store.
#include <optional>
#include <string>
#include <string_view>

namespace protocol {

class Sealer {
 public:
  explicit Sealer(std::string key) : key_(std::move(key)) {}
  // `purpose` says what the token is for and whose: "sns:ListTopics:000000000000:us-east-1".
  std::string seal(std::string_view purpose, std::string_view text) const;
  // The text, or nothing when the token was not made by seal() with this purpose.
  std::optional<std::string> open(std::string_view purpose, std::string_view token) const;

 private:
  std::string key_;
};

}  // namespace protocol
