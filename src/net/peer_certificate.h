// From OpenSSL's certificate to the plain values of net/certificate.h.
#pragma once

#include "net/certificate.h"

#include <openssl/types.h>

namespace isthmus::net {

/// `verify_result`: what the chain check said (X509_V_OK or the first error).
PeerCertificate describe(X509* certificate, long verify_result);

}  // namespace isthmus::net
