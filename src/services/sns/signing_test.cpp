#include "services/sns/signing.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "engine/store/memory_store.h"

namespace {

bool verifies(const std::string& certificate, std::string_view text, const std::string& signature, const EVP_MD* digest) {
  BIO* bio = BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size()));
  X509* x509 = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const std::string bytes = *base64_decode(signature);
  EVP_DigestVerifyInit(context, nullptr, digest, nullptr, X509_get0_pubkey(x509));
  const bool right = EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                                      reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(context);
  X509_free(x509);
  BIO_free(bio);
  return right;
}

TEST(Signer, TheCertificateVerifiesWhatItSigned) {
  store::MemoryStore store;
  ManualClock clock({1'700'000'000'000});
  sns::Signer signer(store, clock);
  const std::string text = "Message\nhello\nMessageId\n1\nTimestamp\nt\nTopicArn\na\nType\nNotification\n";
  EXPECT_TRUE(verifies(signer.certificate(), text, signer.sign(text, "1"), EVP_sha1()));
  EXPECT_TRUE(verifies(signer.certificate(), text, signer.sign(text, "2"), EVP_sha256()));
  EXPECT_FALSE(verifies(signer.certificate(), text + "x", signer.sign(text, "2"), EVP_sha256()));
}

TEST(Signer, TheKeyIsKeptInTheStore) {
  store::MemoryStore store;
  ManualClock clock({1'700'000'000'000});
  const std::string first = sns::Signer(store, clock).certificate();
  sns::Signer again(store, clock);
  EXPECT_EQ(again.certificate(), first);
  EXPECT_TRUE(verifies(first, "text", again.sign("text", "1"), EVP_sha1()));
}

}  // namespace
