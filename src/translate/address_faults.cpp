// Why an address has no counterpart, found by looking at it once more: only what was refused comes
// here.
#include "translate/address_faults.h"

#include "base/text.h"

#include <algorithm>
#include <string>

namespace isthmus::translate {

namespace {

using text::iequals;

/// First fault of a user part with its password, from the left.
AddressFault fault_in_userinfo(std::string_view userinfo) {
    if (userinfo.empty() || userinfo.front() == ':') {
        return AddressFault::EmptyUser;
    }
    for (std::size_t at = 0; at < userinfo.size(); ++at) {
        if (userinfo[at] == '%') {
            if (userinfo.size() - at < 3 || text::hex_value(userinfo[at + 1]) < 0 ||
                text::hex_value(userinfo[at + 2]) < 0) {
                return AddressFault::BadPercent;
            }
            at += 2;
        }
    }
    return AddressFault::RawChar;
}

AddressFault fault_behind_host(std::string_view tail) {
    const std::string_view params = tail.substr(0, tail.find('?'));
    bool is_bad_gr = false;
    for_each_param(params, [&](std::string_view name, std::string_view value, bool has_value) {
        is_bad_gr = is_bad_gr || (iequals(name, "gr") && has_value &&
                                  !sip::parse_uri(std::string("sip:x;gr=").append(value)));
    });
    return is_bad_gr ? AddressFault::BadGr : AddressFault::RawChar;
}

}  // namespace

AddressFault fault_of(const Error& error) {
    if (error.kind == ErrorKind::TooLong) {
        return AddressFault::TooLong;
    }
    for (const AddressFault fault : {AddressFault::NotUtf8,
                                     AddressFault::EmptyLocalpart,
                                     AddressFault::EmptyDomain,
                                     AddressFault::EmptyResource,
                                     AddressFault::Disallowed}) {
        if (error.detail == fault_name(fault)) {
            return fault;
        }
    }
    return error.detail == "domain" ? AddressFault::Idna : AddressFault::Precis;
}

AddressFault fault_in(std::string_view uri) {
    const std::size_t colon = uri.find(':');
    const std::string_view scheme = uri.substr(0, colon);
    if (colon == std::string_view::npos || scheme.empty() || !text::is_alpha(scheme.front()) ||
        !std::ranges::all_of(
            scheme, [](char c) { return text::is_alnum(c) || c == '+' || c == '-' || c == '.'; })) {
        return AddressFault::NoScheme;
    }
    if (!iequals(scheme, "sip") && !iequals(scheme, "sips") && !is_im_or_pres(scheme)) {
        return AddressFault::Scheme;
    }
    std::string_view rest = uri.substr(colon + 1);
    if (std::ranges::count(rest, '@') > 1) {
        return AddressFault::AtSign;
    }
    const std::size_t at = rest.find('@');
    if (at != std::string_view::npos) {
        const std::string_view userinfo = rest.substr(0, at);
        if (userinfo.empty() || !sip::parse_uri(std::string("sip:").append(userinfo) + "@x")) {
            return fault_in_userinfo(userinfo);
        }
        rest.remove_prefix(at + 1);
    }
    const std::string_view host = rest.substr(0, rest.find_first_of(";?"));
    if (!sip::parse_uri(std::string("sip:").append(host))) {
        return AddressFault::BadHost;
    }
    return fault_behind_host(rest.substr(host.size()));
}

std::string_view fault_name(AddressFault fault) {
    switch (fault) {
        case AddressFault::NoScheme:
            return "no-scheme";
        case AddressFault::Scheme:
            return "scheme";
        case AddressFault::AtSign:
            return "at-sign";
        case AddressFault::EmptyUser:
            return "empty-user";
        case AddressFault::BadPercent:
            return "bad-percent";
        case AddressFault::RawChar:
            return "raw-char";
        case AddressFault::BadHost:
            return "bad-host";
        case AddressFault::BadGr:
            return "bad-gr";
        case AddressFault::NotUtf8:
            return "not-utf8";
        case AddressFault::EdgeSpace:
            return "edge-space";
        case AddressFault::Precis:
            return "precis";
        case AddressFault::Idna:
            return "idna";
        case AddressFault::TooLong:
            return "too-long";
        case AddressFault::EmptyLocalpart:
            return "empty-localpart";
        case AddressFault::EmptyDomain:
            return "empty-domain";
        case AddressFault::EmptyResource:
            return "empty-resource";
        case AddressFault::Disallowed:
            return "disallowed";
        case AddressFault::NonCanonicalEscape:
            break;
    }
    return "non-canonical-escape";
}

int status_of(AddressFault fault) {
    switch (fault) {
        case AddressFault::Scheme:
            return 416;
        case AddressFault::TooLong:
            return 414;
        case AddressFault::NotUtf8:
        case AddressFault::EdgeSpace:
        case AddressFault::Precis:
        case AddressFault::Idna:
            return 404;
        default:
            return 400;
    }
}

}  // namespace isthmus::translate
