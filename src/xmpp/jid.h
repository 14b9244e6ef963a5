// JIDs in prepared form. RFC 7622 with the identity rule of docs/house.md decision 9: written as
// RFC 7622 says, compared by a key that also folds what RFC 3920 nodeprep folds.
#pragma once

#include "base/arena.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace isthmus::xmpp {

/// Three views over storage that somebody else keeps (receive buffer, arena, or a std::string that
/// came from full()). Always prepared: local is UsernameCaseMapped, domain lower-case U-labels
/// without a final dot, resource OpaqueString.
struct Jid {
    std::string_view local;  ///< empty: a domain JID
    std::string_view domain;
    std::string_view resource;  ///< empty: bare

    bool is_bare() const { return resource.empty(); }

    Jid bare() const { return {local, domain, {}}; }

    bool operator==(const Jid&) const = default;
    std::string full() const;
    std::string to_bare_string() const;

    /// Splits without checking: for text that came from full().
    static Jid from_prepared(std::string_view text);
};

/// Parses and prepares (RFC 7622 §3). ASCII that needs no change costs no copy. Errors: Syntax
/// (stanza error jid-malformed), TooLong for parts over 1023 octets.
Result<Jid> parse_jid(std::string_view text, Arena& arena);

Result<std::string_view> prepare_local(std::string_view text, Arena& arena);
Result<std::string_view> prepare_domain(std::string_view text, Arena& arena);
Result<std::string_view> prepare_resource(std::string_view text, Arena& arena);

/// The key of decision 9: equal for all spellings some server holds for one account (nodeprep).
Result<std::string_view> account_key(std::string_view local, Arena& arena);

/// U-labels to lower-case A-labels (DNS, certificates, SIP) and back.
Result<std::string_view> domain_to_ascii(std::string_view domain, Arena& arena);
Result<std::string_view> domain_to_unicode(std::string_view domain, Arena& arena);

}  // namespace isthmus::xmpp
