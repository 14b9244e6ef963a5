#include "support/fixed_resolver.h"

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace isthmus::test {

namespace {

/// Its handler runs only while this lives.
class PendingAnswer final : public net::Pending {
  public:
    explicit PendingAnswer(std::shared_ptr<bool> wanted) : wanted_(std::move(wanted)) {}

    PendingAnswer(const PendingAnswer&) = delete;
    PendingAnswer& operator=(const PendingAnswer&) = delete;
    PendingAnswer(PendingAnswer&&) = delete;
    PendingAnswer& operator=(PendingAnswer&&) = delete;

    ~PendingAnswer() override { *wanted_ = false; }

  private:
    std::shared_ptr<bool> wanted_;
};

}  // namespace

void FixedResolver::add_address(std::string_view host, std::string_view address) {
    auto parsed = net::IpAddress::parse(address);
    if (!parsed) {
        throw std::invalid_argument("not an address: " + std::string(address));
    }
    addresses_[std::string(host)].push_back(*parsed);
}

void FixedResolver::add_srv(std::string_view name, net::SrvRecord record) {
    srv_[std::string(name)].push_back(std::move(record));
}

void FixedResolver::add_naptr(std::string_view name, net::NaptrRecord record) {
    naptr_[std::string(name)].push_back(std::move(record));
}

void FixedResolver::add_tlsa(std::string_view name, net::TlsaRecord record) {
    tlsa_[std::string(name)].push_back(std::move(record));
}

void FixedResolver::forget(std::string_view name) {
    addresses_.erase(std::string(name));
    srv_.erase(std::string(name));
    naptr_.erase(std::string(name));
    if (auto found = failing_.find(name); found != failing_.end()) {
        failing_.erase(found);
    }
}

void FixedResolver::fail(std::string_view name) {
    failing_.emplace(name);
}

template <class T>
std::unique_ptr<net::Pending> FixedResolver::answer(std::string_view name,
                                                    const Table<T>& table,
                                                    net::LookupHandler<T> on_done) {
    Result<std::vector<T>> result{std::vector<T>{}};
    if (failing_.contains(name)) {
        result = make_error(ErrorKind::Unreachable,
                            "IST-DNS-004",
                            "name resolution failed",
                            "no answer for " + std::string(name));
    } else if (std::is_same_v<T, net::IpAddress> && denied_.contains(name)) {
        result = make_error(ErrorKind::NotFound, "IST-DNS-001", "no such name", std::string(name));
    } else if (auto found = table.find(name); found != table.end()) {
        result = found->second;
    }
    auto wanted = std::make_shared<bool>(true);
    loop_.post_after(delay_,
                     [wanted, result = std::move(result), on_done = std::move(on_done)]() mutable {
                         if (*wanted) {
                             on_done(std::move(result));
                         }
                     });
    return std::make_unique<PendingAnswer>(std::move(wanted));
}

std::unique_ptr<net::Pending> FixedResolver::addresses(std::string_view host,
                                                       net::LookupHandler<net::IpAddress> on_done) {
    questions_.push_back("A " + std::string(host));
    if (auto literal = net::IpAddress::parse(host)) {
        Table<net::IpAddress> itself;
        itself[std::string(host)] = {*literal};
        return answer(host, itself, std::move(on_done));
    }
    return answer(host, addresses_, std::move(on_done));
}

std::unique_ptr<net::Pending> FixedResolver::srv(std::string_view name,
                                                 net::LookupHandler<net::SrvRecord> on_done) {
    questions_.push_back("SRV " + std::string(name));
    return answer(name, srv_, std::move(on_done));
}

std::unique_ptr<net::Pending> FixedResolver::naptr(std::string_view name,
                                                   net::LookupHandler<net::NaptrRecord> on_done) {
    questions_.push_back("NAPTR " + std::string(name));
    return answer(name, naptr_, std::move(on_done));
}

std::unique_ptr<net::Pending> FixedResolver::tlsa(std::string_view name,
                                                  net::LookupHandler<net::TlsaRecord> on_done) {
    questions_.push_back("TLSA " + std::string(name));
    return answer(name, tlsa_, std::move(on_done));
}

}  // namespace isthmus::test
