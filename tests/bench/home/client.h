// One Lync client as it signs in (REGISTER by Digest, contact list, provisioning, who has added
// him, the presence of his list, his own) and then stays, answering what it is told. [MS-SIPREGE],
// [MS-PRES], as SIPE 1.25 does it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/connection.h"

namespace isthmus::bench {

// What all of them have in common, and how far they have come.
struct Crowd {
    std::string domain = "contoso.example";
    std::string password;
    std::uint32_t users = 1;     // of all, among whom the contacts are
    std::uint32_t contacts = 0;  // of each; user n has n+1, n+2, ...
    std::uint64_t signed_in = 0;
    std::uint64_t failed = 0;
    std::uint64_t notices = 0;  // NOTIFYs
    std::string first_complaint;

    void complain(std::string_view what) {
        ++failed;
        if (first_complaint.empty()) {
            first_complaint = what.substr(0, 300);
        }
    }
};

class Client final : public Session {
  public:
    Client(Crowd& crowd, std::uint32_t number) : crowd_(crowd), number_(number) {}

    void on_secured(Connection& connection) override;
    void on_input(Connection& connection) override;
    void on_closed(Connection& connection) override;

    [[nodiscard]] bool is_signed_in() const { return is_signed_in_; }

    [[nodiscard]] bool is_over() const { return is_over_; }

  private:
    [[nodiscard]] std::string address(std::uint32_t number) const;
    void append(Connection& connection,
                std::string_view method,
                std::string_view uri,
                std::string_view headers,
                std::string_view body);
    void register_by(Connection& connection, std::string_view challenge);
    void ask_for_everything(Connection& connection);
    std::size_t take_message(Connection& connection, std::string_view input);
    void take_response(Connection& connection, std::string_view message, std::string_view method);
    void take_notify(Connection& connection, std::string_view message, std::string_view body);
    void settle();

    Crowd& crowd_;
    std::uint32_t number_;
    unsigned cseq_ = 0;
    unsigned answers_ = 0;    // to what was asked for behind the REGISTER
    std::uint32_t seen_ = 0;  // contacts whose presence was told
    bool has_list_ = false;
    bool is_signed_in_ = false;
    bool is_over_ = false;
};

}  // namespace isthmus::bench
