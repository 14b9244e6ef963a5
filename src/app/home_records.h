// What the database holds of those who sign in here, on its way to the home server.
#pragma once

#include "policy/sip_credentials.h"
#include "store/home_store.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "home/outside.h"

namespace isthmus::app {

struct HomeRecords {
    std::unordered_map<std::string, policy::SipCredentials> credentials;
    std::vector<home::KeptDocument> documents;
};

/// All of it, with a line in the log: passwords that cannot be read are IST-HOME-005. Control
/// thread only; throws as the store does.
HomeRecords load_home(const store::HomeStore& from);

}  // namespace isthmus::app
