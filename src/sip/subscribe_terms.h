// What a SUBSCRIBE asks for, what of it we take, and the answer. RFC 6665 §4.2.1; RFC 3856 §6.
#pragma once

#include "sip/event_usage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// Of a request that makes a dialog.
inline constexpr std::size_t kMaxRecordRoutes = 32;

struct SubscribeTerms {
    std::uint32_t default_expires = 0;
    std::uint32_t least_expires = 0;
    std::uint32_t greatest_expires = 0;
};

/// Nothing if it is not the package presence.
std::optional<EventValue> presence_event(const Request& request);

/// Event, Expires and Accept: the seconds to be granted. Nothing: it is answered with what is
/// wrong.
std::optional<std::uint32_t> check_terms(const Request& request,
                                         const SubscribeTerms& terms,
                                         IncomingRequest& transaction);

/// 200 with Expires, Contact and Allow-Events; with the Record-Route fields of a request that makes
/// a dialog, at most kMaxRecordRoutes (RFC 3261 §12.1.1).
void answer_granted(IncomingRequest& transaction,
                    std::uint32_t expires,
                    std::string_view contact,
                    std::span<const std::string> record_routes);

}  // namespace isthmus::sip
