// OpenSSL's objects under unique_ptr, and its error queue as text.
#pragma once

#include "base/freed.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace isthmus::net {

using BioPointer = std::unique_ptr<BIO, Freed<BIO_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Pointer = std::unique_ptr<X509, Freed<X509_free>>;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

/// For the readers of PEM, which ask the terminal otherwise.
inline int refuse_passphrase(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

/// Reads from `text`, which must outlive it.
BioPointer memory_bio(std::string_view text);
/// Empty, to be written to.
BioPointer memory_sink();
/// What was written to it.
std::string text_of(BIO* sink);

/// The first certificate of a PEM; nothing, and the reason in the error queue, if it has none.
X509Pointer read_x509(std::string_view pem);
std::string to_pem(X509* certificate);

/// As RFC 2253 has it.
std::string name_text(const X509_NAME* name);

/// The first reason in this thread's error queue, which is empty then.
std::string take_openssl_error();

}  // namespace isthmus::net
