#include "control/traffic_service.h"

#include "base/text.h"
#include "control/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostConversations = 10'000;  // messages that are looked at

Error no_such_stream(std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      "There is no such stream.",
                      fmt::format("no stream has the id '{}'", text::escape_for_log(id)));
}

void add_to(Conversation& into, const MessageStatus& message, std::size_t with) {
    if (into.messages++ == 0) {
        into.user = message.user;
        into.contact = message.contact;
        into.partner = message.partner;
        into.last = message.at;
        into.last_state = message.state;
        into.last_code = message.code;
    }
    into.failed += is_failure(message) ? 1 : 0;
    into.first = message.at;
    if (into.newest.size() < with) {
        into.newest.push_back(message);
    }
}

/// `page` has the newest first.
ConversationPage grouped(const MessagePage& page,
                         std::size_t with,
                         std::size_t offset,
                         std::size_t limit) {
    std::vector<Conversation> all;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
    for (const MessageStatus& message : page.items) {
        if (message.user.empty() || message.contact.empty()) {
            continue;  // it was refused before anybody knew whose it was
        }
        const std::pair<std::string_view, std::string_view> pair(message.user, message.contact);
        const auto [place, is_new] = places.try_emplace(pair, all.size());
        if (is_new) {
            all.emplace_back();
        }
        add_to(all[place->second], message, with);
    }
    std::ranges::sort(all, std::ranges::greater{}, &Conversation::last);
    ConversationPage made;
    made.total = all.size();
    for (std::size_t i = offset; i < all.size() && made.items.size() < limit; ++i) {
        std::ranges::sort(all[i].newest, std::ranges::less{}, &MessageStatus::at);
        made.items.push_back(std::move(all[i]));
    }
    return made;
}

}  // namespace

bool is_pending(const MessageStatus& message) {
    return message.state == "sending" || message.state == "queued";
}

bool is_failure(const MessageStatus& message) {
    return !is_pending(message) && message.state != "delivered" && message.state != "dropped";
}

void TrafficService::streams(const std::string& partner, StreamsDone done) const {
    auto name = canonical_field(canonical_.domain, "partner", partner);
    if (!name) {
        return done(name.error());
    }
    side_.read_status([partner = *std::move(name), done = std::move(done)](Result<Status> status) {
        if (!status) {
            return done(status.error());
        }
        std::erase_if(status->streams, [&](const StreamStatus& stream) {
            return !partner.empty() && stream.partner != partner && stream.remote_domain != partner;
        });
        done(std::move(status->streams));
    });
}

void TrafficService::stream(const std::string& id, StreamDone done) const {
    side_.read_status([id, done = std::move(done)](Result<Status> status) {
        if (!status) {
            return done(status.error());
        }
        const auto found = std::ranges::find(status->streams, id, &StreamStatus::id);
        if (id.empty() || found == status->streams.end()) {
            return done(no_such_stream(id));
        }
        done(std::move(*found));
    });
}

Result<void> TrafficService::close_stream(std::string_view id, const Author& author) const {
    return steered(side_.close_stream(id), "stream.close", id, author);
}

Result<std::size_t> TrafficService::retry_links(const policy::Partner& partner,
                                                const Author& author) const {
    std::vector<std::string> domains{partner.domain};
    domains.insert(
        domains.end(), partner.additional_domains.begin(), partner.additional_domains.end());
    auto made = side_.retry_links(domains);
    if (auto done =
            steered(made ? Result<void>() : made.error(), "partner.retry", partner.domain, author);
        !done) {
        return done.error();
    }
    return made;
}

void TrafficService::dialogs(SubscriptionFilter filter, TrafficSide::DialogsDone done) const {
    const auto limit = check_limit(filter.limit, kMaxLimit);
    auto good = limit ? with_canonical_names(canonical_, std::move(filter))
                      : Result<SubscriptionFilter>(limit.error());
    if (!good) {
        return done(good.error());
    }
    side_.list_dialogs(*good, std::move(done));
}

Result<DialogStatus> TrafficService::dialog(std::string_view id) const {
    return side_.get_dialog(id);
}

Result<void> TrafficService::end_dialog(std::string_view id, const Author& author) const {
    return steered(side_.end_dialog(id), "dialog.end", id, author);
}

Result<MessageFilter> TrafficService::checked(MessageFilter filter) const {
    constexpr std::string_view kStates[] = {"", "pending", "queued", "failed", "delivered"};
    if (const auto limit = check_limit(filter.limit, kMaxLimit); !limit) {
        return limit.error();
    }
    if (std::ranges::find(kStates, filter.state) == std::end(kStates)) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("state: '{}' is none of pending, queued, failed, delivered.",
                                      text::escape_for_log(filter.state, 80)),
                          {});
    }
    return with_canonical_names(canonical_, std::move(filter));
}

void TrafficService::messages(MessageFilter filter, TrafficSide::MessagesDone done) const {
    const auto good = checked(std::move(filter));
    if (!good) {
        return done(good.error());
    }
    side_.list_messages(*good, std::move(done));
}

void TrafficService::conversations(MessageFilter filter,
                                   std::size_t with,
                                   ConversationsDone done) const {
    auto good = checked(std::move(filter));
    if (!good) {
        return done(good.error());
    }
    const std::size_t offset = std::exchange(good->offset, 0);
    const std::size_t limit = std::exchange(good->limit, kMostConversations);
    side_.list_messages(*good, [=, done = std::move(done)](const Result<MessagePage>& page) {
        if (!page) {
            return done(page.error());
        }
        done(grouped(*page, with, offset, limit));
    });
}

}  // namespace isthmus::control
