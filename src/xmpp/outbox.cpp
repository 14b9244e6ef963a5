#include "xmpp/outbox.h"

#include "xmpp/server.h"

namespace isthmus::xmpp {

void Outbox::pour_into(net::ByteStream& stream, TimePoint now) {
    const std::uint64_t start = stream.appended();
    stream.output().append(waiting_text_.view());
    while (!waiting_.empty()) {
        const Entry entry = waiting_.pop();
        sent_up_to(start + (entry.end - base_), entry.cookie, now);
    }
    base_ += waiting_text_.size();
    waiting_text_.clear();
    waiting_text_.shrink(64UL * 1024);
    stream.flush();
}

void Outbox::on_written(std::uint64_t total) {
    // The handler may send more from inside on_sent: each entry is off the ring before it hears.
    while (!in_output_.empty() && in_output_.front().end <= total) {
        handler_.on_sent(in_output_.pop().cookie);
    }
}

void Outbox::fail_output(const Error& why) {
    for (std::size_t count = in_output_.size(); count != 0; --count) {
        handler_.on_not_sent(in_output_.pop().cookie, why);
    }
}

void Outbox::fail_waiting(const Error& why) {
    for (std::size_t count = waiting_.size(); count != 0; --count) {
        fail_first(why);
    }
}

void Outbox::expire(TimePoint limit, const Error& why) {
    while (!waiting_.empty() && waiting_.front().since <= limit) {
        fail_first(why);
    }
}

void Outbox::fail_first(const Error& why) {
    const Entry entry = waiting_.pop();
    waiting_text_.consume(static_cast<std::size_t>(entry.end - base_));
    base_ = entry.end;
    if (entry.cookie != 0) {
        handler_.on_not_sent(entry.cookie, why);
    }
}

}  // namespace isthmus::xmpp
