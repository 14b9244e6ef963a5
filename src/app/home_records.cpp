#include "app/home_records.h"

#include "base/log.h"

#include <cstddef>
#include <utility>

namespace isthmus::app {

HomeRecords load_home(const store::HomeStore& from) {
    HomeRecords made;
    const std::size_t unreadable =
        from.load_passwords([&](std::string user, const policy::SipCredentials& credentials) {
            made.credentials.insert_or_assign(std::move(user), credentials);
        });
    from.load([&](store::HomeDocument one) {
        made.documents.push_back({.user = std::move(one.user),
                                  .kind = std::move(one.kind),
                                  .body = std::move(one.body)});
    });
    log::event(unreadable == 0 ? log::Level::Info : log::Level::Error,
               "home.loaded",
               {{"code", unreadable == 0 ? "" : "IST-HOME-005"},
                {"count", made.credentials.size()},
                {"unreadable", unreadable}});
    return made;
}

}  // namespace isthmus::app
