// bench_load: plays the SIP peer and the XMPP partner of a gateway under test, and measures it.
// Commands come as lines on stdin ("verb key=value ..."), each is answered with a line of JSON.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "load/ledger.h"
#include "load/loop.h"
#include "load/sip_side.h"
#include "load/tls.h"
#include "load/xmpp_side.h"

namespace isthmus::bench {

namespace {

class Command {
  public:
    explicit Command(std::string_view line) {
        while (!line.empty()) {
            const std::size_t space = std::min(line.find(' '), line.size());
            const std::string_view word = line.substr(0, space);
            line.remove_prefix(std::min(space + 1, line.size()));
            const std::size_t equals = word.find('=');
            if (equals == std::string_view::npos) {
                verb_ = word;
            } else {
                values_[std::string(word.substr(0, equals))] = word.substr(equals + 1);
            }
        }
    }

    [[nodiscard]] const std::string& verb() const { return verb_; }

    [[nodiscard]] std::string text(const std::string& key,
                                   const std::string& otherwise = "") const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : found->second;
    }

    [[nodiscard]] double number(const std::string& key, double otherwise) const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
    }

    [[nodiscard]] std::uint64_t count(const std::string& key, std::uint64_t otherwise) const {
        return static_cast<std::uint64_t>(number(key, static_cast<double>(otherwise)));
    }

  private:
    std::string verb_;
    std::unordered_map<std::string, std::string> values_;
};

class Generator {
  public:
    Generator(SslContext tls, const Domains& domains)
        : tls_(std::move(tls)),
          sip_(loop_, ledger_, tls_.get(), domains),
          xmpp_(loop_, ledger_, tls_.get(), domains) {}

    void serve();

  private:
    void read_commands();
    void obey(const Command& command);
    void run(const Command& command);
    void await(const std::function<bool()>& condition, double seconds);
    static void reply(const std::string& json);

    SslContext tls_;
    Loop loop_;
    Ledger ledger_;
    SipSide sip_;
    XmppSide xmpp_;
    std::string lines_;
    bool is_over_ = false;
};

void Generator::reply(const std::string& json) {
    std::printf("%s\n", json.c_str());
    std::fflush(stdout);
}

void Generator::serve() {
    ledger_.begin(RunPlan{});
    const int tls_port = tls_ != nullptr ? sip_.listen(true) : 0;
    const int tcp_port = sip_.listen(false);
    const int xmpp_port = xmpp_.listen();
    loop_.on_readable(STDIN_FILENO, [this] { read_commands(); });
    char text[256];
    std::snprintf(text,
                  sizeof text,
                  "{\"ok\":true,\"sip_tcp\":%d,\"sip_tls\":%d,\"xmpp\":%d,"
                  "\"request_size\":%zu,\"stanza_size\":%zu}",
                  tcp_port,
                  tls_port,
                  xmpp_port,
                  sip_.request_size(),
                  xmpp_.stanza_size());
    reply(text);
    while (!is_over_) {
        loop_.turn(1'000'000'000);
        for (std::size_t end = lines_.find('\n'); end != std::string::npos;
             end = lines_.find('\n')) {
            const Command command(std::string_view(lines_).substr(0, end));
            lines_.erase(0, end + 1);
            obey(command);
        }
    }
}

void Generator::read_commands() {
    char text[4096];
    const ssize_t size = read(STDIN_FILENO, text, sizeof text);
    if (size <= 0) {
        is_over_ = true;
        return;
    }
    lines_.append(text, static_cast<std::size_t>(size));
}

void Generator::await(const std::function<bool()>& condition, double seconds) {
    const std::uint64_t end = now() + static_cast<std::uint64_t>(seconds * 1e9);
    while (!condition() && now() < end && !is_over_) {
        loop_.turn(50'000'000);
    }
    reply(condition() ? "{\"ok\":true}" : "{\"ok\":false,\"timed_out\":true}");
}

void Generator::obey(const Command& command) {
    const double seconds = command.number("timeout", 10);
    const std::string host = command.text("host", "127.0.0.1");
    const int port = static_cast<int>(command.count("port", 0));
    const bool is_tls = command.count("tls", 0) != 0;
    if (command.verb() == "sip-connect") {
        sip_.connect(host, port, is_tls);
        await([this] { return sip_.is_connected(); }, seconds);
    } else if (command.verb() == "xmpp-tls") {
        xmpp_.use_tls(command.count("on", 1) != 0);
        reply("{\"ok\":true}");
    } else if (command.verb() == "xmpp-connect") {
        xmpp_.connect(host, port);
        await([this] { return xmpp_.is_ready(); }, seconds);
    } else if (command.verb() == "await-component") {
        await([this] { return xmpp_.is_ready(); }, seconds);
    } else if (command.verb() == "raw") {
        const RawSizes sizes{
            command.count("request", 0), command.count("answer", 0), command.count("stanza", 0)};
        sip_.use_raw(sizes);
        xmpp_.use_raw(sizes);
        reply("{\"ok\":true}");
    } else if (command.verb() == "run") {
        run(command);
    } else if (command.verb() == "quit") {
        is_over_ = true;
    } else {
        reply("{\"ok\":false,\"first_complaint\":\"unknown command\"}");
    }
}

void Generator::run(const Command& command) {
    RunPlan plan;
    const bool from_sip = command.text("direction", "sip") == "sip";
    plan.direction = from_sip ? Direction::SipToXmpp : Direction::XmppToSip;
    plan.warmup = command.count("warmup", 0);
    plan.count = command.count("count", 1);
    plan.window = command.count("window", plan.window);
    plan.rate = command.number("rate", 0);
    plan.pairs = static_cast<std::uint32_t>(command.count("pairs", plan.pairs));
    plan.first_pair = static_cast<std::uint32_t>(command.count("first-pair", 0));
    plan.stride = static_cast<std::uint32_t>(command.count("stride", 1));
    const std::string processes = command.text("pids");
    for (std::size_t at = 0; at < processes.size();) {
        const std::size_t comma = std::min(processes.find(',', at), processes.size());
        plan.processes.push_back(std::atoi(processes.substr(at, comma - at).c_str()));
        at = comma + 1;
    }
    ledger_.begin(plan);
    const std::uint64_t start = now();
    const std::uint64_t limit = static_cast<std::uint64_t>(command.number("timeout", 60) * 1e9);
    bool is_done = false;
    bool timed_out = false;
    while (!is_done && !timed_out && !is_over_) {
        loop_.turn(ledger_.patience(now()));
        const std::uint64_t time = now();
        is_done = ledger_.settle(time);
        timed_out = time - start > limit;
        if (from_sip) {
            sip_.send(time);
        } else {
            xmpp_.send(time);
        }
        loop_.flush_all();
    }
    reply(ledger_.report(timed_out));
}

}  // namespace

}  // namespace isthmus::bench

int main(int argc, char** argv) {
    using namespace isthmus::bench;
    std::signal(SIGPIPE, SIG_IGN);
    std::string arguments;
    for (int i = 1; i < argc; ++i) {
        arguments += std::string(argv[i]) + ' ';
    }
    const Command options(arguments);
    Domains domains;
    domains.sip = options.text("sip-domain", domains.sip);
    domains.xmpp = options.text("xmpp-domain", domains.xmpp);
    SslContext tls;
    if (!options.text("certificate").empty()) {
        tls = make_tls_context(options.text("certificate"), options.text("key"));
    }
    Generator(std::move(tls), domains).serve();
    return 0;
}
