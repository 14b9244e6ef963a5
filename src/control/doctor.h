// What an administrator would look at first when something does not work: the gateway itself, its
// names in DNS, its neighbours; and what others have to set up, ready to copy. The checks are pure:
// app/ gathers what they look at. Transport-free. Control thread only.
#pragma once

#include "base/result.h"
#include "control/partner_test.h"
#include "control/status_service.h"
#include "control/test_step.h"
#include "policy/policy.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

/// A [[sip.peer]] as it is configured.
struct SipPeerFacts {
    std::string name;
    std::string kind;  ///< simple, lync
    std::string target;
    std::vector<std::string> domains;
    std::vector<std::string> certificate_names;
    std::vector<std::string> addresses;
    bool has_credentials = false;
};

/// A domain of ours, as DNS shows it to us.
struct OwnRecords {
    struct Server {
        std::string host;
        std::uint16_t port = 0;
        std::vector<std::string> addresses;
        bool is_here = false;  ///< one of the addresses is this machine's
    };

    std::string domain;  ///< A-labels
    std::optional<Error> failure;
    std::vector<Server> servers;  ///< of _xmpp-server, as RFC 2782 orders them
    bool says_no_service = false;
};

struct ConfigFinding {
    std::string code;
    std::string text;
};

/// What the machine and the process are like.
struct LocalFacts {
    std::string server_name;
    std::string config_file;
    std::optional<Error> config_fault;  ///< of the file as it is now
    std::vector<ConfigFinding> config_warnings;
    std::string state_dir;
    std::uint64_t disk_free = 0;    ///< octets
    std::uint64_t disk_total = 0;   ///< octets; 0: cannot be told
    std::uint64_t descriptors = 0;  ///< that the process may open
    std::optional<bool> is_clock_synchronised;
    std::vector<std::string> xmpp_listeners;  ///< "[::]:5269"
    std::vector<std::string> sip_listeners;   ///< "tls:[::]:5061"
    bool has_certificate = false;
    std::vector<OwnCertificateStatus> certificates = {};  ///< that are shown in handshakes
    std::string component_server;                         ///< empty: partners are reached directly
    std::vector<std::string> xmpp_domains;
    std::vector<SipPeerFacts> peers;
};

struct DoctorSide {
    std::function<LocalFacts()> read_local;
    /// `done` is called later, once, with one for each domain.
    std::function<void(std::vector<std::string> domains,
                       std::function<void(std::vector<OwnRecords>)> done)>
        look_up;
    ReadStatus read_status;
    /// Hears what a run has found of our own domains in DNS; may be empty.
    std::function<void(const std::vector<TestStep>& checks)> on_records = {};
};

/// Something to copy: records, rules, commands.
struct Instruction {
    std::string title;
    std::vector<std::string> lines;
};

struct Findings {
    TestState state = TestState::Pass;  ///< fail, warn or pass: the worst
    std::vector<TestStep> checks;
    std::vector<Instruction> instructions;
};

boost::json::object to_json(const Findings& findings);

/// Those that are shown in handshakes; `has_certificate`: partners can be offered TLS. What the
/// doctor, the lights and the command line say of certificates is this.
/// How long a certificate is good, as a sentence.
std::string end_of_certificate(const OwnCertificateStatus& one);
TestStep check_certificates(bool has_certificate,
                            const std::vector<OwnCertificateStatus>& certificates);
std::vector<TestStep> check_local(const LocalFacts& facts);
std::vector<TestStep> check_policy(const policy::Policy& policy);
std::vector<TestStep> check_records(const LocalFacts& facts,
                                    const std::vector<OwnRecords>& records);
std::vector<TestStep> check_traffic(const LocalFacts& facts,
                                    const policy::Policy& policy,
                                    const std::optional<Status>& status);
std::vector<Instruction> instructions_for(const LocalFacts& facts, const policy::Policy& policy);

class Doctor {
  public:
    Doctor(PolicyService& policies, DoctorSide side)
        : policies_(policies), side_(std::move(side)) {}

    /// `done` is called later, once.
    void run(std::function<void(Findings)> done) const;

    const DoctorSide& side() const { return side_; }

  private:
    PolicyService& policies_;
    DoctorSide side_;
};

}  // namespace isthmus::control
