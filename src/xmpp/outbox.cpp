#include "xmpp/outbox.h"

#include "xmpp/server.h"

namespace isthmus::xmpp {

void Outbox::pour_into(net::ByteStream& stream, TimePoint now) {
    const std::uint64_t start = stream.appended();
    const std::string_view texts = waiting_text_.view();
    stream.output().append(texts);
    const std::uint64_t base = base_;
    std::uint64_t begin = base;
    while (!waiting_.empty()) {
        const Entry entry = waiting_.pop();
        const std::string_view text = texts.substr(begin - base, entry.end - begin);
        sent_up_to(start + (entry.end - base), text, entry.cookie, now);
        begin = entry.end;
    }
    base_ += waiting_text_.size();
    waiting_text_.clear();
    waiting_text_.shrink(64UL * 1024);
    stream.flush();
}

void Outbox::on_written(std::uint64_t total) {
    written_ = total;
    if (!awaits_acks_) {
        tell_written();
    }
}

void Outbox::tell_written() {
    // The handler may send more from inside on_sent: each entry is off the ring before it hears.
    while (!in_output_.empty() && in_output_.front().end <= written_) {
        handler_.on_sent(in_output_.pop().cookie);
    }
}

void Outbox::begin_acks(bool keeps_texts) {
    sent_ = 0;
    acked_ = 0;
    awaits_acks_ = true;
    keeps_texts_ = keeps_texts;
    // What was sent before is not counted: the first answer covers it.
    for (std::size_t count = in_output_.size(); count != 0; --count) {
        Entry entry = in_output_.pop();
        entry.number = 0;
        in_output_.push(entry);
    }
}

void Outbox::stop_acks() {
    awaits_acks_ = false;
    drop_texts();
    tell_written();
}

void Outbox::drop_texts() {
    keeps_texts_ = false;
    kept_text_.clear();
    kept_text_.shrink(0);
    while (!kept_.empty()) {
        kept_.pop();
    }
}

bool Outbox::on_acked(std::uint32_t h) {
    const std::uint32_t more = h - static_cast<std::uint32_t>(acked_);  // modulo 2^32
    if (more > sent_ - acked_) {
        return false;
    }
    acked_ += more;
    while (!kept_.empty() && kept_.front().number <= acked_) {
        kept_text_.consume(kept_.pop().octets);
    }
    while (!in_output_.empty() && in_output_.front().number <= acked_) {
        handler_.on_sent(in_output_.pop().cookie);
    }
    return true;
}

void Outbox::send_again(net::ByteStream& stream) {
    stream.output().append(kept_text_.view());
    stream.flush();
}

void Outbox::fail_output(const Error& why) {
    awaits_acks_ = false;
    written_ = 0;
    drop_texts();
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
