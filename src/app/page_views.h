// A page of a list, as the traffic thread answers it, in the words of control/.
#pragma once

#include <utility>

namespace isthmus::app {

/// `To` and `From` have items and total; `convert` makes one of the other's items.
template <class To, class From, class Convert>
To page_of(From page, const Convert& convert) {
    To made;
    made.total = page.total;
    made.items.reserve(page.items.size());
    for (auto& one : page.items) {
        made.items.push_back(convert(std::move(one)));
    }
    return made;
}

}  // namespace isthmus::app
