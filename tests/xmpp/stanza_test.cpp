// Messages and presence: RFC 6120 §8, RFC 6121 §4.7 and §5, XEP-0085, 0184, 0203, 0308, 0333.
#include "xmpp/stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"

namespace isthmus::xmpp {

namespace {

using testing::ElementsAre;

const Jid kJuliet{"juliet", "capulet.example", "balcony"};
const Jid kRomeo{"romeo", "montague.example", {}};

/// A message read from `text`, alive as long as this.
struct Read {
    explicit Read(std::string_view text) : parsed(text) {
        Message::read(*parsed, parsed.arena(), message);
    }

    const Message* operator->() const { return &message; }

    Parsed parsed;
    Message message;
};

template <class Stanza>
std::string written(const Stanza& stanza) {
    Buffer out;
    stanza.write(out);
    return std::string(out.view());
}

/// What is read from `text` and written again.
std::string through(std::string_view text) {
    return written(Read(text).message);
}

TEST(Message, Rfc6121_5_2_ReadsTheCore) {
    const Read message(
        "<message from='a@b' to='c@d' id='m1' type='chat' "
        "xml:lang='en'><subject>S</subject><body>1 "
        "&lt; 2</body><body xml:lang='cs'>ahoj</body><thread parent='p'>t</thread></message>");
    EXPECT_EQ(message->id, "m1");
    EXPECT_EQ(message->type, MessageType::Chat);
    EXPECT_TRUE(message->type_is_given);
    EXPECT_EQ(message->lang, "en");
    EXPECT_THAT(message->bodies, ElementsAre(LangText{"", "1 < 2"}, LangText{"cs", "ahoj"}));
    EXPECT_THAT(message->subjects, ElementsAre(LangText{"", "S"}));
    EXPECT_EQ(message->thread, "t");
    EXPECT_EQ(message->parent_thread, "p");
    EXPECT_EQ(message->element, &*message.parsed);
    EXPECT_FALSE(message->error);
}

TEST(Message, Rfc6121_5_2_2_Types) {
    for (const auto type : {MessageType::Normal,
                            MessageType::Chat,
                            MessageType::Groupchat,
                            MessageType::Headline,
                            MessageType::Error}) {
        const std::string name(message_type_name(type));
        EXPECT_EQ(Read("<message type='" + name + "'/>")->type, type);
    }
    EXPECT_EQ(Read("<message type='shout'/>")->type, MessageType::Normal);
    EXPECT_EQ(Read("<message type=''/>")->type, MessageType::Normal);
    EXPECT_FALSE(Read("<message/>")->type_is_given);
}

TEST(Message, OnlyTheStreamsNamespaceHoldsBodies) {
    const Read message(
        "<message><body xmlns='urn:x'>no</body><html><body>no</body></html></message>");
    EXPECT_TRUE(message->bodies.empty());
    EXPECT_EQ(message->chat_state, ChatState::None);
    Parsed component("<message><body>yes</body></message>", "jabber:component:accept");
    Message read;
    Message::read(*component, component.arena(), read);
    EXPECT_THAT(read.bodies, ElementsAre(LangText{"", "yes"}));
}

TEST(Message, Xep0085_ChatStates) {
    const std::string ns = " xmlns='http://jabber.org/protocol/chatstates'/>";
    EXPECT_EQ(Read("<message><active" + ns + "</message>")->chat_state, ChatState::Active);
    EXPECT_EQ(Read("<message><composing" + ns + "</message>")->chat_state, ChatState::Composing);
    EXPECT_EQ(Read("<message><paused" + ns + "</message>")->chat_state, ChatState::Paused);
    EXPECT_EQ(Read("<message><inactive" + ns + "</message>")->chat_state, ChatState::Inactive);
    EXPECT_EQ(Read("<message><gone" + ns + "</message>")->chat_state, ChatState::Gone);
    EXPECT_EQ(Read("<message><dozing" + ns + "</message>")->chat_state, ChatState::None);
    const Read two("<message><gone" + ns + "<active" + ns + "</message>");
    EXPECT_TRUE(two->has_several_chat_states);
    EXPECT_EQ(two->chat_state, ChatState::Gone);
    EXPECT_FALSE(Read("<message><gone" + ns + "</message>")->has_several_chat_states);
}

TEST(Message, ReadsExtensions) {
    const Read message(
        "<message><request xmlns='urn:xmpp:receipts'/><received xmlns='urn:xmpp:receipts' id='r'/>"
        "<markable xmlns='urn:xmpp:chat-markers:0'/><displayed xmlns='urn:xmpp:chat-markers:0' "
        "id='d'/><replace xmlns='urn:xmpp:message-correct:0' id='o'/><delay xmlns='urn:xmpp:delay' "
        "from='x' stamp='2002-09-10T23:08:25Z'/><delay xmlns='urn:xmpp:delay' "
        "stamp='2003-09-10T23:08:25Z'/></message>");
    EXPECT_TRUE(message->wants_receipt);
    EXPECT_EQ(message->receipt_for, "r");
    EXPECT_TRUE(message->is_markable);
    EXPECT_EQ(message->marker, Marker::Displayed);
    EXPECT_EQ(message->marker_for, "d");
    EXPECT_EQ(message->replaces, "o");
    EXPECT_EQ(message->delay_stamp, "2002-09-10T23:08:25Z");
    EXPECT_EQ(message->delay_from, "x");
}

TEST(Message, G18_HopsAreCountedAndBounded) {
    const auto hops = [](const std::string& count) {
        return Read("<message><hops xmlns='urn:isthmus:hops:0'" + count + "/></message>")->hops;
    };
    EXPECT_EQ(hops(" count='2'"), 2);
    EXPECT_EQ(hops(" count='0'"), 0);
    EXPECT_EQ(hops(""), kMaxHops);
    EXPECT_EQ(hops(" count='-1'"), kMaxHops);
    EXPECT_EQ(hops(" count='4294967297'"), kMaxHops);
    EXPECT_EQ(Read("<message/>")->hops, 0);
    EXPECT_EQ(Read("<message><hops xmlns='urn:isthmus:hops:0' count='3'/><hops "
                   "xmlns='urn:isthmus:hops:0' count='1'/></message>")
                  ->hops,
              3);
}

TEST(Message, Rfc6120_8_3_ErrorOnlyInErrors) {
    const std::string error =
        "<error type='cancel'><item-not-found "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
    const Read message("<message type='error'><body>echo</body>" + error);
    ASSERT_TRUE(message->error);
    EXPECT_EQ(message->error->condition, Condition::ItemNotFound);
    EXPECT_FALSE(Read("<message>" + error)->error);
    EXPECT_FALSE(Read("<message type='error'/>")->error);
}

TEST(Message, ReadingAgainForgetsButKeepsAddressesAndMemory) {
    Parsed rich(
        "<message id='1' type='chat'><body>a</body><body>b</body><gone "
        "xmlns='http://jabber.org/protocol/chatstates'/></message>");
    Parsed poor("<message><body>c</body></message>");
    Message message;
    message.from = kJuliet;
    message.to = kRomeo;
    Message::read(*rich, rich.arena(), message);
    const LangText* const memory = message.bodies.data();
    Message::read(*poor, poor.arena(), message);
    EXPECT_EQ(message.bodies.data(), memory);
    EXPECT_THAT(message.bodies, ElementsAre(LangText{"", "c"}));
    EXPECT_EQ(message.id, "");
    EXPECT_EQ(message.type, MessageType::Normal);
    EXPECT_EQ(message.chat_state, ChatState::None);
    EXPECT_EQ(message.from, kJuliet);
    EXPECT_EQ(message.to, kRomeo);
}

TEST(Message, WritesAndEscapes) {
    Message message;
    message.from = kJuliet;
    message.to = {"d\\27artagnan&x", "montague.example", "'><"};
    message.id = "i'd";
    message.type = MessageType::Chat;
    message.bodies.push_back({"", "</body>&"});
    message.thread = "t<";
    EXPECT_EQ(written(message),
              "<message from='juliet@capulet.example/balcony' "
              "to='d\\27artagnan&amp;x@montague.example/&apos;&gt;&lt;' id='i&apos;d' "
              "type='chat'><body>&lt;/body&gt;&amp;</body><thread>t&lt;</thread></message>");
    Message normal;
    normal.to = {{}, "montague.example", {}};
    EXPECT_EQ(written(normal), "<message to='montague.example'/>");
}

TEST(Message, EverythingGoesThrough) {
    const std::string text =
        "<message id='1' type='error' xml:lang='de'><subject>s</subject><body>b</body><body "
        "xml:lang='en'>c</body><thread parent='p'>t</thread><composing "
        "xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>"
        "<received xmlns='urn:xmpp:receipts' id='r'/><markable xmlns='urn:xmpp:chat-markers:0'/>"
        "<acknowledged xmlns='urn:xmpp:chat-markers:0' id='d'/><replace "
        "xmlns='urn:xmpp:message-correct:0' id='o'/><delay xmlns='urn:xmpp:delay' from='x' "
        "stamp='2002-09-10T23:08:25Z'/><hops xmlns='urn:isthmus:hops:0' count='2'/><error "
        "type='wait'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>sip:x</gone><text "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>moved</text></error></message>";
    EXPECT_EQ(through(text), text);
    EXPECT_EQ(through("<message type='normal'/>"), "<message type='normal'/>");
}

TEST(Presence, Rfc6121_4_7_Reads) {
    Parsed parsed(
        "<presence id='p' xml:lang='en'><show> away\n</show><status>1</status><status "
        "xml:lang='cs'>2</status><priority>-5</priority><delay xmlns='urn:xmpp:delay' "
        "stamp='2002-09-10T23:08:25Z'/></presence>");
    const auto presence = Presence::read(*parsed, parsed.arena());
    ASSERT_TRUE(presence);
    EXPECT_EQ(presence->type, PresenceType::Available);
    EXPECT_EQ(presence->id, "p");
    EXPECT_EQ(presence->lang, "en");
    EXPECT_EQ(presence->show, "away");
    EXPECT_THAT(presence->statuses, ElementsAre(LangText{"", "1"}, LangText{"cs", "2"}));
    EXPECT_TRUE(presence->has_priority);
    EXPECT_EQ(presence->priority, -5);
    EXPECT_EQ(presence->delay_stamp, "2002-09-10T23:08:25Z");
    EXPECT_EQ(presence->element, &*parsed);
}

TEST(Presence, Rfc6121_4_7_1_Types) {
    const std::vector<std::pair<std::string, PresenceType>> table{
        {"unavailable", PresenceType::Unavailable},
        {"subscribe", PresenceType::Subscribe},
        {"subscribed", PresenceType::Subscribed},
        {"unsubscribe", PresenceType::Unsubscribe},
        {"unsubscribed", PresenceType::Unsubscribed},
        {"probe", PresenceType::Probe},
        {"error", PresenceType::Error}};
    for (const auto& [name, type] : table) {
        Parsed parsed("<presence type='" + name + "'/>");
        const auto presence = Presence::read(*parsed, parsed.arena());
        ASSERT_TRUE(presence) << name;
        EXPECT_EQ(presence->type, type);
        EXPECT_EQ(written(*presence), "<presence type='" + name + "'/>");
    }
    for (const char* bad : {"available", "", "Probe"}) {
        Parsed parsed("<presence type='" + std::string(bad) + "'/>");
        const auto presence = Presence::read(*parsed, parsed.arena());
        ASSERT_FALSE(presence) << bad;
        EXPECT_EQ(presence.error().kind, ErrorKind::Syntax);
    }
}

TEST(Presence, Rfc6121_4_7_2_IllegalShowAndPriorityAreAbsent) {
    const auto priority = [](const std::string& text) {
        Parsed parsed("<presence><priority>" + text + "</priority></presence>");
        const auto presence = Presence::read(*parsed, parsed.arena());
        return presence->has_priority ? std::to_string(presence->priority) : "absent";
    };
    EXPECT_EQ(priority("127"), "127");
    EXPECT_EQ(priority(" +7 "), "7");
    EXPECT_EQ(priority("-128"), "-128");
    for (const char* bad : {"128", "-129", "", "x", "1x", "+-1", "99999999999"}) {
        EXPECT_EQ(priority(bad), "absent") << bad;
    }
    Parsed parsed("<presence><show>brb</show></presence>");
    EXPECT_EQ(Presence::read(*parsed, parsed.arena())->show, "");
}

TEST(Presence, EverythingGoesThrough) {
    const std::string text =
        "<presence id='1' type='error' "
        "xml:lang='de'><show>dnd</show><status>a&amp;b</status><status "
        "xml:lang='en'>c</status><priority>0</priority><delay xmlns='urn:xmpp:delay' "
        "stamp='2002-09-10T23:08:25Z'/><nick xmlns='http://jabber.org/protocol/nick'>R&amp;J</nick>"
        "<error type='cancel'><forbidden "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>";
    Parsed parsed(text);
    EXPECT_EQ(written(*Presence::read(*parsed, parsed.arena())), text);
    Presence presence;
    presence.from = kJuliet;
    presence.to = kRomeo;
    EXPECT_EQ(written(presence),
              "<presence from='juliet@capulet.example/balcony' to='romeo@montague.example'/>");
}

TEST(WriteErrorReply, Rfc6120_8_3_1_KindAndIdAreKept) {
    Buffer out;
    write_error_reply(
        out, Kind::Message, kRomeo, kJuliet, "m1", StanzaError::of(Condition::ItemNotFound));
    EXPECT_EQ(out.view(),
              "<message from='romeo@montague.example' to='juliet@capulet.example/balcony' id='m1' "
              "type='error'><error type='cancel'><item-not-found "
              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    out.clear();
    write_error_reply(out, Kind::Iq, kRomeo, kJuliet, "", StanzaError::of(Condition::Conflict));
    EXPECT_EQ(out.view().substr(0, 3), "<iq");
    EXPECT_EQ(out.view().find("id="), std::string_view::npos);
}

}  // namespace
}  // namespace isthmus::xmpp
