// Both machines of a stream between servers, fed with whatever a peer may say: headers, features,
// SASL, dialback, acknowledgements. Whatever it is, nobody gets in without proof, and no key or
// stanza is said in clear text where TLS is required.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "../xmpp/dialogue.h"

namespace {

using namespace isthmus;
using test::Dialogue;
using test::kOurs;
using test::kTheirs;
using xmpp::LinkPolicy;
using xmpp::Negotiation;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct OnePartner final : xmpp::Directory {
    bool serves(std::string_view domain) const override { return domain == kOurs; }

    std::optional<LinkPolicy> link_policy(std::string_view domain) override {
        return domain == kTheirs ? std::optional(policy) : std::nullopt;
    }

    Error link_refusal(std::string_view /*domain*/) override {
        return make_error(ErrorKind::Forbidden, "IST-POL-001", "", "");
    }

    std::string_view dialback_secret() const override { return "s3cr3t"; }

    bool has_tls() const override { return true; }

    std::string make_stream_id() override { return "id" + std::to_string(++ids); }

    LinkPolicy policy;
    int ids = 0;
};

/// The input: an octet of settings, then what is said, cut at 0xff; behind each cut an octet that
/// says what happens besides.
struct Input {
    LinkPolicy policy;
    bool has_certificate = false;
    bool is_incoming = false;
    std::string_view rest;
};

Input read(std::string_view data) {
    Input input;
    const auto settings = static_cast<unsigned char>(data.front());
    input.policy.tls = static_cast<Negotiation>(settings % 3);
    input.policy.sasl = static_cast<Negotiation>(settings / 3 % 3);
    input.policy.dialback = (settings & 0x20U) != 0;
    input.has_certificate = (settings & 0x40U) != 0;
    input.is_incoming = (settings & 0x80U) != 0;
    input.rest = data.substr(1);
    return input;
}

/// Calls `say(text)` and `happen(octet)` in turn.
template <class Say, class Happen>
void play(std::string_view rest, Say say, Happen happen) {
    while (!rest.empty()) {
        const std::size_t cut = rest.find('\xff');
        say(rest.substr(0, cut));
        if (cut == std::string_view::npos || cut + 1 == rest.size()) {
            return;
        }
        happen(static_cast<unsigned char>(rest[cut + 1]));
        rest.remove_prefix(cut + 2);
    }
}

void check_clear_text(std::string_view said, const LinkPolicy& policy, bool is_secure) {
    if (!is_secure && policy.tls == Negotiation::Required) {
        // XEP-0220 §2.5: whoever asks for dialback all the same is told that he may not.
        for (std::size_t at = 0; (at = said.find("<db:", at)) != std::string_view::npos; ++at) {
            const std::string_view tag = said.substr(at, said.find('>', at) - at);
            require(tag.starts_with("<db:result ") && tag.ends_with(" type='error'"));
        }
        require(said.find("<auth ") == std::string_view::npos);
        require(said.find("<success ") == std::string_view::npos);
    }
}

void play_incoming(const Input& input) {
    OnePartner directory;
    directory.policy = input.policy;
    Dialogue<xmpp::IncomingStream> stream(directory);
    const net::PeerCertificate certificate = test::certificate_for(kTheirs);
    bool is_secure = false;
    bool has_sasl = false;
    bool is_vouched_for = false;
    std::size_t seen = 0;
    const auto check = [&] {
        if (stream.machine.is_authenticated() || !stream.stanzas.empty()) {
            require((has_sasl && input.has_certificate) ||
                    (is_vouched_for && input.policy.dialback));
            require(is_secure || input.policy.tls != Negotiation::Required);
        }
    };
    play(
        input.rest,
        [&](std::string_view text) {
            const std::string said = stream.says(text);
            check_clear_text(said, input.policy, is_secure);
            has_sasl |= is_secure && said.find("<success ") != std::string::npos;
            check();
            for (; seen < stream.actions.size(); ++seen) {
                if (stream.actions[seen] == "starttls") {
                    is_secure = true;
                    stream.machine.on_secured(input.has_certificate ? &certificate : nullptr);
                }
            }
        },
        [&](unsigned char what) {
            const auto verdict = static_cast<xmpp::Verdict>(what % 3);
            is_vouched_for |= verdict == xmpp::Verdict::Valid;
            stream.note(stream.machine.on_verified(kTheirs, kOurs, verdict, stream.out));
            check();
        });
}

void play_outgoing(const Input& input) {
    xmpp::OutgoingStream::Purpose purpose;
    purpose.local = kOurs;
    purpose.remote = kTheirs;
    purpose.policy = input.policy;
    purpose.dialback_secret = "s3cr3t";
    Dialogue<xmpp::OutgoingStream> stream(std::move(purpose));
    stream.machine.open(stream.out);
    const net::PeerCertificate certificate =
        test::certificate_for(input.has_certificate ? kTheirs : "other.example");
    bool is_secure = false;
    std::size_t seen = 0;
    play(
        input.rest,
        [&](std::string_view text) {
            check_clear_text(stream.says(text), input.policy, is_secure);
            for (; seen < stream.actions.size(); ++seen) {
                if (stream.actions[seen] == "starttls") {
                    is_secure = true;
                    stream.note(stream.machine.on_secured(
                        xmpp::certificate_fault(
                            &certificate, kTheirs, input.policy, stream.arena()),
                        stream.out));
                }
            }
            if (stream.machine.is_up()) {
                require(is_secure || input.policy.tls != Negotiation::Required);
                require(input.has_certificate || input.policy.dialback);
            }
        },
        [](unsigned char /*what*/) {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 65536) {
        return 0;
    }
    const Input input = read({reinterpret_cast<const char*>(data), size});
    if (input.is_incoming) {
        play_incoming(input);
    } else {
        play_outgoing(input);
    }
    return 0;
}
