#include "sip/transactions.h"

#include "sip/chained_table.h"
#include "sip/pool.h"
#include "sip/random_token.h"
#include "sip/recycled.h"
#include "sip/request_names.h"
#include "sip/writer.h"

#include <utility>

namespace isthmus::sip {

namespace {

using ServerAction = ServerTransaction::Action;
using Direction = TrafficCounters::Direction;

constexpr std::size_t kKeptOfEntry = 4096;  // an entry that rests keeps no larger string

OutgoingResponse plain(int status) {
    OutgoingResponse response;
    response.status = status;
    return response;
}

bool has_credentials(const Request& request) {
    return request.header(HeaderId::Authorization) || request.header(HeaderId::ProxyAuthorization);
}

}  // namespace

/// One transaction with what it needs to answer: the head of the response, rendered when the
/// request came, and over UDP the last response.
struct ServerTransactions::Entry final : ConnectionUser {
    explicit Entry(ServerTransactions& owner)
        : set(owner),
          machine(ServerTransaction::Kind::NonInvite, true, {}),
          timer(owner.timers_, [this, &owner] { owner.on_time(*this); }) {}

    std::string_view head() const { return std::string_view(octets).substr(0, head_size); }

    std::string_view last_response() const { return std::string_view(octets).substr(head_size); }

    ServerTransactions& set;
    Entry* next_free = nullptr;
    ChainLink<Entry> by_branch;
    ChainLink<Entry> by_request;
    ServerTransaction machine;
    Timer timer;
    Handle* handle = nullptr;
    net::DatagramSocket* socket = nullptr;
    net::Endpoint remote;
    TimePoint began;
    StoredTransactionKey key;
    RandomToken<8> to_tag;
    std::string octets;  // head, last response
    std::size_t request_size = 0;
    std::size_t head_size = 0;
    int status = 0;  // final
    int peer = -1;
    bool is_pending = false;
    bool has_credentials = false;

  private:
    /// An answer will go nowhere; and its request will not come again by there.
    void on_connection_lost(const Error& /*reason*/) override {
        machine.on_connection_lost(set.timers_.now());
        set.settle(*this);
    }
};

struct ServerTransactions::Tables {
    Pool<Entry> pool;
    ChainedTable<Entry, &Entry::by_branch> by_branch;
    ChainedTable<Entry, &Entry::by_request> by_request;
};

/// What the layer above holds. May outlive its transaction, and even us.
class ServerTransactions::Handle final : public IncomingRequest, public Recycled<Handle> {
  public:
    Handle(ServerTransactions& owner, Entry& entry) : owner_(owner), entry_(&entry) {
        entry.handle = this;
    }

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    Handle(Handle&&) = delete;
    Handle& operator=(Handle&&) = delete;

    ~Handle() override {
        if (entry_ != nullptr) {
            owner_.answer(*entry_, plain(500));
            forget();
        }
    }

    void respond(const OutgoingResponse& response) override {
        if (entry_ != nullptr) {
            owner_.answer(*entry_, response);
        }
    }

    std::string_view to_tag() const override {
        return entry_ == nullptr ? std::string_view() : entry_->to_tag.view();
    }

    Names names() const override { return entry_ == nullptr ? Names() : names_in(entry_->head()); }

    void forget() {
        if (entry_ != nullptr) {
            std::exchange(entry_, nullptr)->handle = nullptr;
        }
    }

  private:
    ServerTransactions& owner_;
    Entry* entry_;
};

ServerTransactions::ServerTransactions(std::string server,
                                       std::size_t answer_factor,
                                       Timers& timers,
                                       Random& random,
                                       TrafficCounters& counters)
    : server_(std::move(server)),
      answer_factor_(answer_factor),
      timers_(timers),
      random_(random),
      counters_(counters),
      tables_(std::make_unique<Tables>()) {}

ServerTransactions::~ServerTransactions() {
    tables_->pool.for_each([](Entry& entry) {
        if (entry.handle != nullptr) {
            entry.handle->forget();
        }
    });
}

std::size_t ServerTransactions::size() const {
    return tables_->pool.in_use();
}

TransactionKey ServerTransactions::key_of(const Request& request, const Source& source) const {
    return {request, source.origin.remote.address, hash_};
}

ServerTransactions::Entry* ServerTransactions::find(const TransactionKey& key) {
    return tables_->by_branch.find(
        key.by_branch, [&key](const Entry& entry) { return entry.key.is_transaction_of(key); });
}

Arrival ServerTransactions::match(const Request& request, const TransactionKey& key) {
    Entry* entry = find(key);
    if (request.method == Method::Ack) {
        if (entry == nullptr || entry->key.method() != Method::Invite ||
            entry->machine.state() == ServerTransaction::State::Accepted) {
            return Arrival::Acknowledges;
        }
        perform(*entry, entry->machine.on_ack(timers_.now()), nullptr);
        return Arrival::Absorbed;
    }
    if (entry == nullptr || entry->key.method() != request.method) {
        return Arrival::New;
    }
    // COMPAT(SIPE 1.25, 2026-11): it answers a challenge under the branch of the request that was
    // challenged.
    if (is_challenge(entry->status) && !entry->has_credentials && has_credentials(request)) {
        end(*entry);
        return Arrival::New;
    }
    counters_.retransmission(entry->peer);
    perform(*entry, entry->machine.on_retransmission(), nullptr);
    return Arrival::Absorbed;
}

bool ServerTransactions::is_merged(const TransactionKey& key) {
    return key.is_initial && tables_->by_request.find(key.by_request, [&key](const Entry& entry) {
        return entry.key.is_request_of(key) && !is_challenge(entry.status);
    }) != nullptr;
}

std::unique_ptr<IncomingRequest> ServerTransactions::open(const Request& request,
                                                          const TransactionKey& key,
                                                          const Source& source) {
    Entry& entry = tables_->pool.take(*this);
    const auto kind = request.method == Method::Invite ? ServerTransaction::Kind::Invite
                                                       : ServerTransaction::Kind::NonInvite;
    entry.machine = ServerTransaction(kind, source.connection != nullptr, timers_.now());
    entry.socket = source.socket;
    entry.remote = source.origin.remote;
    entry.peer = source.origin.peer;
    entry.began = timers_.now();
    entry.request_size = source.octets;
    entry.has_credentials = has_credentials(request);
    entry.status = 0;
    if (source.connection != nullptr) {
        entry.attach(*source.connection);
    }
    entry.key.assign(key);
    entry.to_tag.renew(random_);
    scratch_.clear();
    append_response_head(scratch_, request, entry.remote, entry.to_tag.view());
    entry.octets.assign(scratch_.view());
    entry.head_size = entry.octets.size();

    tables_->by_branch.insert(entry, key.by_branch);
    if (key.is_initial) {
        tables_->by_request.insert(entry, key.by_request);
    }
    entry.is_pending = true;
    ++pending_;
    counters_.transactions().add(1);
    settle(entry);
    return std::make_unique<Handle>(*this, entry);
}

void ServerTransactions::cancel(const Request& request,
                                const TransactionKey& key,
                                const Source& source) {
    Entry* entry = find(key);
    answer_statelessly(request, source, plain(entry == nullptr ? 481 : 200));
    if (entry == nullptr) {
        counters_.stray().add();
    } else if (entry->key.method() == Method::Invite && !entry->machine.has_final()) {
        answer(*entry, plain(487));  // RFC 3261 §9.2: nothing else can be cancelled
    }
}

void ServerTransactions::answer(Entry& entry, const OutgoingResponse& response) {
    OutgoingResponse allowed = response;
    if (response.status == 408 && entry.key.method() != Method::Invite) {
        allowed.status = 504;  // RFC 4320 §4.2
        allowed.reason = {};
    }
    perform(entry, entry.machine.on_answer(allowed.status, timers_.now()), &allowed);
}

void ServerTransactions::perform(Entry& entry,
                                 const ServerTransaction::Actions& actions,
                                 const OutgoingResponse* response) {
    for (const ServerAction action : actions) {
        switch (action) {
            case ServerAction::SendResponse:
                // This action comes from respond() alone, which has one.
                transmit(entry, *response);  // NOLINT(clang-analyzer-core.NonNullParamChecker)
                if (entry.socket != nullptr && entry.peer < 0 && response->status >= 300) {
                    // A stranger that was refused is refused again just as well: nobody may fill
                    // our memory with forged addresses.
                    return end(entry);
                }
                break;
            case ServerAction::ResendResponse:
                retransmit(entry);
                break;
            case ServerAction::SendTrying:
                transmit(entry, plain(100));
                break;
            case ServerAction::PassAck:
            case ServerAction::ReportLostAck:
                break;  // match() has told the one; the other changes nothing above
            case ServerAction::ReportLate:
                counters_.late().add();
                break;
            case ServerAction::Terminate:
                return end(entry);
        }
    }
    settle(entry);
}

void ServerTransactions::transmit(Entry& entry, const OutgoingResponse& response) {
    counters_.response(entry.peer, Direction::Out, entry.key.method(), response.status);
    const bool is_final = response.status >= 200;
    if (is_final) {
        entry.status = static_cast<std::int16_t>(response.status);
        counters_.duration(entry.key.method())
            .observe(std::chrono::duration<double>(timers_.now() - entry.began).count());
        conclude(entry);
    }
    if (entry.socket == nullptr) {
        if (Connection* connection = entry.connection(); connection && connection->is_open()) {
            const std::size_t before = connection->output().size();
            append_response(connection->output(), entry.head(), response, server_);
            show(connection->output().view().substr(before), entry.remote);
            connection->flush();
        }
        return;
    }
    const bool is_sent =
        render_datagram(entry.head(), response, entry.peer < 0 ? entry.request_size : 0);
    // RFC 3261 §13.3.1.4: a 2xx to INVITE is written again, until it is acknowledged.
    const bool may_repeat = entry.machine.state() == ServerTransaction::State::Accepted;
    if (is_final && !may_repeat) {
        entry.octets.clear();
        entry.head_size = 0;
    } else {
        entry.octets.resize(entry.head_size);
    }
    if (is_sent) {
        entry.octets.append(scratch_.view());
        show(scratch_.view(), entry.remote);
        entry.socket->send(entry.remote, scratch_.view());
    }
}

void ServerTransactions::retransmit(Entry& entry) {
    const std::string_view response = entry.last_response();
    if (entry.socket != nullptr && !response.empty()) {
        entry.socket->send(entry.remote, response);
    }
}

void ServerTransactions::on_time(Entry& entry) {
    perform(entry, entry.machine.on_time(timers_.now()), nullptr);
}

/// The user has answered, or may not any more; but it may repeat its 2xx to INVITE.
void ServerTransactions::conclude(Entry& entry) {
    const bool may_repeat = entry.machine.state() == ServerTransaction::State::Accepted;
    if (entry.handle != nullptr && !may_repeat) {
        entry.handle->forget();
    }
    if (std::exchange(entry.is_pending, false)) {
        --pending_;
        counters_.transactions().add(-1);
    }
}

/// The one timer follows the machine.
void ServerTransactions::settle(Entry& entry) {
    const TimePoint deadline = entry.machine.deadline();
    if (deadline == never) {
        entry.timer.cancel();
    } else {
        entry.timer.arm(deadline - timers_.now());
    }
}

void ServerTransactions::end(Entry& entry) {
    conclude(entry);
    if (entry.handle != nullptr) {
        entry.handle->forget();
    }
    entry.timer.cancel();
    entry.detach();
    tables_->by_branch.erase(entry);
    tables_->by_request.erase(entry);
    if (entry.octets.capacity() > kKeptOfEntry) {
        entry.octets = {};
    }
    entry.key.shrink();
    tables_->pool.give_back(entry);
}

}  // namespace isthmus::sip
