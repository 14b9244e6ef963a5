// What a SIP system is told beyond the status: the ids that Lync knows (feature row 110), and a
// sentence for everybody else; of policy, that it refused, not which rule.
#include "translate/diagnostics.h"

#include "base/codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::translate {
namespace {

std::string header(const Refusal& refusal, std::string_view name) {
    for (std::size_t i = 0; i < refusal.header_count; ++i) {
        if (refusal.headers[i].name == name) {
            return std::string(refusal.headers[i].value);
        }
    }
    return {};
}

TEST(DiagnosticsTest, TheIdsThatLyncKnows) {
    const struct {
        std::string_view code;
        int id;
    } rows[] = {
        {"IST-POL-001", 1005},
        {"IST-POL-002", 1002},
        {"IST-POL-008", 1002},
        {"IST-DNS-001", 1014},
        {"IST-DNS-002", 1008},
        {"IST-DNS-003", 1008},
        {"IST-DNS-004", 1007},
        {"IST-DNS-005", 1008},
        {"IST-DNS-006", 1014},
        {"IST-TCP-001", 1007},
        {"IST-TLS-002", 1047},
        {"IST-CERT-001", 1010},
        {"IST-CERT-040", 1010},
        {"IST-AUTH-004", 1000},
        {"IST-DB-001", 1000},
        {"IST-XMPP-003", 1007},
        {"IST-LIM-002", 0},
        {"IST-SIP-005", 0},
        {"", 0},
    };

    for (const auto& row : rows) {
        EXPECT_EQ(diagnostic_of(row.code).id, row.id) << row.code;
    }
}

TEST(DiagnosticsTest, WhoIsNotThereIsNotThere) {
    Arena arena;
    Refusal refusal{.status = 404, .reason = {}};
    add_diagnostics(refusal, "IST-SIP-005", "gateway.contoso.example", arena);
    EXPECT_THAT(header(refusal, "ms-diagnostics"), testing::StartsWith("4005;"));
    Refusal other{.status = 415, .reason = {}};
    add_diagnostics(other, "IST-SIP-005", "gateway.contoso.example", arena);
    EXPECT_EQ(header(other, "ms-diagnostics"), "");
}

TEST(DiagnosticsTest, BothHeadersAreWritten) {
    Arena arena;
    Refusal refusal{.status = 504, .reason = {}};
    add_diagnostics(refusal, "IST-CERT-002", "gateway.contoso.example", arena);
    EXPECT_EQ(header(refusal, "ms-diagnostics"),
              "1010;source=\"gateway.contoso.example\";reason=\"Certificate trust with next-hop "
              "server could not be established\"");
    EXPECT_EQ(header(refusal, "ms-diagnostics-public"), header(refusal, "ms-diagnostics"));
    EXPECT_EQ(header(refusal, "Warning"),
              "399 gateway.contoso.example \"The partner's certificate chain is not trusted.\"");
}

TEST(DiagnosticsTest, OfPolicyOnlyThatItRefused) {
    std::string first;
    for (std::string_view code : {"IST-POL-001", "IST-POL-002", "IST-POL-003", "IST-POL-009"}) {
        Arena arena;
        Refusal refusal{.status = 403, .reason = {}};
        add_diagnostics(refusal, code, "g", arena);
        const std::string warning = header(refusal, "Warning");
        first = first.empty() ? warning : first;
        EXPECT_EQ(warning, first);
    }
}

TEST(DiagnosticsTest, EverySentenceCanStandInAWarning) {
    for (const codes::Code& code : codes::all()) {
        EXPECT_EQ(code.sentence.find_first_of("\"\\\r\n"), std::string_view::npos) << code.id;
    }
}

TEST(DiagnosticsTest, ThereIsRoomForOnesOwnHeadersToo) {
    Arena arena;
    Refusal refusal{.status = 480, .reason = {}};
    refusal.add("Retry-After", "10").add("Allow", "MESSAGE");
    add_diagnostics(refusal, "IST-TCP-001", "g", arena);
    EXPECT_EQ(refusal.header_count, 5U);
    refusal.add("X-More", "1");
    EXPECT_EQ(refusal.header_count, 5U) << "what does not fit is left out";
}

TEST(DiagnosticsTest, WhatAPeerSaysIsRead) {
    struct Row {
        std::string_view name;
        std::string_view value;
        int id;
        std::string_view reason;
    };

    for (const Row& row :
         {Row{"ms-diagnostics-public",
              "1003;reason=\"User does not exist\";source=\"pool.litware.example\"",
              1003,
              "User does not exist"},
          Row{"MS-Diagnostics", "4005 ; reason=plain", 4005, "plain"},
          Row{"ms-diagnostics", "1034", 1034, ""},
          Row{"ms-diagnostics", "many;reason=\"x\"", 0, ""},
          Row{"ms-diagnostics", "99999999999999999999", 0, ""},
          Row{"ms-diagnostics", "", 0, ""},
          Row{"Reason", "1003", 0, ""}}) {
        sip::Response response;
        response.headers.push_back({sip::HeaderId::Other, row.name, row.value});
        const Diagnostic said = read_diagnostic(response);
        EXPECT_EQ(said.id, row.id) << row.value;
        EXPECT_EQ(said.reason, row.reason) << row.value;
    }
    sip::Response both;
    both.headers.push_back({sip::HeaderId::Other, "ms-diagnostics", "1000"});
    both.headers.push_back({sip::HeaderId::Other, "ms-diagnostics-public", "1005"});
    EXPECT_EQ(read_diagnostic(both).id, 1005);
}

}  // namespace
}  // namespace isthmus::translate
