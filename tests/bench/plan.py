"""What is measured, in which order, and what the numbers have to be."""
import statistics
from dataclasses import dataclass, field

import certificates
import crowd
import machine
from floor import Floor
from gateway import Gateway
from generator import Failure, Generator
from home_sections import HomeSections
from kamailio import Kamailio
from kamailio_presence import KamailioPresence
from management_sections import ManagementSections
from panel_sections import PanelSections
from presence_sections import PresenceSections
from stream_sections import StreamSections

DIRECTIONS = {"sip": "SIP to XMPP", "xmpp": "XMPP to SIP"}
WINDOW = 1000  # messages under way in a closed loop, each of another pair
SUBJECT_CORE, GENERATOR_CORE = 0, 1


@dataclass
class Sizes:
    """How long each part runs."""
    rounds: int
    messages: int           # measured in a round of the gateway and the floor
    kamailio_messages: int
    latency_seconds: int
    users: int
    partners: int
    memory_messages: int
    subscriptions: int
    refresh_seconds: int    # what subscriptions last while refreshes are counted
    model_users: int
    model_seconds: int
    handshakes: int
    partner_links: int
    idle_streams: int
    attackers: int
    fairness_seconds: int
    clients: int            # of the home server


QUICK = Sizes(1, 100_000, 15_000, 2, 100_000, 10_000, 300_000, 100_000, 60, 8_000, 20, 3_000,
              1_000, 1_000, 10_000, 4, 1_000)
FULL = Sizes(5, 400_000, 100_000, 5, 1_000_000, 100_000, 1_000_000, 1_000_000, 120, 80_000, 600,
             10_000, 1_000, 2_000, 10_000, 5, 10_000)


@dataclass
class Row:
    """One subject in one direction: its readings, round by round."""
    section: str
    subject: str
    direction: str
    readings: list = field(default_factory=list)
    failure: str = ""

    def values(self, key):
        return [reading[key] for reading in self.readings]

    def median(self, key):
        return statistics.median(self.values(key)) if self.readings else None

    def total(self):
        return sum(reading["messages"] for reading in self.readings)


@dataclass
class Budget:
    text: str
    value: float
    limit: float
    aim: float = None
    at_least: bool = False

    def holds(self, bound):
        return self.value >= bound if self.at_least else self.value <= bound


class Bench(PresenceSections, StreamSections, ManagementSections, HomeSections,
            PanelSections):
    window, directions = WINDOW, DIRECTIONS

    def __init__(self, binary, programs, folder, sizes, say):
        self.binary = binary
        self.programs = programs
        self.folder = folder
        self.sizes = sizes
        self.say = say
        self.rows = []
        self.budgets = []
        self.failures = []
        self.commands = {}
        self.facts = {}  # section -> what does not fit in a row
        certificates.make(folder)

    # Subjects: each has a generator of its own, so that all can stand ready and take turns.

    def generator(self):
        return Generator(self.programs, GENERATOR_CORE,
                         f"{self.folder}/generator.pem", f"{self.folder}/generator.key")

    def open(self, make):
        """A subject with its generator, or None, noted, if it does not come up."""
        generator = self.generator()
        try:
            subject = make(generator)
        except (Failure, OSError) as failure:
            generator.stop()
            self.failures.append(str(failure))
            self.say(f"  failed: {failure}")
            return None
        self.commands[subject.name] = {
            "subject": " ".join(subject.command), "generator": " ".join(generator.command)}
        return subject

    def close(self, subjects):
        for subject in subjects:
            subject.stop()
            subject.generator.stop()

    def gateway(self, contacts=1, core=SUBJECT_CORE, **settings):
        """Each user of the generator has so many contacts. `core` None: on any."""
        def make(generator):
            generator.must("people", contacts=contacts)
            return Gateway(self.binary, self.folder, generator, core, **settings)
        return self.open(make)

    def kamailio(self, kind):
        return self.open(lambda generator: Kamailio(kind, self.programs, generator))

    def kamailio_presence(self, pairs):
        return self.open(lambda generator: KamailioPresence(self.programs, generator, pairs))

    # Readings

    def row(self, section, subject, direction):
        for row in self.rows:
            if (row.section, row.subject, row.direction) == (section, subject, direction):
                return row
        self.rows.append(Row(section, subject, direction))
        return self.rows[-1]

    def read(self, section, subject, direction, name=None, **plan):
        row = self.row(section, name or subject.name, direction)
        if row.failure:
            return None
        settings = {"warmup": 20_000, "window": WINDOW, "pairs": WINDOW, "timeout": 60, **plan}
        processes = subject.processes()
        settings["pids"] = ",".join(str(process) for process in processes)
        watched = [*processes, subject.generator.process.pid]
        before = machine.waited(watched)
        try:
            reading = subject.generator.must("run", direction=direction, **settings)
        except Failure as failure:
            row.failure = str(failure)
            self.failures.append(f"{row.subject}, {DIRECTIONS[direction]}: {failure}")
            self.say(f"  failed: {failure}")
            return None
        reading["waited_s"] = machine.waited(watched) - before
        row.readings.append(reading)
        self.say(f"  {row.subject}, {DIRECTIONS[direction]}: {reading['cpu_us']:.2f} us,"
                 f" {reading['rate']:,.0f}/s")
        return reading

    def rounds(self, section, subjects):
        """Subjects take turns, so that what the machine does meanwhile hits all alike."""
        for _ in range(self.sizes.rounds):
            for direction in DIRECTIONS:
                for subject, plan in subjects:
                    self.read(section, subject, direction, **plan)

    def budget(self, text, value, limit, **more):
        if value is not None:
            self.budgets.append(Budget(text, value, limit, **more))

    # Sections

    def peers(self):
        self.say("Gateway and Kamailio, TCP, in the clear")
        load = {"count": self.sizes.messages}
        slow = {"count": self.sizes.kamailio_messages}
        wanted = [(self.gateway(), load), (self.gateway(link="component"), load),
                  (self.kamailio("ordinary"), slow), (self.kamailio("fastest"), slow)]
        subjects = [(subject, plan) for subject, plan in wanted if subject]
        self.rounds("peers", subjects)
        self.close(subject for subject, _ in subjects)
        self._peer_budgets()

    def _peer_budgets(self):
        limits = {("ordinary", "sip"): (15, 25), ("ordinary", "xmpp"): (8, 15),
                  ("fastest", "sip"): (4, None)}
        for (kind, direction), (limit, aim) in limits.items():
            ours = self.row("peers", "isthmus s2s", direction).median("cpu_us")
            theirs = self.row("peers", f"kamailio {kind}", direction).median("cpu_us")
            if ours and theirs:
                self.budget(f"CPU per message, Kamailio {kind} / ours, {DIRECTIONS[direction]}",
                            theirs / ours, limit, aim=aim, at_least=True)
        for direction, words in DIRECTIONS.items():
            rate = self.row("peers", "isthmus s2s", direction).median("rate")
            self.budget(f"Messages/s on one core, {words}", rate, 100_000, at_least=True)

    def floor(self):
        self.say("Floor: the same octets, nothing else done")
        ours = self.gateway()
        if not ours:
            return
        for direction in DIRECTIONS:
            self.read("floor", ours, direction, count=self.sizes.messages)
            self.read("floor", ours, direction, f"{ours.name}, one under way",
                      count=self.sizes.messages // 20, warmup=1000, window=1)
            readings = self.row("floor", ours.name, direction).readings
            if readings:
                self._floor(direction, readings[0]["octets"], ours)
        self.close([ours])

    def _floor(self, direction, octets, ours):
        """One message a call: alone on its way, or among many. And as many a call as we take,
        where the floor does hardly more than copy: no limit there, only to know it."""
        many = {"count": self.sizes.messages}
        alone = {"count": self.sizes.messages // 20, "warmup": 1000, "window": 1}
        cases = (("floor, one under way", 0, alone, f"{ours.name}, one under way", 0.5),
                 ("floor, one a call", 1, many, ours.name, 0.5),
                 ("floor, whole reads", 0, many, ours.name, None))
        for name, batch, load, beside, limit in cases:
            subject = self.open(lambda generator: Floor(
                direction, octets, batch, self.programs, generator, SUBJECT_CORE))
            if not subject:
                continue
            for _ in range(self.sizes.rounds):
                self.read("floor", subject, direction, name, **load)
            self.close([subject])
            theirs = self.row("floor", name, direction).median("rate")
            mine = self.row("floor", beside, direction).median("rate")
            if theirs and mine:
                self.budget(f"Rate, ours / {name}, {DIRECTIONS[direction]}", mine / theirs, limit,
                            at_least=True)

    def tls(self):
        self.say("TLS on both sides")
        subjects = [subject for subject in (self.gateway(), self.gateway(link="tls")) if subject]
        self.rounds("tls", [(subject, {"count": self.sizes.messages}) for subject in subjects])
        self.close(subjects)
        for direction, words in DIRECTIONS.items():
            self._ratio("tls", "isthmus tls", "isthmus s2s", direction,
                        f"CPU per message, TLS / clear, {words}", 1.8)

    def _ratio(self, section, upper, lower, direction, text, limit):
        above = self.row(section, upper, direction).median("cpu_us")
        below = self.row(section, lower, direction).median("cpu_us")
        if above and below:
            self.budget(text, above / below, limit)

    def latency(self):
        self.say("Latency at 50,000 messages/s, open loop")
        subject = self.gateway()
        if not subject:
            return
        for direction, words in DIRECTIONS.items():
            for _ in range(self.sizes.rounds):
                self.read("latency", subject, direction, count=50_000 * self.sizes.latency_seconds,
                          rate=50_000)
            row = self.row("latency", subject.name, direction)
            for what in ("delivery", "answer") if direction == "sip" else ("delivery",):
                median = row.median(f"{what}_p99_us")
                self.budget(f"99th percentile of {what}, ms, {words}",
                            median and median / 1000, 2.0)
        self.close([subject])

    def crowd(self):
        sizes = self.sizes
        self.say(f"{sizes.users:,} users and {sizes.partners:,} partners in the policy")
        names = ["isthmus, 1,000 users", f"isthmus, {sizes.users:,} users"]
        small = self.gateway(fill=lambda database: crowd.add(database, 1_000, 0))
        large = self.gateway(
            fill=lambda database: crowd.add(database, sizes.users, sizes.partners))
        subjects = [subject for subject in (small, large) if subject]
        if len(subjects) == 2:
            for _ in range(sizes.rounds):
                for direction in DIRECTIONS:
                    self.read("crowd", small, direction, names[0], count=sizes.messages)
                    self.read("crowd", large, direction, names[1], count=sizes.messages,
                              stride=sizes.users // WINDOW)
            for direction, words in DIRECTIONS.items():
                self._ratio("crowd", names[1], names[0], direction,
                            f"CPU per message, many users / few, {words}", 1.1)
        self.close(subjects)

    def memory(self):
        self.say("Memory")
        subject = self.gateway()
        if not subject:
            return
        for direction, words in DIRECTIONS.items():
            self.read("memory", subject, direction, "isthmus, first messages",
                      count=min(1_000_000, self.sizes.memory_messages))
            before = subject.resident_megabytes()
            self.read("memory", subject, direction, "isthmus, flat",
                      count=self.sizes.memory_messages,
                      timeout=60 + self.sizes.memory_messages // 50_000)
            self.budget(f"Growth over {self.sizes.memory_messages:,} messages, MB, {words}",
                        subject.resident_megabytes() - before, 5)
            before = subject.resident_megabytes()
            self.read("memory", subject, direction, "isthmus, 100,000 pairs", count=300_000,
                      pairs=100_000)
            self.budget(f"Growth by 100,000 pairs, MB, {words}",
                        subject.resident_megabytes() - before, 100)
        self.close([subject])


SECTIONS = ("peers", "floor", "tls", "latency", "crowd", "memory", "presence", "subscriptions",
            "users", "streams", "users_import", "changes", "sessions", "home",
            "panel")
