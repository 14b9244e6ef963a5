// PKCS #10: what a certification authority is given to sign (RFC 2986).
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

/// What stands in the subject; empty parts are left out. UTF-8.
struct RequestSubject {
    std::string common_name;
    std::string organization;
    std::string organizational_unit;
    std::string locality;
    std::string state;
    std::string country;  ///< two letters
};

/// Subject alternative names, in the forms of RFC 5280, RFC 4985 and RFC 6120 §13.7.1.
struct RequestNames {
    std::vector<std::string> dns_names;
    std::vector<std::string> srv_names;   ///< "_xmpp-server.example.org"
    std::vector<std::string> xmpp_addrs;  ///< a domain
    std::vector<std::string> uris;        ///< "sip:example.org"
    std::vector<std::string> ip_addresses;
};

/// The request as PEM, signed with the key; asks for the purposes of servers and of clients, for
/// SASL EXTERNAL shows the certificate as a client. Internal if OpenSSL refuses a value.
Result<std::string> make_certificate_request(std::string_view key_pem,
                                             const RequestSubject& subject,
                                             const RequestNames& names);

}  // namespace isthmus::net
