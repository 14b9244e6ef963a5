#include "control/background.h"

#include <utility>

namespace isthmus::control {

Background::~Background() {
    is_asked_to_end_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Background::run(Work work, std::function<void()> then) {
    if (thread_.joinable()) {
        thread_.join();  // its work is over: finish() has run
    }
    then_ = std::move(then);
    thread_ = std::thread([this, work = std::move(work), life = std::weak_ptr(life_)]() mutable {
        work(is_asked_to_end_);
        work = nullptr;
        post_([this, life = std::move(life)] {
            if (!life.expired()) {
                finish();
            }
        });
    });
}

void Background::finish() {
    // What follows may start the next work.
    std::exchange(then_, nullptr)();
}

}  // namespace isthmus::control
