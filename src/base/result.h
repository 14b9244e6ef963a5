// Result<T>: a value or an Error with two faces: what a peer may learn and what the log learns.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus {

/// What went wrong, in terms that translate/error can turn into a SIP status or a stanza error.
enum class ErrorKind : std::uint8_t {
    Syntax,         ///< malformed input
    TooLong,        ///< over a size limit
    Unsupported,    ///< well-formed, but a feature or scheme we do not have
    NotFound,       ///< no such user, domain or object
    Forbidden,      ///< policy says no
    NotAuthorized,  ///< identity not proved
    Conflict,       ///< duplicate, or the revision changed
    Limit,          ///< rate, queue or connection limit reached
    Timeout,        ///< the peer did not answer in time
    Unreachable,    ///< no route, no connection, name does not resolve
    Internal,       ///< our own fault
};

struct Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string_view code;    ///< "IST-AREA-nnn" from base/codes.h, or empty
    std::string public_text;  ///< may be sent to a peer; never holds configuration
    std::string detail;       ///< for the log and the administrator only
};

[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

template <class T>
using Result = boost::system::result<T, Error>;

inline Error make_error(ErrorKind kind, std::string public_text, std::string detail = {}) {
    return Error{kind, {}, std::move(public_text), std::move(detail)};
}

inline Error make_error(ErrorKind kind,
                        std::string_view code,
                        std::string public_text,
                        std::string detail) {
    return Error{kind, code, std::move(public_text), std::move(detail)};
}

}  // namespace isthmus
