// The header fields we read, as typed views. RFC 3261 §20, §25.1; RFC 3325; RFC 3428; RFC 5322
// dates.
#pragma once

#include "base/result.h"
#include "sip/uri.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::sip {

/// Headers known by name, long and compact form alike (RFC 3261 §7.3.3).
enum class HeaderId : std::uint8_t {
    Other,
    Accept,
    AcceptEncoding,
    AcceptLanguage,
    Allow,
    AllowEvents,
    Authorization,
    AuthenticationInfo,
    CallId,
    Contact,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentLength,
    ContentType,
    CSeq,
    Date,
    Event,
    Expires,
    From,
    InReplyTo,
    MaxBreadth,
    MaxForwards,
    MimeVersion,
    MinExpires,
    PAssertedIdentity,
    Privacy,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyRequire,
    RecordRoute,
    Reason,
    Require,
    RetryAfter,
    Route,
    Server,
    Subject,
    SubscriptionState,
    Supported,
    Timestamp,
    To,
    Unsupported,
    UserAgent,
    Via,
    Warning,
    WwwAuthenticate,
};

inline constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::WwwAuthenticate) + 1;

HeaderId header_id(std::string_view name);
/// Canonical long name; empty for Other.
std::string_view header_name(HeaderId id);

/// Finds `name` in a ";a=b;c" parameter list (leading ';' optional), without case. The value keeps
/// its quotes. Empty view for a parameter without value.
std::optional<std::string_view> find_param(std::string_view params, std::string_view name);

/// `"Display" <uri>;params` or `uri;params` (From, To, Contact, Route, P-Asserted-Identity).
struct NameAddr {
    std::string_view display;  ///< as written, with quotes if quoted
    Uri uri;
    std::string_view params;  ///< header parameters, without the first ';'

    std::optional<std::string_view> tag() const { return find_param(params, "tag"); }
};

/// One of possibly several comma-separated values; `rest` gets what follows the comma.
Result<NameAddr> parse_name_addr(std::string_view value, std::string_view* rest = nullptr);

struct Via {
    std::string_view transport;  ///< "UDP", "TCP", "TLS", ... as written
    std::string_view host;       ///< sent-by host, IPv6 with brackets
    std::uint16_t port = 0;      ///< 0: none
    std::string_view branch;
    std::string_view params;  ///< all of them

    /// RFC 3261 §8.1.1.7: the branch was made by an RFC 3261 element.
    bool has_magic_cookie() const { return branch.starts_with("z9hG4bK"); }
};

Result<Via> parse_via(std::string_view value, std::string_view* rest = nullptr);

struct CSeq {
    std::uint32_t number = 0;
    std::string_view method;
};

Result<CSeq> parse_cseq(std::string_view value);

struct MediaType {
    std::string_view type;
    std::string_view subtype;
    std::string_view params;

    bool is(std::string_view t, std::string_view s) const;
    /// Unquoted if it was quoted without escapes.
    std::optional<std::string_view> param(std::string_view name) const;
};

Result<MediaType> parse_media_type(std::string_view value);

}  // namespace isthmus::sip
