"""What everybody had seen when a test failed, short enough for a log that is read later."""

import os
import time

from . import process

OWN_LINES = 40  # of the gateways' logs
OTHER_LINES = 8  # of everything else
LINE = 400  # characters


class Evidence:
    """Begins with a test; collect() says what has come to each party since."""

    def __init__(self):
        self._began = time.time()
        self._logs = {thing.log: _size(thing.log) for thing in _things()
                      if isinstance(thing, process.Process)}

    def collect(self):
        """[(who, [line, ...]), ...]; the gateways first, nobody who saw nothing."""
        parts = [(f"load average {', '.join(f'{n:.1f}' for n in os.getloadavg())}; "
                  f"{time.time() - self._began:.1f} s after the start of the test", [])]
        order = {"the": 0, "log": 2}  # the gateway, the parties, the servers
        return parts + sorted(self._parts(), key=lambda part: order.get(part[0].split()[0], 1))

    def _parts(self):
        for thing in _things():
            try:
                who, lines, limit = self._of(thing)
            except (OSError, AttributeError):  # it is being stopped
                continue
            if lines:
                yield who, [line[:LINE] for line in lines[-limit:]]

    def _of(self, thing):
        if isinstance(thing, process.Process):
            lines = thing.output(self._logs.get(thing.log, 0)).splitlines()
            is_gateway = any(line.startswith('{"ts"') for line in lines[:5])
            who = f"the gateway said ({thing.name})" if is_gateway else f"log of {thing.name}"
            if not thing.running():
                who += f" (ended with {thing.popen.returncode})"
                lines = lines or ["nothing"]
            return who, lines, OWN_LINES if is_gateway else OTHER_LINES
        return (*thing.testimony(self._began), OTHER_LINES)


def clock(at):
    """A moment as the logs write it."""
    return time.strftime("%H:%M:%S", time.gmtime(at)) + f"{at % 1:.3f}"[1:]


def _things():
    return [thing for bench in list(process.open_benches) for thing in bench.things()]


def _size(path):
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
