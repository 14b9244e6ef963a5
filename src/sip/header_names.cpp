// The header names we know and how one is found: one look into a table, one comparison.
#include "base/text.h"
#include "sip/grammar.h"
#include "sip/headers.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace isthmus::sip {

namespace {

using text::iequals;

struct Name {
    std::string_view text;
    HeaderId id;
};

// By id, so that the canonical name is at the index of its id.
constexpr Name kNames[] = {
    {"", HeaderId::Other},
    {"Accept", HeaderId::Accept},
    {"Accept-Encoding", HeaderId::AcceptEncoding},
    {"Accept-Language", HeaderId::AcceptLanguage},
    {"Allow", HeaderId::Allow},
    {"Allow-Events", HeaderId::AllowEvents},
    {"Authorization", HeaderId::Authorization},
    {"Authentication-Info", HeaderId::AuthenticationInfo},
    {"Call-ID", HeaderId::CallId},
    {"Contact", HeaderId::Contact},
    {"Content-Disposition", HeaderId::ContentDisposition},
    {"Content-Encoding", HeaderId::ContentEncoding},
    {"Content-Language", HeaderId::ContentLanguage},
    {"Content-Length", HeaderId::ContentLength},
    {"Content-Type", HeaderId::ContentType},
    {"CSeq", HeaderId::CSeq},
    {"Date", HeaderId::Date},
    {"Event", HeaderId::Event},
    {"Expires", HeaderId::Expires},
    {"From", HeaderId::From},
    {"In-Reply-To", HeaderId::InReplyTo},
    {"Max-Breadth", HeaderId::MaxBreadth},
    {"Max-Forwards", HeaderId::MaxForwards},
    {"MIME-Version", HeaderId::MimeVersion},
    {"Min-Expires", HeaderId::MinExpires},
    {"P-Asserted-Identity", HeaderId::PAssertedIdentity},
    {"Privacy", HeaderId::Privacy},
    {"Proxy-Authenticate", HeaderId::ProxyAuthenticate},
    {"Proxy-Authorization", HeaderId::ProxyAuthorization},
    {"Proxy-Require", HeaderId::ProxyRequire},
    {"Record-Route", HeaderId::RecordRoute},
    {"Reason", HeaderId::Reason},
    {"Require", HeaderId::Require},
    {"Retry-After", HeaderId::RetryAfter},
    {"Route", HeaderId::Route},
    {"Server", HeaderId::Server},
    {"Subject", HeaderId::Subject},
    {"Subscription-State", HeaderId::SubscriptionState},
    {"Supported", HeaderId::Supported},
    {"Timestamp", HeaderId::Timestamp},
    {"To", HeaderId::To},
    {"Unsupported", HeaderId::Unsupported},
    {"User-Agent", HeaderId::UserAgent},
    {"Via", HeaderId::Via},
    {"Warning", HeaderId::Warning},
    {"WWW-Authenticate", HeaderId::WwwAuthenticate},
};

// RFC 3261 §7.3.3, RFC 6665 §8.4.
constexpr Name kCompact[] = {
    {"c", HeaderId::ContentType},
    {"e", HeaderId::ContentEncoding},
    {"f", HeaderId::From},
    {"i", HeaderId::CallId},
    {"k", HeaderId::Supported},
    {"l", HeaderId::ContentLength},
    {"m", HeaderId::Contact},
    {"o", HeaderId::Event},
    {"s", HeaderId::Subject},
    {"t", HeaderId::To},
    {"u", HeaderId::AllowEvents},
    {"v", HeaderId::Via},
};

constexpr std::size_t kHashSize = 256;

// Length, first, middle and last letter, mixed so that no two names meet.
constexpr std::size_t hash_name(std::string_view name) {
    const auto letter = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(name[at])) | 0x20U;
    };
    return (name.size() + letter(0) + letter(name.size() / 2) * 9 + letter(name.size() - 1)) %
           kHashSize;
}

constexpr std::array<std::uint8_t, kHashSize> make_hash_table() {
    std::array<std::uint8_t, kHashSize> table{};
    for (std::size_t i = 1; i < std::size(kNames); ++i) {
        table[hash_name(kNames[i].text)] = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr auto kHashTable = make_hash_table();

// A new header that lands on the place of another needs another mix above.
constexpr bool is_perfect_hash() {
    for (std::size_t i = 1; i < std::size(kNames); ++i) {
        if (kHashTable[hash_name(kNames[i].text)] != i) {
            return false;
        }
    }
    return true;
}

static_assert(is_perfect_hash());

constexpr bool is_sorted_by_id() {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i].id != static_cast<HeaderId>(i)) {
            return false;
        }
    }
    return true;
}

static_assert(is_sorted_by_id());

}  // namespace

HeaderId header_id(std::string_view name) {
    if (name.empty()) {
        return HeaderId::Other;
    }
    if (name.size() == 1) {
        for (const Name& compact : kCompact) {
            if (compact.text[0] == text::lower(name[0])) {
                return compact.id;
            }
        }
        return HeaderId::Other;
    }
    const Name& known = kNames[kHashTable[hash_name(name)]];
    const bool is_it = grammar::is_same(known.text, name) || iequals(known.text, name);
    return is_it ? known.id : HeaderId::Other;
}

std::string_view header_name(HeaderId id) {
    return kNames[static_cast<std::size_t>(id)].text;
}

}  // namespace isthmus::sip
