// GET /series: how many messages passed in each five minutes of the last 24 hours.
#include "admin/answers.h"
#include "admin/resource.h"
#include "base/utc.h"
#include "control/message_series.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

using control::MessageCounts;
using control::MessageSeries;

json::object json_of(const MessageCounts::Way& way) {
    return {{"delivered", way.delivered}, {"refused", way.refused}, {"failed", way.failed}};
}

}  // namespace

Resource make_series_resource(MessageSeries& series) {
    return single([&series](const HttpRequest& /*request*/) {
        json::array items;
        for (const MessageSeries::Slice& slice : series.slices()) {
            items.push_back(json::object{{"at", utc_text(slice.at)},
                                         {"sip_to_xmpp", json_of(slice.ways[0])},
                                         {"xmpp_to_sip", json_of(slice.ways[1])},
                                         {"queued", slice.queued},
                                         {"pending", slice.pending}});
        }
        const std::size_t total = items.size();
        return answer(json::object{{"slice_seconds", MessageSeries::kSlice},
                                   {"items", std::move(items)},
                                   {"total", total}});
    });
}

}  // namespace isthmus::admin
