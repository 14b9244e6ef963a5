// Questions put to the domain name system through libunbound, in the loop: the same question is
// asked once for all who wait for it, and only so many at a time.
#pragma once

#include "net/dns_message.h"
#include "net/event_loop.h"
#include "net/unbound_events.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

struct ub_ctx;

namespace isthmus::net {

struct DnsSettings;

class DnsQuestions {
    struct Question;

  public:
    /// Who waits for answers; destruction ends the waiting.
    class Asker {
      public:
        Asker() = default;
        Asker(const Asker&) = delete;
        Asker& operator=(const Asker&) = delete;
        Asker(Asker&&) = delete;
        Asker& operator=(Asker&&) = delete;

        /// May be called from inside ask(). Only takes note: no calls back into DnsQuestions.
        virtual void on_answer(const Result<DnsAnswer>& answer) = 0;

      protected:
        ~Asker();

        /// What is still open is no longer waited for.
        void stop_asking();

      private:
        friend class DnsQuestions;
        std::vector<Question*> questions_;
    };

    /// Outlives its askers.
    static Result<std::unique_ptr<DnsQuestions>> create(EventLoop& loop,
                                                        const DnsSettings& settings);
    DnsQuestions(const DnsQuestions&) = delete;
    DnsQuestions& operator=(const DnsQuestions&) = delete;
    DnsQuestions(DnsQuestions&&) = delete;
    DnsQuestions& operator=(DnsQuestions&&) = delete;
    ~DnsQuestions();

    /// `name` is canonical.
    void ask(const std::string& name, RecordType type, Asker& asker);

    std::size_t running() const { return running_; }

    /// There are trust anchors.
    bool validates() const { return validates_; }

  private:
    struct ContextDeleter {
        void operator()(ub_ctx* context) const;
    };

    explicit DnsQuestions(EventLoop& loop);

    Result<void> set_up(const DnsSettings& settings);
    Result<void> set_up_validation(const DnsSettings& settings);
    void start_waiting();
    void finish(Question& question, const Result<DnsAnswer>& answer);
    static void answered(void* question,
                         int rcode,
                         void* packet,
                         int size,
                         int security,
                         char* why_bogus,
                         int was_rate_limited);

    UnboundEvents events_;
    std::map<std::pair<std::string, RecordType>, std::unique_ptr<Question>> questions_;
    std::unique_ptr<ub_ctx, ContextDeleter> context_;  // dies before the questions it points to
    std::deque<Question*> waiting_;
    std::size_t running_ = 0;
    bool is_starting_ = false;
    bool validates_ = false;
};

}  // namespace isthmus::net
