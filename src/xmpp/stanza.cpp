#include "xmpp/stanza.h"

#include "base/text.h"
#include "xmpp/namespaces.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kIdle = "urn:xmpp:idle:1";
constexpr std::string_view kCorrection = "urn:xmpp:message-correct:0";
constexpr std::string_view kDelay = "urn:xmpp:delay";
constexpr std::string_view kHops = "urn:isthmus:hops:0";

// Each in the order of its enumeration; None has no name.
constexpr std::array<std::string_view, 3> kKinds{"message", "presence", "iq"};
constexpr std::array<std::string_view, 5> kMessageTypes{
    "normal", "chat", "groupchat", "headline", "error"};
constexpr std::array<std::string_view, 6> kChatStateNames{
    "", "active", "composing", "paused", "inactive", "gone"};
constexpr std::array<std::string_view, 4> kMarkerNames{"", "received", "displayed", "acknowledged"};
constexpr std::array<std::string_view, 8> kPresenceTypes{
    "", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error"};

template <class Enum, std::size_t size>
std::string_view name_in(const std::array<std::string_view, size>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

template <class Enum, std::size_t size>
std::optional<Enum> value_in(const std::array<std::string_view, size>& names,
                             std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end() || name.empty()) {
        return std::nullopt;
    }
    return static_cast<Enum>(found - names.begin());
}

// --- reading ----------------------------------------------------------------------------------

std::string_view attribute(const xml::Element& element, std::string_view name) {
    return element.attribute(name).value_or(std::string_view());
}

LangText lang_text(const xml::Element& element, Arena& arena) {
    return {element.lang().value_or(std::string_view()), element.all_text(arena)};
}

/// A child in the namespace of the stanza itself.
void read_core(const xml::Element& child, Arena& arena, Message& into) {
    if (child.name == "body") {
        into.bodies.push_back(lang_text(child, arena));
    } else if (child.name == "subject") {
        into.subjects.push_back(lang_text(child, arena));
    } else if (child.name == "thread" && into.thread.empty()) {
        into.thread = child.all_text(arena);
        into.parent_thread = attribute(child, "parent");
    } else if (child.name == "error" && into.type == MessageType::Error && !into.error) {
        into.error = StanzaError::from_xml(child, arena);
    }
}

void read_chat_state(const xml::Element& child, Message& into) {
    const auto state = value_in<ChatState>(kChatStateNames, child.name);
    if (!state) {
        return;
    }
    into.has_several_chat_states = into.chat_state != ChatState::None;
    if (!into.has_several_chat_states) {
        into.chat_state = *state;
    }
}

void read_receipt(const xml::Element& child, Message& into) {
    if (child.name == "request") {
        into.wants_receipt = true;
    } else if (child.name == "received") {
        into.receipt_for = attribute(child, "id");
    }
}

void read_marker(const xml::Element& child, Message& into) {
    if (child.name == "markable") {
        into.is_markable = true;
    } else if (const auto marker = value_in<Marker>(kMarkerNames, child.name)) {
        into.marker = *marker;
        into.marker_for = attribute(child, "id");
    }
}

int read_hops(const xml::Element& child) {
    const auto count = text::to_number(attribute(child, "count"));
    return count && *count < static_cast<std::uint64_t>(kMaxHops) ? static_cast<int>(*count)
                                                                  : kMaxHops;
}

void read_extension(const xml::Element& child, Message& into) {
    if (child.ns == kChatStates) {
        read_chat_state(child, into);
    } else if (child.ns == kReceipts) {
        read_receipt(child, into);
    } else if (child.ns == kMarkers) {
        read_marker(child, into);
    } else if (child.is("replace", kCorrection)) {
        into.replaces = attribute(child, "id");
    } else if (child.is("delay", kDelay) && into.delay_stamp.empty()) {
        into.delay_stamp = attribute(child, "stamp");
        into.delay_from = attribute(child, "from");
    } else if (child.is("hops", kHops)) {
        into.hops = std::max(into.hops, read_hops(child));
    }
}

void clear(Message& message) {
    Message fresh;
    fresh.from = message.from;
    fresh.to = message.to;
    message.bodies.clear();
    message.subjects.clear();
    fresh.bodies.swap(message.bodies);
    fresh.subjects.swap(message.subjects);
    message = std::move(fresh);
}

/// RFC 6121 §4.7.2.3: an xs:byte.
std::optional<int> to_priority(std::string_view text) {
    text = text::trim(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) {
            return std::nullopt;
        }
    }
    int value = 0;
    const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || at != text.data() + text.size() || value < -128 || value > 127) {
        return std::nullopt;
    }
    return value;
}

bool is_show(std::string_view show) {
    return show == "away" || show == "chat" || show == "dnd" || show == "xa";
}

// --- writing ----------------------------------------------------------------------------------

void write_texts(xml::Writer& to, std::string_view name, std::span<const LangText> texts) {
    for (const LangText& text : texts) {
        to.open(name).optional_attribute("xml:lang", text.lang).text(text.text).close(name);
    }
}

void write_delay(xml::Writer& to, std::string_view stamp, std::string_view from) {
    if (!stamp.empty()) {
        to.open("delay").attribute("xmlns", kDelay).optional_attribute("from", from);
        to.attribute("stamp", stamp).close("delay");
    }
}

/// `<name xmlns='ns' id='id'/>`
void write_with_id(xml::Writer& to,
                   std::string_view name,
                   std::string_view ns,
                   std::string_view id) {
    to.open(name).attribute("xmlns", ns).attribute("id", id).close(name);
}

void write_extensions(xml::Writer& to, const Message& message) {
    if (message.chat_state != ChatState::None) {
        to.empty(name_in(kChatStateNames, message.chat_state), kChatStates);
    }
    if (message.wants_receipt) {
        to.empty("request", kReceipts);
    }
    if (!message.receipt_for.empty()) {
        write_with_id(to, "received", kReceipts, message.receipt_for);
    }
    if (message.is_markable) {
        to.empty("markable", kMarkers);
    }
    if (message.marker != Marker::None) {
        write_with_id(to, name_in(kMarkerNames, message.marker), kMarkers, message.marker_for);
    }
    if (!message.replaces.empty()) {
        write_with_id(to, "replace", kCorrection, message.replaces);
    }
    write_delay(to, message.delay_stamp, message.delay_from);
    if (message.hops > 0) {
        std::array<char, 16> digits{};
        const auto [end, fault] =
            std::to_chars(digits.data(), digits.data() + digits.size(), message.hops);
        to.open("hops").attribute("xmlns", kHops);
        to.attribute("count", {digits.data(), static_cast<std::size_t>(end - digits.data())});
        to.close("hops");
    }
}

}  // namespace

std::string_view kind_name(Kind kind) {
    return name_in(kKinds, kind);
}

std::string_view message_type_name(MessageType type) {
    return name_in(kMessageTypes, type);
}

void write_jid(xml::Writer& to, std::string_view name, const Jid& jid) {
    if (!jid.domain.empty()) {
        to.attribute(name,
                     {jid.local,
                      jid.local.empty() ? "" : "@",
                      jid.domain,
                      jid.resource.empty() ? "" : "/",
                      jid.resource});
    }
}

void Message::read(const xml::Element& element, Arena& arena, Message& into) {
    clear(into);
    into.element = &element;
    into.id = attribute(element, "id");
    into.lang = element.lang().value_or(std::string_view());
    if (const auto type = element.attribute("type")) {
        // RFC 6121 §5.2.2: a type that is not understood is "normal".
        into.type_is_given = true;
        into.type = value_in<MessageType>(kMessageTypes, *type).value_or(MessageType::Normal);
    }
    for (const xml::Element* i = element.first_element(); i != nullptr; i = i->next_element()) {
        if (i->ns == element.ns) {
            read_core(*i, arena, into);
        } else {
            read_extension(*i, into);
        }
    }
}

void Message::write(Buffer& out) const {
    xml::Writer writer(out);
    writer.open("message");
    write_jid(writer, "from", from);
    write_jid(writer, "to", to);
    writer.optional_attribute("id", id);
    if (type_is_given || type != MessageType::Normal) {
        writer.attribute("type", message_type_name(type));
    }
    writer.optional_attribute("xml:lang", lang);
    write_texts(writer, "subject", subjects);
    write_texts(writer, "body", bodies);
    if (!thread.empty()) {
        writer.open("thread").optional_attribute("parent", parent_thread);
        writer.text(thread).close("thread");
    }
    write_extensions(writer, *this);
    if (error) {
        error->write(writer);
    }
    writer.close("message");
}

Result<Presence> Presence::read(const xml::Element& element, Arena& arena) {
    Presence presence;
    presence.element = &element;
    presence.id = attribute(element, "id");
    presence.lang = element.lang().value_or(std::string_view());
    if (const auto given = element.attribute("type")) {
        const auto known = value_in<PresenceType>(kPresenceTypes, *given);
        if (!known) {
            return make_error(ErrorKind::Syntax, "unknown presence type");
        }
        presence.type = *known;
    }
    for (const xml::Element* i = element.first_element(); i != nullptr; i = i->next_element()) {
        if (i->is("delay", kDelay) && presence.delay_stamp.empty()) {
            presence.delay_stamp = attribute(*i, "stamp");
        } else if (i->is("idle", kIdle) && presence.idle_since.empty()) {
            presence.idle_since = attribute(*i, "since");
        }
        if (i->ns != element.ns) {
            continue;
        }
        if (i->name == "show" && presence.show.empty()) {
            const std::string_view show = text::trim(i->all_text(arena));
            presence.show = is_show(show) ? show : std::string_view();
        } else if (i->name == "status") {
            presence.statuses.push_back(lang_text(*i, arena));
        } else if (i->name == "priority" && !presence.has_priority) {
            const auto priority = to_priority(i->all_text(arena));
            presence.has_priority = priority.has_value();
            presence.priority = priority.value_or(0);
        } else if (i->name == "error" && presence.type == PresenceType::Error && !presence.error) {
            presence.error = StanzaError::from_xml(*i, arena);
        }
    }
    return presence;
}

void Presence::write(Buffer& out) const {
    xml::Writer writer(out);
    writer.open("presence");
    write_jid(writer, "from", from);
    write_jid(writer, "to", to);
    writer.optional_attribute("id", id);
    writer.optional_attribute("type", name_in(kPresenceTypes, type));
    writer.optional_attribute("xml:lang", lang);
    if (!show.empty()) {
        writer.element("show", show);
    }
    write_texts(writer, "status", statuses);
    if (has_priority) {
        std::array<char, 16> digits{};
        const auto [end, fault] =
            std::to_chars(digits.data(), digits.data() + digits.size(), priority);
        writer.element("priority", {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    write_delay(writer, delay_stamp, {});
    if (!idle_since.empty()) {
        writer.open("idle").attribute("xmlns", kIdle).attribute("since", idle_since).close("idle");
    }
    if (error) {
        error->write(writer);
    }
    writer.close("presence");
}

void write_error_reply(Buffer& to,
                       Kind kind,
                       const Jid& from,
                       const Jid& back_to,
                       std::string_view id,
                       const StanzaError& error) {
    xml::Writer writer(to);
    writer.open(kind_name(kind));
    write_jid(writer, "from", from);
    write_jid(writer, "to", back_to);
    writer.optional_attribute("id", id).attribute("type", "error");
    error.write(writer);
    writer.close(kind_name(kind));
}

}  // namespace isthmus::xmpp
