"""The XMPP user's client (slixmpp), driven by JSON lines on stdin, reporting events on stdout.

Commands: {"do": "message", "to", "body", "id", "receipt", "type", "extra": [xml]},
          {"do": "raw", "xml"}, {"do": "priority", "value"}, {"do": "quit"}
Events:   {"event": "online"|"failed"|"disconnected"|"message"|"receipt"|"error"|"presence"|
                    "roster", ...}
It answers receipt requests (XEP-0184) unless started with --no-receipts, but no requests for
presence: whether to approve is the test's decision. With --quiet it sends no presence by itself.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
import xml.etree.ElementTree as ElementTree

import slixmpp


CLIENT = "{jabber:client}"
ROSTER = "{jabber:iq:roster}"


class Client(slixmpp.ClientXMPP):
    def __init__(self, options):
        super().__init__(options.jid, options.password)
        self.options = options
        self._awaited = {"roster"} if options.quiet else {"roster", "presence"}
        self.ca_certs = options.ca
        for plugin in ("xep_0030", "xep_0184", "xep_0199"):
            self.register_plugin(plugin)
        self.plugin["xep_0184"].auto_ack = not options.no_receipts
        self.plugin["xep_0184"].auto_request = False
        self.add_event_handler("session_start", self._online)
        self.add_event_handler("failed_all_auth", lambda _: emit(event="failed"))
        self.add_event_handler("disconnected", lambda why: emit(event="disconnected", why=str(why)))
        self.register_handler(slixmpp.Callback(
            "every message", slixmpp.MatchXPath("{jabber:client}message"), self._message))
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = False
        self.register_handler(slixmpp.Callback(
            "every presence", slixmpp.MatchXPath("{jabber:client}presence"), self._presence))
        self.register_handler(slixmpp.Callback(
            "every roster", slixmpp.MatchXPath("{jabber:client}iq/{jabber:iq:roster}query"),
            self._roster))

    async def _online(self, _):
        if not self.options.quiet:
            self.send_presence()
        # The result carries the whole roster, and asking makes the server push what changes.
        self.send_raw(f"<iq type='get' id='roster'><query xmlns='{ROSTER[1:-1]}'/></iq>")

    def _came(self, what):
        """Online is whose server has said so: it broadcasts her presence to herself as well (RFC
        6121 §4.2.2). A request that meets her first presence on the way may be delivered twice, at
        once and as a pending one (§3.1.3)."""
        if what in self._awaited:
            self._awaited.remove(what)
            if not self._awaited:
                emit(event="online", jid=self.boundjid.full)

    def _presence(self, stanza):
        xml = stanza.xml
        priority = xml.findtext(CLIENT + "priority")
        emit(event="presence", type=xml.get("type", "available"), show=xml.findtext(CLIENT + "show"),
             status=xml.findtext(CLIENT + "status"), priority=int(priority or 0),
             bare=stanza["from"].bare, resource=stanza["from"].resource,
             to=stanza["to"].full, id=xml.get("id"), xml=str(stanza), at=time.time(),
             **{"from": stanza["from"].full})
        if stanza["from"].full == self.boundjid.full:
            self._came("presence")

    def _roster(self, iq):
        for item in iq.xml.iter(ROSTER + "item"):
            emit(event="roster", jid=item.get("jid"), subscription=item.get("subscription"),
                 ask=item.get("ask"), name=item.get("name"))
        self._came("roster")

    def _message(self, stanza):
        fields = {
            "from": stanza["from"].full, "to": stanza["to"].full, "id": stanza["id"],
            "type": stanza["type"], "body": stanza["body"], "subject": stanza["subject"],
            "thread": stanza["thread"], "xml": str(stanza), "at": time.time(),
        }
        if stanza["type"] == "error":
            error = stanza["error"]
            emit(event="error", condition=error["condition"], error_type=error["type"],
                 text=error["text"], **fields)
        elif stanza["receipt"]:
            emit(event="receipt", of=stanza["receipt"], **fields)
        else:
            emit(event="message", wants_receipt=bool(stanza["request_receipt"]), **fields)

    def obey(self, command):
        if command["do"] == "message":
            stanza = self.make_message(mto=command["to"], mbody=command.get("body"),
                                       mtype=command.get("type", "chat"))
            stanza["id"] = command["id"]
            if command.get("receipt"):
                stanza["request_receipt"] = True
            for text in command.get("extra", []):
                stanza.append(ElementTree.fromstring(text))
            stanza.send()
        elif command["do"] == "raw":
            self.send_raw(command["xml"])
        elif command["do"] == "priority":
            self.send_presence(ppriority=command["value"])
        elif command["do"] == "quit":
            self.disconnect(wait=0.5)


def emit(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def read_commands(client):
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        client.obey(json.loads(line))
    client.disconnect(wait=0.5)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jid", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--no-receipts", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    client = Client(options)
    client.connect(address=("127.0.0.1", options.port))
    commands = client.loop.create_task(read_commands(client))  # kept, or it is collected
    client.process(forever=False)
    commands.cancel()


if __name__ == "__main__":
    main()
