// Presence documents: PIDF (RFC 3863) with the extensions that IM gateways use: the show element of
// RFC 8048 §6.2, activities and user-input of RPID (RFC 4480 §3.2, §3.13), the display-name of
// CIPID.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::sip {

struct PidfNote {
    std::string_view lang;  ///< empty: not said
    std::string_view text;
};

// Nearly always there is one of each, and then nothing is allocated.
using PidfNotes = boost::container::small_vector<PidfNote, 1>;
using PidfActivities = boost::container::small_vector<std::string_view, 1>;

enum class PidfBasic : std::uint8_t {
    Absent,
    Open,
    Closed,
    Other,  ///< a value that RFC 3863 §4.1.4 does not know
};

/// RPID user-input (RFC 4480 §3.13).
struct PidfInput {
    bool is_idle = false;         ///< said to be idle
    std::string_view last_input;  ///< when, as written; may be empty
};

struct PidfTuple {
    std::string_view id;  ///< an NCName (xs:ID)
    PidfBasic basic = PidfBasic::Absent;
    std::string_view show;  ///< content of {jabber:client}show, whatever it is
    std::string_view im;    ///< content of {urn:ietf:params:xml:ns:pidf:im}im, an early extension
    std::string_view contact;
    std::optional<int> priority;  ///< of the contact, in thousandths; absent if it is not legal
    PidfNotes notes;
    std::string_view timestamp;
    /// Within the status, for clients that look for them there: RPID elements, or activity elements
    /// of the drafts before it (SIPE and Microsoft's servers). Without "unknown".
    PidfActivities activities;
    PidfInput input;
};

/// What a document does not speak of, and what therefore is as it was. Of PIDF nothing: it is
/// always the whole state (RFC 3856 §6.8).
struct PidfUnsaid {
    bool state = false;  ///< there are no tuples then
    bool notes = false;
    bool name = false;

    bool is_any() const { return state || notes || name; }
};

struct Pidf {
    std::string_view entity;  ///< URI of the presentity
    boost::container::small_vector<PidfTuple, 1> tuples;
    PidfNotes notes;  ///< of the document
    /// RPID names of the person, without "unknown"; for "other" its text.
    PidfActivities activities;
    PidfInput input;                ///< of the person
    std::string_view display_name;  ///< of the person (RFC 4482 §3); empty: not said
    PidfUnsaid unsaid;
};

/// Unknown elements are skipped (RFC 3863 §4.2.3), a second tuple of one id as well (§4.1.2).
/// Errors: Syntax; TooLong for too many octets, tuples or children, of which nothing is taken.
/// Views live as long as `document` and the arena.
Result<Pidf> parse_pidf(std::string_view document, Arena& arena);

/// Activities and names are ours, never text from elsewhere. Nobody's activities are empty
/// elements: Linphone shows those as away.
void write_pidf(const Pidf& pidf, Buffer& to);

}  // namespace isthmus::sip
