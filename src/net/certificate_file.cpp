#include "net/certificate_file.h"

#include "base/digest.h"
#include "base/text.h"
#include "net/openssl.h"
#include "net/pkcs12.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

using Pkcs7Pointer = std::unique_ptr<PKCS7, Freed<PKCS7_free>>;
using SignaturePointer = std::unique_ptr<X509_SIG, Freed<X509_SIG_free>>;
using InfoPointer = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;

Error unreadable(std::string why) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-010",
                      "The file holds no certificate that can be read.",
                      std::move(why));
}

Error too_many(std::string why) {
    return make_error(
        ErrorKind::TooLong, "IST-CERT-029", "The file is larger than it may be.", std::move(why));
}

Error password_error(bool was_given) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-011",
                      was_given ? "The password is wrong." : "The file needs a password.",
                      was_given ? "the private key does not open with it" : "none was given");
}

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// One block of a PEM file, freed as OpenSSL wants.
struct PemBlock {
    PemBlock() = default;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;
    PemBlock(PemBlock&&) = delete;
    PemBlock& operator=(PemBlock&&) = delete;

    ~PemBlock() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    }

    std::string_view body() const {
        return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    }

    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
};

int give_password(char* to, int size, int /*writing*/, void* data) {
    const auto* password = static_cast<const std::optional<std::string>*>(data);
    if (!*password || (*password)->size() > static_cast<std::size_t>(size)) {
        return -1;
    }
    return static_cast<int>((*password)->copy(to, static_cast<std::size_t>(size)));
}

class Reading {
  public:
    explicit Reading(const std::optional<std::string>& password) : password_(password) {}

    Result<CertificateFile> read(std::string_view octets) {
        constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8, as Windows writes it
        if (octets.starts_with(kMark)) {
            octets.remove_prefix(kMark.size());
        }
        if (octets.size() > kMostCertificateOctets) {
            return too_many(fmt::format("it has {} octets", octets.size()));
        }
        if (octets.find("-----BEGIN ") != std::string_view::npos) {
            return finished(read_pem(octets));
        }
        if (octets.starts_with('\x30')) {
            return read_der(octets);
        }
        // Some authorities send the base64 without its frame.
        std::string dense;
        std::ranges::copy_if(octets, std::back_inserter(dense), [](char c) {
            return c != ' ' && c != '\t' && c != '\r' && c != '\n';
        });
        const auto der = digest::base64_decode(dense);
        if (!der || !der->starts_with('\x30')) {
            return unreadable("it is neither PEM nor DER, PKCS #7 nor PKCS #12");
        }
        return read_der(*der);
    }

  private:
    Result<CertificateFile> finished(const Result<void>& done) {
        if (!done) {
            return done.error();
        }
        if (made_.certificates.empty() && made_.key.empty()) {
            return unreadable("there is no certificate and no key in it");
        }
        return std::move(made_);
    }

    Result<CertificateFile> read_der(std::string_view der) {
        if (is_pkcs12(der)) {
            auto made = read_pkcs12(der, password_);
            if (made && made->certificates.empty() && made->key.empty()) {
                return unreadable("there is no certificate and no key in it");
            }
            return made;
        }
        if (const X509Pointer certificate = certificate_of(der)) {
            return finished(take(certificate.get()));
        }
        ERR_clear_error();
        return finished(read_pkcs7(der));
    }

    static X509Pointer certificate_of(std::string_view der) {
        const unsigned char* at = octets_of(der);
        X509Pointer made(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
        return at == octets_of(der) + der.size() ? std::move(made) : nullptr;
    }

    Result<void> take(X509* certificate) {
        std::string pem = to_pem(certificate);
        if (std::ranges::find(made_.certificates, pem) != made_.certificates.end()) {
            return {};
        }
        if (made_.certificates.size() == kMostCertificates) {
            return too_many(fmt::format("it has more than {} certificates", kMostCertificates));
        }
        made_.certificates.push_back(std::move(pem));
        return {};
    }

    /// RFC 2315 §9.1: a signature without content, used to carry certificates.
    Result<void> read_pkcs7(std::string_view der) {
        const unsigned char* at = octets_of(der);
        const Pkcs7Pointer bundle(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
        if (!bundle || at != octets_of(der) + der.size()) {
            return unreadable(take_openssl_error());
        }
        STACK_OF(X509)* list = nullptr;
        if (PKCS7_type_is_signed(bundle.get()) && bundle->d.sign != nullptr) {
            list = bundle->d.sign->cert;
        }
        if (list == nullptr) {
            return unreadable("the PKCS #7 file carries no certificates");
        }
        for (int i = 0; i < sk_X509_num(list); ++i) {
            if (auto good = take(sk_X509_value(list, i)); !good) {
                return good;
            }
        }
        return {};
    }

    Result<void> read_pem(std::string_view octets) {
        const BioPointer bio = memory_bio(octets);
        for (std::size_t count = 0;; ++count) {
            PemBlock block;
            if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) !=
                1) {
                // One that is broken spoils all: better refused than half-read.
                const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
                return is_end ? Result<void>() : unreadable(take_openssl_error());
            }
            if (count > 2 * kMostCertificates) {
                return too_many("it has too many parts");
            }
            if (auto good = read_block(block); !good) {
                return good;
            }
        }
    }

    Result<void> read_block(PemBlock& block) {
        const std::string_view name(block.name);
        if (name == "CERTIFICATE" || name == "X509 CERTIFICATE") {
            const X509Pointer certificate = certificate_of(block.body());
            return certificate ? take(certificate.get()) : unreadable(take_openssl_error());
        }
        if (name == "PKCS7" || name == "PKCS #7 SIGNED DATA" || name == "CMS") {
            return read_pkcs7(block.body());
        }
        if (name == "ENCRYPTED PRIVATE KEY") {
            return read_encrypted_key(block.body());
        }
        if (name == "PRIVATE KEY" || name.ends_with(" PRIVATE KEY")) {
            return read_key(block);
        }
        if (name.ends_with("CERTIFICATE REQUEST")) {
            return unreadable(
                "it is a request, which goes to the authority; what comes back from there is "
                "wanted here");
        }
        return {};  // parameters of curves, revocation lists
    }

    Result<void> take_key(EVP_PKEY* key) {
        const BioPointer sink = memory_sink();
        if (key == nullptr ||
            PEM_write_bio_PrivateKey(sink.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
            return unreadable(fmt::format("its private key: {}", take_openssl_error()));
        }
        if (!made_.key.empty()) {
            return unreadable("it holds more than one private key");
        }
        made_.key = text_of(sink.get());
        return {};
    }

    /// Traditional forms, encrypted by a header at most (one round of MD5).
    Result<void> read_key(PemBlock& block) {
        EVP_CIPHER_INFO cipher;
        if (PEM_get_EVP_CIPHER_INFO(block.header, &cipher) != 1) {
            return unreadable(take_openssl_error());
        }
        const bool is_encrypted = cipher.cipher != nullptr;
        // PEM_do_header() wants what it may write to.
        std::optional<std::string> password = password_;
        if (is_encrypted &&
            (!password_ ||
             PEM_do_header(&cipher, block.data, &block.size, give_password, &password) != 1)) {
            ERR_clear_error();
            return password_error(password_.has_value());
        }
        const unsigned char* at = block.data;
        const KeyPointer key(d2i_AutoPrivateKey(nullptr, &at, block.size));
        if (!key && is_encrypted) {
            ERR_clear_error();
            return password_error(true);
        }
        return take_key(key.get());
    }

    Result<void> read_encrypted_key(std::string_view der) {
        const unsigned char* at = octets_of(der);
        const SignaturePointer shrouded(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
        if (!shrouded) {
            return unreadable(take_openssl_error());
        }
        const X509_ALGOR* algorithm = nullptr;
        X509_SIG_get0(shrouded.get(), &algorithm, nullptr);
        const auto rounds = derivation_rounds(algorithm);
        if (!rounds || *rounds < 0 || *rounds > kMostRounds) {
            return too_many("its key derivation has more rounds than any program writes");
        }
        if (!password_ || password_->empty()) {
            return password_error(false);
        }
        const InfoPointer info(PKCS8_decrypt_ex(shrouded.get(),
                                                password_->c_str(),
                                                static_cast<int>(password_->size()),
                                                old_ciphers(),
                                                nullptr));
        if (!info) {
            ERR_clear_error();
            return password_error(true);
        }
        const KeyPointer key(EVP_PKCS82PKEY(info.get()));
        return take_key(key.get());
    }

    const std::optional<std::string>& password_;
    CertificateFile made_;
};

}  // namespace

Result<CertificateFile> read_certificate_file(std::string_view octets,
                                              const std::optional<std::string>& password) {
    ERR_clear_error();
    auto made = Reading(password).read(octets);
    ERR_clear_error();
    return made;
}

}  // namespace isthmus::net
