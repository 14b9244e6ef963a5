// Parameters of cmdlets of all kinds.
#pragma once

#include "cli/cs_table.h"

namespace isthmus::cli::cs {

inline constexpr Parameter kWhatIf{.name = "WhatIf",
                                   .type = Type::Switch,
                                   .meaning =
                                       "has the gateway check it, says what would be done, and "
                                       "does nothing"};
inline constexpr Parameter kConfirm{
    .name = "Confirm",
    .type = Type::Switch,
    .meaning = "asks before it is done; -Confirm:$false never asks"};
inline constexpr Parameter kForce{.name = "Force",
                                  .type = Type::Switch,
                                  .meaning = "does not ask, and passes over what is no hindrance"};

}  // namespace isthmus::cli::cs
