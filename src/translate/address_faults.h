// What both directions of the address mapping share. Private to this room's address files.
#pragma once

#include "base/result.h"
#include "base/text.h"
#include "translate/address.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace isthmus::translate {

/// What prepare_* of xmpp/jid.h says privately, as our fault.
AddressFault fault_of(const Error& error);

/// Of a text that sip::parse_uri() refuses, or that has a scheme which is none of ours.
AddressFault fault_in(std::string_view uri);

inline bool is_im_or_pres(std::string_view scheme) {
    return text::iequals(scheme, "im") || text::iequals(scheme, "pres");
}

/// Calls `visit(name, value, has_value)` for every parameter.
template <class Visit>
void for_each_param(std::string_view params, Visit visit) {
    while (!params.empty()) {
        const std::string_view one = params.substr(0, params.find(';'));
        params.remove_prefix(std::min(one.size() + 1, params.size()));
        const std::size_t equals = one.find('=');
        const bool has_value = equals != std::string_view::npos;
        visit(one.substr(0, equals), has_value ? one.substr(equals + 1) : "", has_value);
    }
}

}  // namespace isthmus::translate
