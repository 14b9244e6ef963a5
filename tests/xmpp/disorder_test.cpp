// Peers that say anything at any time: whatever the order, nothing breaks, nobody is authenticated
// by accident, each stanza has one outcome, and all connections end. Sequences are pseudo-random
// and the same in every run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::IsEmpty;
using xmpp::Negotiation;

const std::vector<std::string>& fragments() {
    static const std::vector<std::string> all = {
        header(kTheirs, kOurs, "f1"),
        header(kTheirs, kOurs, "", ""),
        header("stranger.example", kOurs),
        "<?xml version='1.0'?>",
        "<stream:stream>",
        "</stream:stream>",
        std::string(kStartTls),
        std::string(kProceed),
        std::string(kSuccess),
        auth("="),
        auth(""),
        auth("!!"),
        "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</response>",
        "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>",
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        features(""),
        features(kStartTls),
        features(kExternalOffer),
        features("<dialback xmlns='urn:xmpp:features:dialback'/>"),
        "<db:result from='fabrikam.example' to='contoso.example'>key</db:result>",
        "<db:result from='fabrikam.example' to='contoso.example' type='valid'/>",
        "<db:result from='fabrikam.example' to='contoso.example' type='invalid'/>",
        "<db:verify from='fabrikam.example' to='contoso.example' id='f1'>key</db:verify>",
        "<db:verify from='fabrikam.example' to='contoso.example' id='f1' type='valid'/>",
        "<db:result/>",
        "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>x</body></message>",
        "<message from='bob@fabrikam.example' to='@'/>",
        "<iq type='get' id='1' from='bob@fabrikam.example' to='contoso.example'>"
        "<ping xmlns='urn:xmpp:ping'/></iq>",
        "<presence from='bob@fabrikam.example' to='alice@contoso.example' type='?'/>",
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        features("<sm xmlns='urn:xmpp:sm:3'/>"),
        "<enable xmlns='urn:xmpp:sm:3' resume='1'/>",
        "<enabled xmlns='urn:xmpp:sm:3' resume='1' id='x'/>",
        "<resumed xmlns='urn:xmpp:sm:3' h='1' previd='x'/>",
        "<failed xmlns='urn:xmpp:sm:3' h='0'/>",
        "<a xmlns='urn:xmpp:sm:3' h='1'/>",
        "<r xmlns='urn:xmpp:sm:3'/>",
        "<unfinished",
        ">",
        " ",
        "\xff",
    };
    return all;
}

class DisorderTest : public World {
  protected:
    /// One thing that a peer may do; false: nothing can be done any more.
    bool do_something(StreamPeer& peer, net::TlsRole role) {
        if (!peer.is_connected()) {
            return false;
        }
        std::size_t choice = random_() % (fragments().size() + 4);
        if (choice < fragments().size()) {
            peer.send(fragments()[choice]);
        } else if (choice == fragments().size()) {
            peer.start_tls({.role = role});
        } else if (choice == fragments().size() + 1) {
            peer.shut_down();
        } else if (choice == fragments().size() + 2) {
            loop.advance(7s);
        } else {
            handler.partners["fabrikam.example"].sasl = static_cast<Negotiation>(random_() % 3);
            server->recheck_partners();
        }
        if (random_() % 2 == 0) {
            loop.run();
        }
        return true;
    }

    std::mt19937 random_{20261122};  // NOLINT: the same in every run
};

TEST_F(DisorderTest, CallersInAnyOrder) {
    config.max_unauthenticated_per_address = 1000000;
    start();
    for (int round = 0; round < 1500; ++round) {
        handler.partners["fabrikam.example"] = {};
        auto peer = call_us();
        switch (random_() % 3) {
            case 0:
                break;
            case 1:
                secure(*peer);
                break;
            default:
                authenticate(*peer);
        }
        for (int step = 0; step < 8 && do_something(*peer, net::TlsRole::Client); ++step) {
        }
        if (random_() % 2 == 0) {
            peer->drop();
        }
        loop.run();
    }
    loop.advance(2min);
    EXPECT_EQ(server->pending(), 0U);
    for (const auto& status : server->status()) {
        EXPECT_TRUE(status.outgoing || status.state == "up" || status.state == "down")
            << status.state;
    }
}

TEST_F(DisorderTest, NobodyGetsInWithoutProof) {
    // No certificate, and the verifying server says no: whatever is said, nothing is delivered.
    theirs.set_certificate(certificate_for("evil.example"));
    config.max_unauthenticated_per_address = 1000000;
    start();
    for (int round = 0; round < 1500; ++round) {
        handler.partners["fabrikam.example"] = {};
        auto peer = call_us();
        if (random_() % 2 == 0) {
            secure(*peer);
        }
        for (int step = 0; step < 10 && do_something(*peer, net::TlsRole::Client); ++step) {
        }
    }
    loop.advance(2min);
    EXPECT_THAT(handler.messages, IsEmpty());
    EXPECT_THAT(handler.presences, IsEmpty());
}

TEST_F(DisorderTest, ServersThatAnswerInAnyOrder) {
    start();
    std::uint64_t cookie = 0;
    for (int round = 0; round < 1500; ++round) {
        handler.partners["fabrikam.example"] = {};
        server->recheck_partners();
        loop.advance(2ms);
        send(++cookie);
        send(++cookie);
        loop.advance(9s);
        if (fabrikam.connections() != 0 && fabrikam.peer().is_connected()) {
            for (int step = 0; step < 8; ++step) {
                if (!do_something(fabrikam.peer(), net::TlsRole::Server)) {
                    break;
                }
            }
        }
        if (random_() % 8 == 0) {
            wire.cut_all();
        }
    }
    loop.advance(5min);
    EXPECT_EQ(server->pending(), 0U);
    EXPECT_EQ(handler.outcomes.size(), cookie);
    EXPECT_THAT(handler.messages, IsEmpty());
}

}  // namespace
}  // namespace isthmus::test
