// Scripts of cmdlets: whatever the text, it is run or refused with three lines, nothing is asked of
// the API that is no request of ours, and what is printed is harmless text.
#include "base/text.h"
#include "cli/cs_shell.h"

#include <boost/json/parse.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace isthmus::cli;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Printable, but for line ends.
bool is_harmless(std::string_view text) {
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if ((octet < 0x20 && c != '\n' && c != '\t') || octet == 0x7F) {
            return false;
        }
    }
    return isthmus::text::is_utf8(text);
}

Answer answer(const cs::ApiCall& call) {
    require(call.method == "GET" || call.method == "POST" || call.method == "PUT" ||
            call.method == "PATCH" || call.method == "DELETE");
    for (const char c : call.target) {
        require(c > ' ' && c < 0x7F && c != '#');
    }
    require(call.target.find("..") == std::string::npos ||
            call.target.find("/../") == std::string::npos);
    require(isthmus::text::is_utf8(call.body));
    Answer made;
    made.status = call.target.size() % 5 == 0 ? 404 : 200;
    made.etag = "\"1\"";
    made.body = boost::json::parse(
        made.status == 404
            ? R"({"detail":"There is no such object.","code":"IST-API-002","fix":"Look."})"
            : R"({"domain":"a.example","identity":"Tag:a","name":"a","fqdn":"p.example","kind":"allowed",
                 "uri":"a@x.example","display_name":"Ken \u001b","enabled":true,"policy":"Tag:a",
                 "additional_domains":["b.example"],"connection_limit":null,"revision":3,"in_force":true,
                 "items":[{"domain":"a.example","identity":"Site:a","kind":"blocked","uri":"b@x.example",
                           "name":"s","description":"x\ny\u0085"},{}],"total":2})");
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    cs::Host host;
    std::size_t calls = 0;
    host.api = [&calls](const cs::ApiCall& call) {
        // A script may nest loops over what it got: that is the user's time, not ours to test.
        if (++calls > 2000) {
            throw NotReachable({"enough", "", ""});
        }
        return answer(call);
    };
    host.out = [](std::string_view out) { require(is_harmless(out)); };
    host.talk = [](std::string_view out) { require(is_harmless(out)); };
    host.ask = [](const std::string& question) {
        require(is_harmless(question));
        return std::optional<std::string>("y");
    };
    host.read_secret = [] { return std::string("secret"); };
    // Files of this machine are no matter of a parser's test.
    if (text.find("ertificate") != std::string_view::npos) {
        return 0;
    }
    try {
        cs::Session session(host);
        const int code = session.run_text(text);
        require(code >= 0 && code <= 6);
        std::vector<std::string> words;
        for (std::size_t at = 0; at <= text.size() && words.size() < 300;) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            words.emplace_back(text.substr(at, end - at));
            at = end + 1;
        }
        cs::Session other(host);
        (void)other.run_words(words);
    } catch (const NotReachable&) {
    }
    return 0;
}
