#include "gateway/threads.h"

namespace isthmus::gateway {

void Threads::remember(std::string_view call_id, std::string_view thread) {
    const auto [at, is_new] = threads_.try_emplace(std::string(call_id), thread);
    if (!is_new) {
        return;
    }
    order_.push_back(at->first);
    if (order_.size() > limit_) {
        threads_.erase(order_.front());
        order_.pop_front();
    }
}

std::string_view Threads::find(std::string_view call_id) const {
    const auto at = threads_.find(std::string(call_id));
    return at == threads_.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace isthmus::gateway
