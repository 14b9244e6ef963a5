"""Runs the system tests: real servers, the built gateway, loopback only.

    tests/system/run.py [--jobs N] [PART...]     tests whose name contains one of the parts
N classes of tests run side by side, each in worlds that it shares with none of the others.
Environment: ISTHMUS_BINARY (default build/isthmus), ISTHMUS_LAB_KEEP=1 keeps logs.
What failed is told twice: at once with all the evidence, and shortly below the line WHAT FAILED.
The last line is `N passed, N failed`.
"""

import argparse
import contextlib
import io
import multiprocessing
import multiprocessing.connection
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from lab import process  # noqa: E402  (after the path is set)
from lab.evidence import Evidence  # noqa: E402

JOBS = 3  # on two cores: most of the time is waiting
MOST_REPEATED = 6
# What takes longest begins first; the others fill the gaps.
FIRST = ("panel.Pages", "panel.Editing", "HeWatches", "test_presence.WithProsody",
         "test_presence.WithEjabberd", "Outage", "ServerDown", "Resilience", "PresenceCrash",
         "test_contacts.CommandLine", "PresenceLoad", "PolicyTest", "Abuse", "LoadOverUdp",
         "Operation")
WHAT_FAILED = "WHAT FAILED"  # tools/test repeats what follows
SHORT = {"trace": 15, "gateway": 16, "others": 4, "all": 60}  # lines in the list at the end


class Result(unittest.TestResult):
    """One line a test as it ends; details of failures at once."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.told = []  # of each failure: its name, the traceback, the evidence
        self._start = time.monotonic()
        self._evidence = Evidence()

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()
        self._evidence = Evidence()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._line("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(f"skipped ({reason})", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._bad(test, self.failures)

    def addError(self, test, err):
        super().addError(test, err)
        self._bad(test, self.errors)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self._bad(subtest, self.failures if failed else self.errors)

    def failed(self):
        return len(self.failures) + len(self.errors)

    def _line(self, verdict, test):
        name = test.id().removeprefix("test_")
        print(f"{time.monotonic() - self._start:7.2f} s  {verdict:<8} {name}", flush=True)

    def _bad(self, test, where):
        self._line("FAILED", test)
        trace = [line for line in where[-1][1].splitlines() if line.strip(" ^~")]
        evidence = self._evidence.collect()
        self.told.append((test.id().removeprefix("test_"), trace, evidence))
        for line in (*trace, *_lines(evidence)):
            print("    " + line, flush=True)

    def summary(self):
        """What failed, and enough to judge it by; bounded."""
        for name, trace, evidence in self.told:
            parts = [(who, lines[-SHORT["gateway" if who.startswith("the gateway") else "others"]:])
                     for who, lines in evidence]
            yield "FAILED " + name
            for line in [*trace[-SHORT["trace"]:], *_lines(parts)][:SHORT["all"]]:
                yield "    " + line[:1000]


def _lines(evidence):
    for who, lines in evidence:
        yield who
        yield from ("  " + line for line in lines)


def _classes(suite, parts):
    """{class: [test, ...]} of the tests that are wanted."""
    found = {}
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            for case, tests in _classes(test, parts).items():
                found.setdefault(case, []).extend(tests)
        elif not parts or any(part in test.id() for part in parts):
            found.setdefault(type(test), []).append(test)
    return found


def _place(case):
    name = f"{case.__module__}.{case.__name__}"
    return next((n for n, first in enumerate(FIRST) if name.endswith(first)), len(FIRST)), name


def _work(connection, classes):
    """A worker: runs the classes whose numbers come, until None comes."""
    process.stop_on_signals()
    process.end_with_parent()
    try:
        while (number := connection.recv()) is not None:
            said, result = io.StringIO(), Result()
            with contextlib.redirect_stdout(said):
                unittest.TestSuite(classes[number][1]).run(result)
            connection.send((said.getvalue(), result.passed, list(result.summary()),
                             result.failed()))
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        process.stop_everything()


class Crew:
    """The workers, and what they have found out."""

    def __init__(self, classes, jobs):
        self.passed = self.failed = 0
        self.summary = []
        self.unlucky = []  # (class with its tests, passed, failed) where something failed
        self._classes = classes
        self._waiting = list(range(len(classes)))
        self._busy = {}  # connection: number of the class
        self._workers = []
        context = multiprocessing.get_context("fork")
        for _ in range(min(jobs, len(classes))):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs, classes))
            worker.start()
            theirs.close()
            self._workers.append(worker)
            self._give(ours)

    def run(self):
        while self._busy:
            for connection in multiprocessing.connection.wait(self._busy):
                self._take(connection)

    def stop(self):
        """Those that were told None stop their worlds and end; the others are interrupted."""
        for worker in self._workers:
            if not self._busy:
                worker.join(process.PATIENCE)
            worker.terminate()  # in good order, see process.stop_on_signals()
        for worker in self._workers:
            worker.join()

    def _give(self, connection):
        if not self._waiting:
            self._busy.pop(connection, None)
            connection.send(None)
            return
        self._busy[connection] = self._waiting.pop(0)
        connection.send(self._busy[connection])

    def _take(self, connection):
        try:
            said, passed, summary, failed = connection.recv()
            number = self._busy[connection]
        except EOFError:
            number = self._busy.pop(connection)
            name = _place(self._classes[number][0])[1]
            said, passed, summary, failed = f"  FAILED {name}: its worker died\n", 0, [
                f"FAILED {name}: its worker died"], 1
            print(said, end="", flush=True)
        else:
            print(said, end="", flush=True)
            self._give(connection)
        self.passed += passed
        self.failed += failed
        self.summary += summary
        if failed:
            self.unlucky.append((self._classes[number], passed, failed))


def _repeat(crew):
    """A few classes that failed run once more, one after the other, with nothing beside them: a
    fault of ours fails again, a server that was slow on a busy machine does not. What they said the
    first time stays in the output."""
    if not 0 < len(crew.unlucky) <= MOST_REPEATED:
        return
    for (case, tests), passed, failed in crew.unlucky:
        name = _place(case)[1]
        print(f"  once more, alone: {name}", flush=True)
        again = Crew([(case, tests)], 1)
        try:
            again.run()
        finally:
            again.stop()
        if again.failed == 0:
            print(f"  PASSED WHEN REPEATED {name}; see above what it said the first time")
            crew.failed -= failed
            crew.passed += len(tests) - passed
            crew.summary = [line for line in crew.summary
                            if not line.startswith(f"FAILED {_short(case)}.")]


def _short(case):
    return f"{case.__module__.removeprefix('test_')}.{case.__name__}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("parts", nargs="*")
    arguments = parser.parse_args()
    loader = unittest.TestLoader()
    found = _classes(loader.discover(HERE, "test_*.py"), arguments.parts)
    crew = Crew(sorted(found.items(), key=lambda item: _place(item[0])), arguments.jobs)
    process.stop_on_signals()
    try:
        crew.run()
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        crew.stop()
    _repeat(crew)
    failed = crew.failed + len(loader.errors)
    if failed:
        print(WHAT_FAILED, *crew.summary, *loader.errors, sep="\n")
    print(f"{crew.passed} passed, {failed} failed")
    return 1 if failed or not crew.passed else 0


if __name__ == "__main__":
    sys.exit(main())
