#include "net/resolver.h"

#include "net/dns_questions.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace isthmus::net {

namespace {

// RFC 8305 §3: how long the first addresses wait for those of the other family.
constexpr Duration kResolutionDelay = std::chrono::milliseconds(50);

std::vector<IpAddress> take(DnsAnswer& answer, Random& /*random*/, const IpAddress* /*which*/) {
    return interleave(answer.addresses);
}

std::vector<SrvRecord> take(DnsAnswer& answer, Random& random, const SrvRecord* /*which*/) {
    order_srv(answer.srv, random);
    return std::move(answer.srv);
}

std::vector<NaptrRecord> take(DnsAnswer& answer, Random& /*random*/, const NaptrRecord* /*which*/) {
    std::ranges::sort(answer.naptr, [](const NaptrRecord& a, const NaptrRecord& b) {
        return std::tie(a.order, a.preference) < std::tie(b.order, b.preference);
    });
    return std::move(answer.naptr);
}

std::vector<TlsaRecord> take(DnsAnswer& answer, Random& /*random*/, const TlsaRecord* /*which*/) {
    return std::move(answer.tlsa);
}

}  // namespace

/// One call of the interface: up to two questions, a deadline, an answer at the end of a turn.
template <class T>
class DnsResolver::Lookup final : public Pending, EndOfTurn, DnsQuestions::Asker {
  public:
    Lookup(const DnsResolver& resolver, LookupHandler<T> on_done)
        : EndOfTurn(resolver.loop_),
          resolver_(resolver),
          on_done_(std::move(on_done)),
          deadline_(resolver.loop_.timers(), [this] { at_end_of_turn(); }) {}

    /// The answer is known.
    void conclude(DnsAnswer answer) {
        answer_ = std::move(answer);
        at_end_of_turn();
    }

    void ask(const std::string& name, std::initializer_list<RecordType> types) {
        deadline_.arm(resolver_.deadline_);
        name_ = name;
        outstanding_ = types.size();
        for (const RecordType type : types) {
            resolver_.questions_->ask(name, type, *this);
        }
    }

  private:
    void on_answer(const Result<DnsAnswer>& answer) override {
        --outstanding_;
        if (!answer) {
            error_ = answer.error();
        } else {
            says_no_such_name_ |= answer->rcode == kNoSuchName;
            const auto append = [](auto& to, const auto& from) {
                to.insert(to.end(), from.begin(), from.end());
            };
            append(answer_.addresses, answer->addresses);
            append(answer_.srv, answer->srv);
            append(answer_.naptr, answer->naptr);
            append(answer_.tlsa, answer->tlsa);
        }
        if (outstanding_ == 0) {
            deadline_.cancel();
            at_end_of_turn();
        } else if (!answer_.addresses.empty()) {
            deadline_.arm(kResolutionDelay);
        }
    }

    void on_end_of_turn() override {
        stop_asking();
        auto records = take(answer_, resolver_.random_, static_cast<const T*>(nullptr));
        const LookupHandler<T> on_done = std::move(on_done_);
        constexpr bool kIsAddress = std::is_same_v<T, IpAddress>;
        if (kIsAddress && records.empty() && says_no_such_name_) {
            // RFC 2308 §2.1: of the name, whatever the type.
            on_done(make_error(ErrorKind::NotFound,
                               "IST-DNS-001",
                               "The name does not exist.",
                               name_ + " does not exist in DNS"));
        } else if (!records.empty() || (outstanding_ == 0 && !error_)) {
            on_done(std::move(records));
        } else if (error_) {
            on_done(*std::move(error_));
        } else {
            on_done(make_error(ErrorKind::Timeout,
                               "IST-DNS-004",
                               "The name did not resolve.",
                               "no answer in time"));
        }
    }

    const DnsResolver& resolver_;
    LookupHandler<T> on_done_;
    Timer deadline_;
    DnsAnswer answer_;
    std::optional<Error> error_;
    std::size_t outstanding_ = 0;
    std::string name_;
    bool says_no_such_name_ = false;
};

Result<std::unique_ptr<DnsResolver>> DnsResolver::create(EventLoop& loop,
                                                         Random& random,
                                                         const DnsSettings& settings) {
    auto names = StaticNames::parse(settings.static_names);
    if (!names) {
        return names.error();
    }
    auto questions = DnsQuestions::create(loop, settings);
    if (!questions) {
        return questions.error();
    }
    return std::unique_ptr<DnsResolver>(
        new DnsResolver(loop, random, *std::move(names), *std::move(questions), settings.deadline));
}

DnsResolver::DnsResolver(EventLoop& loop,
                         Random& random,
                         StaticNames names,
                         std::unique_ptr<DnsQuestions> questions,
                         Duration deadline)
    : loop_(loop),
      random_(random),
      names_(std::move(names)),
      questions_(std::move(questions)),
      deadline_(deadline) {}

DnsResolver::~DnsResolver() = default;

std::size_t DnsResolver::running() const {
    return questions_->running();
}

std::unique_ptr<Pending> DnsResolver::addresses(std::string_view host,
                                                LookupHandler<IpAddress> on_done) {
    auto lookup = std::make_unique<Lookup<IpAddress>>(*this, std::move(on_done));
    if (const auto literal = IpAddress::parse(host)) {
        lookup->conclude({.addresses = {*literal}});
    } else if (names_.covers(host)) {
        lookup->conclude({.addresses = names_.addresses(host)});
    } else {
        lookup->ask(canonical_name(host), {RecordType::Aaaa, RecordType::A});
    }
    return lookup;
}

std::unique_ptr<Pending> DnsResolver::srv(std::string_view name, LookupHandler<SrvRecord> on_done) {
    auto lookup = std::make_unique<Lookup<SrvRecord>>(*this, std::move(on_done));
    if (names_.covers(name)) {
        lookup->conclude({.srv = names_.srv(name)});
    } else {
        lookup->ask(canonical_name(name), {RecordType::Srv});
    }
    return lookup;
}

std::unique_ptr<Pending> DnsResolver::naptr(std::string_view name,
                                            LookupHandler<NaptrRecord> on_done) {
    auto lookup = std::make_unique<Lookup<NaptrRecord>>(*this, std::move(on_done));
    if (names_.covers(name)) {
        lookup->conclude({});
    } else {
        lookup->ask(canonical_name(name), {RecordType::Naptr});
    }
    return lookup;
}

std::unique_ptr<Pending> DnsResolver::tlsa(std::string_view name,
                                           LookupHandler<TlsaRecord> on_done) {
    auto lookup = std::make_unique<Lookup<TlsaRecord>>(*this, std::move(on_done));
    if (!questions_->validates() || names_.covers(name)) {
        lookup->conclude({});
    } else {
        lookup->ask(canonical_name(name), {RecordType::Tlsa});
    }
    return lookup;
}

}  // namespace isthmus::net
