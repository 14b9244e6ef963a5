#include "net/dns_questions.h"

#include "base/text.h"
#include "net/resolver.h"

#include <unbound.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace isthmus::net {

namespace {

constexpr std::size_t kMaxRunning = 256;
constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxServers = 8;
constexpr std::size_t kMaxName = 253;
constexpr int kInternet = 1;
constexpr int kBogus = 1;
constexpr int kSecure = 2;

Error not_valid(std::string detail) {
    return make_error(ErrorKind::Syntax,
                      "IST-CFG-001",
                      "The configuration is not valid.",
                      "[dns] " + std::move(detail));
}

Result<void> check(int result, const std::string& what) {
    if (result == 0) {
        return {};
    }
    return not_valid(what + ": " + ub_strerror(result));
}

Error no_answer(std::string detail) {
    return make_error(
        ErrorKind::Timeout, "IST-DNS-004", "The name did not resolve.", std::move(detail));
}

DnsAnswer no_such_name() {
    DnsAnswer answer;
    answer.rcode = kNoSuchName;
    return answer;
}

bool may_be_asked(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
        return text::is_alnum(c) || c == '-' || c == '.' || c == '_';
    });
}

/// RFC 6698 §4.1: what is not proved says nothing.
void mark(DnsAnswer& answer, bool is_secure) {
    for (SrvRecord& record : answer.srv) {
        record.is_secure = is_secure;
    }
    if (!is_secure) {
        answer.tlsa.clear();
    }
}

std::vector<std::string> system_servers(const std::string& path) {
    std::vector<std::string> servers;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line) && servers.size() < kMaxServers;) {
        constexpr std::string_view kKey = "nameserver";
        const std::string_view text = text::trim(line);
        if (text.starts_with(kKey)) {
            const std::string_view server = text::trim(text.substr(kKey.size()));
            if (IpAddress::parse(server)) {
                servers.emplace_back(server);
            }
        }
    }
    return servers;
}

}  // namespace

bool holds_trust_anchors(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view record = text.substr(0, end);
        record = record.substr(0, record.find(';'));
        for (const std::string_view type : {"DS", "DNSKEY"}) {
            const std::size_t at = record.find(type);
            // Between blanks: a type, and no part of a name.
            if (at != std::string_view::npos && at != 0 && is_blank(record[at - 1]) &&
                at + type.size() < record.size() && is_blank(record[at + type.size()])) {
                return true;
            }
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

struct DnsQuestions::Question {
    DnsQuestions* owner;
    std::string name;
    RecordType type;
    std::vector<Asker*> askers;
};

DnsQuestions::Asker::~Asker() {
    stop_asking();
}

void DnsQuestions::Asker::stop_asking() {
    for (Question* question : questions_) {
        std::erase(question->askers, this);
    }
    questions_.clear();
}

void DnsQuestions::ContextDeleter::operator()(ub_ctx* context) const {
    ub_ctx_delete(context);
}

DnsQuestions::DnsQuestions(EventLoop& loop) : events_(loop) {}

DnsQuestions::~DnsQuestions() = default;

Result<std::unique_ptr<DnsQuestions>> DnsQuestions::create(EventLoop& loop,
                                                           const DnsSettings& settings) {
    std::unique_ptr<DnsQuestions> made(new DnsQuestions(loop));
    if (auto done = made->set_up(settings); !done) {
        return done.error();
    }
    return made;
}

Result<void> DnsQuestions::set_up_validation(const DnsSettings& settings) {
    if (settings.trust_anchor_file.empty()) {
        return {};
    }
    // libunbound reads it with the first question, when it is too late to complain.
    std::ifstream file(settings.trust_anchor_file);
    if (!holds_trust_anchors(std::string(std::istreambuf_iterator<char>(file), {}))) {
        return not_valid("trust_anchor_file \"" + settings.trust_anchor_file +
                         "\": there is no DS or DNSKEY record in it, or it cannot be read");
    }
    ub_ctx* context = context_.get();
    if (auto done = check(ub_ctx_add_ta_file(context, settings.trust_anchor_file.c_str()),
                          "trust_anchor_file");
        !done) {
        return done;
    }
    for (const std::string& domain : settings.unsigned_domains) {
        const std::string what = "unsigned_domains \"" + domain + "\"";
        if (auto done = check(ub_ctx_set_option(context, "domain-insecure:", domain.c_str()), what);
            !done) {
            return done;
        }
    }
    validates_ = true;
    return {};
}

Result<void> DnsQuestions::set_up(const DnsSettings& settings) {
    context_.reset(ub_ctx_create_ub_event(&events_));
    if (!context_) {
        return check(UB_NOMEM, "libunbound");
    }
    ub_ctx* context = context_.get();
    ub_ctx_debugout(context, nullptr);
    constexpr std::pair<const char*, const char*> kOptions[] = {
        {"cache-max-negative-ttl:", "30"},
        {"infra-host-ttl:", "30"},  // a server that was away is asked again soon
        {"outgoing-range:", "256"},
    };
    for (const auto& [option, value] : kOptions) {
        if (auto done = check(ub_ctx_set_option(context, option, value), option); !done) {
            return done;
        }
    }
    const auto servers =
        settings.servers.empty() ? system_servers(settings.resolver_file) : settings.servers;
    for (const std::string& server : servers) {
        const auto address = IpAddress::parse(server.substr(0, server.find('@')));
        if (address && address->is_loopback()) {
            ub_ctx_set_option(context, "do-not-query-localhost:", "no");
        }
        const std::string what = "server \"" + server + "\"";
        if (auto done = check(ub_ctx_set_fwd(context, server.c_str()), what); !done) {
            return done;
        }
    }
    if (!settings.hosts_file.empty()) {
        // A missing file is no fault.
        ub_ctx_hosts(context, settings.hosts_file.c_str());
    }
    if (auto done = set_up_validation(settings); !done) {
        return done;
    }
    // libunbound denies "test." by itself; closed networks use it. With the first zone the rest of
    // the settings is final.
    return check(ub_ctx_zone_add(context, "test.", "transparent"), "zone");
}

void DnsQuestions::ask(const std::string& name, RecordType type, Asker& asker) {
    if (!may_be_asked(name)) {
        asker.on_answer(no_such_name());
        return;
    }
    std::unique_ptr<Question>& slot = questions_[{name, type}];
    if (!slot) {
        if (waiting_.size() >= kMaxWaiting) {
            questions_.erase({name, type});
            asker.on_answer(no_answer("too many questions are waiting"));
            return;
        }
        slot = std::make_unique<Question>(Question{this, name, type, {}});
        waiting_.push_back(slot.get());
    }
    slot->askers.push_back(&asker);
    asker.questions_.push_back(slot.get());
    start_waiting();
}

void DnsQuestions::start_waiting() {
    if (is_starting_) {
        return;
    }
    is_starting_ = true;
    while (running_ < kMaxRunning && !waiting_.empty()) {
        Question& question = *waiting_.front();
        waiting_.pop_front();
        if (question.askers.empty()) {
            questions_.erase({question.name, question.type});
            continue;
        }
        ++running_;
        const std::string name = question.name;
        // May answer at once, from the cache or the hosts file.
        const int result = ub_resolve_event(context_.get(),
                                            name.c_str(),
                                            static_cast<int>(question.type),
                                            kInternet,
                                            &question,
                                            answered,
                                            nullptr);
        if (result != 0) {
            finish(question, no_answer(name + ": " + ub_strerror(result)));
        }
    }
    is_starting_ = false;
}

void DnsQuestions::answered(void* question,
                            int rcode,
                            void* packet,
                            int size,
                            int security,
                            char* why_bogus,
                            int /*was_rate_limited*/) {
    auto& asked = *static_cast<Question*>(question);
    DnsQuestions& owner = *asked.owner;
    if (security == kBogus) {
        const std::string why = why_bogus == nullptr ? "" : std::string(" ") + why_bogus;
        owner.finish(asked, no_answer(asked.name + ": DNSSEC validation failed" + why));
    } else if (rcode == kNoSuchName) {
        owner.finish(asked, no_such_name());
    } else if (rcode != 0 || packet == nullptr || size < 0) {
        owner.finish(asked, no_answer(asked.name + ": DNS error " + std::to_string(rcode)));
    } else {
        auto answer = read_dns_answer(
            {static_cast<const char*>(packet), static_cast<std::size_t>(size)}, asked.type);
        if (!answer) {
            owner.finish(asked, no_answer(asked.name + ": malformed answer"));
        } else if (answer->rcode != 0 && answer->rcode != kNoSuchName) {
            owner.finish(asked,
                         no_answer(asked.name + ": DNS error " + std::to_string(answer->rcode)));
        } else {
            mark(*answer, security == kSecure);
            owner.finish(asked, *std::move(answer));
        }
    }
    owner.start_waiting();
}

void DnsQuestions::finish(Question& question, const Result<DnsAnswer>& answer) {
    --running_;
    const auto found = questions_.find({question.name, question.type});
    const std::unique_ptr<Question> finished = std::move(found->second);
    questions_.erase(found);
    for (Asker* asker : finished->askers) {
        std::erase(asker->questions_, finished.get());
        asker->on_answer(answer);
    }
}

}  // namespace isthmus::net
