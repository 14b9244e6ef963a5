// The certificate service over a database, with a clock that is turned by hand.
#pragma once

#include "base/utc.h"
#include "control/certificate_orders.h"
#include "control/certificate_service.h"
#include "support/certificates.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "management_world.h"

namespace isthmus::control {

using test::CertificateAuthority;

class Certificates : public Management {
  protected:
    Certificates() { start(); }

    /// The service anew, as after a restart.
    void start() {
        open();
        certificates = std::make_unique<CertificateService>(
            CertificateContext{.policies = *service,
                               .served = {.server_name = "gateway.contoso.example",
                                          .sip_domains = {"contoso.example"},
                                          .xmpp_domains = {"contoso.example", "contoso.test"}},
                               .authorities = {false, {authority.pem()}},
                               .wall = [this] { return wall; },
                               .offload =
                                   [this](auto work, auto done) {
                                       if (is_busy) {
                                           return false;
                                       }
                                       work();
                                       done();
                                       return true;
                                   },
                               .has_other = [this](Use) { return has_other; },
                               .put_in_force =
                                   [this] {
                                       ++shown;
                                       return true;
                                   }});
    }

    Result<Committed> request(std::string_view text) {
        auto order = read_request(object(text), certificates->served());
        if (!order) {
            return order.error();
        }
        std::optional<Result<Committed>> made;
        certificates->request(
            *std::move(order), edit, [&](auto result) { made = std::move(result); });
        return *std::move(made);
    }

    Result<Committed> import(std::vector<std::string> files,
                             CertificateImport order = {},
                             std::optional<std::string> password = std::nullopt) {
        order.files = std::move(files);
        order.password = std::move(password);
        std::optional<Result<Committed>> made;
        certificates->import(
            std::move(order), edit, [&](auto result) { made = std::move(result); });
        return *std::move(made);
    }

    /// For the gateway and its domains.
    test::Certificate good(std::chrono::seconds life = std::chrono::hours(24 * 100)) const {
        return authority.issue(
            {.common_name = "gateway.contoso.example",
             .dns_names = {"gateway.contoso.example", "contoso.example", "contoso.test"},
             .valid_until = life});
    }

    static std::string both(const test::Certificate& one) {
        return one.certificate_pem + one.key_pem;
    }

    std::string first_shown(Use use) const {
        const auto all = certificates->shown_by(use);
        return all.empty() ? "" : all.front()->document.name;
    }

    std::uint64_t revisions() const { return store.revision(); }

    template <class T>
    static std::string code_of(const Result<T>& result) {
        return result ? "good" : std::string(result.error().code);
    }

    std::int64_t wall = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    bool is_busy = false;
    bool has_other = false;
    int shown = 0;
    CertificateAuthority authority;
    std::unique_ptr<CertificateService> certificates;
};

}  // namespace isthmus::control
