#include "xmpp/jid.h"

#include "base/text.h"
#include "xmpp/precis.h"

#include <arpa/inet.h>
#include <unicode/idna.h>

#include <array>
#include <cstdint>

namespace isthmus::xmpp {

namespace {

constexpr std::size_t kMaxPart = 1023;
/// More octets than this cannot be mapped to an allowed part, whatever they are.
constexpr std::size_t kMaxUnprepared = 4 * kMaxPart;

Error malformed(std::string_view why) {
    return make_error(ErrorKind::Syntax, "malformed address", std::string(why));
}

Error too_long() {
    return make_error(ErrorKind::TooLong, "address is too long", "too-long");
}

// What octets are to a part; those of a text are or-ed together.
using Kinds = std::uint8_t;
constexpr Kinds kUpper = 1;     ///< has to be folded
constexpr Kinds kExcluded = 2;  ///< RFC 7622 §3.3.1: " & ' / : < > @
constexpr Kinds kNever = 4;     ///< other ASCII that may not stand here
constexpr Kinds kWide = 8;      ///< not ASCII

constexpr auto kLocal = [] {
    std::array<Kinds, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        const bool is_excluded = c == '"' || c == '&' || c == '\'' || c == '/' || c == ':' ||
                                 c == '<' || c == '>' || c == '@';
        table[c] = is_excluded              ? kExcluded
                   : c >= 0x80              ? kWide
                   : c <= 0x20 || c == 0x7F ? kNever
                   : c >= 'A' && c <= 'Z'   ? kUpper
                                            : Kinds{};
    }
    return table;
}();

constexpr auto kDomain = [] {
    std::array<Kinds, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        table[c] = is_plain ? Kinds{} : c >= 0x80 ? kWide : c >= 'A' && c <= 'Z' ? kUpper : kNever;
    }
    return table;
}();

constexpr auto kResource = [] {
    std::array<Kinds, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        table[c] = c >= 0x80 ? kWide : c < 0x20 || c == 0x7F ? kNever : Kinds{};
    }
    return table;
}();

Kinds kinds_in(const std::array<Kinds, 256>& table, std::string_view text) {
    unsigned kinds = 0;
    for (const char c : text) {
        kinds |= table[static_cast<unsigned char>(c)];
    }
    return static_cast<Kinds>(kinds);
}

std::string_view lowered(std::string_view text, Arena& arena) {
    char* const to = arena.chars(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        to[i] = text::lower(text[i]);
    }
    return {to, text.size()};
}

icu::UnicodeString to_unicode(std::string_view text) {
    return icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
}

std::string_view to_utf8(const icu::UnicodeString& text, Arena& arena) {
    const int32_t capacity = text.length() * 3;
    char* const to = arena.chars(static_cast<std::size_t>(capacity));
    icu::CheckedArrayByteSink sink(to, capacity);
    text.toUTF8(sink);
    const auto size = static_cast<std::size_t>(sink.NumberOfBytesWritten());
    arena.shrink_to(to + size);
    return {to, size};
}

/// Prepares a part that is not ASCII by one of the profiles.
Result<std::string_view> prepare(std::string_view text,
                                 Arena& arena,
                                 bool (*map)(icu::UnicodeString&)) {
    if (text.size() > kMaxUnprepared) {
        return too_long();
    }
    if (!text::is_utf8(text)) {
        return malformed("not-utf8");
    }
    icu::UnicodeString mapped = to_unicode(text);
    if (!map(mapped) || mapped.isEmpty() != 0) {
        return malformed("precis");
    }
    const std::string_view prepared = to_utf8(mapped, arena);
    if (prepared.size() > kMaxPart) {
        return too_long();
    }
    return prepared;
}

// --- domains ----------------------------------------------------------------------------------

const icu::IDNA* idna() {
    static const icu::IDNA* const processor = [] {
        UErrorCode status = U_ZERO_ERROR;
        return icu::IDNA::createUTS46Instance(
            UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
                UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
            status);
    }();
    return processor;
}

/// Letters, digits, hyphens in labels of legal length, none of them an A-label.
bool is_plain_host(std::string_view domain) {
    if (domain.empty() || domain.size() > 253) {
        return false;
    }
    std::size_t start = 0;
    while (true) {
        const std::size_t dot = std::min(domain.find('.', start), domain.size());
        const std::string_view label = domain.substr(start, dot - start);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            (label.size() > 3 && label[2] == '-' && label[3] == '-')) {
            return false;
        }
        if (dot == domain.size()) {
            return true;
        }
        start = dot + 1;
    }
}

std::string_view without_final_dot(std::string_view domain) {
    return domain.size() > 1 && domain.ends_with('.') ? domain.substr(0, domain.size() - 1)
                                                      : domain;
}

// RFC 7622 §3.2.3. One spelling of an address only (RFC 5952), or two JIDs would be one host.
Result<std::string_view> prepare_ip_literal(std::string_view text, Arena& arena) {
    std::array<char, INET6_ADDRSTRLEN> spelling{};
    if (!text.ends_with(']') || text.size() - 2 >= spelling.size() ||
        text.find('\0') != std::string_view::npos) {
        return malformed("domain");
    }
    text.substr(1, text.size() - 2).copy(spelling.data(), spelling.size() - 1);
    in6_addr address{};
    if (inet_pton(AF_INET6, spelling.data(), &address) != 1 ||
        inet_ntop(AF_INET6, &address, spelling.data(), spelling.size()) == nullptr) {
        return malformed("domain");
    }
    return arena.concat("[", spelling.data(), "]");
}

/// Through UTS 46, for what is not plain: both directions, so that lengths are checked as well.
Result<std::string_view> convert_domain(std::string_view text, bool wants_ascii, Arena& arena) {
    if (text.size() > kMaxPart) {
        return too_long();
    }
    if (!text::is_utf8(text)) {
        return malformed("not-utf8");
    }
    UErrorCode status = U_ZERO_ERROR;
    icu::IDNAInfo info;
    icu::UnicodeString ascii;
    icu::UnicodeString unicode;
    idna()->nameToASCII(to_unicode(text), ascii, info, status);
    if (ascii.endsWith(u'.') != 0) {
        ascii.truncate(ascii.length() - 1);
    }
    const bool is_ascii_good =
        U_SUCCESS(status) != 0 && info.hasErrors() == 0 && ascii.isEmpty() == 0;
    if (is_ascii_good) {
        idna()->nameToUnicode(ascii, unicode, info, status);
    }
    // UTS 46 lets symbols through, RFC 5892 does not; IdentifierClass has the same letters.
    if (!is_ascii_good || U_SUCCESS(status) == 0 || info.hasErrors() != 0 ||
        !precis::is_identifier(unicode)) {
        return malformed("domain");
    }
    return to_utf8(wants_ascii ? ascii : unicode, arena);
}

Result<std::string_view> prepare_host(std::string_view text, bool wants_ascii, Arena& arena) {
    if (text.starts_with('[')) {
        return prepare_ip_literal(text, arena);
    }
    // RFC 7622 §3.2: a final dot is stripped before any other check.
    const std::string_view domain = without_final_dot(text);
    const Kinds kinds = kinds_in(kDomain, domain);
    if ((kinds & ~kUpper) == 0 && is_plain_host(domain)) {
        return kinds == 0 ? domain : lowered(domain, arena);
    }
    if (domain.empty()) {
        return malformed("empty-domain");
    }
    return convert_domain(text, wants_ascii, arena);
}

}  // namespace

std::string Jid::full() const {
    std::string out;
    out.reserve(local.size() + domain.size() + resource.size() + 2);
    out = to_bare_string();
    if (!resource.empty()) {
        out.append("/").append(resource);
    }
    return out;
}

std::string Jid::to_bare_string() const {
    std::string out;
    out.reserve(local.size() + domain.size() + 1);
    if (!local.empty()) {
        out.append(local).append("@");
    }
    return out.append(domain);
}

// RFC 7622 §3.1, note: at the first slash, then at the first at sign.
Jid Jid::from_prepared(std::string_view text) {
    Jid jid;
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        jid.resource = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    const std::size_t at = text.find('@');
    if (at != std::string_view::npos) {
        jid.local = text.substr(0, at);
        text = text.substr(at + 1);
    }
    jid.domain = text;
    return jid;
}

Result<Jid> parse_jid(std::string_view text, Arena& arena) {
    const Jid parts = Jid::from_prepared(text);
    const std::size_t slash = text.find('/');
    const bool has_resource = slash != std::string_view::npos;
    const bool has_local = text.substr(0, slash).find('@') != std::string_view::npos;
    Jid jid;
    if (has_local) {
        auto local = prepare_local(parts.local, arena);
        if (!local) {
            return local.error();
        }
        jid.local = *local;
    }
    auto domain = prepare_domain(parts.domain, arena);
    if (!domain) {
        return domain.error();
    }
    jid.domain = *domain;
    if (has_resource) {
        auto resource = prepare_resource(parts.resource, arena);
        if (!resource) {
            return resource.error();
        }
        jid.resource = *resource;
    }
    return jid;
}

Result<std::string_view> prepare_local(std::string_view text, Arena& arena) {
    if (text.empty()) {
        return malformed("empty-localpart");
    }
    const Kinds kinds = kinds_in(kLocal, text);
    if ((kinds & kNever) != 0) {
        return malformed("precis");
    }
    if ((kinds & kExcluded) != 0) {
        return malformed("disallowed");
    }
    if ((kinds & kWide) != 0) {
        auto local = prepare(text, arena, precis::map_username);
        // Full-width forms become the excluded characters only now.
        if (local && (kinds_in(kLocal, *local) & kExcluded) != 0) {
            return malformed("precis");
        }
        return local;
    }
    if (text.size() > kMaxPart) {
        return too_long();
    }
    return kinds == 0 ? text : lowered(text, arena);
}

Result<std::string_view> prepare_domain(std::string_view text, Arena& arena) {
    return prepare_host(text, false, arena);
}

Result<std::string_view> prepare_resource(std::string_view text, Arena& arena) {
    if (text.empty()) {
        return malformed("empty-resource");
    }
    const Kinds kinds = kinds_in(kResource, text);
    if ((kinds & kNever) != 0) {
        return malformed("precis");
    }
    if ((kinds & kWide) != 0) {
        return prepare(text, arena, precis::map_opaque);
    }
    if (text.size() > kMaxPart) {
        return too_long();
    }
    return text;
}

Result<std::string_view> account_key(std::string_view local, Arena& arena) {
    auto prepared = prepare_local(local, arena);
    if (!prepared || kinds_in(kLocal, *prepared) == 0) {
        return prepared;
    }
    icu::UnicodeString folded = to_unicode(*prepared);
    // What nodeprep forbids no such server can hold: there the spelling itself is the key.
    return precis::map_nodeprep(folded) ? to_utf8(folded, arena) : *prepared;
}

Result<std::string_view> domain_to_ascii(std::string_view domain, Arena& arena) {
    return prepare_host(domain, true, arena);
}

Result<std::string_view> domain_to_unicode(std::string_view domain, Arena& arena) {
    return prepare_host(domain, false, arena);
}

}  // namespace isthmus::xmpp
