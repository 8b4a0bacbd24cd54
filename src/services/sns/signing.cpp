#include "services/sns/signing.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <vector>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"

namespace sns {
namespace {

constexpr std::string_view kStoreKey = "sns-signing";
constexpr int kKeyBits = 2048;
constexpr long kYears = 10 * 365 * 86'400L;

template <auto free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Text = std::unique_ptr<BIO, Freed<BIO_free_all>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

Certificate make_certificate(EVP_PKEY* key, time_t now) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_time_adj(X509_getm_notBefore(made.get()), -86'400, &now);
  X509_time_adj(X509_getm_notAfter(made.get()), kYears, &now);
  X509_set_pubkey(made.get(), key);
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("sns.amazonaws.com"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  CHECK(X509_sign(made.get(), key, EVP_sha256()) > 0, "a key that was just made signs");
  return made;
}

}  // namespace

struct Signer::Key {
  PrivateKey key;
  std::string certificate;  // PEM
};

Signer::Signer(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}
Signer::~Signer() = default;

Signer::Key& Signer::key() {
  if (key_) return *key_;
  key_ = std::make_unique<Key>();
  if (const auto kept = store_.get(store::Space::meta, kStoreKey)) {
    Text text(BIO_new_mem_buf(kept->data(), static_cast<int>(kept->size())));
    key_->key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    CHECK(key_->key, "the store gives back what it was given");
    key_->certificate = kept->substr(kept->find("-----BEGIN CERTIFICATE-----"));
    return *key_;
  }
  key_->key.reset(EVP_RSA_gen(kKeyBits));
  CHECK(key_->key, "keys can be made");
  const Certificate certificate = make_certificate(key_->key.get(), static_cast<time_t>(clock_.now().ms / 1'000));
  Text text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text.get(), certificate.get());
  key_->certificate = text_of(text.get());
  Text secret(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(secret.get(), key_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  store::Batch batch;
  batch.put(store::Space::meta, std::string(kStoreKey), text_of(secret.get()) + key_->certificate);
  store_.commit(std::move(batch));
  return *key_;
}

std::string Signer::sign(std::string_view text, std::string_view version) {
  if (text == last_text_ && version == last_version_) return last_signature_;
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, version == "2" ? EVP_sha256() : EVP_sha1(), nullptr, key().key.get()) == 1, "the key signs");
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(key().key.get()));
  std::vector<unsigned char> signature(size);
  CHECK(EVP_DigestSign(context.get(), signature.data(), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1, "the key signs");
  last_text_ = text;
  last_version_ = version;
  last_signature_ = base64_encode({reinterpret_cast<const char*>(signature.data()), size});
  return last_signature_;
}

std::string Signer::certificate() { return key().certificate; }

std::string Signer::certificate_path() { return "/SimpleNotificationService-" + hex_encode(sha256(key().certificate)).substr(0, 32) + ".pem"; }

}  // namespace sns
