#include "home/presence_state.h"

#include "base/buffer.h"
#include "base/text.h"
#include "sip/pidf.h"
#include "translate/activities.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::home {

namespace {

constexpr std::size_t kMaxNote = 1024;
constexpr std::uint16_t kLeastKnown = 3000;

std::uint16_t of_show(std::string_view show) {
    if (show == "dnd") {
        return kDoNotDisturb;
    }
    return show == "away" || show == "xa" ? kAway : kOnline;
}

/// As the flows read it: show, then activities, then idle.
std::uint16_t of_tuple(const sip::PidfTuple& tuple, const sip::Pidf& pidf) {
    const sip::PidfInput& input = tuple.input.is_idle ? tuple.input : pidf.input;
    if (!tuple.show.empty()) {
        const std::uint16_t shown = of_show(tuple.show);
        return shown == kAway && input.is_idle ? std::uint16_t{kIdle} : shown;
    }
    for (const std::string_view name :
         tuple.activities.empty() ? pidf.activities : tuple.activities) {
        if (text::iequals(name, "busy")) {
            return kBusy;
        }
        if (const translate::Activity* known = translate::find_activity(name)) {
            return of_show(known->show);
        }
    }
    return input.is_idle ? kIdle : kOnline;
}

std::string_view token_of(std::uint16_t availability) {
    switch (availability) {
        case kOnline:
            return "Available";
        case kBusy:
            return "busy";
        case kDoNotDisturb:
            return "do-not-disturb";
        case kBeRightBack:
            return "be-right-back";
        case kAway:
            return "away";
        default:
            return {};
    }
}

std::string cut(std::string_view note) {
    std::size_t end = std::min(note.size(), kMaxNote);
    while (end < note.size() && end != 0 &&
           (static_cast<unsigned char>(note[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return std::string(note.substr(0, end));
}

}  // namespace

std::optional<std::uint16_t> availability_of(std::string_view number) {
    const auto value = text::to_number(text::trim(number));
    if (!value || *value < kLeastKnown || *value > 65535) {
        return std::nullopt;
    }
    const std::uint64_t n = *value;
    return n < 4500    ? kOnline
           : n < 6000  ? kIdle
           : n < 9000  ? kBusy
           : n < 12000 ? kDoNotDisturb
           : n < 15000 ? kBeRightBack
           : n < 18000 ? kAway
                       : kOffline;
}

std::optional<PresenceState> state_of_pidf(std::string_view document, Arena& arena) {
    const auto pidf = sip::parse_pidf(document, arena);
    if (!pidf) {
        return std::nullopt;
    }
    PresenceState made;
    const sip::PidfTuple* chosen = nullptr;
    for (const sip::PidfTuple& tuple : pidf->tuples) {
        const bool is_open = tuple.basic == sip::PidfBasic::Open ||
                             (tuple.basic == sip::PidfBasic::Absent && !tuple.show.empty());
        const std::uint16_t value = is_open ? of_tuple(tuple, *pidf) : std::uint16_t{kOffline};
        if (chosen == nullptr || value < made.availability) {
            made.availability = value;
            chosen = &tuple;
        }
    }
    const sip::PidfNotes& notes =
        chosen != nullptr && !chosen->notes.empty() ? chosen->notes : pidf->notes;
    if (!notes.empty()) {
        made.note = cut(notes.front().text);
    }
    made.name = cut(pidf->display_name);
    return made;
}

std::string_view show_of(std::uint16_t availability) {
    switch (availability) {
        case kBusy:
        case kDoNotDisturb:
            return "dnd";
        case kIdle:
        case kBeRightBack:
        case kAway:
            return "away";
        default:
            return {};
    }
}

std::string_view activity_of(std::uint16_t availability) {
    const std::string_view show = show_of(availability);
    return show == "dnd" ? "busy" : show;
}

std::string to_pidf(std::string_view address, const PresenceState& state) {
    const std::string entity = fmt::format("sip:{}", address);
    sip::Pidf pidf;
    pidf.entity = entity;
    sip::PidfTuple tuple;
    tuple.id = "ID-contact";
    tuple.basic = state.is_online() ? sip::PidfBasic::Open : sip::PidfBasic::Closed;
    if (state.is_online()) {
        tuple.show = show_of(state.availability);
        if (const std::string_view activity = activity_of(state.availability); !activity.empty()) {
            tuple.activities.push_back(activity);
        }
    }
    if (!state.note.empty()) {
        tuple.notes.push_back({{}, state.note});
    }
    pidf.tuples.push_back(std::move(tuple));
    pidf.display_name = state.name;
    Buffer out;
    sip::write_pidf(pidf, out);
    return std::string(out.view());
}

std::string to_categories(std::string_view address,
                          std::string_view display_name,
                          const PresenceState& state,
                          std::string_view time) {
    Buffer out;
    xml::Writer writer(out);
    const std::string uri = fmt::format("sip:{}", address);
    const auto category = [&](std::string_view name, std::string_view instance) {
        writer.open("category")
            .attribute("name", name)
            .attribute("instance", instance)
            .attribute("publishTime", time);
    };
    writer.open("categories")
        .attribute("xmlns", "http://schemas.microsoft.com/2006/09/sip/categories")
        .attribute("uri", uri);
    category("contactCard", "0");
    writer.open("contactCard")
        .attribute("xmlns", "http://schemas.microsoft.com/2006/09/sip/contactcard")
        .open("identity")
        .open("name")
        .element("displayName",
                 !display_name.empty() ? display_name
                 : state.name.empty()  ? address
                                       : std::string_view(state.name))
        .close("name")
        .element("email", address)
        .close("identity")
        .close("contactCard")
        .close("category");
    category("state", "1");
    writer.open("state")
        .attribute("xmlns", "http://schemas.microsoft.com/2006/09/sip/state")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("xsi:type", "aggregateState")
        .attribute("lastActive", time)
        .element("availability", std::to_string(state.availability));
    if (const std::string_view token = token_of(state.availability); !token.empty()) {
        writer.open("activity").attribute("token", token).close("activity");
    }
    writer.close("state").close("category");
    if (state.note.empty()) {
        writer.open("category").attribute("name", "note").close("category");
    } else {
        category("note", "0");
        writer.open("note")
            .attribute("xmlns", "http://schemas.microsoft.com/2006/09/sip/note")
            .open("body")
            .attribute("type", "personal")
            .attribute("uri", "")
            .text(state.note)
            .close("body")
            .close("note")
            .close("category");
    }
    writer.close("categories");
    return std::string(out.view());
}

}  // namespace isthmus::home
