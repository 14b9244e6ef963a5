// The 18 rows of TLS x SASL x dialback, as the original's reference lists them.
#include "policy/negotiation.h"

#include <gtest/gtest.h>

namespace isthmus::policy {
namespace {

using enum Negotiation;
using Status = NegotiationVerdict::Status;

struct Row {
    Negotiation tls;
    Negotiation sasl;
    bool dialback;
    Status status;
    const char* methods;
    bool is_refused_by_panel = false;
};

constexpr const char* kSasl = "SASL over TLS";
constexpr const char* kSaslTls = "SASL over TLS, else TLS dialback";
constexpr const char* kAll = "SASL over TLS, else TLS dialback, else TCP dialback";

const Row kRows[] = {
    {Required, Required, true, Status::Warn, kSasl},
    {Required, Required, false, Status::Good, kSasl},
    {Required, Optional, true, Status::Good, kSaslTls},
    {Required, Optional, false, Status::Good, kSasl},
    {Required, NotSupported, true, Status::Good, "TLS dialback"},
    {Required, NotSupported, false, Status::Invalid, "nothing"},
    {Optional, Required, true, Status::Warn, kAll},
    {Optional, Required, false, Status::Warn, kSasl},
    {Optional, Optional, true, Status::Warn, kAll},
    {Optional, Optional, false, Status::Warn, kSasl},
    {Optional, NotSupported, true, Status::Good, "TLS dialback, else TCP dialback"},
    {Optional, NotSupported, false, Status::Invalid, "nothing"},
    {NotSupported, Required, true, Status::Warn, "TCP dialback", true},
    {NotSupported, Required, false, Status::Invalid, "nothing", true},
    {NotSupported, Optional, true, Status::Warn, "TCP dialback", true},
    {NotSupported, Optional, false, Status::Invalid, "nothing", true},
    {NotSupported, NotSupported, true, Status::Good, "TCP dialback"},
    {NotSupported, NotSupported, false, Status::Invalid, "nothing"},
};

TEST(Negotiation, EighteenRows) {
    for (const Row& row : kRows) {
        const NegotiationVerdict verdict = judge(row.tls, row.sasl, row.dialback);
        const auto place = &row - kRows;
        EXPECT_EQ(verdict.status, row.status) << place;
        EXPECT_EQ(verdict.methods(), row.methods) << place;
        EXPECT_EQ(verdict.is_refused_by_panel, row.is_refused_by_panel) << place;
        EXPECT_EQ(verdict.sentence.empty(), row.status == Status::Good) << place;
        EXPECT_EQ(verdict.sentence.starts_with("SASL or Dialback must be enabled."),
                  row.status == Status::Invalid)
            << place;
    }
}

}  // namespace
}  // namespace isthmus::policy
