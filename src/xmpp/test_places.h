// The first two steps of a link test: where the partner's servers are, and which of their addresses
// take a connection. The same Location and connector as live traffic.
#pragma once

#include "net/wire.h"
#include "xmpp/environment.h"
#include "xmpp/locate.h"
#include "xmpp/test_step.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class PlacesTest {
  public:
    /// `domain` in A-labels; `proxy` as in LinkPolicy. `on_done` is the last call: whether an
    /// address was reached.
    PlacesTest(const Environment& environment,
               std::string domain,
               std::string proxy,
               LocationTerms terms,
               StepSink sink,
               std::function<void(bool)> on_done);
    void start();

  private:
    void ask_service(const std::string& name);
    void locate();
    void on_target(Result<Target> target);
    void finish_lookup(const Error& end);
    void connect_to_all();
    void on_connected(std::size_t index, Result<std::unique_ptr<net::ByteStream>> stream);
    void finish_connecting();

    struct Attempt {
        std::unique_ptr<net::Pending> pending;
        TestedAddress result;
    };

    const Environment& environment_;
    std::string domain_;
    std::string proxy_;
    LocationTerms terms_;
    StepSink sink_;
    std::function<void(bool)> on_done_;
    TimePoint started_{};
    TimePoint asked_{};
    std::string evidence_;
    std::vector<std::unique_ptr<net::Pending>> questions_;
    std::size_t unanswered_ = 0;
    std::optional<Location> location_;
    std::vector<Target> targets_;
    std::vector<Attempt> attempts_;
    std::size_t connecting_ = 0;
    std::string_view code_ = "IST-TCP-001";  ///< of addresses that lead nowhere
};

}  // namespace isthmus::xmpp
