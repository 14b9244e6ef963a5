#include "xmpp/posh_document.h"

#include "base/digest.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace isthmus::xmpp {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxJsonDepth = 8;
constexpr std::size_t kMaxFingerprints = 64;
constexpr std::size_t kMaxReference = 1024;  // octets of a URL
constexpr std::size_t kSha256Octets = 32;
constexpr std::size_t kSha512Octets = 64;

Error no_document(std::string what) {
    return make_error(ErrorKind::Syntax, "", "", std::move(what));
}

/// Its hex; empty if it is not there, nothing if it is no such hash (RFC 7711 §3.1).
std::optional<std::string> hash_in(const json::object& descriptor,
                                   std::string_view name,
                                   std::size_t octets) {
    const json::value* found = descriptor.if_contains(name);
    if (found == nullptr) {
        return "";
    }
    if (!found->is_string()) {
        return std::nullopt;
    }
    const auto& text = found->get_string();
    const auto hash = digest::base64_decode(std::string_view(text.data(), text.size()));
    return hash && hash->size() == octets ? std::optional(digest::to_hex(*hash)) : std::nullopt;
}

Result<std::vector<PoshDocument::Fingerprints>> fingerprints_in(const json::value& value) {
    const json::array* all = value.if_array();
    if (all == nullptr || all->size() > kMaxFingerprints) {
        return no_document("its fingerprints are no list, or more than 64");
    }
    std::vector<PoshDocument::Fingerprints> made;
    for (const json::value& one : *all) {
        const json::object* descriptor = one.if_object();
        if (descriptor == nullptr) {
            return no_document("one of its fingerprints is no object");
        }
        auto sha256 = hash_in(*descriptor, "sha-256", kSha256Octets);
        auto sha512 = hash_in(*descriptor, "sha-512", kSha512Octets);
        if (!sha256 || !sha512) {
            return no_document("one of its fingerprints is no hash in base64");
        }
        // Other hashes, SHA-1 among them, prove nothing.
        if (!sha256->empty() || !sha512->empty()) {
            made.push_back({*std::move(sha256), *std::move(sha512)});
        }
    }
    if (made.empty()) {
        return no_document("it names no certificate by SHA-256 or SHA-512");
    }
    return made;
}

}  // namespace

Result<PoshDocument> PoshDocument::parse(std::string_view text) {
    if (text.size() > kMaxPoshDocument) {
        return no_document("it is larger than 16 KiB");
    }
    json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    boost::system::error_code fault;
    const json::value parsed =
        json::parse(json::string_view(text.data(), text.size()), fault, {}, options);
    const json::object* object = fault ? nullptr : parsed.if_object();
    if (object == nullptr) {
        return no_document("it is no JSON object");
    }
    PoshDocument made;
    const json::value* expires = object->if_contains("expires");
    const std::int64_t* seconds = expires != nullptr ? expires->if_int64() : nullptr;
    if (seconds == nullptr) {
        return no_document("it does not say in whole seconds how long it may be believed");
    }
    if (*seconds <= 0) {
        return no_document("it has expired: it says that it may be believed for 0 seconds");
    }
    made.expires = std::chrono::seconds(*seconds);
    const json::value* fingerprints = object->if_contains("fingerprints");
    const json::value* url = object->if_contains("url");
    if ((fingerprints != nullptr) == (url != nullptr)) {
        return no_document("it has neither fingerprints nor a reference, or both");
    }
    if (url != nullptr) {
        if (!url->is_string() || url->get_string().empty() ||
            url->get_string().size() > kMaxReference) {
            return no_document("its reference is no URL");
        }
        made.url = std::string_view(url->get_string().data(), url->get_string().size());
        return made;
    }
    auto found = fingerprints_in(*fingerprints);
    if (!found) {
        return std::move(found).error();
    }
    made.fingerprints = *std::move(found);
    return made;
}

bool PoshDocument::names(const net::PeerCertificate& certificate) const {
    return std::ranges::any_of(fingerprints, [&](const Fingerprints& one) {
        return (one.sha256.empty() || one.sha256 == certificate.sha256) &&
               (one.sha512.empty() || one.sha512 == certificate.sha512) &&
               !(one.sha256.empty() && one.sha512.empty());
    });
}

}  // namespace isthmus::xmpp
