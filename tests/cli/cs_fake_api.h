// The management part of the admin API in memory, for tests of the cmdlets: the routes, names,
// codes and ETags of the real one, and what was asked of it.
#pragma once

#include "cli/cs_actions.h"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli::cs {

class FakeApi {
  public:
    FakeApi();

    Answer call(const ApiCall& call);

    /// "METHOD target body" of every change that was asked for, dry runs included.
    std::vector<std::string> changes;
    std::size_t questions = 0;
    /// Called before each change: another administrator at work.
    std::function<void()> before_change;
    bool has_certificates = false;

    boost::json::object* find(std::string_view route, std::string_view id);

  private:
    using Objects = std::vector<boost::json::object>;

    Answer collection(const ApiCall& call,
                      const std::string& route,
                      const std::map<std::string, std::string>& query);
    Answer element(const ApiCall& call,
                   const std::string& route,
                   const std::string& id,
                   bool is_dry_run);
    Answer user_policy(const ApiCall& call, const std::string& uri, bool is_dry_run);
    Answer grant(const ApiCall& call, const std::string& policy, bool is_dry_run);
    Answer single(const ApiCall& call, const std::string& route, bool is_dry_run);
    Answer committed(const boost::json::object& object, int status = 200);

    std::map<std::string, Objects> objects_;
    std::map<std::string, boost::json::object> singles_;
    int revision_ = 1;
};

}  // namespace isthmus::cli::cs
