#include "translate/diagnostics.h"

#include "base/codes.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace isthmus::translate {

namespace {

struct Row {
    std::string_view code;  ///< or how codes begin that share the row
    Diagnostic diagnostic;
};

constexpr std::uint64_t kGreatestId = 99999;
constexpr std::size_t kMaxReason = 256;

constexpr Diagnostic kNotAuthorized{
    1002, "From URI not authorized to communicate with federated partners"};
constexpr Diagnostic kNoTrust{1010,
                              "Certificate trust with next-hop server could not be established"};
constexpr Diagnostic kNoTls{1047,
                            "Failed to complete TLS negotiation with a federated peer server"};
constexpr Diagnostic kNoHandshake{1000, "Final handshake failed"};
constexpr Diagnostic kNoRouteNow{1007, "Temporarily cannot route"};
constexpr Diagnostic kNoDestination{4005,
                                    "Destination URI either not enabled for SIP or does not exist"};
constexpr int kNotFound = 404;

// The first that matches.
constexpr std::array<Row, 14> kRows{{
    {"IST-POL-001", {1005, "Cannot route to destination domain"}},
    {"IST-POL-", kNotAuthorized},
    {"IST-DNS-001", {1014, "Unable to resolve DNS A record"}},
    {"IST-DNS-002", {1008, "Unable to resolve DNS SRV record"}},
    {"IST-DNS-003", {1008, "Unable to resolve DNS SRV record"}},
    {"IST-DNS-005", {1008, "Unable to resolve DNS SRV record"}},
    {"IST-DNS-006", {1014, "Unable to resolve DNS A record"}},
    {"IST-DNS-", kNoRouteNow},
    {"IST-TCP-", kNoRouteNow},
    {"IST-TLS-", kNoTls},
    {"IST-CERT-", kNoTrust},
    {"IST-AUTH-004", kNoHandshake},
    {"IST-DB-", kNoHandshake},
    {"IST-XMPP-003", kNoRouteNow},
}};

}  // namespace

Diagnostic diagnostic_of(std::string_view code) {
    const auto* const found =
        std::ranges::find_if(kRows, [&](const Row& row) { return code.starts_with(row.code); });
    return found == kRows.end() ? Diagnostic() : found->diagnostic;
}

void add_diagnostics(Refusal& to, std::string_view code, std::string_view host, Arena& arena) {
    Diagnostic diagnostic = diagnostic_of(code);
    if (diagnostic.id == 0 && to.status == kNotFound) {
        diagnostic = kNoDestination;
    }
    if (diagnostic.id != 0) {
        const std::string_view value = arena.copy(
            fmt::format(R"({};source="{}";reason="{}")", diagnostic.id, host, diagnostic.reason));
        to.add("ms-diagnostics", value);
        // The other one does not leave the federated server that it was made in.
        to.add("ms-diagnostics-public", value);
    }
    const codes::Code* known = codes::find(code);
    if (known == nullptr) {
        return;
    }
    // A peer learns that policy refused, not which rule (docs/house.md, example 8).
    const std::string_view sentence =
        code.starts_with("IST-POL-") ? "The sender may not talk to that domain." : known->sentence;
    to.add("Warning", arena.copy(fmt::format("399 {} \"{}\"", host, sentence)));
}

Diagnostic read_diagnostic(const sip::Message& message) {
    for (const std::string_view name : {"ms-diagnostics-public", "ms-diagnostics"}) {
        for (const sip::HeaderField& field : message.headers) {
            if (field.id != sip::HeaderId::Other || !text::iequals(field.name, name)) {
                continue;
            }
            const std::size_t semicolon = std::min(field.value.find(';'), field.value.size());
            const auto id = text::to_number(text::trim(field.value.substr(0, semicolon)));
            if (!id || *id == 0 || *id > kGreatestId) {
                continue;
            }
            std::string_view reason =
                sip::find_param(field.value.substr(semicolon), "reason").value_or("");
            if (reason.size() >= 2 && reason.front() == '"' && reason.back() == '"') {
                reason = reason.substr(1, reason.size() - 2);
            }
            return {static_cast<int>(*id), reason.substr(0, kMaxReason)};
        }
    }
    return {};
}

}  // namespace isthmus::translate
