// Stanza errors. RFC 6120 §8.3.
#pragma once

#include "base/arena.h"
#include "xml/element.h"
#include "xml/writer.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::xmpp {

enum class ErrorType : std::uint8_t { Auth, Cancel, Continue, Modify, Wait };

enum class Condition : std::uint8_t {
    BadRequest,
    Conflict,
    FeatureNotImplemented,
    Forbidden,
    Gone,
    InternalServerError,
    ItemNotFound,
    JidMalformed,
    NotAcceptable,
    NotAllowed,
    NotAuthorized,
    PolicyViolation,
    RecipientUnavailable,
    Redirect,
    RegistrationRequired,
    RemoteServerNotFound,
    RemoteServerTimeout,
    ResourceConstraint,
    ServiceUnavailable,
    SubscriptionRequired,
    UndefinedCondition,
    UnexpectedRequest,
};

std::string_view condition_name(Condition condition);
std::optional<Condition> condition_of(std::string_view name);
std::string_view error_type_name(ErrorType type);
/// RFC 6120 §8.3.3, first choice.
ErrorType default_type(Condition condition);

struct StanzaError {
    Condition condition = Condition::UndefinedCondition;
    ErrorType type = ErrorType::Cancel;
    std::string_view text;         ///< human-readable, may be empty
    std::string_view new_address;  ///< gone and redirect: an IRI, may be empty

    static StanzaError of(Condition condition, std::string_view text = {}) {
        return {condition, default_type(condition), text, {}};
    }

    /// `<error type=...>...</error>`
    void write(xml::Writer& to) const;
    /// From the stanza's <error/> child; unknown conditions become undefined-condition.
    static StanzaError from_xml(const xml::Element& error, Arena& arena);
};

}  // namespace isthmus::xmpp
