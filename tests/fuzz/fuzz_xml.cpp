// Differential fuzzing of the XML parser against expat, which is fenced by handlers that stop it
// where RFC 6120 §11.1 says so: what we accept, expat accepts, with the same names, attributes and
// text. Stanza smuggling lives in parser disagreement. What we write is read back as the same.
#include "base/arena.h"
#include "base/text.h"
#include "xml/parser.h"
#include "xml/writer.h"

#include <expat.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../xml/tree_text.h"

namespace {

using namespace isthmus;

constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:db='jabber:server:dialback' from='a' to='b' version='1.0'>";

void require(bool holds, const char* what, std::string_view ours, std::string_view theirs) {
    if (!holds) {
        std::fprintf(stderr,
                     "%s\nours:   %.*s\ntheirs: %.*s\n",
                     what,
                     static_cast<int>(ours.size()),
                     ours.data(),
                     static_cast<int>(theirs.size()),
                     theirs.data());
        std::abort();
    }
}

/// Writing and reading again changes nothing.
void check_round_trip(const xml::Element& element) {
    Buffer out;
    xml::Writer(out).tree(element, {});
    Arena arena;
    xml::Limits limits;
    limits.max_element_octets = 1U << 24U;
    limits.max_attributes = limits.max_namespace_declarations = 1000;
    const auto again = xml::parse_document(out.view(), arena, limits);
    const std::string text = xml::tree_text(element);
    require(again && xml::tree_text(**again) == text, "round trip", text, out.view());
}

class OurLog : public xml::StreamSink {
  public:
    void on_stream_open(const xml::Element& root, std::string_view) override {
        elements.push_back(xml::tree_text(root));
    }

    void on_element(const xml::Element& element) override {
        elements.push_back(xml::tree_text(element));
        check_round_trip(element);
    }

    void on_stream_close() override {}

    std::vector<std::string> elements;
};

/// Builds the same text as tree_text(), for the root's start tag and each first-level element, or
/// for the root with all that is in it.
class Expat {
  public:
    Expat(std::string_view document, bool is_stream)
        : parser_(XML_ParserCreateNS("UTF-8", kSeparator)), is_stream_(is_stream) {
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), on_start, on_end);
        XML_SetCharacterDataHandler(parser_.get(), on_text);
        XML_SetStartDoctypeDeclHandler(
            parser_.get(),
            [](void* self, const char*, const char*, const char*, int) { stop(self); });
        if (is_stream) {
            XML_SetCommentHandler(parser_.get(), [](void* self, const char*) { stop(self); });
            XML_SetProcessingInstructionHandler(
                parser_.get(), [](void* self, const char*, const char*) { stop(self); });
        }
        is_good = XML_Parse(parser_.get(), document.data(), static_cast<int>(document.size()), 1) ==
                  XML_STATUS_OK;
        if (XML_GetErrorCode(parser_.get()) == XML_ERROR_INVALID_TOKEN) {
            const auto at = static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get()));
            stumbled_over_a_name = begins_with_wide_character(document.substr(at));
        }
    }

    std::vector<std::string> elements;
    bool is_good = false;
    /// Expat knows the names of the fourth edition of XML 1.0, which are fewer. A legal character
    /// that is not ASCII can be an invalid token only inside a name.
    bool stumbled_over_a_name = false;

  private:
    static bool begins_with_wide_character(std::string_view text) {
        for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
            const std::string_view character = text.substr(0, length);
            if (text::is_utf8(character)) {
                return static_cast<signed char>(character[0]) < 0 && character != "\xEF\xBF\xBE" &&
                       character != "\xEF\xBF\xBF";
            }
        }
        return false;
    }

    static constexpr char kSeparator = '\x01';

    static void stop(void* self) {
        XML_StopParser(static_cast<Expat*>(self)->parser_.get(), XML_FALSE);
    }

    static std::string expanded(std::string_view name) {
        const std::size_t at = name.rfind(kSeparator);
        return at == std::string_view::npos
                   ? std::string(name)
                   : '{' + std::string(name.substr(0, at)) + '}' + std::string(name.substr(at + 1));
    }

    void flush_text() {
        if (!text_.empty() && !has_children_.empty()) {
            open_children();
            current_ += '"' + text_ + '"';
        }
        text_.clear();
    }

    void open_children() {
        if (!has_children_.back()) {
            current_ += '(';
            has_children_.back() = true;
        }
    }

    static void on_start(void* self, const char* name, const char** attributes) {
        auto& log = *static_cast<Expat*>(self);
        log.flush_text();
        if (!log.has_children_.empty()) {
            log.open_children();
        }
        std::string tag = expanded(name);
        for (; *attributes != nullptr; attributes += 2) {
            tag += '[' + expanded(attributes[0]) + '=' + attributes[1] + ']';
        }
        if (log.is_stream_ && log.depth_++ == 0) {
            log.elements.push_back(tag);
            return;
        }
        log.current_ += tag;
        log.has_children_.push_back(false);
    }

    static void on_end(void* self, const char*) {
        auto& log = *static_cast<Expat*>(self);
        log.flush_text();
        if (log.has_children_.empty()) {
            return;
        }
        log.current_ += log.has_children_.back() ? ")" : "";
        log.has_children_.pop_back();
        if (log.has_children_.empty()) {
            log.elements.push_back(std::move(log.current_));
            log.current_.clear();
        }
    }

    static void on_text(void* self, const char* text, int size) {
        auto& log = *static_cast<Expat*>(self);
        if (log.has_children_.empty() && std::any_of(text, text + size, [](char c) {
                return c != ' ' && c != '\n' && c != '\t';
            })) {
            stop(self);  // expat has nothing against text between stanzas
        }
        log.text_.append(text, static_cast<std::size_t>(size));
    }

    struct Free {
        void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
    };

    std::unique_ptr<XML_ParserStruct, Free> parser_;
    bool is_stream_;
    int depth_ = 0;
    std::string current_;
    std::string text_;
    std::vector<bool> has_children_;
};

void compare_stream(std::string_view document, std::size_t piece, bool has_header) {
    OurLog ours;
    xml::StreamParser parser(ours, {});
    std::string pending;
    for (std::size_t at = 0; at < document.size(); at += piece) {
        pending.append(document.substr(at, piece));
        // Exactly as large as its content, so that reading beyond it is noticed.
        const std::vector<char> received(pending.begin(), pending.end());
        pending.erase(0, parser.feed({received.data(), received.size()}));
    }
    const Expat theirs(document, true);
    for (std::size_t i = 0; i < ours.elements.size(); ++i) {
        if (i >= theirs.elements.size() && theirs.stumbled_over_a_name) {
            return;
        }
        require(i < theirs.elements.size() && ours.elements[i] == theirs.elements[i],
                "accepted by us only, or differently",
                ours.elements[i],
                i < theirs.elements.size() ? theirs.elements[i] : "nothing");
    }
    // Limits aside we are no stricter either, but in the prolog, and with references and CDATA that
    // stand for white space between stanzas.
    const bool is_stricter = parser.fault() == xml::Fault::TooLarge ||
                             parser.fault_detail() == "text outside of an element";
    if (has_header && !is_stricter && ours.elements.size() < theirs.elements.size()) {
        require(false, "accepted by expat only", parser.fault_detail(), theirs.elements.back());
    }
}

void compare_document(std::string_view document) {
    Arena arena;
    const auto root = xml::parse_document(document, arena, {});
    if (!root) {
        return;
    }
    const std::string ours = xml::tree_text(**root);
    check_round_trip(**root);
    const Expat theirs(document, false);
    if (!theirs.stumbled_over_a_name) {
        require(theirs.is_good && theirs.elements.size() == 1 && theirs.elements[0] == ours,
                "document accepted by us only, or differently",
                ours,
                theirs.elements.empty() ? "nothing" : theirs.elements[0]);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    // Seeds begin with a letter: ` a b read whole, c d e octet by octet, f g h in twos, and so on.
    const std::size_t piece = data[0] / 3U % 32U == 0 ? size : data[0] / 3U % 32U;
    switch (data[0] % 3U) {
        case 0:
            compare_document(input);
            break;
        case 1:
            compare_stream(input, piece, false);
            break;
        default:
            compare_stream(std::string(kHeader) + std::string(input), piece, true);
    }
    return 0;
}
