// The test of a partner in ten steps: the first here, by the gates of policy; the others on the
// traffic side, which app/crossing provides. What a failed step leaves untried is told as skipped.
// Transport-free. Control thread only.
#pragma once

#include "base/result.h"
#include "control/policy_service.h"
#include "control/test_step.h"
#include "policy/partner.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// What the traffic side is to do. Names in compared form, but for `sender`.
struct LinkTestOrder {
    std::string local_domain;  ///< an XMPP domain of ours
    std::string remote_domain;
    policy::Partner partner;
    bool reverse = false;
    std::string sender = {};    ///< of a test message, a SIP user; empty: none is sent
    std::string receiver = {};  ///< an XMPP user of that domain
};

struct LinkTestSide {
    /// Called later, in the order of the steps. After on_done nothing more comes.
    struct Handlers {
        std::function<void(TestStep)> on_step;
        std::function<void()> on_done;
    };

    /// The XMPP domain that the order speaks for: the one it names, the sender's, or our first. An
    /// error if that is not ours.
    std::function<Result<std::string>(const LinkTestOrder&)> local_domain;
    /// The number of the test.
    std::function<Result<std::uint64_t>(const LinkTestOrder&, Handlers)> start;
    /// Nobody wants to know any more; nothing is called after that.
    std::function<void(std::uint64_t)> stop;
    /// Where partners find us, for what is to be published in DNS: "gateway.contoso.example".
    std::string server_name = {};
};

struct TestResult {
    std::string domain;
    std::string local_domain;
    TestState state = TestState::Pass;  ///< the worst of all steps
    std::string failed_step;            ///< its id; empty: none failed
    std::string sentence;
    std::string error;  ///< the failed step's, or the first warning's
    std::string code;
    std::string fix;
    double duration_ms = 0;

    bool is_success() const { return state != TestState::Fail; }
};

boost::json::object to_json(const TestResult& result);

class PartnerTests {
  public:
    /// Tests that may be under way at once.
    static constexpr std::size_t kMost = 4;

    struct Handlers {
        std::function<void(const boost::json::object&)> on_step;
        std::function<void(const TestResult&)> on_result;  ///< the last call
    };

    /// Both must outlive it.
    PartnerTests(PolicyService& policies, LinkTestSide side);

    PartnerTests(const PartnerTests&) = delete;
    PartnerTests& operator=(const PartnerTests&) = delete;
    PartnerTests(PartnerTests&&) = delete;
    PartnerTests& operator=(PartnerTests&&) = delete;
    ~PartnerTests();

    /// `options`: reverse, sender, receiver, local_domain; partner: a document that need not be
    /// saved. Errors: Syntax or Conflict, as when it is saved; Limit (IST-API-011). Handlers may be
    /// called within the call. The number is for stop().
    Result<std::uint64_t> start(std::string_view domain,
                                const boost::json::object& options,
                                Handlers handlers);
    /// Whoever waited has gone. Unknown numbers do no harm.
    void stop(std::uint64_t number);

    std::size_t running() const { return running_.size(); }

  private:
    struct Running;

    Result<LinkTestOrder> read_order(std::string_view domain,
                                     const boost::json::object& options,
                                     bool& is_saved) const;
    Result<policy::Partner> read_partner(const std::string& domain,
                                         const boost::json::object& document) const;
    TestStep ask_policy(const LinkTestOrder& order, bool is_saved) const;
    void tell(Running& test, TestStep step);
    void finish(std::uint64_t number);

    PolicyService& policies_;
    LinkTestSide side_;
    std::map<std::uint64_t, std::unique_ptr<Running>> running_;
    std::uint64_t next_ = 1;
};

}  // namespace isthmus::control
