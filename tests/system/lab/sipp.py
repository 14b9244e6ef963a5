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
    """One SIPp run. It ends by itself after `calls` calls; wait() checks that all succeeded.

    `many`: each call has a connection of its own. `users`: (name, password) of the calls, in turn,
    for field0 and field1 of the scenario, who prove themselves for the URI sip:`realm` only, which
    is all that SIPp can; `user`: its [service]. `lost`: so many of a hundred messages it sends, and of
    those it gets, are lost.
    """

    def __init__(self, bench, scenario, host, port, calls, remote=None, rate=500,
                 transport="udp", many=False, users=(), lost=0, user="bob",
                 realm="contoso.example"):
        directory = bench.subdirectory(f"sipp-{scenario}-{port}")
        mode = transport[0] + ("n" if many else "1")
        command = [find_program("sipp"), "-sf", os.path.join(SCENARIOS, f"{scenario}.xml"), "-i",
                   host, "-p", str(port), "-m", str(calls), "-t", mode, "-s", user, "-nostdin",
                   "-trace_err", "-timeout", str(3 * PATIENCE), "-timeout_error"]
        if many:
            command += ["-max_socket", str(calls + 1)]
        if lost:
            command += ["-lost", str(lost)]
        if users:
            with open(os.path.join(directory, "users.csv"), "w", encoding="utf-8") as file:
                file.write("SEQUENTIAL\n" + "".join(
                    f"{name};[authentication username={name} password={password}]\n"
                    for name, password in users))
            command += ["-inf", file.name, "-auth_uri", realm]
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
