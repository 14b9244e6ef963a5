#include "scenarios/script_text.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace isthmus::test {

bool matches(std::string_view pattern, std::string_view text, Names* names) {
    const std::size_t wild = pattern.find_first_of(names != nullptr ? "*{" : "*");
    if (wild == std::string_view::npos) {
        return pattern == text;
    }
    if (!text.starts_with(pattern.substr(0, wild))) {
        return false;
    }
    pattern.remove_prefix(wild);
    text.remove_prefix(wild);
    std::string name;
    if (pattern[0] == '{') {
        name = pattern.substr(1, pattern.find('}') - 1);
        pattern.remove_prefix(name.size() + 1);
        if (const auto known = names->find(name); known != names->end()) {
            return text.starts_with(known->second) &&
                   matches(pattern.substr(1), text.substr(known->second.size()), names);
        }
    }
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
        if (matches(pattern.substr(1), text.substr(skip), names)) {
            if (!name.empty()) {
                (*names)[name] = text.substr(0, skip);
            }
            return true;
        }
    }
    return false;
}

std::vector<std::string> words_of(std::string_view line) {
    std::istringstream stream{std::string(line)};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::size_t first_message(std::string_view text) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return 0;
    }
    for (const std::string& line : lines_of(text.substr(0, end))) {
        if (text::istarts_with(line, "content-length:")) {
            const auto length = text::to_number(text::trim(std::string_view(line).substr(15)));
            const std::size_t size = end + 4 + length.value_or(0);
            return size <= text.size() ? size : 0;
        }
    }
    return end + 4;
}

std::string body_of(const std::vector<std::string>& block) {
    std::string body;
    const auto blank = std::ranges::find(block, "");
    for (auto at = blank; at != block.end() && ++at != block.end();) {
        body += *at;
        body += at + 1 == block.end() ? "" : "\r\n";
    }
    return body;
}

std::string replaced(std::string text, std::string_view name, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += with.size()) {
        text.replace(at, name.size(), with);
    }
    return text;
}

std::string with_id(std::string text, const std::string& with) {
    return replaced(std::move(text), "{id}", with);
}

std::string sip_text(const std::vector<std::string>& block) {
    const auto blank = std::ranges::find(block, "");
    const std::string body = body_of(block);
    std::string text;
    for (auto at = block.begin(); at != blank; ++at) {
        text +=
            *at == "Content-Length: auto" ? fmt::format("Content-Length: {}", body.size()) : *at;
        text += "\r\n";
    }
    return text + "\r\n" + body;
}

std::string with_names(std::string text, const Names& names) {
    for (const auto& [name, value] : names) {
        const std::string mark = "{" + name + "}";
        for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;
             at += value.size()) {
            text.replace(at, mark.size(), value);
        }
    }
    return text;
}

std::string response_to(const std::string& request, const std::string& status_line) {
    std::string text = "SIP/2.0 " + status_line + "\r\n";
    const std::string head = request.substr(0, request.find("\r\n\r\n"));
    for (const std::string& line : lines_of(head)) {
        for (const char* name : {"via:", "from:", "call-id:", "cseq:"}) {
            text += text::istarts_with(line, name) ? line + "\r\n" : "";
        }
        if (text::istarts_with(line, "to:")) {
            text += line + (line.find(";tag=") == std::string::npos ? ";tag=answered\r\n" : "\r\n");
        }
    }
    return text;
}

}  // namespace isthmus::test
