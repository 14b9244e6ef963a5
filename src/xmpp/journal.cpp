#include "xmpp/journal.h"

#include "base/codes.h"
#include "base/log.h"
#include "base/text.h"

#include <algorithm>

namespace isthmus::xmpp {

namespace {

constexpr unsigned kLinesOfStrangers = 50;  // a second

std::string_view event_of(std::string_view code) {
    struct Row {
        std::string_view area;
        std::string_view event;
    };

    static constexpr std::array<Row, 10> kRows = {{{"IST-DNS-", "s2s.dns"},
                                                   {"IST-XMPP-010", "s2s.auth"},
                                                   {"IST-TCP-", "s2s.tcp"},
                                                   {"IST-TLS-", "s2s.tls"},
                                                   {"IST-CERT-", "s2s.cert"},
                                                   {"IST-AUTH-", "s2s.auth"},
                                                   {"IST-DB-", "s2s.dialback"},
                                                   {"IST-POL-", "policy.deny"},
                                                   {"IST-LIM-", "limit.hit"}}};
    for (const Row& row : kRows) {
        if (!row.area.empty() && code.starts_with(row.area)) {
            return row.event;
        }
    }
    return "s2s.down";
}

std::string_view label_of(const StreamName& name) {
    return name.is_partner && !name.partner.empty() ? name.partner : "other";
}

std::string_view direction_of(bool is_outgoing) {
    return is_outgoing ? "out" : "in";
}

void write_event(log::Level level,
                 std::string_view event,
                 const StreamName& name,
                 std::string_view step,
                 const Error& why) {
    const codes::Code* code = codes::find(why.code);
    log::event(level,
               event,
               {{"code", why.code},
                {"partner", name.partner},
                {"direction", direction_of(name.is_outgoing)},
                {"step", step},
                {"stream_id", name.stream_id},
                {"remote_addr", name.remote_address},
                {"msg", code != nullptr ? code->sentence : std::string_view(why.public_text)},
                {"evidence", why.detail.empty() ? why.public_text : why.detail},
                {"fix", code != nullptr ? code->fix : std::string_view()}});
}

}  // namespace

void Journal::count_refused_proof(const StreamName& name, const Error& why) {
    const bool is_dialback = why.code.starts_with("IST-DB-");
    const bool is_external = why.code.starts_with("IST-AUTH-") || why.code == "IST-XMPP-010";
    if (is_dialback || is_external) {
        auths(name, is_dialback ? Mechanism::Dialback : Mechanism::External, "refused").add();
    }
}

metrics::Counter& Journal::auths(const StreamName& name,
                                 Mechanism mechanism,
                                 std::string_view result) {
    return registry_.counter("isthmus_s2s_auth_total",
                             "Domain pairs authenticated, or refused",
                             {{"partner", label_of(name)},
                              {"direction", direction_of(name.is_outgoing)},
                              {"mechanism", mechanism_name(mechanism)},
                              {"result", result}});
}

void Journal::note_trouble(std::optional<LinkTrouble>& into,
                           const StreamName& name,
                           std::string_view step,
                           const Error& why,
                           TimePoint at) {
    const bool is_same = into && !into->is_over && into->code == why.code && into->step == step;
    const TimePoint first = is_same ? into->first_at : at;
    const std::uint64_t count = is_same ? into->count + 1 : 1;
    into = LinkTrouble{.code = std::string(why.code),
                       .step = std::string(step),
                       .text = why.public_text,
                       .evidence = why.detail,
                       .address = name.remote_address,
                       .at = at,
                       .first_at = first,
                       .count = count};
}

const LinkTrouble* Journal::incoming_trouble(std::string_view partner) const {
    const auto found = incoming_troubles_.find(partner);
    return found == incoming_troubles_.end() ? nullptr : &*found->second;
}

void Journal::remember(const StreamName& name, std::string_view step, const Error& why) {
    // Strangers are not kept: they could fill any table.
    if (!name.is_outgoing && name.is_partner && !name.partner.empty() && !why.code.empty()) {
        note_trouble(incoming_troubles_[std::string(name.partner)], name, step, why, timers_.now());
    }
}

void Journal::failed(const StreamName& name, std::string_view step, const Error& why) {
    count_refused_proof(name, why);
    remember(name, step, why);
    registry_
        .counter("isthmus_s2s_connect_attempts_total",
                 "Attempts to set up a stream, by outcome",
                 {{"partner", label_of(name)},
                  {"direction", direction_of(name.is_outgoing)},
                  {"result", "failed"},
                  {"code", why.code}})
        .add();
    if (may_write(name)) {
        write_event(log::Level::Warning, event_of(why.code), name, step, why);
    }
}

bool Journal::may_write(const StreamName& name) {
    if (name.is_partner) {
        return true;
    }
    const TimePoint now = timers_.now();
    if (now - strangers_since_ >= std::chrono::seconds(1)) {
        if (left_out_ != 0) {
            log::event(log::Level::Warning, "s2s.strangers.more", {{"suppressed", left_out_}});
        }
        strangers_since_ = now;
        lines_of_strangers_ = 0;
        left_out_ = 0;
    }
    if (++lines_of_strangers_ > kLinesOfStrangers) {
        ++left_out_;
        return false;
    }
    return true;
}

void Journal::noted(const StreamName& name, const Error& what) {
    count_refused_proof(name, what);
    remember(name, "negotiation", what);
    registry_
        .counter("isthmus_s2s_refusals_total",
                 "Refused or ignored parts of negotiations on streams that went on",
                 {{"partner", label_of(name)},
                  {"direction", direction_of(name.is_outgoing)},
                  {"code", what.code}})
        .add();
    if (may_write(name)) {
        write_event(log::Level::Warning, event_of(what.code), name, "negotiation", what);
    }
}

void Journal::up(const StreamName& name, Mechanism mechanism, Duration took) {
    if (const auto found = incoming_troubles_.find(name.partner);
        !name.is_outgoing && found != incoming_troubles_.end()) {
        found->second->is_over = true;
    }
    const UpMetrics& metrics = up_metrics(name, mechanism);
    metrics.attempts->add();
    metrics.auths->add();
    metrics.streams->add(1);
    using Milliseconds = std::chrono::milliseconds;
    log::event(log::Level::Info,
               "s2s.up",
               {{"partner", name.partner},
                {"direction", direction_of(name.is_outgoing)},
                {"stream_id", name.stream_id},
                {"remote_addr", name.remote_address},
                {"mechanism", mechanism_name(mechanism)},
                {"tls_version", name.tls_version},
                {"cipher", name.tls_cipher},
                {"duration_ms", std::chrono::duration_cast<Milliseconds>(took).count()}});
}

const Journal::UpMetrics& Journal::up_metrics(const StreamName& name, Mechanism mechanism) {
    const std::string_view partner = label_of(name);
    up_key_.assign(name.is_outgoing ? ">" : "<");
    up_key_.append(mechanism_name(mechanism)).append(" ").append(partner);
    UpMetrics& metrics = up_metrics_[up_key_];
    if (metrics.attempts == nullptr) {
        metrics = {.attempts = &registry_.counter("isthmus_s2s_connect_attempts_total",
                                                  "Attempts to set up a stream, by outcome",
                                                  {{"partner", partner},
                                                   {"direction", direction_of(name.is_outgoing)},
                                                   {"result", "up"},
                                                   {"code", ""}}),
                   .auths = &auths(name, mechanism, "ok"),
                   .streams = &streams(name, mechanism)};
    }
    return metrics;
}

void Journal::down(const StreamName& name, Mechanism mechanism, const Error& why) {
    up_metrics(name, mechanism).streams->add(-1);
    remember(name, "up", why);
    auto level = why.code.empty() ? log::Level::Info : log::Level::Warning;
    write_event(level, "s2s.down", name, "up", why);
}

void Journal::secured(const StreamName& name) {
    const std::pair key{std::string(name.tls_version), std::string(name.tls_cipher)};
    metrics::Counter*& counter = tls_sessions_[key];
    if (counter == nullptr) {
        counter = &registry_.counter("isthmus_s2s_tls_sessions_total",
                                     "TLS sessions on streams",
                                     {{"version", name.tls_version}, {"cipher", name.tls_cipher}});
    }
    counter->add();
}

void Journal::vouched_for(const StreamName& name, std::string_view evidence) {
    log::event(log::Level::Info,
               "s2s.posh",
               {{"partner", name.partner},
                {"direction", direction_of(name.is_outgoing)},
                {"remote_addr", name.remote_address},
                {"msg", "the web site of the partner's domain names its certificate"},
                {"evidence", evidence}});
}

void Journal::checked_certificate(const std::optional<Error>& fault) {
    const bool is_trusted = !fault || fault->code != "IST-CERT-002";
    metrics::Counter*& counter = certificate_checks_[(is_trusted ? 2U : 0U) + (fault ? 0U : 1U)];
    if (counter == nullptr) {
        counter = &registry_.counter("isthmus_s2s_certificate_checks_total",
                                     "Checks of peers' certificates",
                                     {{"chain", is_trusted ? "valid" : "invalid"},
                                      {"identity", fault ? "invalid" : "valid"}});
    }
    counter->add();
}

void Journal::took(std::string_view step, Duration duration) {
    auto found = std::ranges::find(steps_, step, [](const auto& entry) { return entry.first; });
    if (found == steps_.end()) {
        metrics::Histogram& made =
            registry_.histogram("isthmus_s2s_connect_duration_seconds",
                                "Time that a step of setting up an outgoing stream took",
                                {{"step", step}});
        found = steps_.insert(steps_.end(), {step, &made});
    }
    found->second->observe(std::chrono::duration<double>(duration).count());
}

StanzaCounters Journal::stanzas(std::string_view partner, bool is_outgoing) {
    StanzaCounters counters;
    for (const Kind kind : {Kind::Message, Kind::Presence, Kind::Iq}) {
        std::string_view name = kind == Kind::Message    ? "message"
                                : kind == Kind::Presence ? "presence"
                                                         : "iq";
        counters.by_kind[static_cast<std::size_t>(kind)] = &registry_.counter(
            "isthmus_s2s_stanzas_total",
            "Stanzas on authenticated streams",
            {{"partner", partner}, {"direction", direction_of(is_outgoing)}, {"kind", name}});
    }
    return counters;
}

metrics::Gauge& Journal::streams(const StreamName& name, Mechanism mechanism) {
    return registry_.gauge("isthmus_s2s_streams",
                           "Authenticated streams (an incoming one counts once per domain pair)",
                           {{"partner", label_of(name)},
                            {"direction", direction_of(name.is_outgoing)},
                            {"state", "up"},
                            {"auth", mechanism_name(mechanism)}});
}

}  // namespace isthmus::xmpp
