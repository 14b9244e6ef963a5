#include "xmpp/acknowledger.h"

#include <utility>

namespace isthmus::xmpp {

std::uint32_t Tickets::add(Acknowledger& stream) {
    do {
        ++last_;
    } while (last_ == 0 || streams_.contains(last_));
    streams_.emplace(last_, &stream);
    return last_;
}

void Tickets::settle(std::uint64_t ticket) {
    const auto found = streams_.find(static_cast<std::uint32_t>(ticket >> 32U));
    if (found != streams_.end()) {
        found->second->settle(ticket);
    }
}

bool Acknowledger::enable() {
    if (is_enabled()) {
        return false;
    }
    handled_.emplace();
    number_ = tickets_.add(*this);
    return true;
}

void Acknowledger::stop() {
    if (is_enabled()) {
        tickets_.remove(std::exchange(number_, 0));
    }
    handled_.reset();
    then_ = nullptr;
}

void Acknowledger::settle(std::uint64_t ticket) {
    if (!handled_) {
        return;
    }
    handled_->settle(static_cast<std::uint32_t>(ticket));
    // The peer asks once, so what had no fate then is told when it has one. Modulo 2^32.
    if (owes_answer_ && static_cast<std::int32_t>(handled_->h() - asked_about_) >= 0) {
        say();
    }
    if (then_ && handled_->open() == 0) {
        std::exchange(then_, nullptr)();
    }
}

void Acknowledger::on_request() {
    if (!handled_) {
        return;
    }
    asked_about_ = handled_->newest();
    const bool is_all = handled_->h() == asked_about_;
    say();
    owes_answer_ = !is_all;
}

void Acknowledger::say() {
    owes_answer_ = false;
    said_ = handled_->h();
    answer_(said_);
}

void Acknowledger::say_last() {
    if (handled_ && said_ != handled_->h()) {
        say();
    }
}

void Acknowledger::when_settled(std::function<void()> then) {
    if (!handled_ || handled_->open() == 0) {
        return then();
    }
    then_ = std::move(then);
}

}  // namespace isthmus::xmpp
