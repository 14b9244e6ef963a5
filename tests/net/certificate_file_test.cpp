// What administrators bring: every format that authorities and Windows export, and what is no good.
#include "net/certificate_file.h"

#include "base/digest.h"
#include "net/openssl.h"
#include "net/private_key.h"
#include "support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <memory>
#include <string>
#include <vector>

namespace isthmus::net {
namespace {

using test::Certificate;
using test::CertificateAuthority;

KeyPointer key_of(const std::string& pem) {
    const BioPointer bio = memory_bio(pem);
    return KeyPointer(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

std::string der_of(const std::string& pem) {
    const X509Pointer certificate = read_x509(pem);
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    std::string made(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return made;
}

struct Pkcs12Options {
    std::string password = "secret";
    int key_cipher = 0;  // 0: OpenSSL's own, PBES2 with AES-256
    int rounds = 2048;
    int mac_rounds = 2048;
};

std::string pkcs12_of(const Certificate& own,
                      const std::string& above,
                      const Pkcs12Options& options) {
    const X509Pointer certificate = read_x509(own.certificate_pem);
    const X509Pointer authority = read_x509(above);
    const KeyPointer key = key_of(own.key_pem);
    STACK_OF(X509)* list = sk_X509_new_null();
    sk_X509_push(list, authority.get());
    const char* password = options.password.c_str();
    PKCS12* made = PKCS12_create_ex(password,
                                    "our friend",
                                    key.get(),
                                    certificate.get(),
                                    list,
                                    options.key_cipher,
                                    options.key_cipher,
                                    options.rounds,
                                    options.mac_rounds,
                                    0,
                                    nullptr,
                                    nullptr);
    sk_X509_free(list);
    if (made == nullptr) {
        ERR_print_errors_fp(stderr);
        return {};
    }
    unsigned char* der = nullptr;
    const int size = i2d_PKCS12(made, &der);
    std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    PKCS12_free(made);
    return text;
}

std::string pkcs7_of(const std::vector<std::string>& pems) {
    PKCS7* made = PKCS7_new();
    PKCS7_set_type(made, NID_pkcs7_signed);
    PKCS7_content_new(made, NID_pkcs7_data);
    PKCS7_set_detached(made, 1);
    for (const std::string& pem : pems) {
        const X509Pointer certificate = read_x509(pem);
        PKCS7_add_certificate(made, certificate.get());
    }
    unsigned char* der = nullptr;
    const int size = i2d_PKCS7(made, &der);
    std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    PKCS7_free(made);
    return text;
}

std::string encrypted_key(const std::string& pem,
                          const std::string& password,
                          bool is_traditional) {
    const KeyPointer key = key_of(pem);
    const BioPointer sink = memory_sink();
    const auto* octets = reinterpret_cast<const unsigned char*>(password.data());
    const int size = static_cast<int>(password.size());
    if (is_traditional) {
        PEM_write_bio_PrivateKey_traditional(
            sink.get(), key.get(), EVP_aes_256_cbc(), octets, size, nullptr, nullptr);
    } else {
        PEM_write_bio_PKCS8PrivateKey(
            sink.get(), key.get(), EVP_aes_256_cbc(), password.data(), size, nullptr, nullptr);
    }
    return text_of(sink.get());
}

class CertificateFileTest : public testing::Test {
  protected:
    static std::string code_of(const Result<CertificateFile>& result) {
        return result ? "good" : std::string(result.error().code);
    }

    CertificateAuthority authority;
    Certificate own = authority.issue_for("contoso.example");
};

TEST_F(CertificateFileTest, PemWithKeyAndChainInAnyOrder) {
    for (const std::string& text :
         {own.certificate_pem + own.key_pem + authority.pem(),
          own.key_pem + own.certificate_pem + authority.pem(),
          "Bag Attributes\n friendlyName: x\n" + own.certificate_pem + authority.pem() +
              own.certificate_pem + own.key_pem,
          "\xEF\xBB\xBF" + own.certificate_pem + own.key_pem + authority.pem()}) {
        const auto read = read_certificate_file(text, std::nullopt);
        ASSERT_TRUE(read) << read.error().detail;
        ASSERT_EQ(read->certificates.size(), 2U);
        EXPECT_EQ(read->certificates.front(), own.certificate_pem);
        EXPECT_EQ(read_key_facts(read->key)->public_key, read_key_facts(own.key_pem)->public_key);
    }
}

TEST_F(CertificateFileTest, DerAndBareBase64) {
    const std::string der = der_of(own.certificate_pem);
    for (const std::string& text : {der, digest::base64_encode(der) + "\r\n"}) {
        const auto read = read_certificate_file(text, std::nullopt);
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->certificates, std::vector{own.certificate_pem});
        EXPECT_EQ(read->key, "");
    }
    EXPECT_EQ(code_of(read_certificate_file(der + "x", std::nullopt)), "IST-CERT-010");
    EXPECT_EQ(code_of(read_certificate_file(der.substr(0, 200), std::nullopt)), "IST-CERT-010");
}

TEST_F(CertificateFileTest, Pkcs7) {
    const std::string der = pkcs7_of({own.certificate_pem, authority.pem()});
    const std::string pem =
        "-----BEGIN PKCS7-----\n" + digest::base64_encode(der) + "\n-----END PKCS7-----\n";
    for (const std::string& text : {der, pem}) {
        const auto read = read_certificate_file(text, std::nullopt);
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->certificates, (std::vector{own.certificate_pem, authority.pem()}));
    }
}

TEST_F(CertificateFileTest, Pkcs12WithItsPassword) {
    // The second is what Windows exported for twenty years.
    for (const int cipher : {0, NID_pbe_WithSHA1And3_Key_TripleDES_CBC}) {
        const std::string file = pkcs12_of(own, authority.pem(), {.key_cipher = cipher});
        const auto read = read_certificate_file(file, "secret");
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->certificates.size(), 2U);
        EXPECT_EQ(read->friendly_name, "our friend");
        EXPECT_EQ(read_key_facts(read->key)->public_key, read_key_facts(own.key_pem)->public_key);
        const auto wrong = read_certificate_file(file, "Secret");
        EXPECT_EQ(code_of(wrong), "IST-CERT-011");
        EXPECT_EQ(wrong.error().public_text, "The password is wrong.");
        const auto none = read_certificate_file(file, std::nullopt);
        EXPECT_EQ(code_of(none), "IST-CERT-011");
        EXPECT_EQ(none.error().public_text, "The file needs a password.");
    }
    const std::string open = pkcs12_of(own, authority.pem(), {.password = ""});
    EXPECT_EQ(code_of(read_certificate_file(open, std::nullopt)), "good");
}

TEST_F(CertificateFileTest, Pkcs12ThatWouldTakeForEverIsRefusedAtOnce) {
    EXPECT_EQ(
        code_of(read_certificate_file(
            pkcs12_of(own, authority.pem(), {.rounds = 3'000'000, .mac_rounds = 1}), "secret")),
        "IST-CERT-029");
    // The same of the MAC, which would be paid for first of all.
    std::string file = pkcs12_of(own, authority.pem(), {.mac_rounds = 0x010101});
    const std::size_t at = file.rfind("\x02\x03\x01\x01\x01");
    ASSERT_NE(at, std::string::npos);
    file.replace(at, 5, "\x02\x03\x7F\xFF\xFF");
    EXPECT_EQ(code_of(read_certificate_file(file, "secret")), "IST-CERT-029");
}

TEST_F(CertificateFileTest, EncryptedKeys) {
    for (const bool is_traditional : {false, true}) {
        const std::string text =
            own.certificate_pem + encrypted_key(own.key_pem, "secret", is_traditional);
        const auto read = read_certificate_file(text, "secret");
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read_key_facts(read->key)->public_key, read_key_facts(own.key_pem)->public_key);
        EXPECT_EQ(code_of(read_certificate_file(text, "Secret")), "IST-CERT-011");
        EXPECT_EQ(code_of(read_certificate_file(text, std::nullopt)), "IST-CERT-011");
    }
}

TEST_F(CertificateFileTest, WhatIsNoGood) {
    const std::string pem = own.certificate_pem;
    const std::pair<std::string, const char*> rows[] = {
        {"", "IST-CERT-010"},
        {"hello", "IST-CERT-010"},
        {std::string(1000, '\x30'), "IST-CERT-010"},
        {std::string("\x30\x84\xFF\xFF\xFF\xFF", 6), "IST-CERT-010"},
        {pem.substr(0, pem.size() / 2), "IST-CERT-010"},
        {pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "IST-CERT-010"},
        {own.key_pem + own.certificate_pem + authority.issue_for("x").key_pem, "IST-CERT-010"},
        {std::string((std::size_t{1} << 20U) + 1, 'x'), "IST-CERT-029"},
    };
    for (const auto& [text, code] : rows) {
        EXPECT_EQ(code_of(read_certificate_file(text, std::nullopt)), code) << text.substr(0, 40);
        EXPECT_EQ(ERR_peek_error(), 0UL);
    }
}

TEST_F(CertificateFileTest, ARequestIsSaidToBeOne) {
    const auto read = read_certificate_file(
        "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
        std::nullopt);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().detail.find("goes to the authority"), std::string::npos);
}

TEST_F(CertificateFileTest, MoreCertificatesThanAnyChainHas) {
    std::string text;
    for (std::size_t i = 0; i <= kMostCertificates; ++i) {
        text += authority.issue_for("a" + std::to_string(i)).certificate_pem;
    }
    EXPECT_EQ(code_of(read_certificate_file(text, std::nullopt)), "IST-CERT-029");
}

}  // namespace
}  // namespace isthmus::net
