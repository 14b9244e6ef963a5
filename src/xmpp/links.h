// All outgoing links, one per (our domain, their domain), and the streams on which dialback keys
// are verified. Traffic thread.
#pragma once

#include "xmpp/carrier.h"
#include "xmpp/environment.h"
#include "xmpp/outgoing_link.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace isthmus::xmpp {

class Links : private OutgoingLink::Neighbours {
  public:
    explicit Links(Environment& environment);
    ~Links() override;
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;
    Links(Links&&) = delete;
    Links& operator=(Links&&) = delete;

    /// The link for that pair; null if the remote domain is no partner, or one of ours.
    OutgoingLink* find(std::string_view local, std::string_view remote) {
        if (last_ != nullptr && last_->remote() == remote && last_->local() == local) {
            return last_;
        }
        return find_slowly(local, remote);
    }

    using VerdictHandler = std::function<void(Verdict)>;

    /// The same, but none is made.
    OutgoingLink* find_existing(std::string_view local, std::string_view remote) {
        const auto found = links_.find({local, remote});
        return found == links_.end() ? nullptr : found->second.get();
    }

    /// A stream of the peer's on which we may send; null: the link has one of its own.
    Carrier::Rider* offer_carrier(Carrier& carrier,
                                  const std::string& local,
                                  const std::string& remote);

    /// Asks the authoritative server of `remote`; XEP-0220 §2.2.2. `asker` is for forget().
    void verify(const void* asker,
                std::string remote,
                std::string local,
                std::string stream_id,
                std::string key,
                VerdictHandler on_verdict);
    /// The stream that asked is gone.
    void forget(const void* asker);
    void recheck_partners();
    void close_idle();
    void look_after();
    /// A slice of the second looks.
    void look_again();
    std::size_t pending() const;
    void report(std::vector<LinkStatus>& to) const;
    /// False: no link of that number, or it has no connection.
    bool close_stream(std::uint64_t number);
    /// How many links there are to that domain; those that are down connect now.
    std::size_t retry(std::string_view remote);

  private:
    struct PairView {
        std::string_view local;
        std::string_view remote;
        bool operator==(const PairView&) const = default;
    };

    struct PairHash {
        std::size_t operator()(const PairView& pair) const {
            constexpr std::hash<std::string_view> hash;
            return hash(pair.local) * 31 + hash(pair.remote);
        }
    };

    class Verification;

    OutgoingConnection* host_for(const OutgoingLink& link) override;
    std::vector<OutgoingLink*> all() const;
    OutgoingLink* find_slowly(std::string_view local, std::string_view remote);
    void on_verification_done(Verification& verification, Verdict verdict);

    Environment& environment_;
    /// Keys are views into the links.
    std::unordered_map<PairView, std::unique_ptr<OutgoingLink>, PairHash> links_;
    OutgoingLink* last_ = nullptr;
    std::vector<std::unique_ptr<Verification>> verifications_;
};

}  // namespace isthmus::xmpp
