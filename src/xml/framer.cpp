#include "xml/framer.h"

#include "xml/octets.h"

#include <algorithm>
#include <cstring>

namespace isthmus::xml {

namespace {}  // namespace

void Framer::reset(Until until) {
    *this = {}, until_ = until;
}

Framer::Found Framer::look(std::string_view element, int max_depth) {
    const auto find = [&](char octet) {
        const std::size_t found = element.find(octet, at_);
        at_ = found == std::string_view::npos ? element.size() : found + 1;
        return found != std::string_view::npos;
    };
    bool goes_on = true;
    while (goes_on && at_ < element.size()) {
        switch (inside_) {
            case Inside::Text:
                if (find('<')) {
                    markup_ = at_ - 1;
                    inside_ = Inside::Markup;
                }
                break;
            case Inside::Markup:
                goes_on = look_at_markup(element, max_depth);
                break;
            case Inside::StartTag:
                goes_on = look_in_start_tag(element);
                break;
            case Inside::EndTag:
                goes_on = !find('>') || leave_tag(true);
                break;
            case Inside::Apostrophes:
            case Inside::Quotes:
                if (find(inside_ == Inside::Quotes ? '"' : '\'')) {
                    inside_ = Inside::StartTag;
                }
                break;
            case Inside::Cdata:
                goes_on = look_for_cdata_end(element);
                break;
        }
    }
    return fault_ != Fault::None ? Found::Fault : is_found_ ? Found::End : Found::Nothing;
}

// At the octet behind the '<', or further if that was not enough to tell.
bool Framer::look_at_markup(std::string_view element, int max_depth) {
    const char kind = element[markup_ + 1];
    if (kind == '/') {
        inside_ = Inside::EndTag;
        at_ = markup_ + 2;
        return true;
    }
    if (kind == '?') {
        return fail(Fault::RestrictedXml, "processing instruction");
    }
    if (kind != '!') {
        if (++depth_ > max_depth) {
            return fail(Fault::TooLarge, "elements are nested too deeply");
        }
        inside_ = Inside::StartTag;
        return true;
    }
    const std::string_view seen = element.substr(markup_, kCdataOpen.size());
    if (!kCdataOpen.starts_with(seen)) {
        return fail(Fault::RestrictedXml, "comment or markup declaration");
    }
    at_ = markup_ + seen.size();
    if (seen.size() == kCdataOpen.size()) {
        inside_ = Inside::Cdata;
    }
    return true;
}

bool Framer::look_in_start_tag(std::string_view element) {
    for (; at_ < element.size(); ++at_) {
        switch (element[at_]) {
            case '\'':
                inside_ = Inside::Apostrophes;
                break;
            case '"':
                inside_ = Inside::Quotes;
                break;
            case '<':
                return fail(Fault::NotWellFormed, "'<' inside a tag");
            case '/':
                if (at_ + 1 == element.size()) {
                    return false;  // the next octet decides
                }
                if (element[at_ + 1] != '>') {
                    return fail(Fault::NotWellFormed, "'/' inside a tag");
                }
                continue;
            case '>':
                ++at_;
                return leave_tag(element[at_ - 2] == '/');
            default:
                continue;
        }
        ++at_;
        return true;
    }
    return true;
}

bool Framer::look_for_cdata_end(std::string_view element) {
    const std::size_t first = markup_ + kCdataOpen.size();
    while (at_ < element.size()) {
        const std::size_t found = element.find('>', at_);
        if (found == std::string_view::npos) {
            at_ = element.size();
            break;
        }
        at_ = found + 1;
        if (found >= first + 2 && element[found - 1] == ']' && element[found - 2] == ']') {
            inside_ = Inside::Text;
            break;
        }
    }
    return true;
}

// Behind the '>' of a tag. False: found what was looked for.
bool Framer::leave_tag(bool ends_element) {
    inside_ = Inside::Text;
    depth_ -= ends_element ? 1 : 0;
    is_found_ = until_ == Until::StartTagEnds || depth_ == 0;
    return !is_found_;
}

bool Framer::fail(Fault fault, std::string_view detail) {
    fault_ = fault;
    detail_ = detail;
    return false;
}

}  // namespace isthmus::xml
