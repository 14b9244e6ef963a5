// net::Resolver from a table. What is not in the table does not exist (an empty answer); literal
// addresses answer themselves.
#pragma once

#include "net/wire.h"
#include "support/manual_loop.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::test {

class FixedResolver final : public net::Resolver {
  public:
    explicit FixedResolver(ManualLoop& loop) : loop_(loop) {}

    /// A or AAAA by the form of `address`; answers keep the order of these calls.
    void add_address(std::string_view host, std::string_view address);
    void add_srv(std::string_view name, net::SrvRecord record);
    void add_naptr(std::string_view name, net::NaptrRecord record);
    void add_tlsa(std::string_view name, net::TlsaRecord record);
    /// The name does not exist any more.
    void forget(std::string_view name);

    /// The name does not exist, which addresses() says (IST-DNS-001).
    void deny(std::string_view name) { denied_.emplace(name); }

    /// Every question about `name` fails with IST-DNS-004.
    void fail(std::string_view name);

    /// An administrator has written the name down.
    void write_down(std::string_view name) { written_down_.emplace(name); }

    bool is_written_down(std::string_view name) const override {
        return written_down_.contains(name);
    }

    /// Answers take that long from now on.
    void set_delay(Duration delay) { delay_ = delay; }

    /// Names asked for so far, in order, as "A name", "SRV name", "NAPTR name", "TLSA name".
    const std::vector<std::string>& questions() const { return questions_; }

    std::unique_ptr<net::Pending> addresses(std::string_view host,
                                            net::LookupHandler<net::IpAddress> on_done) override;
    std::unique_ptr<net::Pending> srv(std::string_view name,
                                      net::LookupHandler<net::SrvRecord> on_done) override;
    std::unique_ptr<net::Pending> naptr(std::string_view name,
                                        net::LookupHandler<net::NaptrRecord> on_done) override;
    std::unique_ptr<net::Pending> tlsa(std::string_view name,
                                       net::LookupHandler<net::TlsaRecord> on_done) override;

  private:
    template <class T>
    using Table = std::map<std::string, std::vector<T>, std::less<>>;

    template <class T>
    std::unique_ptr<net::Pending> answer(std::string_view name,
                                         const Table<T>& table,
                                         net::LookupHandler<T> on_done);

    ManualLoop& loop_;
    Duration delay_{};
    Table<net::IpAddress> addresses_;
    Table<net::SrvRecord> srv_;
    Table<net::NaptrRecord> naptr_;
    Table<net::TlsaRecord> tlsa_;
    std::set<std::string, std::less<>> failing_;
    std::set<std::string, std::less<>> denied_;
    std::set<std::string, std::less<>> written_down_;
    std::vector<std::string> questions_;
};

}  // namespace isthmus::test
