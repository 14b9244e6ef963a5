#include "gateway/message_log.h"

#include "base/codes.h"
#include "base/log.h"

#include <charconv>
#include <chrono>

namespace isthmus::gateway {

namespace {

constexpr std::uint32_t kFailureLinesPerSecond = 50;
constexpr std::size_t kBoot = 8;  // hex digits that stand for the run

}  // namespace

std::string_view address_text(const xmpp::Jid& jid, Arena& arena) {
    const std::string_view bare =
        jid.local.empty() ? jid.domain : arena.concat(jid.local, "@", jid.domain);
    return jid.resource.empty() ? bare : arena.concat(bare, "/", jid.resource);
}

std::string_view MessageLog::text_of(std::uint64_t id, Arena& arena) const {
    constexpr std::size_t kLongest = kBoot + 16;
    static constexpr char kDigits[] = "0123456789abcdef";
    char* to = arena.chars(kLongest);
    for (std::size_t i = 0; i < kBoot; ++i) {
        to[i] = kDigits[boot_ >> (28 - 4 * i) & 15U];
    }
    const char* end = std::to_chars(to + kBoot, to + kLongest, id, 16).ptr;
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::optional<std::uint64_t> MessageLog::id_of(std::string_view text) const {
    if (text.size() <= kBoot) {
        return std::nullopt;
    }
    std::uint64_t boot = 0;
    std::uint64_t id = 0;
    const char* middle = text.data() + kBoot;
    const char* end = text.data() + text.size();
    const bool is_ours = std::from_chars(text.data(), middle, boot, 16).ptr == middle &&
                         std::from_chars(middle, end, id, 16).ptr == end && boot == boot_;
    return is_ours ? std::optional(id) : std::nullopt;
}

void MessageLog::failure(const MessageReport& report, Arena& arena) {
    const std::int64_t second =
        std::chrono::duration_cast<std::chrono::seconds>(timers_.now().time_since_epoch()).count();
    if (second != second_) {
        if (suppressed_ != 0) {
            log::event(log::Level::Warning, "im.fail.more", {{"suppressed", suppressed_}});
        }
        second_ = second;
        budget_ = kFailureLinesPerSecond;
        suppressed_ = 0;
    }
    if (budget_ == 0) {
        ++suppressed_;
        return;
    }
    --budget_;
    Explanation about = report.refusal != nullptr ? explain(*report.refusal) : Explanation();
    if (about.sentence.empty()) {
        const codes::Code code = codes::find(report.code, report.text);
        about = {.sentence = std::string(code.sentence), .fix = std::string(code.fix)};
    }
    const policy::Decision decision =
        report.refusal != nullptr ? report.refusal->decision : policy::Decision();
    const policy::AccessRule* rule = decision.rule;
    log::event(log::Level::Warning,
               "im.fail",
               {{"code", report.code},
                {"msg", about.sentence},
                {"evidence", report.text},
                {"fix", about.fix},
                {"step", report.step},
                {"result", report.result},
                {"trace_id", report.id != 0 ? text_of(report.id, arena) : std::string_view()},
                {"direction", direction_name(report.direction)},
                {"from", report.from},
                {"to", report.to},
                {"partner", report.partner},
                {"peer", report.peer},
                {"call_id", report.call_id},
                {"stanza_id", report.stanza_id},
                {"gate",
                 report.refusal != nullptr ? policy::gate_name(decision.gate) : std::string_view()},
                {"policy", rule != nullptr ? std::string_view(rule->identity) : std::string_view()},
                {"policy_scope", rule != nullptr ? scope_of(*rule) : std::string_view()},
                {"duration_ms", milliseconds_since(report.since)}});
}

void MessageLog::step(std::string_view event,
                      const MessageReport& report,
                      std::string_view result,
                      Arena& arena) const {
    log::event(log::Level::Debug,
               event,
               {{"trace_id", text_of(report.id, arena)},
                {"direction", direction_name(report.direction)},
                {"from", report.from},
                {"to", report.to},
                {"call_id", report.call_id},
                {"stanza_id", report.stanza_id},
                {"result", result},
                {"duration_ms", milliseconds_since(report.since)}});
}

double MessageLog::milliseconds_since(TimePoint since) const {
    if (since == TimePoint()) {
        return 0;
    }
    const TimePoint now = read_clock_ != nullptr ? read_clock_() : timers_.now();
    return std::chrono::duration<double, std::milli>(now - since).count();
}

}  // namespace isthmus::gateway
