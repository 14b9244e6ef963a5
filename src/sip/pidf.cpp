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
constexpr std::string_view kShow = "jabber:client";
constexpr std::size_t kMaxTuples = 64;
constexpr std::size_t kMaxNotes = 16;
constexpr std::size_t kMaxActivities = 16;
constexpr xml::Limits kLimits{.max_element_octets = 65536, .max_depth = 24, .max_children = 1024};

// RFC 3863 §4.1.5, erratum 1606: 0 to 1 with up to three decimals; else as if it were absent.
std::optional<int> parse_priority(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return std::nullopt;
    }
    int value = (text[0] - '0') * 1000;
    int weight = 100;
    for (char c : text.substr(std::min<std::size_t>(2, text.size()))) {
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

class Reader {
  public:
    explicit Reader(Arena& arena) : arena_(arena) {}

    void read_presence(const xml::Element& root, Pidf& into) {
        for (const auto* child = root.first_element(); child != nullptr;
             child = child->next_element()) {
            if (child->is("tuple", kPidf)) {
                read_tuple(*child, into);
            } else if (child->is("note", kPidf)) {
                read_note(*child, into.notes);
            } else if (child->is("person", kPerson)) {
                read_activities(*child, into);
            }
        }
    }

  private:
    std::string_view text_of(const xml::Element& element) {
        return text::trim(element.all_text(arena_));
    }

    void read_note(const xml::Element& note, std::vector<PidfNote>& into) {
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
    }

    void read_tuple(const xml::Element& element, Pidf& into) {
        PidfTuple tuple;
        tuple.id = element.attribute("id").value_or(std::string_view());
        const bool is_known = std::ranges::any_of(
            into.tuples, [&](const PidfTuple& one) { return one.id == tuple.id; });
        if (is_known || tuple.id.empty() || into.tuples.size() == kMaxTuples) {
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
        into.tuples.push_back(std::move(tuple));
    }

    void read_activities(const xml::Element& person, Pidf& into) {
        const auto* activities = person.child("activities", kRpid);
        const auto* one = activities == nullptr ? nullptr : activities->first_element();
        for (; one != nullptr && into.activities.size() < kMaxActivities;
             one = one->next_element()) {
            if (one->ns == kRpid && one->name != "unknown" && one->name != "note") {
                into.activities.push_back(one->name);
            }
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

// RFC 3863 §4.1: status, contact, note, timestamp, in this order.
void write_tuple(xml::Writer& writer, const PidfTuple& tuple) {
    writer.open("tuple").attribute("id", tuple.id).open("status");
    if (tuple.basic == PidfBasic::Open || tuple.basic == PidfBasic::Closed) {
        writer.element("basic", tuple.basic == PidfBasic::Open ? "open" : "closed");
    }
    if (!tuple.show.empty()) {
        writer.open("show").attribute("xmlns", kShow).text(tuple.show).close("show");
    }
    writer.close("status");
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
        return make_error(ErrorKind::Syntax, "malformed presence document");
    }
    Pidf pidf;
    pidf.entity = text::trim((*root)->attribute("entity").value_or(std::string_view()));
    if (!(*root)->is("presence", kPidf) || pidf.entity.empty()) {
        return make_error(ErrorKind::Syntax, "not a presence document");
    }
    Reader(arena).read_presence(**root, pidf);
    return pidf;
}

void write_pidf(const Pidf& pidf, Buffer& to) {
    to.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml::Writer writer(to);
    writer.open("presence").attribute("xmlns", kPidf);
    if (!pidf.activities.empty()) {
        writer.attribute("xmlns:dm", kPerson).attribute("xmlns:rpid", kRpid);
    }
    writer.attribute("entity", pidf.entity);
    for (const PidfTuple& tuple : pidf.tuples) {
        write_tuple(writer, tuple);
    }
    for (const PidfNote& note : pidf.notes) {
        write_note(writer, "note", note);
    }
    if (!pidf.activities.empty()) {
        writer.open("dm:person").attribute("id", "person").open("rpid:activities");
        for (std::string_view activity : pidf.activities) {
            // Names of ours, never text from elsewhere.
            const std::string name = fmt::format("rpid:{}", activity);
            writer.open(name).close(name);
        }
        writer.close("rpid:activities").close("dm:person");
    }
    writer.close("presence");
}

}  // namespace isthmus::sip
