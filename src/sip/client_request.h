// One request of ours on its way: what is kept of it between the client transactions that it takes.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "sip/chained_table.h"
#include "sip/client_transaction.h"
#include "sip/next_hop.h"
#include "sip/random_token.h"
#include "sip/saved_request.h"
#include "sip/user_agent.h"
#include "sip/writer.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// RFC 3261 §8.1.1.7: the magic cookie and 80 random bits.
class Branch {
  public:
    static constexpr std::string_view kCookie = "z9hG4bK";

    Branch() { std::memcpy(text_, kCookie.data(), kCookie.size()); }

    void renew(Random& random) {
        RandomToken<16> token;
        token.renew(random);
        std::memcpy(text_ + kCookie.size(), token.view().data(), token.view().size());
    }

    std::string_view view() const { return {text_, sizeof text_}; }

  private:
    char text_[kCookie.size() + 16] = {};
};

class ClientRequest;

class ClientRequestOwner {
  public:
    virtual ~ClientRequestOwner() = default;
    virtual void on_time(ClientRequest& request) = 0;
    virtual void on_lost(ClientRequest& request, const Error& reason) = 0;
};

class ClientRequest final : public Traveller, public ConnectionUser {
  public:
    enum class Phase : std::uint8_t {
        Travelling,  ///< no way yet
        Sent,        ///< the machine runs
        Failing,     ///< `failure` is told in the next turn
    };

    ClientRequest(ClientRequestOwner& owner, Timers& timers)
        : machine(ClientTransaction::Kind::NonInvite, true, {}),
          timer(timers, [this] { owner_.on_time(*this); }),
          owner_(owner) {}

    /// Keeps what a later client transaction needs, if it is not kept already.
    void save(const OutgoingRequest& request) {
        if (saved.empty()) {
            saved.save(request, call_id_of(request));
        }
    }

    std::string_view call_id_of(const OutgoingRequest& request) const {
        return request.call_id.empty() ? call_id.view() : request.call_id;
    }

    /// What is ours in each copy of it; transport and sent-by are left to the caller.
    RequestStamp stamp(const OutgoingRequest& request) const {
        RequestStamp stamp;
        stamp.branch = branch.view();
        stamp.from_tag = request.from_tag.empty() ? from_tag.view() : request.from_tag;
        stamp.call_id = call_id_of(request);
        stamp.cseq = cseq;
        (answer_header == HeaderId::Authorization ? stamp.authorization
                                                  : stamp.proxy_authorization) = answer;
        return stamp;
    }

    void forget() {
        forget_tried();
        saved.clear();
        answer.clear();
        failure.reset();
    }

    ClientRequest* next_free = nullptr;
    ChainLink<ClientRequest> by_branch;
    ClientTransaction machine;
    Timer timer;
    ResponseHandler* handler = nullptr;  ///< null: it has been told
    ResponseHandler* inviter = nullptr;  ///< INVITE: the same, still there when it has been told
    std::uint64_t cookie = 0;
    NextHop* hop = nullptr;
    net::DatagramSocket* socket = nullptr;  ///< sent by UDP
    net::Endpoint remote;
    TimePoint began;
    TimePoint sent_at;
    SavedRequest saved;
    std::string octets;   ///< for retransmission over UDP
    std::string sent_by;  ///< INVITE: for its ACK
    std::string answer;   ///< to a challenge
    std::optional<Error> failure;
    Branch branch;
    RandomToken<8> from_tag;  ///< if the sender gave none, here and below
    RandomToken<16> call_id;
    std::uint32_t cseq = 1;
    std::uint32_t way = 0;
    int challenges = 0;
    int peer = -1;
    Method method = Method::Other;
    HeaderId answer_header = HeaderId::Authorization;
    Phase phase = Phase::Travelling;
    bool is_oversized = false;  ///< for UDP
    bool is_cancelled = false;  ///< CANCEL has been sent, or goes when a provisional response comes

  private:
    void on_connection_lost(const Error& reason) override { owner_.on_lost(*this, reason); }

    ClientRequestOwner& owner_;
};

}  // namespace isthmus::sip
