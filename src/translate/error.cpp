#include "translate/error.h"

#include "base/text.h"
#include "translate/address.h"

#include <algorithm>

namespace isthmus::translate {

namespace {

using xmpp::Condition;
using xmpp::StanzaError;

// In the order of xmpp::Condition. RFC 7247 §7.1 Table 2; beside it what RFC 3428 §7 (a 6xx to
// MESSAGE means delivered but refused), RFC 4320 §4.2 (no 408) and missing challenges leave of it.
constexpr ConditionRow kConditionRows[] = {
    {Condition::BadRequest, {400}, {400}, {400}, {400}},
    {Condition::Conflict, {400}, {400}, {400}, {400}},
    {Condition::FeatureNotImplemented, {501}, {405}, {501}, {405}},
    {Condition::Forbidden, {603}, {403}, {403}, {403}},
    {Condition::Gone, {301, 410}, {301, 410}, {301, 410}, {301, 410}},
    {Condition::InternalServerError, {500}, {500}, {500}, {500}},
    {Condition::ItemNotFound, {604}, {404}, {404}, {404}},
    {Condition::JidMalformed, {400}, {400}, {400, 484}, {400}},
    {Condition::NotAcceptable, {606}, {406}, {488, 406}, {406}},
    {Condition::NotAllowed, {403}, {403}, {403}, {403}},
    {Condition::NotAuthorized, {401}, {401}, {403}, {403}},
    {Condition::PolicyViolation, {403}, {403}, {403}, {403}},
    {Condition::RecipientUnavailable, {600}, {480}, {480}, {480}},
    {Condition::Redirect, {302}, {302}, {302}, {302}},
    {Condition::RegistrationRequired, {407}, {407}, {403}, {403}},
    {Condition::RemoteServerNotFound, {404, 408}, {404, 408}, {404}, {404}},
    {Condition::RemoteServerTimeout, {408}, {408}, {504, 480}, {504, 480}},
    {Condition::ResourceConstraint, {500}, {500}, {500, 480}, {500, 480}},
    {Condition::ServiceUnavailable, {403, 405}, {403, 405}, {480, 403}, {480, 403}},
    {Condition::SubscriptionRequired, {400}, {400}, {403}, {403}},
    {Condition::UndefinedCondition, {400}, {400}, {400, 500}, {400, 500}},
    {Condition::UnexpectedRequest, {491, 400}, {491, 400}, {400}, {400}},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < std::size(kConditionRows); ++i) {
        if (static_cast<std::size_t>(kConditionRows[i].condition) != i) {
            return false;
        }
    }
    return static_cast<std::size_t>(Condition::UnexpectedRequest) + 1 == std::size(kConditionRows);
}

static_assert(is_in_order());

struct StatusRow {
    int status;
    Condition condition;
};

// RFC 7247 §7.2 Table 3, without what the class of the status yields anyway; sorted.
constexpr StatusRow kStatuses[] = {
    {301, Condition::Gone},
    {380, Condition::NotAcceptable},
    {401, Condition::NotAuthorized},
    {403, Condition::Forbidden},
    {404, Condition::ItemNotFound},
    {405, Condition::FeatureNotImplemented},
    {406, Condition::NotAcceptable},
    {407, Condition::RegistrationRequired},
    {408, Condition::RemoteServerTimeout},
    {410, Condition::Gone},
    {413, Condition::PolicyViolation},
    {414, Condition::PolicyViolation},
    {415, Condition::NotAcceptable},
    {416, Condition::NotAcceptable},
    {420, Condition::FeatureNotImplemented},
    {421, Condition::NotAcceptable},
    {423, Condition::ResourceConstraint},
    {430, Condition::RecipientUnavailable},
    {439, Condition::FeatureNotImplemented},
    {440, Condition::PolicyViolation},
    {480, Condition::RecipientUnavailable},
    {481, Condition::ItemNotFound},
    {482, Condition::NotAcceptable},
    {483, Condition::NotAcceptable},
    {484, Condition::ItemNotFound},
    {485, Condition::ItemNotFound},
    {486, Condition::RecipientUnavailable},
    {487, Condition::RecipientUnavailable},
    {488, Condition::NotAcceptable},
    {489, Condition::PolicyViolation},
    {491, Condition::UnexpectedRequest},
    {501, Condition::FeatureNotImplemented},
    {502, Condition::RemoteServerNotFound},
    {504, Condition::RemoteServerTimeout},
    {505, Condition::NotAcceptable},
    {513, Condition::PolicyViolation},
    {604, Condition::ItemNotFound},
    {606, Condition::NotAcceptable},
};

static_assert(std::ranges::is_sorted(kStatuses, {}, &StatusRow::status));

Condition condition_of_class(int status) {
    switch (status / 100) {
        case 3:
            return Condition::Redirect;
        case 5:
            return Condition::InternalServerError;
        case 6:
            return Condition::RecipientUnavailable;
        default:
            return Condition::BadRequest;
    }
}

// RFC 6120 §8.3.3 leaves policy-violation open; only its text tells a size from a rate.
int status_of_policy_violation(std::string_view text) {
    const std::string lower = text::to_lower(text.substr(0, 256));
    const auto says = [&lower](std::string_view word) {
        return lower.find(word) != std::string::npos;
    };
    if (says("too large") || says("too big") || says("too long") || says("size")) {
        return 413;
    }
    return says("rate") || says("too many") || says("too fast") ? 480 : 403;
}

/// Contact value for a new address, `<sip:user@domain>`; empty if it has none.
std::string_view contact_of(std::string_view address, Arena& arena) {
    if (const auto jid = from_xmpp_iri(address, arena)) {
        const auto uri = to_uri(*jid, arena, {.in_brackets = true});
        return uri ? *uri : std::string_view();
    }
    const auto uri = sip::parse_uri(address);
    return uri && (uri->is_sip() || uri->is_sips()) ? arena.concat("<", address, ">")
                                                    : std::string_view();
}

/// The first Contact that has a JID, as its IRI (RFC 6120 §8.3.3.5). Only an address: nobody
/// follows it here (abuse case E11).
std::string_view new_address_of(const sip::Response& response, Arena& arena) {
    for (const sip::HeaderField& field : response.headers) {
        if (field.id != sip::HeaderId::Contact) {
            continue;
        }
        std::string_view rest;
        const auto contact = sip::parse_name_addr(field.value, &rest);
        if (!contact) {
            continue;
        }
        if (const auto mapped = to_jid(contact->uri, arena); mapped && !mapped->jid.local.empty()) {
            return to_xmpp_iri(mapped->jid, arena);
        }
    }
    return {};
}

}  // namespace

const ConditionRow& row_of(Condition condition) {
    return kConditionRows[static_cast<std::size_t>(condition)];
}

std::span<const ConditionRow> condition_rows() {
    return kConditionRows;
}

Refusal to_sip(const StanzaError& error, bool to_full_jid, Arena& arena, std::string_view allow) {
    const ConditionRow& row = row_of(error.condition);
    Refusal refusal;
    refusal.status = (to_full_jid ? row.advised_full_jid : row.advised_bare_jid)[0];
    switch (error.condition) {
        case Condition::Gone: {
            // RFC 7247 §7.1 note 3: 301 with the address, else 410.
            const std::string_view contact = contact_of(error.new_address, arena);
            refusal.status = contact.empty() ? 410 : 301;
            if (!contact.empty()) {
                refusal.add("Contact", contact);
            }
            break;
        }
        case Condition::Redirect: {
            const std::string_view contact = contact_of(error.new_address, arena);
            if (contact.empty()) {
                refusal.status = 480;
            } else {
                refusal.add("Contact", contact);
            }
            break;
        }
        case Condition::PolicyViolation:
            refusal.status = status_of_policy_violation(error.text);
            break;
        default:
            break;
    }
    if (refusal.status == 405 || refusal.status == 501) {
        refusal.add("Allow", allow);
    }
    return refusal;
}

StanzaError to_xmpp(int status) {
    const auto* at = std::ranges::lower_bound(kStatuses, status, {}, &StatusRow::status);
    const bool is_listed = at != std::end(kStatuses) && at->status == status;
    return StanzaError::of(is_listed ? at->condition : condition_of_class(status));
}

StanzaError to_xmpp(const sip::Response& response, Arena& arena) {
    StanzaError error = to_xmpp(response.status);
    error.text = response.reason.substr(0, 256);
    // RFC 7247 §7.2 note 1: 301 with the address, 410 never.
    if (response.status >= 300 && response.status <= 302) {
        error.new_address = new_address_of(response, arena);
    }
    return error;
}

Refusal to_sip(const Error& error, Arena& arena) {
    Refusal refusal;
    refusal.reason = {};
    switch (error.kind) {
        case ErrorKind::Syntax:
        case ErrorKind::Conflict:
            refusal.status = 400;
            break;
        case ErrorKind::TooLong:
            refusal.status = 513;
            break;
        case ErrorKind::Unsupported:
            refusal.status = 488;
            break;
        case ErrorKind::NotFound:
            refusal.status = 404;
            break;
        case ErrorKind::Forbidden:
        // A 401 needs a challenge that the SIP user could meet.
        case ErrorKind::NotAuthorized:
            refusal.status = 403;
            break;
        case ErrorKind::Limit:
            // Not 503: that would take the whole gateway out of the peer's routes (RFC 3261
            // §21.5.4), and only one target is full.
            refusal.status = 480;
            refusal.add("Retry-After", "10");
            break;
        case ErrorKind::Timeout:
            refusal.status = 504;
            break;
        case ErrorKind::Unreachable:
            refusal.status = error.code == "IST-DNS-001" ? 404 : 504;
            break;
        case ErrorKind::Internal:
            refusal.status = 500;
            break;
    }
    refusal.reason = arena.copy(error.public_text);
    return refusal;
}

StanzaError to_xmpp(const Error& error) {
    Condition condition = Condition::InternalServerError;
    switch (error.kind) {
        case ErrorKind::Syntax:
            condition = Condition::BadRequest;
            break;
        case ErrorKind::TooLong:
            condition = Condition::PolicyViolation;
            break;
        case ErrorKind::Unsupported:
            condition = Condition::NotAcceptable;
            break;
        case ErrorKind::NotFound:
            condition = Condition::ItemNotFound;
            break;
        case ErrorKind::Forbidden:
            condition = Condition::Forbidden;
            break;
        case ErrorKind::NotAuthorized:
            condition = Condition::NotAuthorized;
            break;
        case ErrorKind::Conflict:
            condition = Condition::Conflict;
            break;
        case ErrorKind::Limit:
            condition = Condition::ResourceConstraint;
            break;
        case ErrorKind::Timeout:
            condition = Condition::RemoteServerTimeout;
            break;
        case ErrorKind::Unreachable:
            // RFC 6120 §10.4.3: no such domain, or no connection to it.
            condition = error.code == "IST-DNS-001" ? Condition::RemoteServerNotFound
                                                    : Condition::RemoteServerTimeout;
            break;
        case ErrorKind::Internal:
            break;
    }
    return StanzaError::of(condition, error.public_text);
}

}  // namespace isthmus::translate
