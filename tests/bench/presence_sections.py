"""What is measured of presence: the cost of an update, a million subscriptions, the user model."""
import statistics
import time

import crowd
from generator import Failure

WATCHING = 5_000_000  # the first pair of which the SIP user watches; below, the XMPP user does
# As many updates a dialog as are sent; and nothing asks whether the peer still has its dialogs: the
# NOTIFY that answers comes on another connection, which may overtake that of the updates.
AT_ONCE = "[limits]\nnotify_interval_seconds = 0\ndialog_check_seconds = 0\n"
FEW = 1_000   # subscriptions, half of them in each direction
WINDOW = 250  # updates under way: each of a pair of its own, however few there are
TURNS = 4  # of few and many in a round
PATIENCE = 30  # rounds over all pairs until the database has all of them
WAITING = "isthmus_subscription_writes_waiting"
REFUSED = 'isthmus_subscription_writes_total{result="refused"}'
LATENCY_RATE = 30_000


def spread(counts):
    """The greatest count of a window in relation to the mean of all."""
    return max(counts) / statistics.mean(counts) if any(counts) else None


class PresenceSections:
    """Of plan.Bench, which has rows, budgets and the subjects."""

    def crowd_of_watchers(self, subscriptions, more=AT_ONCE):
        """A gateway with so many live subscriptions, half in each direction, each of another
        pair; or nothing."""
        half = subscriptions // 2

        def fill(database):
            crowd.add_pairs(database, 0, half, xmpp_watches=True)
            crowd.add_pairs(database, WATCHING, half, sip_watches=True)

        subject = self.gateway(fill=fill, more=more)
        if subject:
            subject.name = f"isthmus, {subscriptions:,} subscriptions"
            self.bring_up(subject, half, half)
        return subject

    def bring_up(self, subject, watched, watching, first=WATCHING):
        patience = 60 + (watched + watching) // 2_000
        subject.generator.must("watch", first_pair=first, count=watching, timeout=patience)
        subject.generator.must("await-dialogs", count=watched, timeout=patience)

    def update(self, section, subject, direction, pairs, **plan):
        """Updates of presence, each of the pair which waits for the longest time."""
        return self.read(section, subject, direction, what="presence", pairs=pairs, window=WINDOW,
                         first_pair=0 if direction == "sip" else WATCHING,
                         **{"warmup": 10 * WINDOW, **plan})

    def touch_all(self, subject, direction, pairs):
        """One update of each pair, not counted: the first of a pair takes memory, and is written
        into the database. What finds the queue of writes full is written with the next update."""
        for _ in range(PATIENCE):
            refused = subject.metric(REFUSED)
            self.update("first updates", subject, direction, pairs, count=pairs)
            self.await_writes(subject)
            if subject.metric(REFUSED) == refused:
                return
        raise Failure("the first updates are not stored")

    def await_writes(self, subject):
        """Until nothing waits to be stored: that costs once, and would count as if always."""
        end = time.monotonic() + 300
        while subject.metric(WAITING) > 0:  # asked again when it has answered
            if time.monotonic() > end:
                raise Failure("the database does not keep up")

    def presence(self):
        sizes = self.sizes
        self.say("Presence: one update, with few and with many subscriptions")
        few, many = FEW, sizes.subscriptions
        subjects = {}
        for count in (few, many):
            subject = self.crowd_of_watchers(count)
            if subject:
                subjects[count] = subject
        peer = self.kamailio_presence(few)
        try:
            for count, subject in subjects.items():
                self.await_writes(subject)
                for direction in ("sip", "xmpp"):
                    self.touch_all(subject, direction, count // 2)
        except Failure as failure:
            self.failures.append(f"presence: {failure}")
        for _ in range(sizes.rounds):
            for direction in ("sip", "xmpp"):
                self._presence_round(subjects, peer, direction)
        self.close([*subjects.values(), *([peer] if peer else [])])
        self._presence_budgets(subjects, few, many, peer)

    def _presence_round(self, subjects, peer, direction):
        sizes = self.sizes
        # In short turns: what the machine does meanwhile comes and goes in seconds.
        for _ in range(TURNS):
            for count, subject in subjects.items():
                self.update("presence", subject, direction, count // 2,
                            count=sizes.messages // TURNS)
        for count, subject in subjects.items():
            self.update("latency of presence", subject, direction, count // 2,
                        count=LATENCY_RATE * sizes.latency_seconds, rate=LATENCY_RATE)
        if peer:
            self.update("presence", peer, direction, peer.pairs, count=sizes.kamailio_messages,
                        timeout=120)

    def _presence_budgets(self, subjects, few, many, peer):
        for direction, words in (("sip", "NOTIFY to stanza"), ("xmpp", "stanza to NOTIFY")):
            if many not in subjects or few not in subjects:
                continue
            small, large = subjects[few].name, subjects[many].name
            rate = self.row("presence", large, direction).median("rate")
            self.budget(f"Updates/s on one core, {words}", rate, 60_000, at_least=True)
            if peer:
                theirs = self.row("presence", peer.name, direction).median("cpu_us")
                ours = self.row("presence", small, direction).median("cpu_us")
                if ours and theirs:
                    self.budget(f"CPU per update, {peer.name} / ours, {words}", theirs / ours, 10,
                                at_least=True)
            self._ratio("presence", large, small, direction,
                        f"CPU per update, {many:,} subscriptions / {few:,}, {words}", 1.1)
            for name in (small, large):
                median = self.row("latency of presence", name, direction).median(
                    "delivery_p99_us")
                self.budget(f"99th percentile at {LATENCY_RATE:,}/s, ms, {words}, {name}",
                            median and median / 1000, 5.0)

    def subscriptions(self):
        count = self.sizes.subscriptions
        self.say(f"{count:,} live subscriptions, half in each direction")
        empty = self.gateway()
        if not empty:
            return
        base = empty.resident_megabytes()
        self.close([empty])
        subject = self.crowd_of_watchers(count, more="")
        if not subject:
            return
        try:
            self._measure_subscriptions(subject, count, base)
        except Failure as failure:
            self.failures.append(f"subscriptions: {failure}")
        self.close([subject])

    def _measure_subscriptions(self, subject, count, base):
        self.budget("Memory of a live subscription, octets",
                    (subject.resident_megabytes() - base) * 2**20 / count, 1024)
        generator = subject.generator
        generator.must("people", grant=self.sizes.refresh_seconds)
        subject.tell("gateway", "set", "--subscription-refresh-interval",
                     str(self.sizes.refresh_seconds))
        seconds = subject.start_again()
        self.budget(f"Start with {count:,} subscriptions in the database, s", seconds, 30)
        # The first refreshes come as the restart spread them; then nothing but chance does.
        cycle = round(self.sizes.refresh_seconds * 0.78)
        readings = generator.must("count-refreshes", windows=2 * cycle, window=1,
                                  timeout=3 * cycle + 30)["counts"]
        self.facts["refreshes"] = readings
        self.budget("Refreshes/s, greatest / mean, second cycle after a restart",
                    spread(readings[cycle:]), None)
        self.budget("Resident memory after the restart, octets a subscription",
                    (subject.resident_megabytes() - base) * 2**20 / count, 1024)

    def users(self):
        sizes = self.sizes
        pairs = sizes.model_users * 20
        self.say(f"The published user model: {sizes.model_users:,} users, 20 contacts each")
        # Contacts who come in while it is measured stand behind those who are there already.
        coming = 222 * sizes.model_seconds

        def fill(database):
            crowd.add_pairs(database, 0, pairs + coming, contacts=20, sip_watches=True,
                            xmpp_watches=True)

        subject = self.gateway(fill=fill, contacts=20)
        if not subject:
            return
        try:
            self.bring_up(subject, pairs + coming, pairs, first=0)
            reading = subject.generator.must(
                "mix", seconds=sizes.model_seconds, timeout=sizes.model_seconds + 30, pairs=pairs,
                first_new=pairs, message_rate=52, typing_rate=208, subscribe_rate=222,
                presence_rate=1335, presence_back_rate=1335,
                pids=subject.processes()[0])
            self.facts["users"] = reading
            self.budget(f"The user model for {sizes.model_seconds:,} s, % of one core",
                        reading["core_percent"], 50)
            for part in reading["parts"]:
                if part["errors"] or part["doubles"] or part["out_of_order"]:
                    self.failures.append(f"users: {part}")
        except Failure as failure:
            self.failures.append(f"users: {failure}")
        self.close([subject])
