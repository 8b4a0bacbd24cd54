#pragma once
// The signature of notifications: a subscriber fetches SigningCertURL and checks that a message came from here.
//
// One RSA key and a certificate of its own signature, made at the first message and kept in the store. What is signed
// is the list of a message's members and values, a line each, in alphabetical order (spec/sns.md 5); SignatureVersion
// "1" is over SHA-1, "2" over SHA-256, as the topic has it. Signing takes half a millisecond, so the signature of the last
// message is kept: all of a topic's subscribers get the same one.
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/store/store.h"

namespace sns {

class Signer {
 public:
  // `store` outlives it.
  Signer(store::Store& store, Clock& clock);
  ~Signer();

  // base64 of the signature. `version` is "1" or "2".
  std::string sign(std::string_view text, std::string_view version);
  // "/SimpleNotificationService-<32 hex digits>.pem": where the certificate is.
  std::string certificate_path();
  // The certificate in PEM.
  std::string certificate();

 private:
  struct Key;
  Key& key();

  store::Store& store_;
  Clock& clock_;
  std::unique_ptr<Key> key_;
  std::string last_text_, last_version_, last_signature_;
};

}  // namespace sns
