#include "sip/pidf.h"

#include "base/text.h"
#include "xml/parser.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace isthmus::sip {

namespace {

constexpr std::string_view kPidf = "urn:ietf:params:xml:ns:pidf";
constexpr std::string_view kImExtension = "urn:ietf:params:xml:ns:pidf:im";
constexpr std::string_view kPerson = "urn:ietf:params:xml:ns:pidf:data-model";
constexpr std::string_view kRpid = "urn:ietf:params:xml:ns:pidf:rpid";
/// The draft before RPID, which older Microsoft servers and SIPE still speak.
constexpr std::string_view kRpidStatus = "urn:ietf:params:xml:ns:pidf:status:rpid-status";
constexpr std::string_view kCipid = "urn:ietf:params:xml:ns:pidf:cipid";
constexpr std::string_view kShow = "jabber:client";
constexpr std::size_t kMaxTuples = 64;
constexpr std::size_t kMaxNotes = 16;
constexpr std::size_t kMaxActivities = 16;
constexpr std::size_t kMaxActivity = 64;
constexpr xml::Limits kLimits{.max_element_octets = 65536, .max_depth = 24, .max_children = 1024};

// RFC 3863 §4.1.5, erratum 1606: 0 to 1 with up to three decimals; else as if it were absent.
std::optional<int> parse_priority(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return std::nullopt;
    }
    int value = (text[0] - '0') * 1000;
    int weight = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!text::is_digit(c)) {
            return std::nullopt;
        }
        value += (c - '0') * weight;
        weight /= 10;
    }
    return value > 1000 ? std::nullopt : std::optional(value);
}

PidfBasic parse_basic(std::string_view text) {
    if (text::iequals(text, "open")) {
        return PidfBasic::Open;
    }
    return text::iequals(text, "closed") ? PidfBasic::Closed : PidfBasic::Other;
}

class PidfReader {
  public:
    explicit PidfReader(Arena& arena) : arena_(arena) {}

    /// False: more than we take.
    bool read_presence(const xml::Element& root, Pidf& into) {
        std::size_t tuples = 0;
        for (const auto* child = root.first_element(); child != nullptr;
             child = child->next_element()) {
            if (child->is("tuple", kPidf)) {
                if (++tuples > kMaxTuples) {
                    return false;
                }
                read_tuple(*child, into);
            } else if (child->is("note", kPidf)) {
                read_note(*child, into.notes);
            } else if (child->is("person", kPerson)) {
                read_activities(*child, into.activities);
                read_input(*child, into.input);
                if (const auto* name = child->child("display-name", kCipid)) {
                    into.display_name = text_of(*name);
                }
            }
        }
        return true;
    }

  private:
    std::string_view text_of(const xml::Element& element) {
        return text::trim(element.all_text(arena_));
    }

    void read_note(const xml::Element& note, PidfNotes& into) {
        const std::string_view text = text_of(note);
        if (!text.empty() && into.size() < kMaxNotes) {
            into.push_back({note.lang().value_or(std::string_view()), text});
        }
    }

    void read_status(const xml::Element& status, PidfTuple& tuple) {
        if (const auto* basic = status.child("basic", kPidf)) {
            tuple.basic = parse_basic(text_of(*basic));
        }
        if (const auto* show = status.child("show", kShow)) {
            tuple.show = text_of(*show);
        }
        if (const auto* im = status.child("im", kImExtension)) {
            tuple.im = text_of(*im);
        }
        read_activities(status, tuple.activities);
    }

    void read_tuple(const xml::Element& element, Pidf& into) {
        PidfTuple tuple;
        tuple.id = element.attribute("id").value_or(std::string_view());
        const bool is_known = std::ranges::any_of(
            into.tuples, [&](const PidfTuple& one) { return one.id == tuple.id; });
        if (is_known || tuple.id.empty()) {
            return;
        }
        for (const auto* child = element.first_element(); child != nullptr;
             child = child->next_element()) {
            if (child->is("status", kPidf)) {
                read_status(*child, tuple);
            } else if (child->is("contact", kPidf)) {
                tuple.contact = text_of(*child);
                tuple.priority =
                    parse_priority(child->attribute("priority").value_or(std::string_view()));
            } else if (child->is("note", kPidf)) {
                read_note(*child, tuple.notes);
            } else if (child->is("timestamp", kPidf)) {
                tuple.timestamp = text_of(*child);
            }
        }
        read_input(element, tuple.input);
        into.tuples.push_back(std::move(tuple));
    }

    void add_activity(std::string_view name, PidfActivities& into) {
        if (!name.empty() && name.size() <= kMaxActivity && name != "unknown" &&
            into.size() < kMaxActivities) {
            into.push_back(name);
        }
    }

    void read_activities(const xml::Element& holder, PidfActivities& into) {
        if (const auto* activities = holder.child("activities", kRpid)) {
            for (const auto* one = activities->first_element(); one != nullptr;
                 one = one->next_element()) {
                if (one->ns == kRpid && one->name != "note") {
                    add_activity(one->name == "other" ? text_of(*one) : one->name, into);
                }
            }
        }
        // COMPAT(Office Communications Server 2007, 2026-11-22): <activity>busy</activity>
        if (const auto* activities = holder.child("activities", kRpidStatus)) {
            for (const auto* one = activities->first_element(); one != nullptr;
                 one = one->next_element()) {
                if (one->is("activity", kRpidStatus)) {
                    add_activity(text_of(*one), into);
                }
            }
        }
    }

    void read_input(const xml::Element& holder, PidfInput& into) {
        if (const auto* input = holder.child("user-input", kRpid)) {
            into.is_idle = text_of(*input) == "idle";
            into.last_input = input->attribute("last-input").value_or(std::string_view());
        }
    }

    Arena& arena_;
};

void write_note(xml::Writer& writer, std::string_view name, const PidfNote& note) {
    writer.open(name).optional_attribute("xml:lang", note.lang).text(note.text).close(name);
}

// RFC 3863 §4.1.5: as short as the value allows.
void write_contact(xml::Writer& writer, const PidfTuple& tuple) {
    writer.open("contact");
    if (tuple.priority) {
        std::array<char, 8> digits{};
        const char* end = fmt::format_to(
            digits.data(), "{}.{:03}", *tuple.priority / 1000, *tuple.priority % 1000);
        while (end[-1] == '0') {
            --end;
        }
        end -= end[-1] == '.' ? 1 : 0;
        writer.attribute("priority",
                         {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    writer.text(tuple.contact).close("contact");
}

void write_input(xml::Writer& writer, const PidfInput& input) {
    if (input.is_idle) {
        writer.open("rpid:user-input").optional_attribute("last-input", input.last_input);
        writer.text("idle").close("rpid:user-input");
    }
}

// RFC 3863 §4.1: status, extensions, contact, note, timestamp, in this order.
void write_tuple(xml::Writer& writer, const PidfTuple& tuple) {
    writer.open("tuple").attribute("id", tuple.id).open("status");
    if (tuple.basic == PidfBasic::Open || tuple.basic == PidfBasic::Closed) {
        writer.element("basic", tuple.basic == PidfBasic::Open ? "open" : "closed");
    }
    if (!tuple.show.empty()) {
        writer.open("show").attribute("xmlns", kShow).text(tuple.show).close("show");
    }
    if (!tuple.activities.empty()) {
        // COMPAT(pidgin-sipe 1.25, 2026-11-22): it looks for them in the status, in this form.
        writer.open("ep:activities");
        for (const std::string_view activity : tuple.activities) {
            writer.element("ep:activity", activity);
        }
        writer.close("ep:activities");
    }
    writer.close("status");
    write_input(writer, tuple.input);
    if (!tuple.contact.empty()) {
        write_contact(writer, tuple);
    }
    for (const PidfNote& note : tuple.notes) {
        write_note(writer, "note", note);
    }
    if (!tuple.timestamp.empty()) {
        writer.element("timestamp", tuple.timestamp);
    }
    writer.close("tuple");
}

}  // namespace

Result<Pidf> parse_pidf(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLimits);
    if (!root) {
        return make_error(root.error().kind, "malformed presence document");
    }
    Pidf pidf;
    pidf.entity = text::trim((*root)->attribute("entity").value_or(std::string_view()));
    if (!(*root)->is("presence", kPidf) || pidf.entity.empty()) {
        return make_error(ErrorKind::Syntax, "not a presence document");
    }
    if (!PidfReader(arena).read_presence(**root, pidf)) {
        return make_error(ErrorKind::TooLong, "too many tuples");
    }
    return pidf;
}

void write_pidf(const Pidf& pidf, Buffer& to) {
    to.append(R"(<?xml version="1.0" encoding="UTF-8"?>)");
    xml::Writer writer(to);
    writer.open("presence").attribute("xmlns", kPidf);
    const bool is_in_state = !pidf.activities.empty() || pidf.input.is_idle;
    const bool has_person = is_in_state || !pidf.display_name.empty();
    if (has_person) {
        writer.attribute("xmlns:dm", kPerson);
    }
    if (is_in_state ||
        std::ranges::any_of(pidf.tuples, [](const auto& one) { return one.input.is_idle; })) {
        writer.attribute("xmlns:rpid", kRpid);
    }
    if (std::ranges::any_of(pidf.tuples, [](const auto& one) { return !one.activities.empty(); })) {
        writer.attribute("xmlns:ep", kRpidStatus);
    }
    writer.attribute("entity", pidf.entity);
    for (const PidfTuple& tuple : pidf.tuples) {
        write_tuple(writer, tuple);
    }
    for (const PidfNote& note : pidf.notes) {
        write_note(writer, "note", note);
    }
    if (has_person) {
        writer.open("dm:person").attribute("id", "person");
        if (!pidf.activities.empty()) {
            writer.open("rpid:activities");
            for (const std::string_view activity : pidf.activities) {
                const std::string name = fmt::format("rpid:{}", activity);
                writer.open(name).close(name);
            }
            writer.close("rpid:activities");
        }
        write_input(writer, pidf.input);
        if (!pidf.display_name.empty()) {
            writer.open("display-name").attribute("xmlns", kCipid);
            writer.text(pidf.display_name).close("display-name");
        }
        writer.close("dm:person");
    }
    writer.close("presence");
}

}  // namespace isthmus::sip
