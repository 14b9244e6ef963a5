// The receiving side of a stream with one partner, fabrikam.example.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "dialogue.h"

namespace isthmus::test {

using xmpp::LinkPolicy;

class TestDirectory final : public xmpp::Directory {
  public:
    bool serves(std::string_view domain) const override {
        return served.contains(std::string(domain));
    }

    std::optional<LinkPolicy> link_policy(std::string_view remote_domain) override {
        auto found = partners.find(std::string(remote_domain));
        return found == partners.end() ? std::nullopt : std::optional(found->second);
    }

    Error link_refusal(std::string_view remote_domain) override {
        return make_error(ErrorKind::Forbidden, "IST-POL-001", "", std::string(remote_domain));
    }

    std::string_view dialback_secret() const override { return "s3cr3t"; }

    bool has_tls() const override { return tls; }

    std::string make_stream_id() override { return "id" + std::to_string(++ids); }

    std::set<std::string> served = {"contoso.example", "other.contoso.example"};
    std::map<std::string, LinkPolicy> partners = {{"fabrikam.example", {}}};
    bool tls = true;
    int ids = 0;
};

class IncomingStreamTest : public testing::Test {
  protected:
    LinkPolicy& partner() { return directory.partners["fabrikam.example"]; }

    /// Up to the features inside TLS; returns them.
    std::string secure(std::optional<net::PeerCertificate> certificate,
                       std::string_view from = kTheirs) {
        stream.says(header(from, kOurs));
        stream.says(kStartTls);
        certificate_ = std::move(certificate);
        stream.machine.on_secured(certificate_ ? &*certificate_ : nullptr);
        return stream.says(header(from, kOurs));
    }

    void authenticate() {
        secure(certificate_for(kTheirs));
        stream.says(auth("="));
        stream.says(header(kTheirs, kOurs));
        stream.actions.clear();
    }

    TestDirectory directory;
    Dialogue<xmpp::IncomingStream> stream{directory};
    std::optional<net::PeerCertificate> certificate_;
};

inline constexpr std::string_view kResult =
    "<db:result from='fabrikam.example' to='contoso.example'>the-key</db:result>";

}  // namespace isthmus::test
