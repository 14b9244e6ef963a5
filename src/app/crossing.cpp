#include "app/crossing.h"

#include <future>
#include <utility>

namespace isthmus::app {

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

bool Crossing::publish(std::shared_ptr<const policy::Policy> policy) {
    const auto done = ask<bool>(
        [this, policy = std::move(policy)] {
            traffic_.set_policy(policy);
            return true;
        },
        std::chrono::seconds(1));
    return done.value_or(false);
}

std::optional<control::Status> Crossing::read_status() {
    return ask<control::Status>([this] { return traffic_.status(); }, std::chrono::seconds(2));
}

void Crossing::set_tls(std::shared_ptr<const net::TlsContext> context) {
    traffic_.loop().post([this, context = std::move(context)] { traffic_.set_tls(context); });
}

std::optional<Result<Listening>> Crossing::listen(const Config& config) {
    return ask<Result<Listening>>([this, config] { return traffic_.listen(config); },
                                  std::chrono::seconds(10));
}

void Crossing::drain(std::chrono::seconds patience, std::function<void()> on_done) {
    traffic_.loop().post([this, patience, on_done = std::move(on_done)] {
        traffic_.drain(patience, [this, on_done] { control_.post(on_done); });
    });
}

}  // namespace isthmus::app
