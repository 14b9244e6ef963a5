#include "translate/presence.h"

#include "base/text.h"
#include "translate/activities.h"
#include "translate/address.h"
#include "translate/dates.h"
#include "translate/escape.h"
#include "translate/presence_parts.h"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace isthmus::translate {

namespace {

using sip::PidfBasic;
using sip::PidfNote;
using sip::PidfTuple;
using xmpp::Presence;
using xmpp::PresenceType;

constexpr std::string_view kIdPrefix = "ID-";

// --- to PIDF ----------------------------------------------------------------------------------

/// Whether a literal '_' at `at` would read as the start of one of our escapes.
bool looks_escaped(std::string_view text, std::size_t at) {
    if (text.size() - at < 4 || text[at + 1] != 'x') {
        return false;
    }
    std::size_t end = at + 2;
    while (end < text.size() && text::hex_value(text[end]) >= 0) {
        ++end;
    }
    return end > at + 2 && end < text.size() && text[end] == '_';
}

sip::PidfNotes notes_of(const Presence& presence) {
    sip::PidfNotes notes;
    for (const xmpp::LangText& status : presence.statuses) {
        const std::string_view lang = status.lang.empty() ? presence.lang : status.lang;
        const bool is_new = std::ranges::none_of(
            notes, [lang](const PidfNote& note) { return text::iequals(note.lang, lang); });
        if (!status.text.empty() && is_new) {
            notes.push_back({lang, status.text});
        }
    }
    return notes;
}

/// RFC 4480 §3.2: the nearest activity, for SIP clients that do not know show.
std::string_view activity_of(std::string_view show) {
    if (show == "away" || show == "xa") {
        return "away";
    }
    return show == "dnd" ? "busy" : std::string_view();
}

std::optional<PidfTuple> to_tuple(const Presence& presence, Arena& arena, std::int64_t stamp) {
    const auto contact = to_uri(presence.from, arena, {});
    if (!contact) {
        return std::nullopt;
    }
    PidfTuple tuple;
    tuple.id = tuple_id_of(presence.from.resource, arena);
    tuple.contact = *contact;
    tuple.notes = notes_of(presence);
    if (stamp != 0) {
        tuple.timestamp = format_datetime_us(stamp, arena);
    } else if (const auto time = parse_datetime(presence.delay_stamp)) {
        tuple.timestamp = format_datetime(*time, arena);
    }
    if (presence.type == PresenceType::Unavailable) {
        tuple.basic = PidfBasic::Closed;
        return tuple;
    }
    tuple.basic = PidfBasic::Open;
    tuple.show = presence.show;
    if (const std::string_view activity = activity_of(presence.show); !activity.empty()) {
        tuple.activities.push_back(activity);
    }
    if (const auto time = parse_datetime(presence.idle_since)) {
        tuple.input = {.is_idle = true, .last_input = format_datetime(*time, arena)};
    }
    // RFC 8048 §6.2 note 6: a negative priority is not mapped.
    if (presence.has_priority && presence.priority >= 0) {
        tuple.priority = presence.priority * 1000 / 127;
    }
    return tuple;
}

using Latest = boost::container::small_vector<const Presence*, 4>;

template <class Unwanted>
void drop_if(Latest& stanzas, Unwanted unwanted) {
    stanzas.erase(std::remove_if(stanzas.begin(), stanzas.end(), unwanted), stanzas.end());
}

/// The latest stanza of each resource, in the order of arrival.
Latest latest_of(std::span<const Presence> stanzas) {
    Latest latest;
    for (const Presence& presence : stanzas) {
        if (presence.type != PresenceType::Available &&
            presence.type != PresenceType::Unavailable) {
            continue;
        }
        // RFC 6121 §4.3.2: from the bare address it is about all resources.
        const bool ends_all =
            presence.type == PresenceType::Unavailable && presence.from.resource.empty();
        drop_if(latest, [&](const Presence* one) {
            return ends_all || one->from.resource == presence.from.resource;
        });
        latest.push_back(&presence);
    }
    // A resource that left is told once, with the news; and a document is never empty (RFC 3922
    // §6.3.2).
    const Presence* const last = latest.empty() ? nullptr : latest.back();
    drop_if(latest, [last](const Presence* one) {
        return one != last && one->type == PresenceType::Unavailable;
    });
    return latest;
}

// --- to stanzas -------------------------------------------------------------------------------

bool is_show(std::string_view text) {
    return text == "away" || text == "chat" || text == "dnd" || text == "xa";
}

/// The first activity that means something here: busy and a more exact one may stand together, then
/// the exact one counts. Those of the tuple are nearer than those of the person.
const Activity* activity_in(const PidfTuple& tuple, const sip::Pidf& pidf) {
    const Activity* best = nullptr;
    for (const std::string_view name :
         tuple.activities.empty() ? pidf.activities : tuple.activities) {
        const Activity* found = find_activity(name);
        if (found != nullptr && (best == nullptr || (best->said.empty() && !found->said.empty()))) {
            best = found;
        }
    }
    return best;
}

const sip::PidfInput& input_of(const PidfTuple& tuple, const sip::Pidf& pidf) {
    return tuple.input.is_idle ? tuple.input : pidf.input;
}

/// show element, then the early extension of RFC 3922 §5.2.10, then RPID.
std::string_view show_of(const PidfTuple& tuple, const sip::Pidf& pidf) {
    if (!tuple.show.empty()) {
        // RFC 6121 §4.7.2.1: other values do not exist.
        return is_show(tuple.show) ? tuple.show : std::string_view();
    }
    if (tuple.im == "busy") {
        return "dnd";
    }
    if (tuple.im == "away") {
        return "away";
    }
    if (const Activity* activity = activity_in(tuple, pidf)) {
        return activity->show;
    }
    return input_of(tuple, pidf).is_idle ? std::string_view("away") : std::string_view();
}

// RFC 8048 §6.3 note 2 and RFC 3922 §5.2.13, made invertible (gap G-54).
int to_xmpp_priority(int thousandths) {
    if (thousandths == 0) {
        return 0;
    }
    return thousandths == 1000 ? 127 : std::min(126, (127 * thousandths + 999) / 1000);
}

/// Whether `basic` of the tuple speaks about messages (RFC 3863 §4.1.4).
bool is_about_messages(const PidfTuple& tuple) {
    const std::string_view scheme = tuple.contact.substr(0, tuple.contact.find(':'));
    return tuple.contact.empty() || text::iequals(scheme, "sip") || text::iequals(scheme, "sips") ||
           text::iequals(scheme, "im") || text::iequals(scheme, "pres") ||
           text::iequals(scheme, "xmpp");
}

/// RFC 7247 §6.3: the gr of the contact, if that is the presentity's, else the id.
std::optional<std::string_view> resource_of(const PidfTuple& tuple,
                                            const xmpp::Jid& presentity,
                                            Arena& arena) {
    if (!tuple.contact.empty()) {
        const auto contact = to_jid(tuple.contact, arena);
        if (contact && !contact->jid.resource.empty() && contact->jid.local == presentity.local) {
            return contact->jid.resource;
        }
    }
    std::string_view id = tuple.id;
    if (id.starts_with(kIdPrefix) && id.size() > kIdPrefix.size()) {
        id.remove_prefix(kIdPrefix.size());
    }
    const auto prepared = xmpp::prepare_resource(id, arena);
    return prepared ? std::optional(*prepared) : std::nullopt;
}

// RFC 6121 §4.7.2.2: each language once; RFC 3863 §4.1.6: the document's notes are for all.
void fill_statuses(std::span<const PidfNote> notes, std::string_view lang, Presence& into) {
    for (const PidfNote& note : notes) {
        const std::string_view its = note.lang.empty() ? lang : note.lang;
        const bool is_new = std::ranges::none_of(
            into.statuses, [its](const xmpp::LangText& s) { return text::iequals(s.lang, its); });
        if (is_new) {
            into.statuses.push_back({its, note.text});
        }
    }
}

Presence unavailable(const PresenceContext& context, std::string_view resource) {
    Presence presence;
    presence.from = context.presentity;
    presence.from.resource = resource;
    presence.to = context.watcher;
    presence.type = PresenceType::Unavailable;
    return presence;
}

/// What show cannot say: since when somebody is idle (XEP-0319), and where there is no note what he
/// is doing.
void fill_activity(const PidfTuple& tuple, const sip::Pidf& pidf, Presence& into, Arena& arena) {
    // RFC 3922 §5.2.14: the time crosses, its text does not. Clients at work are not idle.
    const sip::PidfInput& input = input_of(tuple, pidf);
    const auto since = input.is_idle && (into.show == "away" || into.show == "xa")
                           ? parse_datetime(input.last_input)
                           : std::nullopt;
    if (since) {
        into.idle_since = format_datetime(*since, arena);
    }
    const Activity* activity = activity_in(tuple, pidf);
    if (into.statuses.empty() && activity != nullptr && !activity->said.empty() &&
        activity->show == into.show) {
        into.statuses.push_back({"en", activity->said});
    }
}

Presence to_stanza(const PidfTuple& tuple,
                   const sip::Pidf& pidf,
                   const PresenceContext& context,
                   std::string_view resource,
                   Arena& arena) {
    Presence presence = unavailable(context, resource);
    fill_statuses(
        tuple.notes.empty() ? pidf.notes : tuple.notes, context.content_language, presence);
    presence.nick = pidf.display_name;
    const std::string_view show = show_of(tuple, pidf);
    const bool is_open =
        tuple.basic == PidfBasic::Open || (tuple.basic == PidfBasic::Absent && !show.empty());
    if (is_open) {
        presence.type = PresenceType::Available;
        presence.show = show;
        presence.has_priority = tuple.priority.has_value();
        presence.priority = to_xmpp_priority(tuple.priority.value_or(0));
        fill_activity(tuple, pidf, presence, arena);
    }
    return presence;
}

bool is_entity(std::string_view entity, const PresenceContext& context, Arena& arena) {
    const auto mapped = to_jid(entity, arena);
    return mapped && mapped->jid.local == context.presentity.local &&
           mapped->jid.domain ==
               (context.entity_domain.empty() ? context.presentity.domain : context.entity_domain);
}

Refusal refusal(int status) {
    Refusal out;
    out.status = status;
    return out;
}

}  // namespace

std::string_view tuple_id_of(std::string_view resource, Arena& arena) {
    char* const to = arena.chars(kIdPrefix.size() + 5 * resource.size());
    char* end = to + kIdPrefix.copy(to, kIdPrefix.size());
    for (std::size_t at = 0; at < resource.size(); ++at) {
        const char c = resource[at];
        const bool is_plain =
            text::is_alnum(c) || c == '-' || c == '.' || (c == '_' && !looks_escaped(resource, at));
        if (is_plain) {
            *end++ = c;
            continue;
        }
        // Octets, not characters: letters outside ASCII are rare in resources, and old SIP clients
        // take ASCII for granted.
        const auto octet = static_cast<unsigned char>(c);
        for (const char part : {'_', 'x', kUpperHex[octet >> 4U], kUpperHex[octet & 15U], '_'}) {
            *end++ = part;
        }
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::optional<PresenceDocument> to_pidf(std::span<const Presence> stanzas,
                                        Arena& arena,
                                        std::int64_t stamp) {
    PresenceDocument document;
    const PidfTuple* first = nullptr;
    for (const Presence* presence : latest_of(stanzas)) {
        auto tuple = to_tuple(*presence, arena, stamp);
        if (!tuple) {
            return std::nullopt;
        }
        const auto entity = to_uri(presence->from, arena, {.scheme = Scheme::Pres});
        document.pidf.entity = *entity;
        document.content_language = presence->lang;
        if (!presence->nick.empty()) {
            document.pidf.display_name = presence->nick;
        }
        document.pidf.tuples.push_back(std::move(*tuple));
    }
    if (document.pidf.tuples.empty()) {
        return std::nullopt;
    }
    // One person: the state of the resource that XMPP would prefer (RFC 6121 §8.5.2).
    for (const PidfTuple& tuple : document.pidf.tuples) {
        if (tuple.basic == PidfBasic::Open &&
            (first == nullptr || tuple.priority.value_or(0) > first->priority.value_or(0))) {
            first = &tuple;
        }
    }
    if (first != nullptr) {
        document.pidf.activities = first->activities;
        document.pidf.input = first->input;
    }
    return document;
}

boost::system::result<void, Refusal> to_presence(std::string_view document,
                                                 const PresenceContext& context,
                                                 Arena& arena,
                                                 std::vector<Presence>& into) {
    auto pidf = sip::parse_pidf(document, arena);
    if (!pidf) {
        return refusal(pidf.error().kind == ErrorKind::TooLong ? 413 : 400);
    }
    return to_presence(std::move(*pidf), context, arena, into);
}

boost::system::result<void, Refusal> to_presence(sip::Pidf pidf,
                                                 const PresenceContext& context,
                                                 Arena& arena,
                                                 std::vector<Presence>& into) {
    if (!is_entity(pidf.entity, context, arena)) {
        return refusal(403);
    }
    const std::size_t begin = into.size();
    if (pidf.unsaid.state) {
        fill_unsaid_state(pidf, context, into);
        return {};
    }
    // The person sums up its tuples: where these speak for themselves it adds nothing.
    if (std::ranges::any_of(pidf.tuples, [](const PidfTuple& tuple) {
            return !tuple.activities.empty() || tuple.input.is_idle;
        })) {
        pidf.activities.clear();
        pidf.input = {};
    }
    const auto is_named = [&](std::string_view resource) {
        return std::any_of(into.begin() + static_cast<std::ptrdiff_t>(begin),
                           into.end(),
                           [resource](const Presence& p) { return p.from.resource == resource; });
    };
    // A tuple for mail or telephone says nothing here, unless it is all there is (gap G-17).
    const bool has_usual = std::ranges::any_of(pidf.tuples, is_about_messages);
    for (const PidfTuple& tuple : pidf.tuples) {
        const auto resource = resource_of(tuple, context.presentity, arena);
        if (resource && !is_named(*resource) && (!has_usual || is_about_messages(tuple))) {
            into.push_back(to_stanza(tuple, pidf, context, *resource, arena));
        }
    }
    fill_unsaid(pidf.unsaid, context.kept, std::span(into).subspan(begin));
    // RFC 3856 §6.8: the document is the whole state; what it leaves out is gone.
    for (const std::string_view resource : context.announced) {
        if (!is_named(resource)) {
            into.push_back(unavailable(context, resource));
        }
    }
    if (into.size() == begin) {
        into.push_back(unavailable(context, {}));
        fill_statuses(pidf.notes, context.content_language, into.back());
    }
    return {};
}

}  // namespace isthmus::translate
