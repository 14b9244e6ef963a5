#include "xmpp/posh.h"

#include "base/text.h"
#include "xmpp/stream.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kWellKnown = "/.well-known/posh/xmpp-server.json";  // RFC 7711 §3, §9.2
constexpr int kFound = 200;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

/// One who waits for an answer, and is told in a turn of his own.
class Posh::Question final : public net::Pending {
  public:
    Question(Timers& timers, Handler on_done)
        : on_done_(std::move(on_done)), due_(timers, [this] {
              const Handler handler = std::move(on_done_);
              const auto answer = std::move(answer_);
              handler(*answer);
          }) {}

    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    Question(Question&&) = delete;
    Question& operator=(Question&&) = delete;
    ~Question() override;

    void wait_for(Entry& entry);

    void answer(std::shared_ptr<const Answer> answer) {
        entry_ = nullptr;
        answer_ = std::move(answer);
        due_.arm({});
    }

  private:
    friend class Posh;

    Handler on_done_;
    Entry* entry_ = nullptr;  ///< whose answer is awaited
    std::shared_ptr<const Answer> answer_;
    Timer due_;
};

/// The way to the document of one domain.
class Posh::Lookup {
  public:
    using Done = std::function<void(Answer)>;

    Lookup(const HttpsGet::Doors& doors,
           std::shared_ptr<const net::TlsContext> trust,
           std::string_view domain,
           bool may_be_private,
           Done on_done)
        : doors_(doors),
          trust_(std::move(trust)),
          domain_(domain),
          may_be_private_(may_be_private),
          on_done_(std::move(on_done)),
          deadline_(doors.timers, [this] { give_up(url_, "no answer within 5 seconds"); }) {
        url_ = HttpsUrl::parse("https://" + domain_ + std::string(kWellKnown));
        deadline_.arm(kPatience);
    }

    void begin() {
        has_begun_ = true;
        get();
    }

    bool has_begun() const { return has_begun_; }

    const std::shared_ptr<const net::TlsContext>& trust() const { return trust_; }

  private:
    void get() {
        if (!url_) {
            return give_up(url_, "no web site can have that name");
        }
        // A name that an administrator wrote down for somebody else is none to be led to.
        const bool is_written_down =
            doors_.resolver.is_written_down(domain_) && doors_.resolver.is_written_down(url_->host);
        get_ = std::make_unique<HttpsGet>(
            doors_,
            trust_,
            *url_,
            may_be_private_ || is_written_down,
            [this](Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
    }

    void on_answer(Result<HttpAnswer> answer) {
        if (!answer) {
            return give_up(url_, answer.error().detail);
        }
        if (is_redirect(answer->status())) {
            return redirect(*answer);
        }
        if (answer->status() != kFound) {
            return give_up(url_, "the web server answered " + std::to_string(answer->status()));
        }
        if (answer->content_type() != "application/json") {
            return give_up(url_,
                           "it is of type " + text::escape_for_log(answer->content_type(), 100) +
                               ", not application/json");
        }
        auto document = PoshDocument::parse(answer->body());
        if (!document) {
            return give_up(url_, document.error().detail);
        }
        // RFC 7711 §6: the lower of the two.
        expires_ = std::min(
            expires_,
            Duration(std::min<std::chrono::seconds>(
                document->expires, std::chrono::duration_cast<std::chrono::seconds>(kMostKept))));
        if (document->url.empty()) {
            Answer found;
            found.evidence = url_->to_string();
            if (!came_from_.empty()) {
                found.evidence = came_from_ + " refers to " + found.evidence;
            }
            found.document = *std::move(document);
            found.until = doors_.timers.now() + std::max(expires_, kLeastKept);
            return finish(std::move(found));
        }
        refer(document->url);
    }

    void redirect(const HttpAnswer& answer) {
        if (++redirects_ > kMaxRedirects) {
            return give_up(url_, "more than 3 redirects");
        }
        auto next = url_->follow(answer.location());
        if (!next) {
            return give_up(url_,
                           "it redirects to something else than an https URL: " +
                               text::escape_for_log(answer.location()));
        }
        url_ = std::move(next);
        get();
    }

    /// RFC 7711 §3.2: once.
    void refer(const std::string& to) {
        if (!came_from_.empty()) {
            return give_up(url_, "it is a reference, and was referred to");
        }
        auto next = HttpsUrl::parse(to);
        if (!next) {
            return give_up(
                url_, "it refers to something else than an https URL: " + text::escape_for_log(to));
        }
        came_from_ = url_->to_string();
        url_ = std::move(next);
        get();
    }

    void give_up(const std::optional<HttpsUrl>& at, const std::string& why) {
        Answer none;
        none.evidence = (at ? at->to_string() : domain_) + ": " + why;
        none.until = doors_.timers.now() + kFaultKept;
        finish(std::move(none));
    }

    void finish(Answer answer) {
        const Done done = std::move(on_done_);
        done(std::move(answer));  // it destroys us
    }

    HttpsGet::Doors doors_;
    std::shared_ptr<const net::TlsContext> trust_;
    std::string domain_;
    bool may_be_private_;
    Done on_done_;
    std::optional<HttpsUrl> url_;
    std::string came_from_;  ///< the document that refers to where we are
    int redirects_ = 0;
    Duration expires_ = kMostKept;
    bool has_begun_ = false;
    std::unique_ptr<HttpsGet> get_;
    Timer deadline_;
};

struct Posh::Entry {
    std::unique_ptr<Lookup> lookup;
    std::shared_ptr<const Answer> answer;
    std::vector<Question*> waiting;

    bool is_idle() const { return lookup == nullptr; }
};

Posh::Question::~Question() {
    if (entry_ != nullptr) {
        std::erase(entry_->waiting, this);
    }
}

void Posh::Question::wait_for(Entry& entry) {
    entry_ = &entry;
    entry.waiting.push_back(this);
}

Posh::Posh(const HttpsGet::Doors& doors) : doors_(doors) {}

Posh::~Posh() {
    for (const auto& [key, entry] : entries_) {
        for (Question* question : entry->waiting) {
            question->entry_ = nullptr;
        }
    }
}

std::unique_ptr<net::Pending> Posh::ask(std::string_view domain,
                                        bool may_be_private,
                                        std::shared_ptr<const net::TlsContext> trust,
                                        Handler on_done) {
    auto question = std::make_unique<Question>(doors_.timers, std::move(on_done));
    if (trust != trust_) {
        trust_ = std::move(trust);
        std::erase_if(entries_, [](const auto& one) { return one.second->is_idle(); });
    }
    const std::string key = std::string(domain) + (may_be_private ? " or private" : "");
    auto found = entries_.find(key);
    if (found != entries_.end() && found->second->is_idle() &&
        found->second->answer->until <= doors_.timers.now()) {
        entries_.erase(found);
        found = entries_.end();
    }
    if (found == entries_.end()) {
        make_room();
        if (entries_.size() >= kMaxKept) {
            question->answer(std::make_shared<const Answer>(
                Answer{std::nullopt, "too many web sites are asked at once", {}}));
            return question;
        }
        found = entries_.emplace(key, std::make_unique<Entry>()).first;
        found->second->lookup = std::make_unique<Lookup>(
            doors_, trust_, domain, may_be_private, [this, key](Answer answer) {
                on_found(key, std::move(answer));
            });
        waiting_.push_back(key);
        question->wait_for(*found->second);
        start_next();
    } else if (found->second->is_idle()) {
        question->answer(found->second->answer);
    } else {
        question->wait_for(*found->second);
    }
    return question;
}

void Posh::make_room() {
    if (entries_.size() < kMaxKept) {
        return;
    }
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        if (at->second->is_idle() && (oldest == entries_.end() ||
                                      at->second->answer->until < oldest->second->answer->until)) {
            oldest = at;
        }
    }
    if (oldest != entries_.end()) {
        entries_.erase(oldest);
    }
}

void Posh::start_next() {
    while (running_ < kMaxRunning && !waiting_.empty()) {
        const std::string key = std::move(waiting_.front());
        waiting_.pop_front();
        const auto found = entries_.find(key);
        if (found != entries_.end() && !found->second->is_idle() &&
            !found->second->lookup->has_begun()) {
            ++running_;
            found->second->lookup->begin();
        }
    }
}

void Posh::on_found(const std::string& key, Answer answer) {
    Entry& entry = *entries_.find(key)->second;
    if (entry.lookup->has_begun()) {
        --running_;
    }
    if (entry.lookup->trust() != trust_) {
        // Others are trusted by now: good for those who wait, and for nobody else.
        answer.until = {};
    }
    entry.answer = std::make_shared<const Answer>(std::move(answer));
    for (Question* question : std::exchange(entry.waiting, {})) {
        question->answer(entry.answer);
    }
    entry.lookup.reset();
    start_next();
}

bool may_be_vouched_for(const net::PeerCertificate* certificate,
                        const Error& fault,
                        const LinkPolicy& policy) {
    const bool is_wrong_name_or_issuer =
        fault.code == "IST-CERT-001" || fault.code == "IST-CERT-002";
    return policy.allow_posh && may_use_external(policy) && is_wrong_name_or_issuer &&
           certificate != nullptr && certificate->dane == net::Dane::NotAsked &&
           (certificate->is_trusted || certificate->lacks_only_issuer) &&
           (certificate->may_be_server || certificate->may_be_client);
}

std::optional<Error> fault_beside(const Posh::Answer& answer,
                                  const net::PeerCertificate& certificate,
                                  Error fault) {
    if (answer.document && answer.document->names(certificate)) {
        return std::nullopt;
    }
    fault.detail += answer.document ? "; POSH names other certificates: " + answer.evidence +
                                          ", not SHA-256 " + certificate.sha256
                                    : "; POSH is of no help: " + answer.evidence;
    return fault;
}

}  // namespace isthmus::xmpp
