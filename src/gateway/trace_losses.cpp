#include "gateway/trace_losses.h"

#include "base/text.h"
#include "translate/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace isthmus::gateway {

namespace {

constexpr std::size_t kMost = 20;  // losses told of one message

/// Header fields that have a counterpart, or that concern one hop only.
constexpr std::string_view kCarried[] = {"via",
                                         "v",
                                         "from",
                                         "f",
                                         "to",
                                         "t",
                                         "call-id",
                                         "i",
                                         "cseq",
                                         "max-forwards",
                                         "route",
                                         "record-route",
                                         "contact",
                                         "m",
                                         "content-type",
                                         "c",
                                         "content-length",
                                         "l",
                                         "content-language",
                                         "content-encoding",
                                         "e",
                                         "date",
                                         "subject",
                                         "s",
                                         "user-agent",
                                         "accept",
                                         "accept-encoding",
                                         "accept-language",
                                         "allow",
                                         "allow-events",
                                         "u",
                                         "supported",
                                         "k",
                                         "authorization",
                                         "proxy-authorization",
                                         "p-asserted-identity",
                                         "expires",
                                         "isthmus-hops"};

/// Children of a message stanza that have one.
constexpr std::string_view kUnderstood[] = {"body",
                                            "subject",
                                            "thread",
                                            "active",
                                            "composing",
                                            "paused",
                                            "inactive",
                                            "gone",
                                            "request",
                                            "received",
                                            "markable",
                                            "displayed",
                                            "acknowledged",
                                            "delay",
                                            "error",
                                            "hops"};

void add(std::vector<std::string>& to, std::string loss) {
    if (to.size() < kMost && std::ranges::find(to, loss) == to.end()) {
        to.push_back(std::move(loss));
    }
}

void add_address(std::vector<std::string>& to,
                 std::string_view whose,
                 std::string_view uri,
                 Arena& arena) {
    if (const auto mapped = translate::to_jid(uri, arena)) {
        for (const std::string& loss : translate::losses(uri, *mapped)) {
            add(to, fmt::format("{} of the {}'s address", loss, whose));
        }
    }
}

std::string_view local_name(std::string_view tag) {
    std::string_view name = tag.substr(1);
    name = name.substr(0, name.find_first_of(" \t\r\n/>"));
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// Value of an attribute of a tag that our writer wrote; not unescaped.
std::string_view attribute_of(std::string_view tag, std::string_view name) {
    for (const char quote : {'\'', '"'}) {
        const std::string start = fmt::format(" {}={}", name, quote);
        const std::size_t at = tag.find(start);
        if (at != std::string_view::npos) {
            const std::string_view value = tag.substr(at + start.size());
            return value.substr(0, value.find(quote));
        }
    }
    return {};
}

/// The tag at the start of `xml`, with its end; empty if there is none.
std::string_view tag_of(std::string_view xml) {
    char quote = 0;
    for (std::size_t at = 0; at < xml.size(); ++at) {
        const char c = xml[at];
        if (quote == 0 && c == '>') {
            return xml.substr(0, at + 1);
        }
        if (c == '"' || c == '\'') {
            quote = quote == 0 ? c : quote == c ? '\0' : quote;
        }
    }
    return {};
}

}  // namespace

StanzaView view_of_stanza(std::string_view stanza) {
    StanzaView made;
    int depth = 0;
    for (std::size_t at = stanza.find('<'); at != std::string_view::npos;
         at = stanza.find('<', at)) {
        const std::string_view tag = tag_of(stanza.substr(at));
        if (tag.empty()) {
            break;
        }
        at += tag.size();
        if (tag.starts_with("</")) {
            --depth;
            continue;
        }
        if (depth == 0) {
            made.name = local_name(tag);
            made.type = attribute_of(tag, "type");
            made.id = attribute_of(tag, "id");
        } else if (depth == 1 && made.children.size() < 100) {
            made.children.push_back(local_name(tag));
        }
        depth += tag.ends_with("/>") ? 0 : 1;
    }
    return made;
}

std::vector<std::string> losses_of(const sip::Request& message, Arena& arena) {
    std::vector<std::string> made;
    add_address(made, "sender", message.from.uri.text, arena);
    add_address(made, "recipient", message.uri.text, arena);
    for (const sip::HeaderField& field : message.headers) {
        if (!text::is_one_of(field.name, kCarried)) {
            add(made, fmt::format("header {}", text::escape_for_log(field.name, 64)));
        }
    }
    const std::string_view type =
        text::trim(message.content_type.substr(0, message.content_type.find(';')));
    if (text::iequals(type, "text/html")) {
        add(made, "formatting (text/html)");
    } else if (text::istarts_with(type, "multipart/")) {
        add(made, fmt::format("all parts but the text ({})", text::escape_for_log(type, 64)));
    }
    return made;
}

std::vector<std::string> losses_of(const StanzaView& message) {
    std::vector<std::string> made;
    for (const std::string_view child : message.children) {
        if (child == "html") {
            add(made, "formatting (XHTML-IM)");
        } else if (!text::is_one_of(child, kUnderstood)) {
            add(made, fmt::format("element {}", text::escape_for_log(child, 64)));
        }
    }
    return made;
}

}  // namespace isthmus::gateway
