// Streams live longer than certificates: what a peer has proved itself by is judged again when what
// we trust has changed, and once an hour. RFC 6120 §13.7.2.3.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/wire.h"
#include "xmpp/stream.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace isthmus::xmpp {

struct Environment;

/// When all streams are looked at, in slices: so many signature checks are no delay for anybody.
class SecondLooks {
  public:
    static constexpr unsigned kAtOnce = 16;
    static constexpr Duration kRest = std::chrono::milliseconds(10);
    static constexpr Duration kInterval = std::chrono::hours(1);

    /// `pass` offers each stream the chance to be looked at.
    SecondLooks(Timers& timers, std::function<void()> pass)
        : pass_(std::move(pass)),
          begin_(timers,
                 [this] {
                     ++round_;
                     go_on();
                 }),
          rest_(timers, [this] { go_on(); }) {}

    /// All of them, soon.
    void begin() { begin_.arm({}); }

  private:
    friend class SecondLook;

    void go_on() {
        left_ = kAtOnce;
        pass_();
        if (left_ == 0) {
            rest_.arm(kRest);
        }
        begin_.arm(kInterval);
    }

    std::function<void()> pass_;
    Timer begin_;
    Timer rest_;
    std::uint64_t round_ = 0;
    unsigned left_ = 0;
};

/// Of one stream.
class SecondLook {
  public:
    /// It was judged in a handshake just now.
    explicit SecondLook(const SecondLooks& all) : round_(all.round_) {}

    struct Doubt {
        net::PeerCertificate certificate;  ///< as it is judged now
        Error fault;
    };

    /// Why the certificate proves `remote` no longer, if it was looked at now and does not.
    std::optional<Doubt> look(const Environment& environment,
                              const net::ByteStream& stream,
                              std::string_view remote,
                              const LinkPolicy& policy);

  private:
    std::uint64_t round_;
};

}  // namespace isthmus::xmpp
