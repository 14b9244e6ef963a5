#include "subscriptions/record.h"

namespace isthmus::subscriptions {

std::string_view standing_name(Standing standing) {
    switch (standing) {
        case Standing::Pending:
            return "pending";
        case Standing::Active:
            return "active";
        default:
            return "none";
    }
}

}  // namespace isthmus::subscriptions
