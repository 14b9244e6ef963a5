"""The load generator as a child process: commands out, readings back."""
import json
import select
import subprocess


class Failure(Exception):
    """A measurement which did not come about; the text says which and why."""


def on_core(core):
    """The prefix which keeps a command on one core; None: anywhere."""
    return [] if core is None else ["taskset", "-c", str(core)]


class Generator:
    def __init__(self, programs, core=None, certificate=None, key=None):
        self.command = [*on_core(core), f"{programs}/bench_load"]
        if certificate:
            self.command += [f"certificate={certificate}", f"key={key}"]
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self._read(10)

    def _read(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            raise Failure("the load generator does not answer")
        return json.loads(line)

    def ask(self, verb, timeout=10, **values):
        words = [verb, f"timeout={timeout}"]
        words += [f"{key.replace('_', '-')}={value}" for key, value in values.items()]
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self._read(timeout + 5)

    def must(self, verb, **values):
        answer = self.ask(verb, **values)
        if not answer["ok"]:
            raise Failure(f"{verb} {values}: {answer.get('first_complaint') or 'timed out'}")
        return answer

    def stop(self):
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
