// The gateway's certificates and their uses in the API.
#pragma once

#include "admin/resource.h"
#include "control/certificate_service.h"
#include "control/certificate_watch.h"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace isthmus::admin {

/// What certificates are managed with; lives longer than the Api.
struct CertificateServices {
    control::CertificateService& certificates;
    control::CertificateWatch& watch;
    /// What a use really shows in handshakes, added to what is stored of it: "source", "loaded",
    /// "served", "mismatch".
    std::function<void(control::Use, boost::json::object&)> add_state;
    /// Connects and answers what is presented, once, later. `address`: "HOST:PORT", empty: all of
    /// our own listeners; `protocol`: "tls", "xmpp" or empty; `name`: of the server to ask for.
    std::function<void(const std::string& address,
                       const std::string& protocol,
                       const std::string& name,
                       std::function<void(Result<boost::json::object>)> done)>
        ask_served;
};

/// certificates, certificates:request, ..., certificate-uses, each under its name.
void add_certificate_resources(const CertificateServices& services,
                               std::map<std::string, Resource, std::less<>>& to);

}  // namespace isthmus::admin
