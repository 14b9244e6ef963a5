"""The floor: the octets of the gateway, moved with the same calls and nothing else done."""
import json
import subprocess

from generator import on_core


class Floor:
    """`octets`: what a message weighed in the gateway's own run, per wire and way."""

    def __init__(self, direction, octets, batch, programs, generator, core):
        from_sip = direction == "sip"
        ports = generator.ports
        sizes = {
            "request": ports["request_size"] if from_sip else round(octets["sip_received"]),
            "answer": round(octets["sip_received" if from_sip else "sip_sent"]),
            "stanza": round(octets["xmpp_received"]) if from_sip else ports["stanza_size"],
        }
        self.name = f"floor from {direction}, {batch or 'any'} a call"
        self.generator = generator
        self.command = [*on_core(core), f"{programs}/bench_floor", direction,
                        *(str(size) for size in sizes.values()), str(batch)]
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        listening = json.loads(self.process.stdout.readline())
        generator.must("raw", **sizes)
        generator.must("sip-connect", port=listening["sip"])
        generator.must("xmpp-connect", port=listening["xmpp"])

    def processes(self):
        return [self.process.pid]

    def stop(self):
        self.process.kill()
        self.process.wait()
