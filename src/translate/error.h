// Stanza errors <-> SIP statuses: the tables of RFC 7247 §7 with the corrections that MESSAGE,
// SUBSCRIBE and NOTIFY need (RFC 3428 §7, RFC 4320 §4.2), and our own ErrorKind to both.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "sip/message.h"
#include "xmpp/stanza_error.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace isthmus::translate {

/// A final response other than success, with the headers its status demands. Views live as long as
/// the arena it was made in.
struct Refusal {
    int status = 0;
    std::string_view reason;  ///< empty: the standard phrase
    std::array<sip::OutgoingHeader, 5> headers{};
    std::size_t header_count = 0;

    Refusal& add(std::string_view name, std::string_view value) {
        if (header_count < headers.size()) {
            headers[header_count++] = {name, value};
        }
        return *this;
    }

    sip::OutgoingResponse response() const {
        return {.status = status,
                .reason = reason,
                .headers = std::span(headers.data(), header_count),
                .content_type = {},
                .body = {}};
    }
};

/// Up to two statuses, the preferred one first; 0: none.
using Statuses = std::array<int, 2>;

/// A row of RFC 7247 §7.1 Table 2.
struct ConditionRow {
    xmpp::Condition condition = xmpp::Condition::UndefinedCondition;
    Statuses bare_jid{};
    Statuses full_jid{};
    /// The same where another RFC forbids what the table says for a non-INVITE request.
    Statuses advised_bare_jid{};
    Statuses advised_full_jid{};
};

const ConditionRow& row_of(xmpp::Condition condition);
std::span<const ConditionRow> condition_rows();

/// The final response to a MESSAGE whose stanza came back with `error`; `to_full_jid` tells what
/// kind of address the stanza had. `allow` goes into 405.
Refusal to_sip(const xmpp::StanzaError& error,
               bool to_full_jid,
               Arena& arena,
               std::string_view allow = "MESSAGE");

/// RFC 7247 §7.2 Table 3; statuses not listed go by their class.
xmpp::StanzaError to_xmpp(int status);

/// The same for a response that arrived: its reason phrase becomes the text, the first usable
/// Contact of a 300, 301 or 302 the new address.
xmpp::StanzaError to_xmpp(const sip::Response& response, Arena& arena);

/// Our own failures; public_text goes along, detail never does.
Refusal to_sip(const Error& error, Arena& arena);
xmpp::StanzaError to_xmpp(const Error& error);

}  // namespace isthmus::translate
