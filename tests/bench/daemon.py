"""The daemon as a process that is measured."""
import json
import os
import queue
import resource
import subprocess
import threading

TICKS = os.sysconf("SC_CLK_TCK")


def many_descriptors():
    """As many as the kernel lets us have: the default of 1,024 is for shells."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Daemon:
    """`isthmus serve`, one after the other, each in `process`."""

    process = None

    def run(self, command, hear, seconds=60, **more):
        """Starts it. Its listeners by kind, once traffic can come; None if it ended before, or
        did not get there in time. `hear` is given each line of its log."""
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, **more)
        ready = queue.Queue()
        threading.Thread(target=self._read_log, args=(self.process, hear, ready),
                         daemon=True).start()
        try:
            return ready.get(timeout=seconds)
        except queue.Empty:
            return None

    @staticmethod
    def _read_log(process, hear, ready):
        """Keeps the pipe empty, and picks the line which says that traffic can come."""
        for line in process.stderr:
            hear(line)
            if '"daemon.ready"' in line:
                ready.put(json.loads(line)["listeners"])
        ready.put(None)

    def kilobytes(self, field="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as lines:
            fields = dict(line.split(":", 1) for line in lines)
        return int(fields[field].split()[0])

    def resident_megabytes(self):
        return self.kilobytes() / 1024

    def peak_megabytes(self):
        return self.kilobytes("VmHWM") / 1024

    def cpu_seconds(self):
        """Of all its threads, user and system."""
        with open(f"/proc/{self.process.pid}/stat") as line:
            fields = line.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self, seconds=5):
        """As an administrator would, and if that does not help, at once."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end_at_once()

    def end_at_once(self):
        self.process.kill()
        self.process.wait()
