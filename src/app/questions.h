// Questions that the control thread has asked and whose answers come later, if they come: only the
// number goes over and comes back. Control thread only.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/event_loop.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace isthmus::app {

template <class T>
class Questions {
  public:
    using Done = std::function<void(Result<T>)>;

    explicit Questions(net::EventLoop& control) : control_(control) {}

    /// `done` runs once, later: with the answer, or with a Timeout when `patience` is over.
    std::uint64_t open(Done done, Duration patience) {
        const std::uint64_t number = ++last_;
        Open& question = open_[number];
        question.done = std::move(done);
        question.patience = std::make_unique<Timer>(control_.timers(), [this, number] {
            // Not at once: the timer goes with the question.
            control_.post([this, number] {
                answer(number,
                       make_error(ErrorKind::Timeout,
                                  "IST-API-044",
                                  "The traffic thread does not answer.",
                                  {}));
            });
        });
        question.patience->arm(patience);
        return number;
    }

    /// Nothing happens if it was answered already.
    void answer(std::uint64_t number, Result<T> answer) {
        if (auto question = open_.extract(number)) {
            question.mapped().done(std::move(answer));
        }
    }

  private:
    struct Open {
        Done done;
        std::unique_ptr<Timer> patience;
    };

    net::EventLoop& control_;
    std::map<std::uint64_t, Open> open_;
    std::uint64_t last_ = 0;
};

}  // namespace isthmus::app
