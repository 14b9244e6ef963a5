#include "translate/notices.h"

#include "base/buffer.h"
#include "base/text.h"
#include "xml/parser.h"
#include "xml/writer.h"

#include <algorithm>
#include <array>

namespace isthmus::translate {

namespace {

constexpr std::string_view kImdnXml = "urn:ietf:params:xml:ns:imdn";
constexpr std::string_view kTyping = "urn:ietf:params:xml:ns:im-iscomposing";
constexpr xml::Limits kLimits{.max_element_octets = 16384, .max_depth = 8, .max_children = 64};
constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";

/// They say it again every 3 to 5 s.
constexpr int kKeyboardLapses = 10;

// In the order of ImdnStatus.
constexpr std::array<std::string_view, 5> kImdnStatuses{
    "delivered", "failed", "forbidden", "displayed", "error"};

Error malformed(std::string_view what) {
    return make_error(ErrorKind::Syntax, std::string(what));
}

std::optional<ImdnStatus> read_status(const xml::Element& imdn) {
    const xml::Element* notification = imdn.child("delivery-notification", kImdnXml);
    if (notification == nullptr) {
        notification = imdn.child("display-notification", kImdnXml);
    }
    const xml::Element* status =
        notification == nullptr ? nullptr : notification->child("status", kImdnXml);
    const xml::Element* value = status == nullptr ? nullptr : status->first_element();
    if (value == nullptr || value->ns != kImdnXml) {
        return std::nullopt;
    }
    const auto* found = std::ranges::find(kImdnStatuses, value->name);
    return found == kImdnStatuses.end()
               ? std::nullopt
               : std::optional(static_cast<ImdnStatus>(found - kImdnStatuses.begin()));
}

}  // namespace

Result<std::optional<ImdnNotice>> read_imdn(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLimits);
    if (!root || !(*root)->is("imdn", kImdnXml)) {
        return malformed("malformed IMDN");
    }
    const xml::Element* id = (*root)->child("message-id", kImdnXml);
    if (id == nullptr) {
        return malformed("IMDN without message-id");
    }
    const auto status = read_status(**root);
    if (!status) {
        return std::optional<ImdnNotice>();
    }
    return std::optional<ImdnNotice>({text::trim(id->all_text(arena)), *status});
}

Result<std::optional<ImdnNotice>> read_ms_imdn(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLimits);
    const xml::Element* id =
        root && (*root)->name == "imdn" ? (*root)->child("message-id", (*root)->ns) : nullptr;
    if (id == nullptr) {
        return malformed("malformed IMDN");
    }
    const xml::Element* recipient = (*root)->child("recipient", (*root)->ns);
    const xml::Element* status =
        recipient == nullptr ? nullptr : recipient->child("status", (*root)->ns);
    const std::size_t code =
        status == nullptr ? 0 : text::to_number(text::trim(status->all_text(arena))).value_or(0);
    const std::string_view about = text::trim(id->all_text(arena));
    if (code < 200 || about.empty()) {
        return std::optional<ImdnNotice>();
    }
    return std::optional<ImdnNotice>(
        {about, code < 300 ? ImdnStatus::Delivered : ImdnStatus::Failed});
}

std::string_view write_imdn(const ImdnRequest& asked,
                            ImdnStatus status,
                            std::string_view recipient_uri,
                            Arena& arena) {
    const std::string_view notification =
        status == ImdnStatus::Displayed ? "display-notification" : "delivery-notification";
    Buffer out;
    out.append(kDeclaration);
    xml::Writer writer(out);
    writer.open("imdn").attribute("xmlns", kImdnXml);
    writer.element("message-id", asked.message_id);
    // RFC 5438 §7.2.1.1: the time of the message, not of the notice.
    writer.element("datetime", asked.datetime);
    writer.element("recipient-uri", recipient_uri);
    writer.open(notification).open("status");
    writer.open(kImdnStatuses[static_cast<std::size_t>(status)]);
    writer.close(kImdnStatuses[static_cast<std::size_t>(status)]);
    writer.close("status").close(notification).close("imdn");
    return arena.copy(out.view());
}

Result<Typing> read_typing(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLimits);
    const xml::Element* state =
        root && (*root)->is("isComposing", kTyping) ? (*root)->child("state", kTyping) : nullptr;
    if (state == nullptr) {
        return malformed("malformed typing notice");
    }
    Typing typing;
    // RFC 3994 §3.5: an unknown state is idle.
    typing.is_active = text::trim(state->all_text(arena)) == "active";
    if (const xml::Element* refresh = (*root)->child("refresh", kTyping)) {
        const auto seconds = text::to_number(text::trim(refresh->all_text(arena)));
        if (seconds && *seconds > 0) {
            typing.lapses_in = static_cast<int>(std::min<std::uint64_t>(*seconds, 600));
        }
    }
    return typing;
}

Result<Typing> read_keyboard_activity(std::string_view document, Arena& arena) {
    const auto root = xml::parse_document(document, arena, kLimits);
    const xml::Element* status = root && (*root)->name == "KeyboardActivity"
                                     ? (*root)->child("status", (*root)->ns)
                                     : nullptr;
    if (status == nullptr) {
        return malformed("malformed KeyboardActivity");
    }
    return Typing{.is_active = status->attribute("status").value_or("") == "type",
                  .lapses_in = kKeyboardLapses};
}

std::string_view write_keyboard_activity(bool is_active) {
    return is_active ? "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"type\"/>"
                       "</KeyboardActivity>"
                     : "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"idle\"/>"
                       "</KeyboardActivity>";
}

std::string_view write_typing(bool is_active) {
    constexpr std::string_view kActive =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
        "<contenttype>text/plain</contenttype><refresh>120</refresh></isComposing>";
    constexpr std::string_view kIdle =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>idle</state>"
        "<contenttype>text/plain</contenttype></isComposing>";
    return is_active ? kActive : kIdle;
}

}  // namespace isthmus::translate
