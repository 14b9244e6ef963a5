#include "policy/user_table.h"

#include <utility>

namespace isthmus::policy {

Standing standing_of(const User& user) {
    return {.policy = user.policy, .site = user.site, .pool = user.pool, .enabled = user.enabled};
}

std::uint32_t UserTable::index_of(const Standing& standing) {
    if (standing == Standing{}) {
        return kUnknown;
    }
    const auto next = static_cast<std::uint32_t>(standings_.size());
    const auto [at, is_new] = index_.try_emplace(standing, next);
    if (is_new) {
        standings_.push_back(standing);
    }
    return at->second;
}

UserTable::Builder::Builder(std::size_t users)
    : table_(std::make_shared<UserTable>()), base_(std::make_shared<KeyMap>()) {
    base_->reserve(users);
}

void UserTable::Builder::add(const User& user) {
    const std::uint32_t index = table_->index_of(standing_of(user));
    if (index != kUnknown) {
        base_->insert(user.uri, index);
    }
}

std::shared_ptr<const UserTable> UserTable::Builder::take() {
    table_->base_ = std::move(base_);
    return std::move(table_);
}

std::shared_ptr<const UserTable> UserTable::of(std::span<const User> users) {
    Builder builder(users.size());
    for (const User& user : users) {
        builder.add(user);
    }
    return builder.take();
}

std::shared_ptr<const UserTable> UserTable::with(std::span<const Change> changes) const {
    auto made = std::make_shared<UserTable>(*this);
    if (overlay_.size() + changes.size() <= kOverlay) {
        for (const Change& change : changes) {
            made->overlay_.set(change.uri, made->index_of(change.standing));
        }
        return made;
    }
    auto base = base_ ? std::make_shared<KeyMap>(*base_) : std::make_shared<KeyMap>();
    base->reserve(base->size() + overlay_.size() + changes.size());
    overlay_.for_each([&](std::string_view uri, std::uint32_t index) { base->set(uri, index); });
    for (const Change& change : changes) {
        base->set(change.uri, made->index_of(change.standing));
    }
    made->base_ = std::move(base);
    made->overlay_ = {};
    return made;
}

std::uint32_t UserTable::find(std::string_view user, std::string_view domain) const {
    if (overlay_.size() != 0) {
        if (const auto found = overlay_.find(user, "@", domain)) {
            return *found;
        }
    }
    return base_ ? base_->find(user, "@", domain).value_or(kUnknown) : kUnknown;
}

}  // namespace isthmus::policy
