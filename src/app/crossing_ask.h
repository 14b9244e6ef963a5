// How the crossing asks and waits. Private to crossing.cpp and crossing_traffic.cpp.
#pragma once

#include "app/crossing.h"

#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace isthmus::app {

inline Error no_answer() {
    return make_error(ErrorKind::Timeout, "IST-API-044", "The traffic thread does not answer.", {});
}

template <class T>
std::optional<T> Crossing::ask(std::function<T()> work, std::chrono::milliseconds patience) {
    // Shared: the traffic thread may answer after we have gone on.
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> answer = promise->get_future();
    traffic_.loop().post([promise, work = std::move(work)] { promise->set_value(work()); });
    if (answer.wait_for(patience) != std::future_status::ready) {
        return std::nullopt;
    }
    return answer.get();
}

template <class T>
Result<T> Crossing::ask_flow(std::function<Result<T>(gateway::Subscriptions&)> work) {
    auto answer =
        ask<Result<T>>([this, work = std::move(work)] { return work(traffic_.subscriptions()); },
                       std::chrono::seconds(2));
    return answer ? std::move(*answer) : Result<T>(no_answer());
}

}  // namespace isthmus::app
