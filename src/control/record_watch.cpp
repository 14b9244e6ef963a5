#include "control/record_watch.h"

#include <algorithm>
#include <utility>

namespace isthmus::control {

RecordWatch::RecordWatch(const DoctorSide& side, Timers& timers)
    : side_(side),
      timer_(timers, [this] { look(); }),
      self_(std::make_shared<RecordWatch*>(this)) {}

RecordWatch::~RecordWatch() {
    *self_ = nullptr;
}

void RecordWatch::start() {
    look();
}

void RecordWatch::note(std::vector<TestStep> checks) {
    checks_ = std::move(checks);
    const bool is_right = std::ranges::all_of(checks_, [](const TestStep& one) {
        return one.state == TestState::Pass || one.state == TestState::NotApplicable;
    });
    timer_.arm(is_right ? kInterval : kFaultInterval);
}

void RecordWatch::look() {
    timer_.arm(kInterval);  // should the answer never come
    const auto facts = std::make_shared<LocalFacts>(side_.read_local());
    side_.look_up(facts->xmpp_domains,
                  [self = self_, facts](const std::vector<OwnRecords>& records) {
                      if (*self != nullptr) {
                          (*self)->note(check_records(*facts, records));
                      }
                  });
}

}  // namespace isthmus::control
