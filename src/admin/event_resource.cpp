// GET /events: server-sent events for the control panel and for `isthmus status --watch`.
#include "admin/answers.h"
#include "admin/event_feed.h"
#include "admin/resource.h"

#include <string>
#include <utility>

namespace isthmus::admin {

Resource make_event_resource(EventFeed& feed) {
    return single([&feed](const HttpRequest& request) {
        if (feed.is_full()) {
            return problem(make_error(ErrorKind::Limit,
                                      "IST-API-040",
                                      "Too many clients follow the events.",
                                      std::to_string(EventFeed::kMostListeners) + " do"));
        }
        std::string last_id(request.header("last-event-id"));
        if (last_id.empty()) {
            last_id = query_of(request, "last_event_id");
        }
        HttpResponse response{200, "text/event-stream", {}, {}};
        response.headers.emplace_back("X-Accel-Buffering", "no");
        response.go_on = [&feed,
                          role = request.author.role,
                          author_now = request.author_now,
                          last_id = std::move(last_id)](std::shared_ptr<HttpStream> stream) {
            feed.add(std::move(stream), role, author_now, last_id);
        };
        return response;
    });
}

}  // namespace isthmus::admin
