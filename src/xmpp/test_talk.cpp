#include "xmpp/test_talk.h"

#include "base/codes.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(100);
constexpr Duration kReversePatience = std::chrono::seconds(20);
constexpr Duration kTestPatience = std::chrono::seconds(5);
constexpr std::size_t kMaxShownPlaces = 4;

std::string stanza_error_text(const xml::Element& answer) {
    Arena arena(1024);
    for (const auto* part = answer.first_element(); part != nullptr; part = part->next_element()) {
        if (part->name == "error") {
            const StanzaError error = StanzaError::from_xml(*part, arena);
            std::string made(condition_name(error.condition));
            if (!error.text.empty()) {
                made += ": " + text::escape_for_log(error.text);
            }
            return made;
        }
    }
    return "an error without a condition";
}

bool is_error(const xml::Element& answer) {
    return answer.attribute("type").value_or("") == "error";
}

}  // namespace

TalkTest::TalkTest(Environment& environment,
                   Answers& answers,
                   ReadIncoming read_incoming,
                   const LinkTestOrder& order,
                   StreamTest& stream,
                   StepSink sink,
                   std::function<void()> on_done)
    : environment_(environment),
      answers_(answers),
      read_incoming_(std::move(read_incoming)),
      order_(order),
      stream_(stream),
      sink_(std::move(sink)),
      on_done_(std::move(on_done)),
      timer_(environment.timers, [this] { look(); }),
      talk_{.id = "ping+im", .sentence = {}, .evidence = {}, .code = {}} {}

TalkTest::~TalkTest() {
    answers_.forget(ping_id_);
    answers_.forget(message_id_);
}

void TalkTest::start() {
    started_ = environment_.timers.now();
    ask_own_records();
    send_ping();
    timer_.arm(kLookAgain);
}

void TalkTest::ask_own_records() {
    Arena scratch(1024);
    const auto ascii = domain_to_ascii(order_.local, scratch);
    const std::string name = "_xmpp-server._tcp." + (ascii ? std::string(*ascii) : order_.local);
    questions_.push_back(environment_.resolver.srv(
        name, [this, name](const Result<std::vector<net::SrvRecord>>& answer) {
            if (!answer || answer->empty()) {
                own_records_ = fmt::format(
                    "our own SRV {}: {}", name, answer ? "none" : answer.error().detail);
                has_own_records_ = true;
                return;
            }
            for (const net::SrvRecord& record : *answer) {
                add_line(own_records_,
                         fmt::format("our own SRV {}: {} {} {} {}",
                                     name,
                                     record.priority,
                                     record.weight,
                                     record.port,
                                     text::escape_for_log(record.target)));
            }
            ask_own_addresses(*answer);
        }));
}

void TalkTest::ask_own_addresses(const std::vector<net::SrvRecord>& records) {
    // The first is the most wanted one.
    questions_.push_back(environment_.resolver.addresses(
        records.front().target,
        [this, host = records.front().target](const Result<std::vector<net::IpAddress>>& answer) {
            std::string found;
            for (std::size_t i = 0; answer && i < std::min(answer->size(), kMaxShownPlaces); ++i) {
                found += (found.empty() ? "" : ", ") + (*answer)[i].to_string();
            }
            add_line(
                own_records_,
                fmt::format("{}: {}", text::escape_for_log(host), found.empty() ? "none" : found));
            has_own_records_ = true;
        }));
}

void TalkTest::send_ping() {
    net::ByteStream* stream = stream_.stream();
    if (stream == nullptr) {
        return;
    }
    ping_id_ = environment_.random.hex(16);
    answers_.expect(
        ping_id_, order_.remote, [this](const xml::Element& answer) { on_ping(answer); });
    xml::Writer writer(stream->output());
    writer.open("iq");
    write_jid(writer, "from", {{}, order_.local, {}});
    write_jid(writer, "to", {{}, order_.remote, {}});
    writer.attribute("id", ping_id_).attribute("type", "get");
    writer.empty("ping", "urn:xmpp:ping");
    writer.close("iq");
    stream->flush();
}

void TalkTest::on_ping(const xml::Element& answer) {
    ping_took_ = waited();
    add_line(talk_.evidence,
             fmt::format("ping: answered in {}{}",
                         milliseconds(*ping_took_),
                         is_error(answer) ? " with " + stanza_error_text(answer) : ""));
    // Not from inside the partner's stanza.
    timer_.arm({});
}

void TalkTest::look() {
    if (stage_ == Stage::AwaitsStream) {
        look_for_stream();
    }
    if (stage_ == Stage::AwaitsPing) {
        look_for_ping();
    } else if (stage_ == Stage::AwaitsAnswer &&
               environment_.timers.now() - message_sent_ >= kTestPatience) {
        add_line(talk_.evidence, "message: sent; neither an error nor a receipt came back");
        talk_.sentence += " It took the message.";
        finish();
    }
    if (stage_ != Stage::Over && !timer_.is_armed()) {
        timer_.arm(kLookAgain);
    }
}

void TalkTest::look_for_stream() {
    const IncomingState incoming = read_incoming_(order_.local, order_.remote);
    if (incoming.up && has_own_records_) {
        const LinkStatus& link = *incoming.up;
        return tell_reverse({.id = "reverse",
                             .took = waited(),
                             .sentence = "The partner has a stream to us.",
                             .evidence = fmt::format("from {}, authenticated by {}{}{}",
                                                     link.remote_address,
                                                     link.auth,
                                                     link.tls_version.empty() ? "" : ", ",
                                                     link.tls_version),
                             .code = {}});
    }
    if (ping_took_ && has_own_records_) {
        return tell_reverse({.id = "reverse",
                             .state = TestState::Skipped,
                             .took = waited(),
                             .sentence = "Cannot tell: the partner answers over the stream that "
                                         "we have opened.",
                             .evidence = {},
                             .code = {}});
    }
    if (waited() >= (order_.reverse ? kReversePatience : kTestPatience)) {
        tell_reverse(no_stream(incoming));
    }
}

TestStep TalkTest::no_stream(const IncomingState& incoming) const {
    // What has happened since we asked.
    if (incoming.trouble && incoming.trouble->at >= started_) {
        const LinkTrouble& trouble = *incoming.trouble;
        const codes::Code* code = codes::find(trouble.code);
        TestStep step = failed_step("reverse",
                                    make_error(ErrorKind::Unreachable,
                                               code != nullptr ? code->id : std::string_view(),
                                               trouble.text,
                                               trouble.evidence),
                                    waited());
        step.sentence = "The partner reached us, but its stream was not set up: " + step.sentence;
        add_line(step.evidence, "from " + trouble.address);
        return step;
    }
    if (order_.reverse) {
        return failed_step("reverse",
                           make_error(ErrorKind::Unreachable,
                                      "IST-TCP-010",
                                      "",
                                      fmt::format("a ping was sent to {}; within {} s nothing of "
                                                  "it connected to us",
                                                  order_.remote,
                                                  kReversePatience / std::chrono::seconds(1))),
                           waited());
    }
    return {.id = "reverse",
            .state = TestState::Skipped,
            .took = waited(),
            .sentence =
                "Cannot tell: the partner has no stream to us. The test in reverse waits "
                "longer for one.",
            .evidence = {},
            .code = {}};
}

void TalkTest::tell_reverse(TestStep step) {
    const bool has_failed = step.state == TestState::Fail;
    add_line(step.evidence, own_records_);
    sink_(std::move(step));
    if (has_failed) {
        stage_ = Stage::Over;
        return on_done_();
    }
    stage_ = Stage::AwaitsPing;
}

void TalkTest::look_for_ping() {
    if (ping_took_) {
        talk_.sentence = "The partner's server answers.";
    } else if (waited() >= kTestPatience || stream_.stream() == nullptr) {
        talk_.state = TestState::Warn;
        talk_.code = "IST-XMPP-003";
        talk_.sentence = "The partner's server did not answer a ping.";
        add_line(talk_.evidence, fmt::format("ping: no answer in {}", milliseconds(waited())));
    } else {
        return;
    }
    talk_.took = waited();
    if (order_.from.empty()) {
        return finish();
    }
    send_message();
}

void TalkTest::send_message() {
    net::ByteStream* stream = stream_.stream();
    if (stream == nullptr) {
        talk_.state = TestState::Fail;
        talk_.code = "IST-XMPP-002";
        talk_.sentence += " The stream ended before the message could be sent.";
        return finish();
    }
    stage_ = Stage::AwaitsAnswer;
    message_sent_ = environment_.timers.now();
    message_id_ = environment_.random.hex(16);
    answers_.expect(message_id_, order_.remote, [this](const xml::Element& answer) {
        on_message_answer(answer);
    });
    Message message;
    message.from = Jid::from_prepared(order_.from);
    message.to = Jid::from_prepared(order_.to);
    message.id = message_id_;
    message.type = MessageType::Chat;
    message.type_is_given = true;
    message.wants_receipt = true;
    message.bodies.push_back({"en", "A test of the connection. Please ignore it."});
    message.write(stream->output());
    stream->flush();
}

void TalkTest::on_message_answer(const xml::Element& answer) {
    const Duration took = environment_.timers.now() - message_sent_;
    talk_.took = waited();
    if (is_error(answer)) {
        talk_.state = TestState::Fail;
        talk_.code = "IST-XMPP-005";
        talk_.sentence += " It returned the message with an error.";
        add_line(
            talk_.evidence,
            fmt::format("message: {} after {}", stanza_error_text(answer), milliseconds(took)));
    } else {
        talk_.sentence += " The message was delivered.";
        add_line(talk_.evidence, "message: receipt after " + milliseconds(took));
    }
    finish();
}

void TalkTest::finish() {
    stage_ = Stage::Over;
    timer_.cancel();
    sink_(std::move(talk_));
    on_done_();
}

}  // namespace isthmus::xmpp
