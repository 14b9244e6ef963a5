"""Runs the system tests: real servers, the built gateway, loopback only.

    tests/system/run.py [PART...]     tests whose name contains one of the parts
Environment: ISTHMUS_BINARY (default build/isthmus), ISTHMUS_LAB_KEEP=1 keeps logs.
What failed is told twice: at once with all the evidence, and shortly below the line WHAT FAILED.
The last line is `N passed, N failed`.
"""

import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from lab import process  # noqa: E402  (after the path is set)
from lab.evidence import Evidence  # noqa: E402

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


def _select(suite, parts):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _select(test, parts)
        elif not parts or any(part in test.id() for part in parts):
            yield test


def main():
    process.stop_on_signals()
    loader = unittest.TestLoader()
    tests = list(_select(loader.discover(HERE, "test_*.py"), sys.argv[1:]))
    result = Result()
    try:
        unittest.TestSuite(tests).run(result)
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        process.stop_everything()
    for error in loader.errors:
        print(error)
    failed = result.failed() + len(loader.errors)
    if result.told:
        print(WHAT_FAILED, *result.summary(), sep="\n")
    print(f"{result.passed} passed, {failed} failed")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
