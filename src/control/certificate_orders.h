// What an administrator asks for, as JSON, and what is filled in for him.
#pragma once

#include "control/certificate_service.h"

#include <boost/json/object.hpp>

namespace isthmus::control {

/// The names of a request follow from the uses (all of them unless given) and from the domains that
/// are served; `names` adds others: "example.org", "SRV:_xmpp-server.example.org",
/// "XMPP:example.org", "URI:sip:example.org", "IP:192.0.2.1". Syntax with IST-API-001;
/// IST-CERT-017 for a key of 1024 bits.
Result<CertificateRequest> read_request(const boost::json::object& given,
                                        const ServedNames& served);

/// `content`: text of PEM, or `content_base64`.
Result<CertificateImport> read_import(const boost::json::object& given);
/// A certificate that lives in files which something else renews. The files are read by the caller.
Result<CertificateImport> read_watch(const boost::json::object& given);
Result<Assignment> read_assignment(const boost::json::object& given);

/// "2030-07-01", "2030-07-01T12:00Z", or as RFC 3339 has it: seconds since 1970, in UTC.
Result<std::int64_t> read_time(std::string_view text);

}  // namespace isthmus::control
