#include "gateway/redaction.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace isthmus::gateway {

namespace {

/// Elements, of stanzas and of the documents that SIP carries, whose text is no prose.
constexpr std::string_view kPlain[] = {"thread",
                                       "show",
                                       "priority",
                                       "basic",
                                       "contact",
                                       "timestamp",
                                       "state",
                                       "lastactive",
                                       "refresh",
                                       "contenttype",
                                       "message-id",
                                       "datetime",
                                       "recipient-uri",
                                       "original-recipient-uri"};

constexpr std::string_view kDocuments[] = {
    "application/pidf+xml", "application/im-iscomposing+xml", "message/imdn+xml"};

constexpr std::string_view kCredentials[] = {"authorization", "proxy-authorization"};

/// Copies XML and leaves its texts out.
class TextHider {
  public:
    explicit TextHider(std::string_view xml) : rest_(xml) {}

    std::optional<std::string> run() {
        while (!rest_.empty()) {
            if (rest_.front() != '<') {
                take_text(rest_.substr(0, rest_.find('<')));
            } else if (!take_markup()) {
                return std::nullopt;
            }
        }
        return open_.empty() ? std::optional(std::move(made_)) : std::nullopt;
    }

  private:
    bool take_markup() {
        if (rest_.starts_with("<?")) {
            return keep_until("?>");
        }
        if (rest_.starts_with("<!--")) {
            return drop_until("-->");
        }
        if (rest_.starts_with("<![CDATA[")) {
            const std::size_t end = rest_.find("]]>");
            if (end == std::string_view::npos) {
                return false;
            }
            const std::string_view whole = rest_.substr(0, end + 3);
            made_ += hidden(whole.substr(9, end - 9));
            rest_.remove_prefix(whole.size());
            return true;
        }
        return !rest_.starts_with("<!") && take_tag();
    }

    bool take_tag() {
        char quote = 0;
        std::size_t end = 1;
        for (; end < rest_.size() && (quote != 0 || rest_[end] != '>'); ++end) {
            const char c = rest_[end];
            if (quote == 0 && c == '<') {
                return false;
            }
            if (c == '"' || c == '\'') {
                quote = quote == 0 ? c : quote == c ? '\0' : quote;
            }
        }
        if (end == rest_.size()) {
            return false;
        }
        const std::string_view tag = rest_.substr(0, end + 1);
        rest_.remove_prefix(tag.size());
        made_ += tag;
        const bool is_end = tag.starts_with("</");
        std::string_view name = tag.substr(is_end ? 2 : 1);
        name = name.substr(0, name.find_first_of(" \t\r\n/>"));
        if (is_end) {
            const bool is_good = !open_.empty() && open_.back() == name;
            if (is_good) {
                open_.pop_back();
            }
            return is_good;
        }
        if (!tag.ends_with("/>")) {
            open_.push_back(name);
        }
        return !name.empty();
    }

    void take_text(std::string_view run) {
        rest_.remove_prefix(run.size());
        const bool is_blank = text::trim(run).empty();
        made_ += is_blank || is_plain() ? std::string(run) : hidden_text(run);
    }

    /// An entity is one character.
    static std::string hidden_text(std::string_view run) {
        std::string plain;
        for (std::size_t at = 0; at < run.size(); ++at) {
            const std::size_t end = run[at] == '&' ? run.find(';', at) : std::string_view::npos;
            if (end != std::string_view::npos) {
                at = end;
                plain.push_back('&');
            } else {
                plain.push_back(run[at]);
            }
        }
        return hidden(plain);
    }

    bool is_plain() const {
        if (open_.empty()) {
            return false;
        }
        const std::string_view name = local(open_.back());
        // What a server says about an error is what an administrator looks for.
        return text::is_one_of(name, kPlain) ||
               (name == "text" && open_.size() > 1 && local(open_[open_.size() - 2]) == "error");
    }

    static std::string_view local(std::string_view name) {
        const std::size_t colon = name.find(':');
        return colon == std::string_view::npos ? name : name.substr(colon + 1);
    }

    bool keep_until(std::string_view end) {
        const std::size_t at = rest_.find(end);
        if (at == std::string_view::npos) {
            return false;
        }
        made_ += rest_.substr(0, at + end.size());
        rest_.remove_prefix(at + end.size());
        return true;
    }

    bool drop_until(std::string_view end) {
        const std::size_t at = rest_.find(end);
        rest_.remove_prefix(at == std::string_view::npos ? 0 : at + end.size());
        return at != std::string_view::npos;
    }

    std::string_view rest_;
    std::string made_;
    std::vector<std::string_view> open_;
};

std::string shown_body(std::string_view body, std::string_view content_type) {
    const std::string_view type = text::trim(content_type.substr(0, content_type.find(';')));
    if (text::is_one_of(type, kDocuments)) {
        if (auto made = hide_texts(body)) {
            return *std::move(made);
        }
    }
    return hidden(body);
}

/// One header field with its continuation lines, as far as it may be shown.
void append_field(std::string& to, std::string_view field, bool with_bodies) {
    const std::size_t colon = std::min(field.find(':'), field.size());
    const std::string_view name = text::trim(field.substr(0, colon));
    const std::size_t end = field.find_last_not_of("\r\n");
    const std::string_view line_end = field.substr(end == std::string_view::npos ? 0 : end + 1);
    const bool is_prose = text::iequals(name, "subject") || text::iequals(name, "s");
    if (text::is_one_of(name, kCredentials)) {
        to.append(field.substr(0, colon)).append(": [hidden]").append(line_end);
    } else if (is_prose && !with_bodies) {
        const std::string_view value = text::trim(field.substr(std::min(colon + 1, field.size())));
        to.append(field.substr(0, colon)).append(": ").append(hidden(value)).append(line_end);
    } else {
        to.append(field);
    }
}

}  // namespace

std::string hidden(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    return text::is_utf8(text) ? fmt::format("[{} characters]", text::count_code_points(text))
                               : fmt::format("[{} octets]", text.size());
}

std::optional<std::string> hide_texts(std::string_view xml) {
    return TextHider(xml).run();
}

std::string shown_stanza(std::string_view stanza, bool with_bodies) {
    if (with_bodies) {
        return std::string(stanza);
    }
    auto made = hide_texts(stanza);
    return made ? *std::move(made) : hidden(stanza);
}

std::string shown_sip(std::string_view message, bool with_bodies) {
    std::string made;
    std::string_view content_type;
    while (!message.empty() && message.front() != '\r' && message.front() != '\n') {
        std::size_t end = 0;
        do {  // a line that begins with a blank goes on with the one before
            end = std::min(message.find('\n', end), message.size() - 1) + 1;
        } while (end < message.size() && (message[end] == ' ' || message[end] == '\t'));
        const std::string_view field = message.substr(0, end);
        message.remove_prefix(end);
        const std::size_t colon = field.find(':');
        const std::string_view name = text::trim(field.substr(0, std::min(colon, field.size())));
        if (colon != std::string_view::npos &&
            (text::iequals(name, "content-type") || text::iequals(name, "c"))) {
            content_type = text::trim(field.substr(colon + 1));
        }
        append_field(made, field, with_bodies);
    }
    const std::size_t blank =
        message.starts_with("\r\n") ? 2 : std::min<std::size_t>(message.size(), 1);
    made.append(message.substr(0, blank));
    message.remove_prefix(blank);
    return made += with_bodies ? std::string(message) : shown_body(message, content_type);
}

}  // namespace isthmus::gateway
