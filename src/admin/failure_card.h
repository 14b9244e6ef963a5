// The failure of a link as everybody sees it: step, code, sentence, evidence, fix, when, how often.
#pragma once

#include "control/status_service.h"

#include <boost/json/value.hpp>

#include <optional>

namespace isthmus::admin {

/// null if there is nothing to tell.
boost::json::value failure_card(const std::optional<control::Trouble>& trouble);

}  // namespace isthmus::admin
