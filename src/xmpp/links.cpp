#include "xmpp/links.h"

#include <algorithm>

namespace isthmus::xmpp {

namespace {

constexpr Duration kVerifyPatience = std::chrono::seconds(20);
constexpr std::size_t kMaxVerifications = 512;

}  // namespace

/// One key, one stream, one answer.
class Links::Verification final : public OutgoingConnection::Owner {
  public:
    Verification(Links& links, const void* asker, VerdictHandler on_verdict)
        : links_(links), asker_(asker), on_verdict_(std::move(on_verdict)) {}

    void start(Environment& environment, OutgoingStream::Purpose purpose) {
        connection_ = std::make_unique<OutgoingConnection>(environment, std::move(purpose), *this);
        connection_->start(kVerifyPatience);
    }

    const void* asker() const { return asker_; }

    std::unique_ptr<OutgoingConnection> take_connection() { return std::move(connection_); }

    void abandon() {
        on_verdict_ = nullptr;
        connection_->abandon();
    }

    void tell(Verdict verdict) {
        if (on_verdict_) {
            std::exchange(on_verdict_, nullptr)(verdict);
        }
    }

    void on_up(Mechanism /*mechanism*/, bool /*offers_management*/) override {}

    void on_management(const management::Element& /*element*/) override {}

    void on_verified(Verdict verdict, const std::string& /*detail*/) override {
        links_.on_verification_done(*this, verdict);
    }

    void on_stream_written(std::uint64_t /*total*/) override {}

    void on_failed(const Error& why,
                   std::string_view /*step*/,
                   bool /*retry*/,
                   bool /*was_external_refused*/) override {
        const bool is_nowhere = why.kind == ErrorKind::NotFound;
        links_.on_verification_done(*this, is_nowhere ? Verdict::NoServer : Verdict::Unknown);
    }

    void on_ending(const Error& /*why*/) override {}

    void on_gone(const Error& /*why*/) override {}

  private:
    Links& links_;
    const void* asker_;
    VerdictHandler on_verdict_;
    std::unique_ptr<OutgoingConnection> connection_;
};

Links::Links(Environment& environment) : environment_(environment) {}

Links::~Links() {
    for (const auto& [pair, link] : links_) {
        link->leave_carrier();  // it may be another link's, which goes first
    }
}

OutgoingConnection* Links::host_for(const OutgoingLink& link) {
    for (const std::string& local : environment_.config.domains) {
        if (local == link.local()) {
            continue;
        }
        if (const OutgoingLink* other = find_existing(local, link.remote())) {
            if (OutgoingConnection* connection = other->shared_connection()) {
                return connection;
            }
        }
    }
    return nullptr;
}

OutgoingLink* Links::find_slowly(std::string_view local, std::string_view remote) {
    auto found = links_.find({local, remote});
    if (found == links_.end()) {
        const auto& ours = environment_.config.domains;
        const bool is_ours = std::ranges::find(ours, remote) != ours.end();
        if (is_ours || !environment_.handler.link_policy(remote)) {
            return nullptr;
        }
        Neighbours& neighbours = *this;
        auto link = std::make_unique<OutgoingLink>(
            environment_, neighbours, std::string(local), std::string(remote));
        const PairView key{link->local(), link->remote()};
        found = links_.emplace(key, std::move(link)).first;
    }
    last_ = found->second.get();
    return last_;
}

Carrier::Rider* Links::offer_carrier(Carrier& carrier,
                                     const std::string& local,
                                     const std::string& remote) {
    OutgoingLink* link = find(local, remote);
    return link != nullptr ? link->ride(carrier) : nullptr;
}

void Links::verify(const void* asker,
                   std::string remote,
                   std::string local,
                   std::string stream_id,
                   std::string key,
                   VerdictHandler on_verdict) {
    auto policy = environment_.handler.link_policy(remote);
    if (!policy || verifications_.size() >= kMaxVerifications) {
        return on_verdict(Verdict::Unknown);
    }
    OutgoingStream::Purpose purpose;
    purpose.local = std::move(local);
    purpose.remote = std::move(remote);
    purpose.policy = *std::move(policy);
    purpose.has_tls = environment_.tls != nullptr;
    purpose.question = OutgoingStream::Question{std::move(stream_id), std::move(key)};
    verifications_.push_back(std::make_unique<Verification>(*this, asker, std::move(on_verdict)));
    verifications_.back()->start(environment_, std::move(purpose));
}

void Links::on_verification_done(Verification& verification, Verdict verdict) {
    auto found = std::ranges::find_if(
        verifications_, [&](const auto& candidate) { return candidate.get() == &verification; });
    if (found == verifications_.end()) {
        return;
    }
    std::unique_ptr<Verification> done = std::move(*found);
    verifications_.erase(found);
    environment_.graveyard.bury(done->take_connection());
    done->tell(verdict);
}

void Links::forget(const void* asker) {
    std::erase_if(verifications_, [&](const auto& verification) {
        if (verification->asker() != asker) {
            return false;
        }
        verification->abandon();
        environment_.graveyard.bury(verification->take_connection());
        return true;
    });
}

/// A copy: what the handler does when it hears of a failure may add links.
std::vector<OutgoingLink*> Links::all() const {
    std::vector<OutgoingLink*> links;
    links.reserve(links_.size());
    for (const auto& [pair, link] : links_) {
        links.push_back(link.get());
    }
    return links;
}

void Links::recheck_partners() {
    for (OutgoingLink* link : all()) {
        if (const auto policy = environment_.handler.link_policy(link->remote())) {
            link->try_afresh(*policy);
        } else {
            link->expel();
        }
    }
}

void Links::close_idle() {
    for (OutgoingLink* link : all()) {
        link->close_if_idle();
    }
}

void Links::look_after() {
    for (OutgoingLink* link : all()) {
        link->look_after();
    }
}

void Links::look_again() {
    for (OutgoingLink* link : all()) {
        link->look_again();
    }
}

std::size_t Links::pending() const {
    std::size_t total = 0;
    for (const auto& [pair, link] : links_) {
        total += link->pending();
    }
    return total;
}

bool Links::close_stream(std::uint64_t number) {
    const auto found = std::ranges::find_if(
        links_, [number](const auto& entry) { return entry.second->number() == number; });
    return found != links_.end() && found->second->close_stream();
}

std::size_t Links::retry(std::string_view remote) {
    std::size_t count = 0;
    for (OutgoingLink* link : all()) {
        if (link->remote() == remote) {
            link->retry();
            ++count;
        }
    }
    return count;
}

void Links::report(std::vector<LinkStatus>& to) const {
    for (const auto& [pair, link] : links_) {
        to.push_back(link->status());
    }
}

}  // namespace isthmus::xmpp
