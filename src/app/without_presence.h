// The subscriptions of a gateway that carries messages only.
#pragma once

#include "gateway/presence_status.h"

#include <optional>
#include <string_view>
#include <vector>

namespace isthmus::app {

class WithoutPresence final : public gateway::Subscriptions {
  public:
    /// They stay in the database.
    void restore(std::vector<subscriptions::Record> /*records*/) {}

    gateway::SubscriptionPage list(const gateway::SubscriptionFilter& /*filter*/) const override {
        return {};
    }

    std::optional<gateway::SubscriptionStatus> get(std::string_view /*id*/) const override {
        return std::nullopt;
    }

    bool refresh(std::string_view /*id*/) override { return false; }

    bool end(std::string_view /*id*/) override { return false; }

    void add_contact(std::string_view /*user*/, std::string_view /*jid*/, Done done) override {
        done(make_error(ErrorKind::Unsupported, "This gateway carries messages only."));
    }

    void remove_contact(std::string_view /*user*/, std::string_view /*jid*/, Done done) override {
        done(make_error(ErrorKind::NotFound, "This gateway carries messages only."));
    }
};

}  // namespace isthmus::app
