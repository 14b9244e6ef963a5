// A conversation as a ladder over both protocols: who sent what to whom, in order. Pure; one way to
// write down what came from the wire, for the terminal, for SVG and for JSON.
#pragma once

#include "control/trace_service.h"
#include "control/traffic_service.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

enum class Lane : std::uint8_t {
    SipClient,
    SipPeer,
    GatewaySip,
    GatewayXmpp,
    PartnerServer,
    PartnerUser
};

inline constexpr std::array<std::string_view, 6> kLanes = {"SIP client",
                                                           "SIP peer",
                                                           "Gateway SIP side",
                                                           "Gateway XMPP side",
                                                           "Partner server",
                                                           "Partner user"};

/// An arrow, or what happened between the two sides of the gateway.
struct Rung {
    enum class Style : std::uint8_t { Sip, Xmpp, Band, Bad };

    double at = 0;  ///< seconds since 1970
    Lane from = Lane::SipPeer;
    Lane to = Lane::GatewaySip;
    /// The client or user behind the server, who is not seen: drawn dotted.
    bool is_beyond = false;
    Style style = Style::Sip;
    std::string label;
    std::string note;         ///< of a band: rules and losses; of a failure: code and evidence
    std::uint64_t event = 0;  ///< number of the trace event; 0: none
};

struct Ladder {
    std::string title;
    std::vector<Rung> rungs;
};

Ladder ladder_of(const TraceInfo& trace, const std::vector<TraceEvent>& events);
/// From what is remembered of messages: without their raw text, as far as it went.
Ladder ladder_of(const Conversation& conversation);

/// For a terminal of any width; UTF-8, no escape sequences.
std::string to_text(const Ladder& ladder);
/// A whole document that needs nothing from elsewhere and has no script and no style sheet.
std::string to_svg(const Ladder& ladder);
boost::json::object to_json(const Ladder& ladder);

/// What came from the wire, so that it can be shown: controls, what turns the direction of text,
/// what cannot be seen and what is no UTF-8 become \xHH or \u{H}; cut at `limit` octets. Line ends
/// stay if asked for.
std::string displayed(std::string_view text, std::size_t limit = 200, bool keep_lines = false);
/// The same, for XML: as content or between either quotes.
std::string displayed_xml(std::string_view text, std::size_t limit = 200);

}  // namespace isthmus::control
