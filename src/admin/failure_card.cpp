#include "admin/failure_card.h"

#include "base/codes.h"
#include "base/utc.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

std::string time_of(double age_seconds) {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return utc_text(duration_cast<seconds>(now).count() - static_cast<std::int64_t>(age_seconds));
}

}  // namespace

json::value failure_card(const std::optional<control::Trouble>& trouble) {
    if (!trouble) {
        return nullptr;
    }
    const codes::Code code = codes::find(trouble->code, trouble->evidence);
    return json::object{
        {"is_over", trouble->is_over},
        {"step", trouble->step},
        {"code", trouble->code},
        {"sentence", code.sentence.empty() ? std::string_view(trouble->sentence) : code.sentence},
        {"evidence", trouble->evidence},
        {"fix", code.fix},
        {"address", trouble->address},
        {"at", time_of(trouble->age_seconds)},
        {"first_at", time_of(trouble->first_age_seconds)},
        {"count", trouble->count}};
}

}  // namespace isthmus::admin
