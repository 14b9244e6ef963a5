#include "control/csv.h"

namespace isthmus::control {

CsvReader::CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) {
        at_ = 3;
    }
    const std::size_t found = text_.find_first_of(",;\t\n\"", at_);
    if (found != std::string_view::npos && text_[found] != '\n' && text_[found] != '"') {
        separator_ = text_[found];
    }
}

/// True if another field of the same record follows.
bool CsvReader::read_field(std::string& field) {
    field.clear();
    bool is_quoted = false;
    if (at_ < text_.size() && text_[at_] == '"') {
        is_quoted = true;
        ++at_;
        for (bool is_open = true; is_open;) {
            if (at_ == text_.size()) {
                fault_ = "a quote is opened and never closed";
                return false;
            }
            const char c = text_[at_++];
            if (c == '\n') {
                ++next_line_;
            }
            if (c != '"') {
                field += c;
            } else if (at_ < text_.size() && text_[at_] == '"') {
                field += '"';
                ++at_;
            } else {
                is_open = false;
            }
        }
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') {
        ++at_;
    }
    std::string_view rest = text_.substr(start, at_ - start);
    if (rest.ends_with('\r')) {
        rest.remove_suffix(1);
    }
    if (is_quoted && !rest.empty()) {
        fault_ = "text follows a closing quote";
        return false;
    }
    field += rest;
    const bool has_more = at_ < text_.size() && text_[at_] == separator_;
    if (at_ < text_.size()) {
        if (!has_more) {
            ++next_line_;
        }
        ++at_;
    }
    return has_more;
}

bool CsvReader::next(std::vector<std::string>& fields) {
    while (at_ < text_.size() && !fault_) {
        line_ = next_line_;
        fields.clear();
        bool has_more = true;
        while (has_more) {
            has_more = read_field(fields.emplace_back());
        }
        if (fault_ || fields.size() > 1 || !fields.front().empty()) {
            return !fault_;
        }
    }
    return false;
}

}  // namespace isthmus::control
