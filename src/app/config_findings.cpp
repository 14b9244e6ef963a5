#include "app/config_findings.h"

#include <fmt/format.h>

namespace isthmus::app {

std::string Places::path_of(const At& at) {
    std::string made = fmt::format("{}/{}", at.table, at.key);
    if (at.index >= 0) {
        made += fmt::format("[{}]", at.index);
    }
    return made;
}

Place Places::find(const At& at) const {
    const At ways[] = {at, {at.table, at.key}, {at.table, ""}};
    for (const At& way : ways) {
        if (const auto found = places_.find(path_of(way)); found != places_.end()) {
            return found->second;
        }
    }
    return {};
}

std::string name_of(const At& at) {
    const std::size_t bracket = at.table.find('[');
    return bracket == std::string_view::npos
               ? fmt::format("[{}] {}", at.table, at.key)
               : fmt::format("[[{}]] {}", at.table.substr(0, bracket), at.key);
}

std::string Findings::line_of(Place place, std::string_view sentence) const {
    return place.line == 0 ? fmt::format("{}: {}", file_, sentence)
                           : fmt::format("{}:{}:{}: {}", file_, place.line, place.column, sentence);
}

void Findings::fault(Place place, std::string_view sentence) {
    faults_.emplace(place, line_of(place, sentence));
}

void Findings::warn(Place place, std::string_view code, std::string_view sentence) {
    warnings_.emplace(place, ConfigWarning{code, line_of(place, sentence)});
}

std::string Findings::faults() const {
    std::string made;
    for (const auto& [place, line] : faults_) {
        made += (made.empty() ? "" : "\n") + line;
    }
    return made;
}

std::vector<ConfigWarning> Findings::warnings() const {
    std::vector<ConfigWarning> made;
    for (const auto& [place, warning] : warnings_) {
        made.push_back(warning);
    }
    return made;
}

}  // namespace isthmus::app
