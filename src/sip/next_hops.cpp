#include "sip/next_hops.h"

namespace isthmus::sip {

namespace {

constexpr std::size_t kMany = 4096;

bool is_same(const Target& a, const Target& b) {
    return a.port == b.port && a.transport == b.transport && a.use_srv == b.use_srv &&
           a.host == b.host && a.certificate_names == b.certificate_names &&
           a.needs_tls13 == b.needs_tls13 && a.username == b.username && a.password == b.password;
}

}  // namespace

NextHop& NextHops::to(const Target& target) {
    if (last_ != nullptr && is_same(last_->target(), target)) {
        return *last_;
    }
    const auto transport = static_cast<std::uint64_t>(target.transport);
    const std::uint64_t hash = hash_.add(target.port ^ transport << 16U, target.host);
    last_ = by_target_.find(
        hash, [&target](const NextHop& hop) { return is_same(hop.target(), target); });
    if (last_ == nullptr) {
        if (hops_.size() >= kMany) {
            drop_idle();
        }
        hops_.push_back(std::make_unique<NextHop>(target, around_));
        last_ = hops_.back().get();
        by_target_.insert(*last_, hash);
    }
    return *last_;
}

void NextHops::drop_idle() {
    std::erase_if(hops_, [this](const auto& hop) {
        if (!hop->is_idle()) {
            return false;
        }
        by_target_.erase(*hop);
        return true;
    });
}

}  // namespace isthmus::sip
