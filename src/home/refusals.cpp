#include "home/refusals.h"

#include "base/arena.h"
#include "translate/diagnostics.h"

namespace isthmus::home {

void refuse(sip::IncomingRequest& transaction,
            int status,
            std::string_view code,
            std::string_view host) {
    Arena arena;
    translate::Refusal answer{.status = status};
    translate::add_diagnostics(answer, code, host, arena);
    transaction.respond(answer.response());
}

}  // namespace isthmus::home
