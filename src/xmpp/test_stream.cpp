#include "xmpp/test_stream.h"

#include "base/codes.h"
#include "base/text.h"
#include "base/utc.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kPatience = std::chrono::seconds(20);
constexpr std::chrono::days kSoon{14};
constexpr std::array<std::string_view, 5> kSteps{
    "stream", "tls", "certificate", "auth", "dialback"};
constexpr std::size_t kMaxShown = 12;  // of features, mechanisms, names

/// "starttls (required), mechanisms (EXTERNAL), dialback"
std::string describe(const xml::Element& features) {
    std::string made;
    std::size_t count = 0;
    Arena arena(1024);
    for (const auto* one = features.first_element(); one != nullptr && count < kMaxShown;
         one = one->next_element(), ++count) {
        made += (made.empty() ? "" : ", ") + text::escape_for_log(one->name, 40);
        std::string inside;
        std::size_t parts = 0;
        for (const auto* part = one->first_element(); part != nullptr && parts < kMaxShown;
             part = part->next_element(), ++parts) {
            inside += inside.empty() ? "" : " ";
            inside += text::escape_for_log(
                part->name == "mechanism" ? part->all_text(arena) : part->name, 40);
        }
        made += inside.empty() ? "" : " (" + inside + ")";
    }
    return made.empty() ? "nothing" : made;
}

std::string joined(const std::vector<std::string>& names) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMaxShown));
    return fmt::format(
        "{}{}", fmt::join(names.begin(), end, ", "), names.size() > kMaxShown ? ", .." : "");
}

std::string describe(const net::PeerCertificate& shown) {
    std::string made = fmt::format("subject: {}", text::escape_for_log(shown.subject));
    if (!shown.issuer.empty()) {
        add_line(made, fmt::format("issued by: {}", text::escape_for_log(shown.issuer)));
    }
    const auto add_names = [&made](const char* what, const std::vector<std::string>& names) {
        if (!names.empty()) {
            add_line(made, fmt::format("{}: {}", what, text::escape_for_log(joined(names), 1000)));
        }
    };
    add_names("SRV names", shown.srv_names);
    add_names("XMPP addresses", shown.xmpp_addrs);
    add_names("DNS names", shown.dns_names);
    add_line(made,
             fmt::format("valid until: {}", utc_text(shown.not_after.time_since_epoch().count())));
    add_line(made, "SHA-256: " + shown.sha256);
    if (!shown.may_be_client) {
        add_line(made,
                 "purpose: not for TLS clients (as public authorities issue them now); strict "
                 "servers refuse that for SASL EXTERNAL, we do not");
    }
    if (!shown.is_trusted) {
        add_line(made, "chain: " + shown.trust_error);
    }
    return made;
}

}  // namespace

StreamTest::StreamTest(Environment& environment,
                       const LinkTestOrder& order,
                       StepSink sink,
                       std::function<void(bool)> on_done)
    : environment_(environment),
      order_(order),
      sink_(std::move(sink)),
      on_done_(std::move(on_done)),
      again_(environment.timers, [this] { connect(); }) {}

StreamTest::~StreamTest() {
    if (connection_ != nullptr) {
        connection_->abandon();
        environment_.graveyard.bury(std::move(connection_));
    }
}

void StreamTest::start() {
    lap_ = environment_.timers.now();
    connect();
}

net::ByteStream* StreamTest::stream() const {
    return is_up_ && connection_ != nullptr ? connection_->stream() : nullptr;
}

void StreamTest::connect() {
    OutgoingStream::Purpose purpose;
    purpose.local = order_.local;
    purpose.remote = order_.remote;
    purpose.policy = order_.policy;
    purpose.dialback_secret = environment_.config.dialback_secret;
    purpose.has_tls = environment_.tls != nullptr;
    purpose.try_external = try_external_;
    Owner& owner = *this;
    connection_ = std::make_unique<OutgoingConnection>(environment_, std::move(purpose), owner);
    connection_->start(kPatience);
}

void StreamTest::drop_connection() {
    is_up_ = false;
    if (connection_ != nullptr) {
        environment_.graveyard.bury(std::move(connection_));
    }
}

Duration StreamTest::lap() {
    const TimePoint now = environment_.timers.now();
    return now - std::exchange(lap_, now);
}

void StreamTest::pass(TestStep step) {
    ++told_;
    sink_(std::move(step));
}

void StreamTest::tell_stream() {
    if (told_ == 0) {
        pass({.id = kSteps[0],
              .took = lap(),
              .sentence = "The partner's server opened a stream.",
              .evidence = is_secure_ && clear_features_.empty() ? "TLS from the first octet"
                          : clear_features_.empty()
                              ? "no features: its version is older than XMPP 1.0"
                              : "offered in clear: " + clear_features_,
              .code = {}});
    }
}

void StreamTest::tell_unencrypted() {
    tell_stream();
    if (told_ == 1) {
        pass({.id = kSteps[1],
              .state = TestState::Warn,
              .took = lap(),
              .sentence = "The stream is not encrypted: the partner's settings allow that.",
              .evidence = "offered in clear: " + clear_features_,
              .code = "IST-TLS-001"});
        pass({.id = kSteps[2],
              .state = TestState::Skipped,
              .sentence = "Without encryption no certificate is shown.",
              .evidence = {},
              .code = {}});
    }
}

void StreamTest::on_features(const xml::Element& features) {
    // After SASL others follow that offer nothing that is tested here.
    if (!is_secure_ || features_.empty()) {
        features_ = describe(features);
    }
    if (!is_secure_) {
        clear_features_ = features_;
        tell_stream();
    }
}

void StreamTest::on_secured(const net::PeerCertificate* shown, const std::optional<Error>& fault) {
    is_secure_ = true;
    features_.clear();
    if (told_ >= 3) {
        return;  // the second attempt, after EXTERNAL was refused
    }
    tell_stream();
    const net::ByteStream& stream = *connection_->stream();
    pass({.id = kSteps[1],
          .took = lap(),
          .sentence = fmt::format("The stream is encrypted with {}.", stream.tls_version()),
          .evidence = fmt::format("{} {}", stream.tls_version(), stream.tls_cipher()),
          .code = {}});
    tell_certificate(shown, fault);
}

void StreamTest::tell_certificate(const net::PeerCertificate* shown,
                                  const std::optional<Error>& fault) {
    TestStep step{.id = kSteps[2], .took = lap(), .sentence = {}, .evidence = {}, .code = {}};
    step.evidence = shown != nullptr ? describe(*shown) : "none was shown";
    if (fault) {
        const bool may_dial_back = may_use_dialback(order_.policy, true) && !is_final(*fault);
        const codes::Code* code = codes::find(fault->code);
        step.state = may_dial_back ? TestState::Warn : TestState::Fail;
        step.code = fault->code;
        step.sentence = code != nullptr ? std::string(code->sentence) : fault->public_text;
        if (may_dial_back) {
            step.sentence += " It is proved by dialback instead.";
        }
        add_line(step.evidence, fault->detail);
        return pass(std::move(step));
    }
    const auto left = shown->not_after - order_.now;
    const std::string& vouched_by = connection_->vouched_by();
    if (!vouched_by.empty()) {
        add_line(step.evidence, "POSH: " + vouched_by);
    }
    const bool has_dates = shown->dane != net::Dane::EndEntity;  // RFC 7671 §5.1
    if (has_dates && order_.now.time_since_epoch().count() != 0 && left < kSoon) {
        step.state = TestState::Warn;
        step.sentence =
            fmt::format("The partner's certificate proves {}, but it expires in {} days.",
                        order_.remote,
                        std::chrono::duration_cast<std::chrono::days>(left).count());
        return pass(std::move(step));
    }
    step.sentence =
        !order_.policy.pinned_certificates.empty()
            ? "The partner's certificate is the one that is pinned."
        : !vouched_by.empty()
            ? fmt::format("The web site of {} names the partner's certificate (POSH).",
                          order_.remote)
        : shown->dane != net::Dane::NotAsked
            ? fmt::format("The partner's certificate is one that the TLSA records of {} name.",
                          shown->dane_host)
            : fmt::format("The partner's certificate is trusted and proves {}.", order_.remote);
    pass(std::move(step));
}

void StreamTest::on_noted(const Error& what) {
    if (what.code == "IST-AUTH-004" || what.code == "IST-XMPP-010") {
        external_refusal_ = what;
    }
    if (notes_.size() < kMaxShown) {
        notes_.push_back(what);
    }
}

/// Of the steps auth and dialback, once it is known which of them let us in.
void StreamTest::tell_auth(std::optional<Mechanism> up) {
    const std::string offered = "offered: " + (features_.empty() ? "nothing" : features_);
    TestStep auth{.id = kSteps[3], .took = lap(), .sentence = {}, .evidence = offered, .code = {}};
    if (up == Mechanism::External) {
        auth.sentence = "SASL EXTERNAL was offered, and our certificate was accepted.";
        pass(std::move(auth));
        return pass({.id = kSteps[4],
                     .state = TestState::Skipped,
                     .sentence = "Not needed: SASL EXTERNAL was enough.",
                     .evidence = {},
                     .code = {}});
    }
    if (external_refusal_) {
        auth.state = TestState::Warn;
        auth.code = external_refusal_->code;
        auth.sentence =
            "The partner refused our certificate (SASL EXTERNAL); dialback was tried instead.";
        add_line(auth.evidence, "answer: " + external_refusal_->detail);
    } else {
        auth.state = TestState::Skipped;
        auth.sentence = !may_use_external(order_.policy)
                            ? "The partner's settings do not use SASL EXTERNAL."
                            : "SASL EXTERNAL was not possible; dialback was tried instead.";
    }
    pass(std::move(auth));
}

void StreamTest::on_up(Mechanism mechanism, bool /*offers_management*/) {
    is_up_ = true;
    if (!is_secure_) {
        tell_unencrypted();
    }
    tell_auth(mechanism);
    if (mechanism == Mechanism::Dialback) {
        pass({.id = kSteps[4],
              .took = lap(),
              .sentence = fmt::format("The partner called back and accepted our key{}.",
                                      is_secure_ ? "" : ", without encryption"),
              .evidence = call_back(),
              .code = {}});
    }
    on_done_(true);
}

/// XEP-0220 §2.1: whether the question about our key has reached our listener.
std::string StreamTest::call_back() const {
    const std::string id(connection_ != nullptr ? connection_->name().stream_id : "");
    const auto from = environment_.call_backs.find(id);
    return fmt::format("key for the stream {}; {}",
                       text::escape_for_log(id),
                       from ? "asked about at our listener by " + from->to_string()
                            : "nobody has asked about it at our listener");
}

void StreamTest::on_verified(Verdict /*verdict*/, const std::string& /*detail*/) {}

void StreamTest::on_stream_written(std::uint64_t /*total*/) {}

/// The step that a failure belongs to, by what is known of it; never one that was told as good.
std::string_view StreamTest::failed_at(const Error& why, std::string_view step) const {
    std::string_view found = step == "up" ? "auth" : step;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kAreas{
        {{"IST-TLS-", "tls"},
         {"IST-CERT-", "certificate"},
         {"IST-AUTH-", "auth"},
         {"IST-DB-", "dialback"}}};
    for (const auto& [area, id] : kAreas) {
        // What is refused while a key is on its way is the key.
        if (why.code.starts_with(area) && !(id == "auth" && step == "dialback")) {
            found = id;
        }
    }
    const auto* const at = std::ranges::find(kSteps, found);
    const auto index = static_cast<std::size_t>(at == kSteps.end() ? 0 : at - kSteps.begin());
    return kSteps[std::min(std::max(index, told_), kSteps.size() - 1)];
}

void StreamTest::on_failed(const Error& why,
                           std::string_view step,
                           bool retry,
                           bool was_external_refused) {
    if (was_external_refused && try_external_ && retry) {
        // As a live link: once more, with dialback from the start.
        external_refusal_ = why;
        try_external_ = false;
        drop_connection();
        is_secure_ = false;
        return again_.arm({});
    }
    const std::string_view at = failed_at(why, step);
    const bool is_beyond_tls = at == "auth" || at == "dialback";
    if (is_beyond_tls && !is_secure_) {
        tell_unencrypted();
    }
    if (at == "tls") {
        tell_stream();
    }
    if (at == "dialback" && told_ == 3) {
        tell_auth({});
    }
    // A certificate that failed has told so itself.
    if (!(at == "auth" && why.code.starts_with("IST-CERT-"))) {
        Error said = why;
        if (at == "dialback" && why.code == "IST-XMPP-003") {
            said.code = "IST-DB-003";  // it has our key, and is silent
        }
        TestStep failed = failed_step(at, said, lap());
        if (!features_.empty()) {
            add_line(failed.evidence, "offered: " + features_);
        }
        if (at == "dialback") {
            add_line(failed.evidence, call_back());
        }
        sink_(std::move(failed));
    }
    drop_connection();
    on_done_(false);
}

void StreamTest::on_ending(const Error& /*why*/) {
    is_up_ = false;
}

void StreamTest::on_gone(const Error& /*why*/) {
    drop_connection();
}

}  // namespace isthmus::xmpp
