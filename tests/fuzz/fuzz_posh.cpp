// Fuzzes what web servers answer to the question for a POSH document: the answer is the same in
// whatever pieces it comes and stays within its limits; a document is whole or none; nothing but an
// https URL with a host name is followed.
#include "net/address.h"
#include "xmpp/http_answer.h"
#include "xmpp/https_get.h"
#include "xmpp/posh_document.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;
using xmpp::HttpAnswer;
using xmpp::HttpsUrl;
using xmpp::PoshDocument;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

HttpAnswer read(std::string_view text, std::size_t piece) {
    HttpAnswer answer;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        if (answer.feed(text.substr(0, piece))) {
            break;
        }
    }
    answer.end();
    return answer;
}

void check_url(std::string_view text) {
    for (const auto& url : {HttpsUrl::parse(text), HttpsUrl{"a.example", 443, "/x"}.follow(text)}) {
        if (url) {
            require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
            require(!net::IpAddress::parse(url->host));
            require(std::ranges::all_of(url->target, [](char c) { return c > ' ' && c < 0x7f; }));
            const auto again = HttpsUrl::parse(url->to_string());
            // One that was followed from a long location may be longer than what is parsed.
            require(!again || (again->host == url->host && again->port == url->port &&
                               again->target == url->target));
        }
    }
}

void check_document(std::string_view text) {
    const auto document = PoshDocument::parse(text);
    if (!document) {
        require(!document.error().detail.empty());
        return;
    }
    require(document->expires.count() > 0);
    require(document->fingerprints.empty() != document->url.empty());
    require(!document->names(net::PeerCertificate{}));
    for (const auto& one : document->fingerprints) {
        net::PeerCertificate certificate;
        certificate.sha256 = one.sha256;
        certificate.sha512 = one.sha512;
        require(document->names(certificate));
        require(one.sha256.empty() || one.sha256.size() == 64);
        require(one.sha512.empty() || one.sha512.size() == 128);
    }
    check_url(document->url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const HttpAnswer whole = read(input, std::string_view::npos);
    const HttpAnswer parts = read(input, 1 + size % 5);
    require(whole.is_good() == parts.is_good() && whole.status() == parts.status());
    require(whole.is_good() == whole.fault().empty());
    require(!whole.is_good() || whole.body() == parts.body());
    require(whole.body().size() <= HttpAnswer::kMaxBody);
    check_url(whole.location());
    check_document(whole.body());
    check_document(input);
    check_url(input);
    return 0;
}
