// Fuzzes what administrators bring and what peers show: PEM, DER, PKCS #7 and PKCS #12 in every
// broken form. What is read can be read again, is bounded, and its names are visible text.
#include "net/certificate.h"
#include "net/certificate_chain.h"
#include "net/certificate_facts.h"
#include "net/certificate_file.h"
#include "net/private_key.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_names(const net::CertificateFacts& facts) {
    for (const auto* list : {&facts.names.dns_names,
                             &facts.names.srv_names,
                             &facts.names.xmpp_addrs,
                             &facts.names.uris,
                             &facts.names.ip_addresses}) {
        for (const std::string& name : *list) {
            require(!name.empty() &&
                    std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; }));
        }
    }
    (void)net::proves_xmpp_domain(facts.names, "contoso.example");
    (void)net::proves_sip_domain(facts.names, "contoso.example");
    (void)net::names_host(facts.names, "192.0.2.1");
}

void check_file(std::string_view input, const std::optional<std::string>& password) {
    const auto file = net::read_certificate_file(input, password);
    if (!file) {
        require(!file.error().code.empty());
        return;
    }
    require(!file->certificates.empty() || !file->key.empty());
    require(file->certificates.size() <= net::kMostCertificates);
    for (const std::string& pem : file->certificates) {
        const auto facts = net::read_certificate_facts(pem);
        require(facts.has_value());
        check_names(*facts);
        const auto again = net::read_certificate_file(pem, std::nullopt);
        require(again && again->certificates.size() == 1 && again->certificates.front() == pem);
    }
    if (!file->key.empty()) {
        require(net::read_key_facts(file->key).has_value());
    }
    if (!file->certificates.empty()) {
        const net::Chain chain =
            net::complete_chain(file->certificates.front(), file->certificates, {false, {}});
        require(chain.intermediates.size() <= 10);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_file(input, std::nullopt);
    check_file(input, "secret");
    return 0;
}
