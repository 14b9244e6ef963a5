#include "sip/lync_presence.h"

#include "base/text.h"
#include "xml/parser.h"
#include "xml/writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace isthmus::sip {

namespace {

constexpr std::string_view kCategories = "http://schemas.microsoft.com/2006/09/sip/categories";
constexpr std::string_view kCard = "http://schemas.microsoft.com/2006/09/sip/contactcard";
constexpr std::string_view kState = "http://schemas.microsoft.com/2006/09/sip/state";
constexpr std::string_view kNote = "http://schemas.microsoft.com/2006/09/sip/note";
constexpr std::string_view kInstance = "http://www.w3.org/2001/XMLSchema-instance";
constexpr std::string_view kPresentity = "http://schemas.microsoft.com/2002/09/sip/presence";
constexpr xml::Limits kLyncLimits{
    .max_element_octets = 262144, .max_depth = 16, .max_children = 1024};

/// From `from` up to the next row.
struct Range {
    std::uint64_t from;
    PidfBasic basic;
    std::string_view activity;  ///< empty: available
    bool is_idle = false;
};

constexpr std::array<Range, 9> kRanges{{{0, PidfBasic::Absent, {}},
                                        {3000, PidfBasic::Open, {}},
                                        {4500, PidfBasic::Open, "idle", true},
                                        {6000, PidfBasic::Open, "busy"},
                                        {9000, PidfBasic::Open, "do-not-disturb"},
                                        {12000, PidfBasic::Open, "be-right-back"},
                                        {15000, PidfBasic::Open, "away"},
                                        {18000, PidfBasic::Closed, {}},
                                        {UINT64_MAX, PidfBasic::Closed, {}}}};

const Range& range_of(std::uint64_t availability) {
    const auto* next = std::ranges::upper_bound(kRanges, availability, {}, &Range::from);
    return *(next - 1);
}

struct Given {
    std::string_view availability;
    std::string_view token;
    std::string_view aggregate;           ///< of availability, in the document of 2005
    std::string_view activity_aggregate;  ///< likewise
};

constexpr Given kAvailable{"3500", "Available", "300", "400"};
constexpr Given kIdle{"5000", {}, "300", "200"};
constexpr Given kBusy{"6500", "busy", "300", "600"};
constexpr Given kDoNotDisturb{"9500", "do-not-disturb", "300", "600"};
constexpr Given kAway{"15500", "away", "300", "100"};
constexpr Given kOffline{"18500", {}, "0", "0"};

/// The tuple that stands for the user: open before closed, then by priority.
const PidfTuple* best_of(const Pidf& pidf) {
    const PidfTuple* best = nullptr;
    for (const PidfTuple& tuple : pidf.tuples) {
        const bool is_open = tuple.basic == PidfBasic::Open;
        if (best == nullptr || (is_open && best->basic != PidfBasic::Open) ||
            (is_open && tuple.priority.value_or(0) > best->priority.value_or(0))) {
            best = &tuple;
        }
    }
    return best;
}

const Given& given_for(const PidfTuple* tuple) {
    if (tuple == nullptr || tuple->basic != PidfBasic::Open) {
        return kOffline;
    }
    if (tuple->show == "dnd") {
        return kDoNotDisturb;
    }
    if (tuple->show == "away" || tuple->show == "xa") {
        return kAway;
    }
    const bool is_busy = std::ranges::find(tuple->activities, "busy") != tuple->activities.end();
    return is_busy ? kBusy : tuple->input.is_idle ? kIdle : kAvailable;
}

/// `romeo@fabrikam.example` of a contact or an entity.
std::string_view address_of(const Pidf& pidf, const PidfTuple* tuple) {
    std::string_view uri =
        tuple != nullptr && !tuple->contact.empty() ? tuple->contact : pidf.entity;
    uri.remove_prefix(std::min(uri.find(':') + 1, uri.size()));
    return uri.substr(0, uri.find(';'));
}

/// What clients show; without a name of hers her local part.
std::string_view shown_name(const Pidf& pidf, std::string_view address) {
    return pidf.display_name.empty() ? address.substr(0, address.find('@')) : pidf.display_name;
}

std::string_view note_of(const Pidf& pidf, const PidfTuple* tuple) {
    const PidfNotes& notes = tuple != nullptr && !tuple->notes.empty() ? tuple->notes : pidf.notes;
    return notes.empty() ? std::string_view() : notes.front().text;
}

void open_category(xml::Writer& writer,
                   std::string_view name,
                   std::string_view instance,
                   std::string_view time) {
    writer.open("category").attribute("name", name).attribute("instance", instance);
    if (!time.empty()) {
        writer.attribute("publishTime", time);
    }
}

/// RFC 3339 times of these documents compare as texts.
bool is_newer(const xml::Element& one, const xml::Element* than) {
    return than == nullptr ||
           one.attribute("publishTime").value_or("") >= than->attribute("publishTime").value_or("");
}

bool is_aggregate_state(const xml::Element& state) {
    for (const xml::Attribute* one = state.attributes; one != nullptr; one = one->next) {
        if (one->name == "type" && one->ns == kInstance) {
            return one->value.ends_with("aggregateState");
        }
    }
    return false;
}

/// A state's number and word, into the tuple.
void read_state(const xml::Element& state, Arena& arena, PidfTuple& into) {
    const xml::Element* availability = state.child("availability", kState);
    const auto number = availability == nullptr
                            ? std::nullopt
                            : text::to_number(text::trim(availability->all_text(arena)));
    if (!number) {
        return;
    }
    const Range& range = range_of(*number);
    into.basic = range.basic;
    if (range.basic != PidfBasic::Open) {
        return;
    }
    if (range.is_idle || (*number >= 7500 && *number < 9000)) {
        into.input = {.is_idle = true, .last_input = state.attribute("lastActive").value_or("")};
    }
    if (!range.activity.empty()) {
        into.activities.push_back(range.activity);
    }
    const xml::Element* activity = state.child("activity", kState);
    const std::string_view token =
        activity == nullptr ? std::string_view() : activity->attribute("token").value_or("");
    if (!token.empty() && token != range.activity) {
        into.activities.push_back(token);
    }
}

/// Of a contactCard category: identity/name/displayName.
std::string_view name_in(const xml::Element& card, Arena& arena) {
    const xml::Element* at = &card;
    for (const char* step : {"contactCard", "identity", "name", "displayName"}) {
        at = at == nullptr ? nullptr : at->child(step, kCard);
    }
    return at == nullptr ? std::string_view() : text::trim(at->all_text(arena));
}

/// Servers that know no name write the address.
std::string_view a_name(std::string_view text) {
    return text.find('@') == std::string_view::npos ? text : std::string_view();
}

Error malformed(const char* what) {
    return make_error(ErrorKind::Syntax, what);
}

}  // namespace

Result<Pidf> parse_categories(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLyncLimits);
    if (!root) {
        return root.error();
    }
    if (!(*root)->is("categories", kCategories)) {
        return malformed("no categories");
    }
    Pidf pidf;
    pidf.entity = (*root)->attribute("uri").value_or("");
    const xml::Element* state = nullptr;
    const xml::Element* note = nullptr;
    const xml::Element* card = nullptr;
    bool is_aggregate = false;
    for (const xml::Element* one = (*root)->first_element(); one != nullptr;
         one = one->next_element()) {
        const std::string_view name = one->attribute("name").value_or("");
        if (name == "note" && is_newer(*one, note)) {
            note = one;
        }
        if (name == "contactCard" && is_newer(*one, card)) {
            card = one;
        }
        const xml::Element* content = name == "state" ? one->child("state", kState) : nullptr;
        if (content != nullptr) {
            const bool is_sum = is_aggregate_state(*content);
            if ((is_sum && !is_aggregate) || (is_sum == is_aggregate && is_newer(*one, state))) {
                state = one;
                is_aggregate = is_sum;
            }
        }
    }
    PidfTuple tuple{.id = "lync"};
    tuple.contact = pidf.entity;
    if (state != nullptr) {
        read_state(*state->child("state", kState), arena, tuple);
    }
    const xml::Element* said = note == nullptr ? nullptr : note->child("note", kNote);
    const xml::Element* body = said == nullptr ? nullptr : said->child("body", kNote);
    if (body != nullptr) {
        if (const std::string_view text = body->all_text(arena); !text.empty()) {
            (tuple.basic == PidfBasic::Absent ? pidf.notes : tuple.notes).push_back({{}, text});
        }
    }
    pidf.display_name = card == nullptr ? std::string_view() : a_name(name_in(*card, arena));
    // Each category stands until the next of its name. 0 and none mean that no state is known: no
    // tuple then, the last one stands.
    pidf.unsaid = {.state = tuple.basic == PidfBasic::Absent,
                   .notes = note == nullptr,
                   .name = pidf.display_name.empty()};
    if (!pidf.unsaid.state) {
        pidf.tuples.push_back(std::move(tuple));
    }
    return pidf;
}

Result<Pidf> parse_msrtc(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLyncLimits);
    if (!root) {
        return root.error();
    }
    if (!(*root)->is("presentity", kPresentity)) {
        return malformed("no presentity");
    }
    Pidf pidf;
    const std::string_view uri = (*root)->attribute("uri").value_or("");
    pidf.entity = text::istarts_with(uri, "sip:") ? uri : arena.concat("sip:", uri);
    if (const xml::Element* name = (*root)->child("displayName", kPresentity)) {
        pidf.display_name = a_name(text::trim(name->attribute("displayName").value_or("")));
    }
    const auto aggregate_of = [&](const char* name) {
        const xml::Element* child = (*root)->child(name, kPresentity);
        return child == nullptr ? std::optional<std::uint64_t>()
                                : text::to_number(child->attribute("aggregate").value_or(""));
    };
    PidfTuple tuple{.id = "lync"};
    tuple.contact = pidf.entity;
    const auto availability = aggregate_of("availability");
    const std::uint64_t activity = aggregate_of("activity").value_or(400);
    if (!availability) {
        pidf.unsaid = {.state = true, .notes = true, .name = pidf.display_name.empty()};
        return pidf;
    }
    tuple.basic = *availability >= 100 ? PidfBasic::Open : PidfBasic::Closed;
    if (tuple.basic == PidfBasic::Open) {
        // In hundreds: away, lunch (150), idle, be right back, active, on the phone, busy, away.
        constexpr std::array<std::string_view, 8> kActivities{
            "away", "away", "idle", "be-right-back", "", "on-the-phone", "busy", "away"};
        const std::string_view word =
            activity >= 150 && activity < 200
                ? std::string_view("lunch")
                : kActivities[std::min<std::uint64_t>(activity / 100, kActivities.size() - 1)];
        if (!word.empty() && activity < 800) {
            tuple.activities.push_back(word);
        }
        tuple.input.is_idle = activity >= 200 && activity < 300;
    }
    const xml::Element* info = (*root)->child("userInfo", kPresentity);
    const xml::Element* note = info == nullptr ? nullptr : info->child("note", kPresentity);
    if (note != nullptr) {
        if (const std::string_view text = note->all_text(arena); !text.empty()) {
            tuple.notes.push_back({{}, text});
        }
    }
    pidf.tuples.push_back(std::move(tuple));
    return pidf;
}

void write_categories(const Pidf& pidf, Buffer& to) {
    const PidfTuple* tuple = best_of(pidf);
    const Given& given = given_for(tuple);
    const std::string_view address = address_of(pidf, tuple);
    const std::string_view time = tuple == nullptr ? std::string_view() : tuple->timestamp;
    const std::string_view note = note_of(pidf, tuple);
    const std::string uri = std::string("sip:").append(address);
    xml::Writer writer(to);
    writer.open("categories").attribute("xmlns", kCategories).attribute("uri", uri);
    open_category(writer, "contactCard", "0", time);
    writer.open("contactCard").attribute("xmlns", kCard);
    writer.open("identity").open("name");
    writer.element("displayName", shown_name(pidf, address));
    writer.close("name");
    writer.element("email", address);
    writer.close("identity").close("contactCard").close("category");
    open_category(writer, "state", "1", time);
    writer.open("state").attribute("xmlns", kState).attribute("xmlns:xsi", kInstance);
    writer.attribute("xsi:type", "aggregateState");
    const std::string_view active =
        tuple != nullptr && !tuple->input.last_input.empty() ? tuple->input.last_input : time;
    if (!active.empty()) {
        writer.attribute("lastActive", active);
    }
    writer.element("availability", given.availability);
    if (!given.token.empty()) {
        writer.open("activity").attribute("token", given.token);
        writer.close("activity");
    }
    writer.close("state").close("category");
    if (note.empty()) {
        writer.open("category").attribute("name", "note");
        writer.close("category");
    } else {
        open_category(writer, "note", "0", time);
        writer.open("note").attribute("xmlns", kNote);
        writer.open("body").attribute("type", "personal").attribute("uri", "").text(note);
        writer.close("body").close("note").close("category");
    }
    writer.close("categories");
}

void write_msrtc(const Pidf& pidf, Buffer& to) {
    const PidfTuple* tuple = best_of(pidf);
    const Given& given = given_for(tuple);
    const std::string_view address = address_of(pidf, tuple);
    const std::string_view note = note_of(pidf, tuple);
    xml::Writer writer(to);
    writer.open("presentity").attribute("uri", address).attribute("xmlns", kPresentity);
    writer.open("availability").attribute("aggregate", given.aggregate);
    writer.close("availability");
    writer.open("activity").attribute("aggregate", given.activity_aggregate);
    writer.close("activity");
    writer.open("displayName");
    writer.attribute("displayName", shown_name(pidf, address));
    writer.close("displayName");
    if (!note.empty()) {
        writer.open("userInfo");
        writer.element("note", note);
        writer.close("userInfo");
    }
    writer.close("presentity");
}

}  // namespace isthmus::sip
