#include "xmpp/guests.h"

#include "xmpp/outgoing_connection.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kAnswerPatience = std::chrono::seconds(10);

Error refused(std::string detail) {
    return make_error(ErrorKind::NotAuthorized,
                      "IST-DB-001",
                      "the remote server did not accept our dialback key",
                      std::move(detail));
}

}  // namespace

class Guests::Guest final : public Carrier {
  public:
    Guest(OutgoingConnection& host, Timers& timers, std::string local, Candidate& candidate)
        : host_(host),
          local_(std::move(local)),
          candidate_(&candidate),
          patience_(timers, [this] { refuse(refused("no answer in time")); }) {
        patience_.arm(kAnswerPatience);
    }

    const std::string& local() const { return local_; }

    bool is_idle() const { return candidate_ == nullptr && rider_ == nullptr; }

    bool is_asking() const { return candidate_ != nullptr; }

    Rider* rider() const { return rider_; }

    void grant() {
        patience_.cancel();
        rider_ = std::exchange(candidate_, nullptr)->on_place_granted(*this);
    }

    void refuse(const Error& why) {
        patience_.cancel();
        if (Candidate* candidate = std::exchange(candidate_, nullptr)) {
            candidate->on_place_refused(why);
        }
    }

    void gone(const Error& why, bool is_at_rest) {
        refuse(why);
        if (Rider* rider = std::exchange(rider_, nullptr)) {
            rider->on_carrier_gone(why, is_at_rest);
        }
    }

    net::ByteStream& wire() override { return *host_.stream(); }

    Mechanism mechanism() const override { return Mechanism::Dialback; }

    bool may_stay(const LinkPolicy& policy) const override {
        return is_still_allowed(policy, Mechanism::Dialback, host_.is_secure());
    }

    StreamName carrier_name() const override { return host_.name(); }

    void let_go() override {
        patience_.cancel();
        candidate_ = nullptr;
        rider_ = nullptr;
    }

    void give_up(StreamCondition condition, const Error& why) override {
        let_go();
        host_.close(condition, why);
    }

  private:
    OutgoingConnection& host_;
    std::string local_;
    Candidate* candidate_;
    Rider* rider_ = nullptr;
    Timer patience_;
};

Guests::Guests(OutgoingConnection& host, Timers& timers) : host_(host), timers_(timers) {}

Guests::~Guests() = default;

template <class Call>
void Guests::for_each(const Call& call) {
    ++in_call_;
    // NOLINTNEXTLINE(modernize-loop-convert): a call may bring another guest
    for (std::size_t i = 0; i < guests_.size(); ++i) {
        call(*guests_[i]);
    }
    --in_call_;
}

/// Not while one of them is on the stack.
void Guests::drop_idle() {
    if (in_call_ == 0) {
        std::erase_if(guests_, [](const auto& guest) { return guest->is_idle(); });
    }
}

Carrier& Guests::add(std::string local, Carrier::Candidate& candidate) {
    drop_idle();
    guests_.push_back(std::make_unique<Guest>(host_, timers_, std::move(local), candidate));
    return *guests_.back();
}

void Guests::on_answer(std::string_view local, bool is_granted, const std::string& detail) {
    const auto found = std::ranges::find_if(
        guests_, [&](const auto& guest) { return guest->is_asking() && guest->local() == local; });
    if (found == guests_.end()) {
        return;
    }
    Guest& guest = **found;
    ++in_call_;
    if (is_granted) {
        guest.grant();
    } else {
        guest.refuse(refused(detail));
    }
    --in_call_;
}

void Guests::on_written(std::uint64_t total) {
    for_each([total](Guest& guest) {
        if (guest.rider() != nullptr) {
            guest.rider()->on_carrier_written(total);
        }
    });
}

void Guests::on_ending(const Error& why) {
    for_each([&](Guest& guest) {
        guest.refuse(why);
        if (guest.rider() != nullptr) {
            guest.rider()->on_carrier_ending();
        }
    });
}

void Guests::on_gone(const Error& why, bool is_at_rest) {
    for_each([&](Guest& guest) { guest.gone(why, is_at_rest); });
}

std::size_t Guests::waiting_for_outcome() const {
    std::size_t sum = 0;
    for (const auto& guest : guests_) {
        sum += guest->is_asking() ? 1 : 0;
        sum += guest->rider() != nullptr ? guest->rider()->waiting_for_outcome() : 0;
    }
    return sum;
}

TimePoint Guests::last_sent() const {
    TimePoint last{};
    for (const auto& guest : guests_) {
        if (guest->rider() != nullptr) {
            last = std::max(last, guest->rider()->last_sent());
        }
    }
    return last;
}

}  // namespace isthmus::xmpp
