#include "base/codes.h"

#include "base/code_tables.h"

#include <algorithm>
#include <vector>

namespace isthmus::codes {

std::span<const Code> all() {
    static const std::vector<Code> table = [] {
        std::vector<Code> made;
        for (const auto& half : {management_codes(), traffic_codes()}) {
            made.insert(made.end(), half.begin(), half.end());
        }
        return made;
    }();
    return table;
}

const Code* find(std::string_view id) {
    const auto table = all();
    const auto at = std::ranges::lower_bound(table, id, {}, &Code::id);
    return at != table.end() && at->id == id ? &*at : nullptr;
}

}  // namespace isthmus::codes
