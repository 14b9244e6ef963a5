// What DNS says of our own domains, looked at now and then: lights and status do not wait for it.
// Control thread only.
#pragma once

#include "base/clock.h"
#include "control/doctor.h"
#include "control/test_step.h"

#include <memory>
#include <vector>

namespace isthmus::control {

class RecordWatch {
  public:
    static constexpr Duration kInterval = std::chrono::minutes(5);
    static constexpr Duration kFaultInterval = std::chrono::seconds(30);  ///< while it is not right

    /// Both must outlive it.
    RecordWatch(const DoctorSide& side, Timers& timers);
    RecordWatch(const RecordWatch&) = delete;
    RecordWatch& operator=(const RecordWatch&) = delete;
    RecordWatch(RecordWatch&&) = delete;
    RecordWatch& operator=(RecordWatch&&) = delete;
    ~RecordWatch();

    /// Looks at once, and then again and again.
    void start();
    /// What somebody else has just found.
    void note(std::vector<TestStep> checks);

    /// Of check_records(); empty as long as nothing is known.
    const std::vector<TestStep>& checks() const { return checks_; }

  private:
    void look();

    const DoctorSide& side_;
    std::vector<TestStep> checks_;
    Timer timer_;
    /// Answers that come when this is gone find it empty.
    std::shared_ptr<RecordWatch*> self_;
};

}  // namespace isthmus::control
