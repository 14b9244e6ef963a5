// sip::parse_uri and its helpers: whatever is accepted has parts that are parts of the text, equals
// itself, and can be put together again.
#include "sip/uri.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

std::string join(const isthmus::sip::Uri& uri) {
    std::string text(uri.scheme);
    text += ':';
    if (!uri.is_sip() && !uri.is_sips()) {
        return text.append(uri.opaque);
    }
    if (uri.has_user) {
        text.append(uri.user);
        if (uri.has_password) {
            text.append(":").append(uri.password);
        }
        text += '@';
    }
    text.append(uri.host);
    if (uri.port != 0) {
        text.append(":").append(std::to_string(uri.port));
    }
    if (!uri.params.empty()) {
        text.append(";").append(uri.params);
    }
    if (!uri.headers.empty()) {
        text.append("?").append(uri.headers);
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace isthmus::sip;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto uri = parse_uri(text);
    if (!uri) {
        return 0;
    }
    for (std::string_view part : {uri->scheme,
                                  uri->user,
                                  uri->password,
                                  uri->host,
                                  uri->params,
                                  uri->headers,
                                  uri->opaque}) {
        require(is_inside(part, text));
    }
    const std::string joined = join(*uri);
    const auto again = parse_uri(joined);
    require(again.has_value());
    require(again->user == uri->user && again->host == uri->host && again->port == uri->port &&
            again->params == uri->params && again->headers == uri->headers);
    require(percent_decode(uri->user).has_value());
    if (uri->is_sip() || uri->is_sips()) {
        require(!uri->host.empty());
        require(are_equivalent(*uri, *uri));
        require(are_equivalent(*uri, *again) && are_equivalent(*again, *uri));
    }
    (void)uri->param("transport");
    return 0;
}
