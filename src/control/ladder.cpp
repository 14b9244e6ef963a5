#include "control/ladder.h"

#include "base/text.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

/// "12:01:02.345" of the day, in UTC.
std::string clock_text(double at) {
    const auto thousandths = static_cast<std::int64_t>(std::llround(at * 1000));
    const std::string whole = utc_text(thousandths / 1000);
    return fmt::format("{}.{:03}", whole.substr(11, 8), thousandths % 1000);
}

Rung sip_rung(const TraceEvent& event) {
    Rung made;
    made.from = event.is_out ? Lane::GatewaySip : Lane::SipPeer;
    made.to = event.is_out ? Lane::SipPeer : Lane::GatewaySip;
    made.is_beyond = !event.user.empty();
    // A response's code says how it went.
    const char first = event.what.empty() ? ' ' : event.what.front();
    made.style = first >= '3' && first <= '6' ? Rung::Style::Bad : Rung::Style::Sip;
    made.label = event.what + (event.is_again ? " (again)" : "");
    return made;
}

Rung xmpp_rung(const TraceEvent& event) {
    Rung made;
    made.from = event.is_out ? Lane::GatewayXmpp : Lane::PartnerServer;
    made.to = event.is_out ? Lane::PartnerServer : Lane::GatewayXmpp;
    made.is_beyond = event.contact.find('@') != std::string::npos;
    made.style = event.what.ends_with(" error") ? Rung::Style::Bad : Rung::Style::Xmpp;
    made.label = event.what;
    return made;
}

Rung band_rung(const TraceEvent& event) {
    Rung made;
    made.from = event.is_out ? Lane::GatewaySip : Lane::GatewayXmpp;
    made.to = event.is_out ? Lane::GatewayXmpp : Lane::GatewaySip;
    made.style = Rung::Style::Band;
    made.label = "translated";
    made.note = fmt::format("{}", fmt::join(event.rules, "; "));
    if (!event.lost.empty()) {
        made.note +=
            fmt::format("{}lost: {}", made.note.empty() ? "" : "; ", fmt::join(event.lost, ", "));
    }
    return made;
}

Rung failure_rung(const TraceEvent& event) {
    Rung made;
    made.from = event.is_out ? Lane::GatewaySip : Lane::GatewayXmpp;
    made.to = made.from;
    made.style = Rung::Style::Bad;
    made.label = event.code.empty() ? "failed" : event.code;
    made.note =
        fmt::format("at {}{}{}", event.what, event.evidence.empty() ? "" : ": ", event.evidence);
    return made;
}

/// How far a message came that failed: past the translation or not.
bool left_us(const MessageStatus& message) {
    return message.step == "delivery" || message.step.empty();
}

void add_message(std::vector<Rung>& to, const MessageStatus& message) {
    const bool is_to_xmpp = message.direction == "sip_to_xmpp";
    const auto sip = [&](double at, bool is_out, std::string label, Rung::Style style) {
        to.push_back({.at = at,
                      .from = is_out ? Lane::GatewaySip : Lane::SipPeer,
                      .to = is_out ? Lane::SipPeer : Lane::GatewaySip,
                      .is_beyond = true,
                      .style = style,
                      .label = std::move(label),
                      .note = {}});
    };
    const auto xmpp = [&](double at, bool is_out, std::string label, Rung::Style style) {
        to.push_back({.at = at,
                      .from = is_out ? Lane::GatewayXmpp : Lane::PartnerServer,
                      .to = is_out ? Lane::PartnerServer : Lane::GatewayXmpp,
                      .is_beyond = true,
                      .style = style,
                      .label = std::move(label),
                      .note = {}});
    };
    using Style = Rung::Style;
    const double end = message.at + message.duration_seconds;
    is_to_xmpp ? sip(message.at, false, "MESSAGE", Style::Sip)
               : xmpp(message.at, false, "message", Style::Xmpp);
    if (left_us(message)) {
        const Lane from = is_to_xmpp ? Lane::GatewaySip : Lane::GatewayXmpp;
        const Lane behind = is_to_xmpp ? Lane::GatewayXmpp : Lane::GatewaySip;
        to.push_back({.at = message.at,
                      .from = from,
                      .to = behind,
                      .style = Style::Band,
                      .label = "translated",
                      .note = {}});
    }
    if (is_pending(message)) {
        return;
    }
    if (!is_failure(message)) {
        is_to_xmpp ? xmpp(end, true, "message", Style::Xmpp)
                   : sip(message.at, true, "MESSAGE", Style::Sip);
        sip(end, is_to_xmpp, is_to_xmpp ? "202 Accepted" : "2xx", Style::Sip);
        return;
    }
    const Lane where = is_to_xmpp ? Lane::GatewaySip : Lane::GatewayXmpp;
    to.push_back({.at = end,
                  .from = where,
                  .to = where,
                  .style = Style::Bad,
                  .label = message.code.empty() ? message.state : message.code,
                  .note = fmt::format("{} at {}{}{}",
                                      message.state,
                                      message.step,
                                      message.text.empty() ? "" : ": ",
                                      message.text)});
    is_to_xmpp ? sip(end, true, "refusal", Style::Bad) : xmpp(end, true, "error", Style::Bad);
}

std::string whose(const std::string& user, const std::string& partner) {
    return fmt::format(
        "{}{}{}", user.empty() ? "all users" : user, partner.empty() ? "" : " with ", partner);
}

}  // namespace

Ladder ladder_of(const TraceInfo& trace, const std::vector<TraceEvent>& events) {
    Ladder made;
    made.title = fmt::format("trace {}: {}", trace.id, whose(trace.user, trace.partner));
    for (const TraceEvent& event : events) {
        Rung rung = event.kind == "sip"          ? sip_rung(event)
                    : event.kind == "xmpp"       ? xmpp_rung(event)
                    : event.kind == "translated" ? band_rung(event)
                                                 : failure_rung(event);
        rung.at = event.at;
        rung.event = event.number;
        made.rungs.push_back(std::move(rung));
    }
    return made;
}

Ladder ladder_of(const Conversation& conversation) {
    Ladder made;
    made.title = fmt::format("{} and {}", conversation.user, conversation.contact);
    for (const MessageStatus& message : conversation.newest) {
        add_message(made.rungs, message);
    }
    return made;
}

json::object to_json(const Ladder& ladder) {
    constexpr std::string_view kStyles[] = {"sip", "xmpp", "band", "bad"};
    json::array rungs;
    for (const Rung& rung : ladder.rungs) {
        rungs.push_back(json::object{
            {"at", rung.at},
            {"clock", clock_text(rung.at)},
            {"from", static_cast<unsigned>(rung.from)},
            {"to", static_cast<unsigned>(rung.to)},
            {"is_beyond", rung.is_beyond},
            {"style", kStyles[static_cast<std::size_t>(rung.style)]},
            {"label", displayed(rung.label)},
            {"note", displayed(rung.note, 1000)},
            {"event", rung.event == 0 ? json::value() : json::value(rung.event)},
        });
    }
    return {{"title", displayed(ladder.title)},
            {"lanes", json::array(kLanes.begin(), kLanes.end())},
            {"rungs", std::move(rungs)}};
}

namespace {

/// Turns the direction of what follows, cannot be seen, or is a control of Unicode's second block.
bool is_treacherous(char32_t c) {
    return (c >= 0x80 && c < 0xA0) || c == 0xAD || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF0 && c <= 0xFFFF && c != 0xFFFD) || (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

std::string displayed(std::string_view text, std::size_t limit, bool keep_lines) {
    std::string made;
    for (std::size_t at = 0; at < text.size();) {
        if (made.size() >= limit) {
            return made += "...";
        }
        std::size_t length = std::min<std::size_t>(4, text.size() - at);
        while (length != 0 && !text::is_utf8(text.substr(at, length))) {
            --length;
        }
        const auto octet = static_cast<unsigned char>(text[at]);
        if (length == 0) {
            made += fmt::format("\\x{:02X}", octet);
            ++at;
            continue;
        }
        const std::size_t before = at;
        const char32_t c = text::next_code_point(text, at);
        if (c == '\n' && keep_lines) {
            made += '\n';
        } else if (c == '\r' && keep_lines) {
            // The line end of a message is CR LF; a lone CR would overwrite the line.
            made += at < text.size() && text[at] == '\n' ? "" : "\\x0D";
        } else if (c == '\t' && keep_lines) {
            made += ' ';
        } else if (c < 0x20 || c == 0x7F || (c == '\\' && !keep_lines)) {
            made += fmt::format("\\x{:02X}", octet);
        } else if (is_treacherous(c)) {
            made += fmt::format("\\u{{{:X}}}", static_cast<std::uint32_t>(c));
        } else {
            made += text.substr(before, at - before);
        }
    }
    return made;
}

std::string displayed_xml(std::string_view text, std::size_t limit) {
    std::string made;
    for (const char c : displayed(text, limit)) {
        switch (c) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            case '"':
                made += "&quot;";
                break;
            case '\'':
                made += "&#39;";
                break;
            default:
                made.push_back(c);
        }
    }
    return made;
}

}  // namespace isthmus::control
