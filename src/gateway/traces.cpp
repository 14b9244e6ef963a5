#include "gateway/traces.h"

#include "base/utc.h"
#include "gateway/redaction.h"
#include "gateway/trace_losses.h"
#include "translate/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace isthmus::gateway {

namespace {

std::int64_t second_of(TimePoint now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::size_t size_of(const TraceEvent& event) {
    std::size_t size = sizeof(TraceEvent) + event.text.size() + event.what.size() +
                       event.user.size() + event.contact.size() + event.call_id.size() +
                       event.stanza_id.size() + event.evidence.size();
    for (const auto* texts : {&event.rules, &event.lost}) {
        for (const std::string& text : *texts) {
            size += sizeof(std::string) + text.size();
        }
    }
    return size;
}

std::string cut(std::string_view text) {
    constexpr std::size_t kLongest = 1024;
    return std::string(text.substr(0, kLongest));
}

}  // namespace

struct Traces::Trace {
    Trace(Timers& timers, TraceOrder given, std::function<void(Trace&)> on_end)
        : order(std::move(given)),
          timer(timers, [this, on_end = std::move(on_end)] { on_end(*this); }) {}

    TraceOrder order;
    std::vector<std::string> domains;  ///< of the partner
    bool is_running = true;
    std::string why_ended;
    double started_at = utc_now_fine();
    TimePoint ends{};
    std::deque<TraceEvent> events;
    std::uint64_t last = 0;      ///< number of the newest
    std::uint64_t left_out = 0;  ///< too many at once: they have no number
    std::size_t octets = 0;
    std::int64_t second = -1;
    unsigned in_second = 0;
    Timer timer;
};

Traces::Traces(const Admission& admission, Timers& timers)
    : admission_(admission), timers_(timers) {}

Traces::~Traces() = default;

Traces::Trace* Traces::find(std::string_view id) const {
    const auto found =
        std::ranges::find_if(traces_, [id](const auto& trace) { return trace->order.id == id; });
    return found == traces_.end() ? nullptr : found->get();
}

std::size_t Traces::running() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(traces_, [](const auto& trace) { return trace->is_running; }));
}

void Traces::update() {
    set_on(running() != 0);
}

Result<void> Traces::start(const TraceOrder& order) {
    if (find(order.id) != nullptr) {
        return make_error(ErrorKind::Conflict, "IST-API-003", "That trace exists.", order.id);
    }
    if (running() >= kMostRunning) {
        return make_error(ErrorKind::Limit,
                          "IST-API-041",
                          "Too many traces are running.",
                          fmt::format("{} are", kMostRunning));
    }
    if (traces_.size() >= kMost) {
        traces_.erase(
            std::ranges::find_if(traces_, [](const auto& trace) { return !trace->is_running; }));
    }
    auto made = std::make_unique<Trace>(
        timers_, order, [this](Trace& trace) { finish(trace, "its time is over"); });
    if (!order.partner.empty()) {
        made->domains.push_back(order.partner);
        if (const auto* partner = admission_.policy().partner_of(order.partner)) {
            made->domains.push_back(partner->domain);
            made->domains.insert(made->domains.end(),
                                 partner->additional_domains.begin(),
                                 partner->additional_domains.end());
        }
    }
    const Duration duration = std::min(order.duration, kLongest);
    made->ends = timers_.now() + duration;
    made->timer.arm(duration);
    traces_.push_back(std::move(made));
    update();
    return {};
}

void Traces::finish(Trace& trace, std::string_view why) {
    if (std::exchange(trace.is_running, false)) {
        trace.why_ended = why;
        trace.timer.cancel();
    }
    update();
}

bool Traces::stop(std::string_view id) {
    Trace* trace = find(id);
    if (trace != nullptr) {
        finish(*trace, "stopped");
    }
    return trace != nullptr;
}

bool Traces::forget(std::string_view id) {
    const bool was_there =
        std::erase_if(traces_, [id](const auto& trace) { return trace->order.id == id; }) != 0;
    update();
    return was_there;
}

std::optional<TraceStatus> Traces::status(std::string_view id) const {
    const Trace* trace = find(id);
    if (trace == nullptr) {
        return std::nullopt;
    }
    TraceStatus made;
    made.id = trace->order.id;
    made.user = trace->order.user;
    made.partner = trace->order.partner;
    made.with_bodies = trace->order.with_bodies;
    made.is_running = trace->is_running;
    made.why_ended = trace->why_ended;
    made.started_at = trace->started_at;
    made.seconds_left =
        trace->is_running ? std::chrono::duration<double>(trace->ends - timers_.now()).count() : 0;
    made.events = trace->last + trace->left_out;
    made.dropped = made.events - trace->events.size();
    made.first = trace->events.empty() ? trace->last + 1 : trace->events.front().number;
    made.octets = trace->octets;
    return made;
}

std::vector<TraceStatus> Traces::list() const {
    std::vector<TraceStatus> made;
    made.reserve(traces_.size());
    for (const auto& trace : traces_) {
        made.push_back(*status(trace->order.id));
    }
    return made;
}

std::vector<TraceEvent> Traces::read(std::string_view id,
                                     std::uint64_t after,
                                     std::size_t limit) const {
    std::vector<TraceEvent> made;
    const Trace* trace = find(id);
    if (trace == nullptr || trace->events.empty()) {
        return made;
    }
    const std::uint64_t first = trace->events.front().number;
    // Numbers have no gaps: what is dropped while it comes gets none.
    for (std::size_t i = after < first ? 0 : static_cast<std::size_t>(after - first + 1);
         i < trace->events.size() && made.size() < limit;
         ++i) {
        made.push_back(trace->events[i]);
    }
    return made;
}

bool Traces::may_show_bodies() const {
    return admission_.policy().gateway().enable_logging_all_message_bodies;
}

/// Looking at a passage takes some microseconds: not more than a few milliseconds a second.
bool Traces::may_look() {
    const std::int64_t second = second_of(timers_.now());
    if (std::exchange(second_, second) != second) {
        looked_at_ = 0;
    }
    if (looked_at_ < kPassagesPerSecond) {
        ++looked_at_;
        return true;
    }
    for (const auto& trace : traces_) {
        trace->left_out += trace->is_running ? 1 : 0;  // perhaps it was one of theirs
    }
    return false;
}

Traces::Ends Traces::ends_of_uris(std::string_view from, std::string_view to) {
    Ends made;
    for (const std::string_view text : {from, to}) {
        const auto mapped = translate::to_jid(text, arena_);
        if (!mapped) {
            continue;
        }
        const auto domain = xmpp::domain_to_ascii(mapped->jid.domain, arena_);
        if (domain && admission_.served_sip(*domain) != nullptr) {
            const auto key = xmpp::account_key(mapped->jid.local, arena_);
            made.user = key ? std::string(*key) + "@" + std::string(*domain) : std::string();
        } else {
            made.contact = mapped->jid.to_bare_string();
            made.contact_domain = mapped->jid.domain;
        }
    }
    return made;
}

Traces::Ends Traces::ends_of_jids(std::string_view from, std::string_view to) {
    Ends made;
    for (const std::string_view text : {from, to}) {
        const xmpp::Jid jid = xmpp::Jid::from_prepared(text);
        if (const ServedDomain* served = admission_.served_xmpp(jid.domain)) {
            const auto key = xmpp::account_key(jid.local, arena_);
            made.user =
                key && !jid.local.empty() ? std::string(*key) + "@" + served->sip : std::string();
        } else {
            made.contact = jid.to_bare_string();
            made.contact_domain = jid.domain;
        }
    }
    return made;
}

bool Traces::matches(const Trace& trace, const Ends& ends) {
    return trace.is_running && (trace.order.user.empty() || trace.order.user == ends.user) &&
           (trace.domains.empty() ||
            std::ranges::find(trace.domains, ends.contact_domain) != trace.domains.end());
}

bool Traces::wants(const Ends& ends) const {
    return std::ranges::any_of(traces_,
                               [&ends](const auto& trace) { return matches(*trace, ends); });
}

void Traces::on_passage(const Passage& passage) {
    if (!may_look()) {
        return;
    }
    arena_.reset();
    passage.side == Passage::Side::Sip ? read_sip(passage) : read_xmpp(passage);
}

void Traces::read_sip(const Passage& passage) {
    const sip::ParseResult result =
        sip::parse_message(passage.text, sip::Framing::Datagram, arena_, slots_);
    const bool is_request = result.kind == sip::ParseResult::Kind::Request;
    if (!is_request && result.kind != sip::ParseResult::Kind::Response) {
        return;
    }
    const sip::Message& message =
        is_request ? static_cast<const sip::Message&>(slots_.request) : slots_.response;
    const Ends ends = ends_of_uris(message.from.uri.text, message.to.uri.text);
    if (!wants(ends)) {
        return;
    }
    if (is_request && !passage.is_out && slots_.request.method == sip::Method::Message) {
        lost_ = losses_of(slots_.request, arena_);
    }
    TraceEvent event;
    event.kind = "sip";
    event.is_out = passage.is_out;
    event.is_again = passage.is_again;
    event.what = is_request ? std::string(slots_.request.method_text)
                            : fmt::format("{} {}", slots_.response.status, slots_.response.reason);
    event.call_id = cut(message.call_id);
    event.remote = passage.remote;
    record(ends, std::move(event), passage.text, true);
}

void Traces::read_xmpp(const Passage& passage) {
    const Ends ends = ends_of_jids(passage.from, passage.to);
    if (!wants(ends)) {
        return;
    }
    const StanzaView stanza = view_of_stanza(passage.text);
    if (!passage.is_out && stanza.name == "message") {
        lost_ = losses_of(stanza);
    }
    TraceEvent event;
    event.kind = "xmpp";
    event.is_out = passage.is_out;
    event.what = cut(stanza.name);
    if (!stanza.type.empty()) {
        event.what += " " + cut(stanza.type);
    }
    event.stanza_id = cut(stanza.id);
    event.stream = passage.link;
    event.remote = passage.remote;
    record(ends, std::move(event), passage.text, false);
}

void Traces::on_translated(Translation translation) {
    arena_.reset();
    const Ends ends = translation.direction == Direction::SipToXmpp
                          ? ends_of_uris(translation.from, translation.to)
                          : ends_of_jids(translation.from, translation.to);
    if (!wants(ends)) {
        return;
    }
    TraceEvent event;
    event.kind = "translated";
    event.is_out = translation.direction == Direction::SipToXmpp;
    event.what = direction_name(translation.direction);
    event.message = translation.message;
    event.call_id = cut(translation.call_id);
    event.stanza_id = cut(translation.stanza_id);
    event.rules = std::move(translation.rules);
    event.lost = std::exchange(lost_, {});
    record(ends, std::move(event), {}, false);
}

void Traces::on_failed(const MessageReport& report, std::string_view message) {
    arena_.reset();
    // A report of the way to SIP has URIs when it never came that far: try both.
    Ends ends = ends_of_jids(report.from, report.to);
    if (report.direction == Direction::SipToXmpp && report.from.starts_with("sip")) {
        ends = ends_of_uris(report.from, report.to);
    }
    if (!wants(ends)) {
        return;
    }
    TraceEvent event;
    event.kind = "failed";
    event.is_out = report.direction == Direction::SipToXmpp;
    event.what = report.step;
    event.message = message;
    event.call_id = cut(report.call_id);
    event.stanza_id = cut(report.stanza_id);
    event.code = report.code;
    event.evidence = cut(report.text);
    record(ends, std::move(event), {}, false);
}

void Traces::record(const Ends& ends, TraceEvent event, std::string_view raw, bool is_sip) {
    event.at = utc_now_fine();
    event.user = cut(ends.user);
    event.contact = cut(ends.contact);
    const auto shown = [&](bool with_bodies) {
        std::string text = is_sip ? shown_sip(raw, with_bodies) : shown_stanza(raw, with_bodies);
        event.is_cut = text.size() > kText;
        text.resize(std::min(text.size(), kText));
        return text;
    };
    for (const auto& trace : traces_) {
        if (matches(*trace, ends)) {
            event.text =
                raw.empty() ? std::string() : shown(trace->order.with_bodies && may_show_bodies());
            put(*trace, event);
        }
    }
}

void Traces::put(Trace& trace, TraceEvent event) {
    const std::int64_t second = second_of(timers_.now());
    if (std::exchange(trace.second, second) != second) {
        trace.in_second = 0;
    }
    if (trace.in_second++ >= kEventsPerSecond) {
        ++trace.left_out;
        return;
    }
    event.number = ++trace.last;
    trace.octets += size_of(event);
    trace.events.push_back(std::move(event));
    while (trace.events.size() > kEvents || trace.octets > kOctets) {
        trace.octets -= size_of(trace.events.front());
        trace.events.pop_front();
    }
}

}  // namespace isthmus::gateway
