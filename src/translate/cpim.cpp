#include "translate/cpim.h"

#include "base/text.h"
#include "translate/charset.h"
#include "translate/escape.h"
#include "translate/join.h"

#include <array>
#include <cstdint>
#include <optional>

namespace isthmus::translate {

namespace {

constexpr std::string_view kImdn = "urn:ietf:params:imdn";
constexpr std::string_view kCore = "urn:ietf:params:cpim-headers:";
constexpr std::size_t kMaxNamespaces = 8;
constexpr std::size_t kMaxSubjects = 16;
constexpr std::size_t kMaxMessageId = 256;

struct Header {
    std::string_view prefix;  ///< of the name; empty: the default namespace
    std::string_view name;
    std::string_view params;  ///< with the leading ';'
    std::string_view value;
};

// RFC 3862 §2.2: Header-name ":" *( ";" Parameter ) SP Header-value. Real senders leave the blank
// out or write more of them.
std::optional<Header> read_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view full = line.substr(0, colon);
    if (colon == std::string_view::npos || full.empty() || !all_in(full, kToken)) {
        return std::nullopt;
    }
    Header header;
    const std::size_t dot = full.find('.');
    header.prefix = dot == std::string_view::npos ? std::string_view() : full.substr(0, dot);
    header.name = dot == std::string_view::npos ? full : full.substr(dot + 1);
    std::string_view rest = line.substr(colon + 1);
    if (rest.starts_with(';')) {
        header.params = rest.substr(0, rest.find(' '));
        rest.remove_prefix(header.params.size());
    }
    header.value = text::trim(rest);
    return header;
}

/// Prefixes that NS headers have bound.
class Namespaces {
  public:
    // NS: prefix <uri>, or NS: <uri> for the default.
    bool bind(std::string_view value) {
        const std::size_t open = value.find('<');
        const std::size_t close = value.find('>', open);
        if (close == std::string_view::npos || size_ == bound_.size()) {
            return false;
        }
        bound_[size_++] = {text::trim(value.substr(0, open)),
                           value.substr(open + 1, close - open - 1)};
        return true;
    }

    std::string_view of(std::string_view prefix) const {
        for (std::size_t i = size_; i-- > 0;) {
            if (bound_[i].prefix == prefix) {
                return bound_[i].uri;
            }
        }
        // RFC 5438 §6.1 shows the prefix bound; some senders rely on it unbound.
        return prefix == "imdn" ? kImdn : prefix.empty() ? kCore : std::string_view();
    }

  private:
    struct Binding {
        std::string_view prefix;
        std::string_view uri;
    };

    std::array<Binding, kMaxNamespaces> bound_{};
    std::size_t size_ = 0;
};

/// Calls `visit` for each element of a comma-separated list.
template <class Visit>
void for_each_item(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        visit(text::trim(list.substr(0, comma)));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
}

// RFC 3862 §4.7: the headers named here have to be understood.
bool is_understood(std::string_view required, const Namespaces& namespaces) {
    const std::size_t dot = required.find('.');
    const bool has_prefix = dot != std::string_view::npos;
    const std::string_view ns =
        namespaces.of(has_prefix ? required.substr(0, dot) : std::string_view());
    const std::string_view name = has_prefix ? required.substr(dot + 1) : required;
    if (ns == kCore) {
        for (const std::string_view known :
             {"From", "To", "cc", "DateTime", "Subject", "NS", "Require"}) {
            if (name == known) {
                return true;
            }
        }
    }
    return ns == kImdn &&
           (name == "Message-ID" || name == "Disposition-Notification" || name == "Original-To");
}

// RFC 3862 §2.3.1: \uXXXXXXXX and friends. A line break is a blank in a subject.
std::string_view unescaped_value(std::string_view value, Arena& arena) {
    if (value.find('\\') == std::string_view::npos) {
        return value;
    }
    std::string out;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\\' || at + 1 == value.size()) {
            out.push_back(value[at]);
            continue;
        }
        const char next = value[++at];
        if (next != 'u' && next != 'U') {
            out.push_back(next == 't' || next == 'n' || next == 'r' || next == 'b' ? ' ' : next);
            continue;
        }
        char32_t c = 0;
        std::size_t digits = 0;
        while (digits < 8 && at + 1 < value.size() && text::hex_value(value[at + 1]) >= 0) {
            c = c * 16 + static_cast<char32_t>(text::hex_value(value[++at]));
            ++digits;
        }
        text::append_utf8(out, c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0xFFFD : c);
    }
    return arena.copy(out);
}

class CpimReader {
  public:
    CpimReader(Arena& arena, Cpim& into) : arena_(arena), into_(into) {}

    /// False: a Require that we do not understand.
    bool read(const Header& header) {
        const std::string_view ns = namespaces_.of(header.prefix);
        if (ns == kCore) {
            return core(header);
        }
        if (ns == kImdn) {
            imdn(header);
        }
        return true;
    }

  private:
    bool core(const Header& header) {
        if (header.name == "NS") {
            return namespaces_.bind(header.value);
        }
        if (header.name == "Subject" && into_.subjects.size() < kMaxSubjects) {
            constexpr std::string_view kLang = ";lang=";
            const bool has_lang = header.params.starts_with(kLang);
            into_.subjects.push_back(
                {has_lang ? header.params.substr(kLang.size()) : std::string_view(),
                 repaired_utf8(unescaped_value(header.value, arena_), arena_)});
        } else if (header.name == "DateTime") {
            into_.imdn.datetime = header.value.substr(0, 64);
        } else if (header.name == "Require") {
            bool is_good = true;
            for_each_item(header.value, [&](std::string_view item) {
                is_good = is_good && is_understood(item, namespaces_);
            });
            return is_good;
        }
        return true;
    }

    void imdn(const Header& header) {
        if (header.name == "Message-ID" && header.value.size() <= kMaxMessageId) {
            into_.imdn.message_id = header.value;
        } else if (header.name == "Disposition-Notification") {
            for_each_item(header.value, [this](std::string_view item) {
                into_.imdn.positive_delivery |= text::iequals(item, "positive-delivery");
                into_.imdn.negative_delivery |= text::iequals(item, "negative-delivery");
                into_.imdn.display |= text::iequals(item, "display");
            });
        }
    }

    Arena& arena_;
    Cpim& into_;
    Namespaces namespaces_;
};

}  // namespace

Result<Cpim> read_cpim(std::string_view body, Arena& arena) {
    Cpim cpim;
    CpimReader reader(arena, cpim);
    for (;;) {
        if (body.empty()) {
            return make_error(ErrorKind::Syntax, "CPIM message without content");
        }
        const std::string_view here = body;
        const std::string_view line = take_line(body);
        if (line.empty()) {
            break;
        }
        const auto header = read_header(line);
        if (!header) {
            return make_error(ErrorKind::Syntax, "malformed CPIM header");
        }
        // RFC 5438 prints its examples without the blank line (erratum 3013), so people send that.
        if (text::istarts_with(line, "content-")) {
            body = here;
            break;
        }
        if (!reader.read(*header)) {
            return make_error(ErrorKind::Unsupported, "CPIM extension not supported");
        }
    }
    const auto content = read_entity(body);
    if (!content || content->content_type.empty()) {
        return make_error(ErrorKind::Syntax, "malformed content of a CPIM message");
    }
    cpim.content = *content;
    return cpim;
}

std::string_view write_cpim(const CpimFrame& frame, Arena& arena) {
    const auto line = [](std::string_view name, std::string_view value) {
        return value.empty() ? std::string_view() : name;
    };
    const auto end = [](std::string_view value) {
        return value.empty() ? std::string_view() : std::string_view("\r\n");
    };
    return join(arena,
                {"From: <",
                 frame.from,
                 ">\r\nTo: <",
                 frame.to,
                 ">\r\n",
                 line("DateTime: ", frame.datetime),
                 frame.datetime,
                 end(frame.datetime),
                 "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ",
                 frame.message_id,
                 "\r\n",
                 line("imdn.Disposition-Notification: ", frame.disposition_notification),
                 frame.disposition_notification,
                 end(frame.disposition_notification),
                 "\r\n",
                 frame.content_headers,
                 "\r\n",
                 frame.body});
}

}  // namespace isthmus::translate
