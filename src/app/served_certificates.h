// What our listeners really present, asked as any client would ask: of what was loaded it may
// differ, when something else answers there. Control thread; the asking has a thread of its own.
#pragma once

#include "base/metrics.h"
#include "base/result.h"
#include "control/certificate_documents.h"
#include "control/offload.h"
#include "net/certificate_probe.h"
#include "net/event_loop.h"

#include <boost/json/object.hpp>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::app {

class ServedCertificates {
  public:
    struct Listener {
        control::Use use = control::Use::Sip;
        std::string address;  ///< "[::]:5269", as it was announced
        net::Probe::Protocol protocol = net::Probe::Protocol::Tls;
        std::string name;  ///< to ask for
    };

    /// Fingerprints of what a use may present now.
    using Expected = std::function<std::vector<std::string>(control::Use)>;
    using Done = std::function<void(Result<boost::json::object>)>;
    using StaticNames = std::map<std::string, std::vector<std::string>>;

    ServedCertificates(net::EventLoop& control,
                       metrics::Registry& metrics,
                       StaticNames static_names,
                       Expected expected);

    void set_listeners(std::vector<Listener> listeners) { listeners_ = std::move(listeners); }

    /// Asks all listeners and compares; the results are there later.
    void check();
    /// The same for whoever wants to see; or another address. Arguments as in
    /// admin::CertificateServices::ask_served.
    void ask(const std::string& address,
             const std::string& protocol,
             const std::string& name,
             const Done& done);

    /// Whether files of the use's certificates hold something else than was loaded.
    void set_file_trouble(control::Use use, bool is_bad);

    /// Nothing before the first check() has an answer.
    std::optional<bool> is_mismatch(control::Use use) const {
        return mismatch_[static_cast<std::size_t>(use)];
    }

    /// Fingerprint of what was presented last; empty: unknown.
    const std::string& presented(control::Use use) const {
        return presented_[static_cast<std::size_t>(use)];
    }

  private:
    using Answers = std::vector<Result<net::Presented>>;

    void ask_listeners(std::function<void(const Answers&)> done);
    void compare(const Answers& answers);
    void ask_address(const std::string& address,
                     const std::string& protocol,
                     const std::string& name,
                     const Done& done);
    void set_gauge(std::size_t use);
    boost::json::object shown(const Listener& listener, const Result<net::Presented>& answer) const;

    StaticNames static_names_;
    Expected expected_;
    std::array<metrics::Gauge*, control::kUses.size()> gauges_{};
    std::vector<Listener> listeners_;
    std::array<std::optional<bool>, control::kUses.size()> mismatch_;
    std::array<bool, control::kUses.size()> file_trouble_{};
    std::array<std::string, control::kUses.size()> presented_;
    control::Worker worker_;
};

}  // namespace isthmus::app
