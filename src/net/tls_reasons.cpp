#include "net/tls_reasons.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace isthmus::net {

std::string_view meaning_of_tls_error(unsigned long code) {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
        return {};
    }
    switch (ERR_GET_REASON(code)) {
        // Alerts: what the other side says of us (RFC 8446 §6.2).
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            return "the other side does not trust the authority of our certificate, or lacks an "
                   "intermediate one";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "the other side says that our certificate has expired, or is not valid yet by "
                   "its clock";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
            return "the other side says that our certificate was revoked";
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
            return "the other side refuses our certificate: its names, its use or its chain";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "the other side wants a certificate, and we have shown none";
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return "the other side takes no version of TLS that we offer";
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
            return "the other side takes none of our ciphers or versions, or wants a certificate";
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return "the other side has no certificate for the name that was asked for";
        // What we say of the other side.
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "the other side speaks an older version of TLS than we take";
        case SSL_R_NO_SHARED_CIPHER:
            return "the other side offers no cipher that we take";
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return "the other side has shown no certificate";
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
            return "the other side does not speak TLS there";
        default:
            return {};
    }
}

}  // namespace isthmus::net
