#include "xmpp/link_test.h"

#include "xmpp/jid.h"
#include "xmpp/journal.h"
#include "xmpp/test_places.h"
#include "xmpp/test_stream.h"
#include "xmpp/test_talk.h"

#include <utility>

namespace isthmus::xmpp {

namespace {

/// Its journal counts into nothing and its failures stay its own: the live links know nothing of a
/// test.
class SteppedTest final : public LinkTest {
  public:
    SteppedTest(const Environment& environment,
                Answers& answers,
                ReadIncoming read_incoming,
                LinkTestOrder order,
                LinkTestHandler& handler)
        : order_(std::move(order)),
          handler_(handler),
          journal_(metrics_, environment.timers),
          graveyard_(environment.timers),
          environment_{environment.config,
                       environment.network,
                       environment.resolver,
                       environment.timers,
                       environment.random,
                       environment.handler,
                       journal_,
                       graveyard_,
                       environment.quotas,
                       environment.shares,
                       environment.tickets,
                       environment.second_looks,
                       environment.call_backs,
                       environment.sink,
                       environment.tls,
                       environment.listeners},
          places_(environment_,
                  ascii(order_.remote),
                  order_.policy.proxy_fqdn,
                  location_terms(order_.policy, environment.tls != nullptr),
                  sink(),
                  next_stream()),
          stream_(environment_, order_, sink(), [this](bool is_up) { on_stream(is_up); }),
          talk_(environment_,
                answers,
                std::move(read_incoming),
                order_,
                stream_,
                sink(),
                [this] { handler_.on_done(); }),
          start_(environment.timers, [this] { places_.start(); }) {
        start_.arm({});
    }

  private:
    static std::string ascii(const std::string& domain) {
        Arena scratch(1024);
        const auto made = domain_to_ascii(domain, scratch);
        return made ? std::string(*made) : domain;
    }

    StepSink sink() {
        return [this](TestStep step) { handler_.on_step(std::move(step)); };
    }

    std::function<void(bool)> next_stream() {
        return [this](bool is_reached) { is_reached ? stream_.start() : handler_.on_done(); };
    }

    void on_stream(bool is_up) { is_up ? talk_.start() : handler_.on_done(); }

    LinkTestOrder order_;
    LinkTestHandler& handler_;
    metrics::Registry metrics_;
    Journal journal_;
    Graveyard graveyard_;
    Environment environment_;
    PlacesTest places_;
    StreamTest stream_;
    TalkTest talk_;
    Timer start_;
};

}  // namespace

std::unique_ptr<LinkTest> make_link_test(const Environment& environment,
                                         Answers& answers,
                                         ReadIncoming read_incoming,
                                         LinkTestOrder order,
                                         LinkTestHandler& handler) {
    return std::make_unique<SteppedTest>(
        environment, answers, std::move(read_incoming), std::move(order), handler);
}

}  // namespace isthmus::xmpp
