// What is to happen when something ends, however it ends.
#pragma once

#include <functional>
#include <utility>

namespace isthmus::admin::detail {

/// Runs `call` when it is destroyed.
class Release {
  public:
    explicit Release(std::function<void()> call) : call_(std::move(call)) {}

    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;
    Release(Release&&) = delete;
    Release& operator=(Release&&) = delete;

    ~Release() { call_(); }

  private:
    std::function<void()> call_;
};

}  // namespace isthmus::admin::detail
