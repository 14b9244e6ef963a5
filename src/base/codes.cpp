#include "base/codes.h"

#include "base/code_tables.h"
#include "base/sip_answers.h"

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

Code find(std::string_view id, std::string_view evidence) {
    const Code* known = find(id);
    if (known == nullptr) {
        return {.id = id, .sentence = {}, .fix = {}};
    }
    const SipAnswer* answer = id == "IST-SIP-003" ? sip_answer_of(evidence) : nullptr;
    return answer == nullptr
               ? *known
               : Code{.id = known->id, .sentence = answer->sentence, .fix = answer->fix};
}

}  // namespace isthmus::codes
