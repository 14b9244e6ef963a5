#include "base/sip_answers.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace isthmus::codes {

namespace {

constexpr SipAnswer kAnswers[] = {
    {300,
     "The SIP peer says that the user is elsewhere (300).",
     "The gateway follows no redirection: let the SIP system pass the message on itself."},
    {301,
     "The SIP peer says that the user has moved (301).",
     "The gateway follows no redirection: let the SIP system pass the message on itself, or write "
     "to the new address."},
    {302,
     "The SIP peer says that the user is elsewhere for now (302).",
     "The gateway follows no redirection: let the SIP system pass the message on itself."},
    {400,
     "The SIP peer could not read the message (400).",
     "Its log says what it did not take; `isthmus trace start` records what it was sent."},
    {401,
     "The SIP peer wants a password from the gateway (401).",
     "Let requests from the gateway's address in without a challenge: it has no account there."},
    {403,
     "The SIP peer forbids the message (403).",
     "Let requests from the gateway's address in, and see whether the SIP system lets this user be "
     "written to from outside."},
    {404,
     "The SIP peer knows no such user (404).",
     "Check the address that was written to. If it is right, enter the user in the SIP system, or "
     "correct `domains` of the [[sip.peer]] that leads to it."},
    {405,
     "The SIP peer takes no MESSAGE requests (405).",
     "Allow MESSAGE there; for Lync and Skype for Business servers its [[sip.peer]] must be of "
     "kind lync, so that messages go in sessions."},
    {406,
     "The SIP peer cannot answer in a way that we take (406).",
     "See its log; `isthmus trace start` records what it was sent."},
    {407,
     "The SIP proxy wants a password from the gateway (407).",
     "Let requests from the gateway's address in without a challenge: it has no account there."},
    {408,
     "The SIP peer got no answer from the user's device in time (408).",
     "If it happens to all users, its log says where their devices are lost; if to one, the device "
     "is out of reach."},
    {410,
     "The user is gone from the SIP system for good (410).",
     "Nothing is wrong here: take the address out of the contact lists that hold it."},
    {413,
     "The message is too large for the SIP peer (413).",
     "Raise its limit, or write in parts; the sender was told."},
    {414,
     "The address is too long for the SIP peer (414).",
     "Check the address that was written to."},
    {415,
     "The user's device does not take plain text (415).",
     "See which client he uses: it must take text/plain; for Lync and Skype for Business servers "
     "the [[sip.peer]] must be of kind lync."},
    {416,
     "The SIP peer does not know this kind of address (416).",
     "It must take sip: addresses; see its log."},
    {420,
     "The SIP peer does not know an extension that the request needs (420).",
     "See its log; `isthmus trace start` records what it was sent."},
    {480,
     "The user is not signed in at the SIP system (480).",
     "Nothing is wrong if he is away: write again when he is back. If he is there, see the log of "
     "the SIP system."},
    {481,
     "The SIP peer no longer knows the session (481).",
     "The next message opens another one. If it goes on, something between loses the dialog: see "
     "the log of the SIP system."},
    {482,
     "The message went in circles in the SIP system (482).",
     "Its routes lead back to itself: check them."},
    {483,
     "The message passed too many SIP proxies (483).",
     "The routes of the SIP system go in circles: check them."},
    {484,
     "The address is not complete for the SIP peer (484).",
     "Check the address that was written to."},
    {485,
     "The address is ambiguous for the SIP peer (485).",
     "Check the address that was written to."},
    {486,
     "The user is busy and takes no message now (486).",
     "Nothing is wrong: the sender was told and may write again later."},
    {488,
     "The user's device takes no such message or session (488).",
     "See which client he uses: it must take text; kind of the [[sip.peer]] must be what the SIP "
     "system is, simple or lync."},
    {489,
     "The SIP peer does not know the event (489).",
     "See its log; `isthmus trace start` records what it was sent."},
    {493,
     "The SIP peer cannot decrypt the message (493).",
     "See its log: the gateway encrypts no bodies."},
    {500, "The SIP peer failed over the message (500).", "See its log at the time of the failure."},
    {501,
     "The SIP peer has no MESSAGE requests (501).",
     "Load what handles MESSAGE there; for Lync and Skype for Business servers its [[sip.peer]] "
     "must be of kind lync."},
    {502,
     "The SIP peer got a wrong answer from the server behind it (502).",
     "See its log: the fault lies behind it."},
    {503,
     "The SIP peer takes nothing at the moment (503).",
     "It is overloaded, or being stopped: see its log. The sender was told, and nothing is "
     "repeated."},
    {504,
     "The SIP peer got no answer from the server behind it (504).",
     "See its log, and whether that server runs."},
    {505, "The SIP peer does not speak SIP/2.0 (505).", "Check the target of its [[sip.peer]]."},
    {513,
     "The message is too large for the SIP peer (513).",
     "Raise its limit, or write in parts; the sender was told."},
    {600,
     "The user is busy on all devices (600).",
     "Nothing is wrong: the sender was told and may write again later."},
    {603,
     "The user refuses the message (603).",
     "Nothing is wrong here: he, or a rule of his in the SIP system, does not want it."},
    {604,
     "The SIP peer says that the user exists nowhere (604).",
     "Check the address that was written to."},
    {606,
     "The user's devices take no such message or session (606).",
     "See which clients he uses: they must take text; kind of the [[sip.peer]] must be what the "
     "SIP system is, simple or lync."},
};

}  // namespace

std::span<const SipAnswer> sip_answers() {
    return kAnswers;
}

const SipAnswer* sip_answer_of(std::string_view evidence) {
    constexpr std::size_t kDigits = 3;
    const std::string_view digits = evidence.substr(0, kDigits);
    if (digits.size() != kDigits || !std::ranges::all_of(digits, text::is_digit) ||
        (evidence.size() > kDigits && evidence[kDigits] != ' ')) {
        return nullptr;
    }
    unsigned status = 0;
    for (const char c : digits) {
        status = status * 10 + static_cast<unsigned>(c - '0');
    }
    const auto* at = std::ranges::lower_bound(kAnswers, status, {}, &SipAnswer::status);
    return at != std::end(kAnswers) && at->status == status ? at : nullptr;
}

}  // namespace isthmus::codes
