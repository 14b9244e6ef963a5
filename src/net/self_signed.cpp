#include "net/self_signed.h"

#include "base/digest.h"
#include "net/address.h"
#include "net/openssl.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace isthmus::net {

namespace {

constexpr long kLife = 3650L * 86400;
constexpr int kRenewDays = 30;

X509Pointer read_certificate(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string pem((std::istreambuf_iterator<char>(stream)), {});
    const BioPointer bio = memory_bio(pem);
    return X509Pointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool lasts(const X509* certificate) {
    int days = 0;
    int seconds = 0;
    return ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) == 1 &&
           days >= kRenewDays;
}

bool is_pair(const SelfSigned& files) {
    const X509Pointer certificate = read_certificate(files.certificate_file);
    std::ifstream stream(files.private_key_file, std::ios::binary);
    const std::string pem((std::istreambuf_iterator<char>(stream)), {});
    const BioPointer bio = memory_bio(pem);
    const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const bool good = certificate && key && lasts(certificate.get()) &&
                      X509_check_private_key(certificate.get(), key.get()) == 1;
    (void)take_openssl_error();
    return good;
}

bool add_names(X509* certificate, const std::vector<std::string>& names) {
    const NamesPointer list(sk_GENERAL_NAME_new_null());
    for (const std::string& text : names) {
        GENERAL_NAME* name = GENERAL_NAME_new();
        if (IpAddress::parse(text)) {
            GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(text.c_str()));
        } else {
            ASN1_STRING* value = ASN1_STRING_type_new(V_ASN1_IA5STRING);
            ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
            GENERAL_NAME_set0_value(name, GEN_DNS, value);
        }
        sk_GENERAL_NAME_push(list.get(), name);
    }
    return X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, 0) == 1;
}

bool add_extension(X509* certificate, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    const bool good = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

X509Pointer make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
    X509Pointer made(X509_new());
    X509* certificate = made.get();
    std::array<unsigned char, 16> serial{};
    RAND_bytes(serial.data(), serial.size());
    serial[0] = static_cast<unsigned char>((serial[0] & 0x7FU) | 0x40U);  // positive, full length
    BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), kLife);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject,
                               "CN",
                               MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>("Isthmus administration"),
                               -1,
                               -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    // It may sign nothing but itself: who trusts it trusts this one server.
    const bool good = add_names(certificate, names) &&
                      add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
                      add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
                      add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
                      X509_sign(certificate, key, EVP_sha256()) != 0;
    return good ? std::move(made) : nullptr;
}

template <class Write>
std::string written(Write write) {
    const BioPointer bio(BIO_new(BIO_s_mem()));
    if (write(bio.get()) != 1) {
        return {};
    }
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

/// Whole or not at all; nothing, or what went wrong.
std::optional<std::string> write_file(const std::string& path, const std::string& text, int mode) {
    const std::string part = path + ".new";
    ::unlink(part.c_str());
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool good = file >= 0 && !text.empty() &&
                ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                ::fsync(file) == 0;
    const int reason = errno;
    if (file >= 0) {
        ::close(file);
    }
    good = good && std::rename(part.c_str(), path.c_str()) == 0;
    if (good) {
        return std::nullopt;
    }
    return fmt::format("{}: {}", path, std::generic_category().message(reason));
}

}  // namespace

Result<SelfSigned> ensure_self_signed(const std::string& folder,
                                      const std::vector<std::string>& names) {
    SelfSigned files{folder + "/admin-certificate.pem", folder + "/admin-key.pem"};
    if (is_pair(files)) {
        return files;
    }
    const KeyPointer key(EVP_EC_gen("P-256"));
    const X509Pointer certificate = key ? make_certificate(key.get(), names) : nullptr;
    if (!certificate) {
        return make_error(ErrorKind::Internal,
                          "No certificate could be made for the administrators' port.",
                          take_openssl_error());
    }
    const std::string key_pem = written([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    const std::string certificate_pem =
        written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
    auto wrong = write_file(files.private_key_file, key_pem, 0600);
    if (!wrong) {
        wrong = write_file(files.certificate_file, certificate_pem, 0644);
    }
    if (wrong) {
        return make_error(
            ErrorKind::Internal, "IST-CFG-001", "The state directory cannot be written.", *wrong);
    }
    files.is_new = true;
    return files;
}

std::string certificate_fingerprint(const std::string& file) {
    const X509Pointer certificate = read_certificate(file);
    if (!certificate) {
        (void)take_openssl_error();
        return {};
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    X509_digest(certificate.get(), EVP_sha256(), hash.data(), &size);
    return digest::to_hex({reinterpret_cast<const char*>(hash.data()), size});
}

}  // namespace isthmus::net
