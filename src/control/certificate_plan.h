// What one revision of the certificates changes; shared by the files of CertificateService.
#pragma once

#include "control/certificate_service.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct CertificateService::Plan {
    Draft draft;
    KnownCertificates certificates;
    std::vector<std::string> erased;
    std::array<CertificateUse, kUses.size()> uses;
    std::array<std::string, kUses.size()> use_texts;
};

/// Conflict with IST-API-005.
Error crossed(std::string_view what);

}  // namespace isthmus::control
