#include "admin/live_watch.h"

#include "admin/traffic_json.h"
#include "base/codes.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <set>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

using control::Right;

namespace {

constexpr unsigned kIdleLooks = 60;
constexpr double kSameTrouble = 1.5;  // seconds that two readings of one age may differ

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// One card, whatever failed: what, where, why, and what to do.
json::object card(std::string_view where,
                  std::string_view name,
                  std::string_view code,
                  std::string_view step,
                  std::string_view text,
                  std::string_view address) {
    const codes::Code known = codes::find(code, text);
    return {
        {"where", where},
        {"name", name},
        {"code", code},
        {"sentence", known.sentence},
        {"fix", known.fix},
        {"step", step},
        {"evidence", text},
        {"address", address},
        {"at", utc_now_text()},
    };
}

/// Streams and SIP peers for which something waits, as far as there is room.
json::object queues(const control::Status& status) {
    json::array streams;
    for (const control::StreamStatus& stream : status.streams) {
        if (stream.queued != 0 && streams.size() < LiveWatch::kQueues) {
            streams.push_back(json::object{{"id", stream.id},
                                           {"remote_domain", stream.remote_domain},
                                           {"partner", stream.partner},
                                           {"queued", stream.queued}});
        }
    }
    json::array peers;
    for (const control::PeerStatus& peer : status.peers) {
        if (peer.pending != 0 && peers.size() < LiveWatch::kQueues) {
            peers.push_back(json::object{{"name", peer.name}, {"pending", peer.pending}});
        }
    }
    return {{"streams", std::move(streams)}, {"sip_peers", std::move(peers)}};
}

json::object rate(std::uint64_t total, std::uint64_t before, double passed) {
    return {{"total", total},
            {"per_second", passed > 0 ? static_cast<double>(total - before) / passed : 0.0}};
}

}  // namespace

LiveWatch::LiveWatch(EventFeed& feed,
                     const control::TrafficService& traffic,
                     Timers& timers,
                     std::function<std::uint64_t()> stored_revision)
    : feed_(feed),
      traffic_(traffic),
      timers_(timers),
      stored_revision_(std::move(stored_revision)),
      timer_(timers, [this] { look(); }),
      self_(std::make_shared<LiveWatch*>(this)) {
    feed_.on_first([this] { begin(); });
}

LiveWatch::~LiveWatch() {
    *self_ = nullptr;
    feed_.on_first({});
}

void LiveWatch::begin() {
    idle_ = 0;
    if (!timer_.is_armed() && !is_asking_) {
        timer_.arm(Duration::zero());
    }
}

void LiveWatch::look() {
    idle_ = feed_.has_listeners() ? 0 : idle_ + 1;
    if (idle_ > kIdleLooks) {
        before_.reset();
        streams_.clear();
        peers_.clear();
        return;
    }
    is_asking_ = true;
    traffic_.read_status([self = self_](const Result<control::Status>& status) {
        if (*self != nullptr) {
            (*self)->on_status(status);
        }
    });
}

void LiveWatch::on_status(const Result<control::Status>& status) {
    is_asking_ = false;
    timer_.arm(kInterval);
    if (!status) {
        feed_.publish_passing("stalled", Right::Read, {{"why", status.error().public_text}});
        return;
    }
    const TimePoint now = timers_.now();
    compare_streams(*status, now);
    compare_peers(*status, now);
    if (before_ && status->running_revision != before_->running_revision) {
        revision_ = 0;
    }
    if (const std::uint64_t stored = stored_revision_();
        std::exchange(revision_, stored) != stored) {
        feed_.publish(
            "revision", Right::Read, {{"stored", stored}, {"running", status->running_revision}});
    }
    compare_failures(*status);
    compare_pairs(*status);
    tell_counters(*status, now);
    before_ = *status;
    before_at_ = now;
}

bool LiveWatch::is_news(Seen& seen, const std::optional<control::Trouble>& trouble, TimePoint now) {
    if (!trouble) {
        return false;
    }
    const double at = seconds(now.time_since_epoch()) - trouble->age_seconds;
    const bool is_newer = seen.trouble_at < 0 || at > seen.trouble_at + kSameTrouble;
    if (is_newer) {
        seen.trouble_at = at;
    }
    return is_newer;
}

void LiveWatch::compare_streams(const control::Status& status, TimePoint now) {
    std::set<std::string> here;
    for (const control::StreamStatus& stream : status.streams) {
        const std::string key = stream.id.empty() ? "down " + stream.remote_domain : stream.id;
        here.insert(key);
        const auto [seen, is_new] = streams_.try_emplace(key);
        if (std::exchange(seen->second.state, stream.state) != stream.state && before_) {
            json::object told = to_json(stream);
            told["change"] = is_new ? "new" : "state";
            feed_.publish("stream", Right::Read, told);
        }
        if (is_news(seen->second, stream.last_error, now) && before_) {
            const control::Trouble& why = *stream.last_error;
            feed_.publish("failure",
                          Right::Read,
                          card("stream",
                               stream.partner.empty() ? stream.remote_domain : stream.partner,
                               why.code,
                               why.step,
                               why.text,
                               why.address));
        }
    }
    std::erase_if(streams_, [&](const auto& seen) {
        if (here.contains(seen.first)) {
            return false;
        }
        feed_.publish("stream", Right::Read, {{"id", seen.first}, {"change", "gone"}});
        return true;
    });
}

void LiveWatch::compare_peers(const control::Status& status, TimePoint now) {
    for (const control::PeerStatus& peer : status.peers) {
        Seen& seen = peers_[peer.name];
        if (std::exchange(seen.state, peer.state) != peer.state && before_) {
            feed_.publish("sip_peer", Right::Read, to_json(peer));
        }
        if (is_news(seen, peer.last_error, now) && before_) {
            const control::Trouble& why = *peer.last_error;
            feed_.publish("failure",
                          Right::Read,
                          card("sip_peer", peer.name, why.code, why.step, why.text, why.address));
        }
    }
}

/// Only when there were some: the rows of the history are looked at over there.
void LiveWatch::compare_failures(const control::Status& status) {
    const bool has_new = before_ && status.failures[0] + status.failures[1] >
                                        before_->failures[0] + before_->failures[1];
    const std::uint64_t after = std::exchange(last_row_, status.last_message_row);
    if (!has_new) {
        return;
    }
    traffic_.messages({.state = "failed", .after_row = after, .limit = kFailures},
                      [self = self_](const Result<control::MessagePage>& page) {
                          if (*self == nullptr || !page) {
                              return;
                          }
                          for (const auto& one : std::views::reverse(page->items)) {
                              json::object told =
                                  card("message", one.partner, one.code, one.step, one.text, {});
                              told["message"] = to_json(one);
                              (*self)->feed_.publish("failure", Right::Read, told);
                          }
                          if (page->total > page->items.size()) {
                              (*self)->feed_.publish("failures_left_out",
                                                     Right::Read,
                                                     {{"count", page->total - page->items.size()}});
                          }
                      });
}

/// They are told as they are now, and not kept: who comes back reads the lists again.
void LiveWatch::compare_pairs(const control::Status& status) {
    const std::uint64_t after = std::exchange(last_change_, status.presence_changes);
    if (!before_ || status.presence_changes == after) {
        return;
    }
    traffic_.read_news(after, kPairs, [self = self_](const Result<control::PresenceNews>& news) {
        if (*self == nullptr || !news) {
            return;
        }
        EventFeed& feed = (*self)->feed_;
        for (const auto& pair : std::views::reverse(news->pairs)) {
            feed.publish_passing("subscriptions", Right::Read, to_json(pair));
        }
        if (news->left_out != 0) {
            feed.publish_passing(
                "subscriptions_left_out", Right::Read, {{"count", news->left_out}});
        }
        (*self)->last_change_ = news->last;
    });
}

void LiveWatch::tell_counters(const control::Status& status, TimePoint now) {
    const control::Status& before = before_ ? *before_ : status;
    const double passed = before_ ? seconds(now - before_at_) : 0;
    const auto up = std::ranges::count(status.streams, "up", &control::StreamStatus::state);
    const auto answering = std::ranges::count(status.peers, "up", &control::PeerStatus::state);
    feed_.publish_passing("counters",
                          Right::Read,
                          {
                              {"at", utc_now_text()},
                              {"state", status.state},
                              {"sip_to_xmpp", rate(status.messages[0], before.messages[0], passed)},
                              {"xmpp_to_sip", rate(status.messages[1], before.messages[1], passed)},
                              {"failed",
                               rate(status.failures[0] + status.failures[1],
                                    before.failures[0] + before.failures[1],
                                    passed)},
                              {"messages_pending", status.messages_pending},
                              {"messages_queued", status.messages_queued},
                              {"oldest_queued_seconds", status.oldest_queued_seconds},
                              {"queues", queues(status)},
                              {"streams_up", up},
                              {"streams", status.streams.size()},
                              {"sip_peers_up", answering},
                              {"sip_peers", status.peers.size()},
                              {"subscriptions", status.subscriptions},
                              {"dialogs", status.dialogs},
                              {"running_revision", status.running_revision},
                          });
}

}  // namespace isthmus::admin
