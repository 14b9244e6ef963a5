// What a failed handshake means is said where OpenSSL's own words leave it open.
#include "net/tls_reasons.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

namespace isthmus::net {
namespace {

std::string_view meaning(int reason) {
    return meaning_of_tls_error(ERR_PACK(ERR_LIB_SSL, 0, reason));
}

TEST(TlsReasons, SayWhoseCertificateAndWhatOfIt) {
    EXPECT_NE(meaning(SSL_R_TLSV1_ALERT_UNKNOWN_CA).find("authority of our certificate"),
              std::string_view::npos);
    EXPECT_NE(meaning(SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED).find("expired"),
              std::string_view::npos);
    EXPECT_NE(meaning(SSL_R_SSLV3_ALERT_BAD_CERTIFICATE).find("names"), std::string_view::npos);
    EXPECT_NE(meaning(SSL_R_WRONG_VERSION_NUMBER).find("does not speak TLS"),
              std::string_view::npos);
}

TEST(TlsReasons, OthersSpeakForThemselves) {
    EXPECT_EQ(meaning(SSL_R_BAD_LENGTH), "");
    EXPECT_EQ(meaning_of_tls_error(ERR_PACK(ERR_LIB_X509, 0, SSL_R_TLSV1_ALERT_UNKNOWN_CA)), "");
    EXPECT_EQ(meaning_of_tls_error(0), "");
}

}  // namespace
}  // namespace isthmus::net
