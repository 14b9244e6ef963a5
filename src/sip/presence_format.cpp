#include "sip/presence_format.h"

#include "base/text.h"
#include "sip/lync_presence.h"

#include <array>

namespace isthmus::sip {

namespace {

constexpr std::array<std::string_view, 3> kTypes{
    kPresenceDocument, "application/msrtc-event-categories+xml", "text/xml+msrtc.pidf"};

/// What of kTypes the Accept fields name, by index.
struct Accepted {
    std::array<bool, 3> formats{};
    bool is_asked = false;

    bool takes(PresenceFormat format) const { return formats[static_cast<std::size_t>(format)]; }
};

Accepted accepted_by(const Request& request) {
    Accepted accepted;
    for (const HeaderField& field : request.headers) {
        if (field.id != HeaderId::Accept) {
            continue;
        }
        accepted.is_asked = true;
        std::string_view left = field.value;
        while (!left.empty()) {
            const std::size_t comma = left.find(',');
            const std::string_view range = left.substr(0, comma);
            const std::string_view type = text::trim(range.substr(0, range.find(';')));
            for (std::size_t i = 0; i < kTypes.size(); ++i) {
                accepted.formats[i] = accepted.formats[i] || text::iequals(type, kTypes[i]);
            }
            // Who takes anything is given the standard's.
            accepted.formats[0] =
                accepted.formats[0] || type == "*/*" || text::iequals(type, "application/*");
            left.remove_prefix(comma == std::string_view::npos ? left.size() : comma + 1);
        }
    }
    return accepted;
}

}  // namespace

std::string_view content_type_of(PresenceFormat format) {
    return kTypes[static_cast<std::size_t>(format)];
}

std::optional<PresenceFormat> choose_format(const Request& request, PresencePreference wanted) {
    using enum PresenceFormat;
    const Accepted accepted = accepted_by(request);
    if (!accepted.is_asked) {
        return Pidf;
    }
    // [MS-PRES] §1.3.3: in this order.
    std::array<PresenceFormat, 3> order{Categories, Msrtc, Pidf};
    switch (wanted) {
        case PresencePreference::Auto:
        case PresencePreference::Categories:
            break;
        case PresencePreference::Pidf:
            order = {Pidf, Categories, Msrtc};
            break;
        case PresencePreference::Msrtc:
            order = {Msrtc, Categories, Pidf};
            break;
    }
    for (const PresenceFormat format : order) {
        if (accepted.takes(format)) {
            return format;
        }
    }
    return std::nullopt;
}

Result<Pidf> read_presence(std::string_view content_type, std::string_view document, Arena& arena) {
    const std::string_view type = text::trim(content_type.substr(0, content_type.find(';')));
    if (text::iequals(type, kTypes[0])) {
        return parse_pidf(document, arena);
    }
    if (text::iequals(type, kTypes[1])) {
        return parse_categories(document, arena);
    }
    if (text::iequals(type, kTypes[2])) {
        return parse_msrtc(document, arena);
    }
    return make_error(ErrorKind::Unsupported, "no presence document that we read");
}

void write_presence(const Pidf& pidf, PresenceFormat format, Buffer& to) {
    switch (format) {
        case PresenceFormat::Pidf:
            return write_pidf(pidf, to);
        case PresenceFormat::Categories:
            return write_categories(pidf, to);
        case PresenceFormat::Msrtc:
            return write_msrtc(pidf, to);
    }
}

}  // namespace isthmus::sip
