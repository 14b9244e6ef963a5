"""SIPp with the laboratory's scenarios (folder sipp/)."""

import os
import socket

from .process import PATIENCE, LabError, Process, accepts, find_program

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")


def _listens(transport, host, port):
    if transport == "tcp":
        return accepts(port, host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return True  # SIPp has it
    return False


class Sipp:
    """One SIPp run. It ends by itself after `calls` calls; wait() checks that all succeeded."""

    def __init__(self, bench, scenario, host, port, calls, remote=None, rate=500,
                 transport="udp"):
        directory = bench.subdirectory(f"sipp-{scenario}-{port}")
        mode = {"udp": "u1", "tcp": "t1"}[transport]
        command = [find_program("sipp"), "-sf", os.path.join(SCENARIOS, f"{scenario}.xml"), "-i",
                   host, "-p", str(port), "-m", str(calls), "-t", mode, "-nostdin", "-trace_err",
                   "-timeout", str(3 * PATIENCE), "-timeout_error"]
        if remote:
            command += ["-r", str(rate), f"{remote[0]}:{remote[1]}"]
        self.process = bench.own(Process(f"sipp-{scenario}", command, directory,
                                         env={"TERM": "dumb"}))
        if not remote:
            self.process.wait_ready(lambda: _listens(transport, host, port), PATIENCE,
                                    "SIPp's port")

    def wait(self, seconds=4 * PATIENCE):
        code = self.process.wait_exit(seconds)
        if code != 0:
            raise LabError(f"SIPp ended with {code}:\n{self.process.tail(30)}")
