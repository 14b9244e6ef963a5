"""Draws a message's way across both protocols as a ladder of lanes and arrows."""

import os
import sys

LANE_STEP = 20
LEFT = 12

STYLES = {"sip": "36", "xmpp": "32", "bad": "31", "dim": "2", "bold": "1", "good": "32"}


def colours_wanted(stream=None):
    """Only for a terminal, and not where NO_COLOR is set (no-color.org)."""
    stream = stream or sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Painter:
    def __init__(self, colours):
        self._colours = colours

    def __call__(self, style, text):
        if not self._colours or not text:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


class Ladder:
    """Lanes from left to right, steps from top to bottom; times count from the first step."""

    def __init__(self, lanes, paint):
        self._lanes = lanes  # [(title, subtitle)]
        self._paint = paint
        self._steps = []

    def step(self, at, source, target, label, style="sip"):
        self._steps.append((at, source, target, label, style))

    def way(self, lanes, label, *times, style="sip"):
        """Steps from lane to lane; each happens at its time, or as soon as the one before it."""
        at = None
        for number, (source, target) in enumerate(zip(lanes, lanes[1:])):
            given = times[number] if number < len(times) else times[-1]
            at = given if at is None else max(given, at + 1e-6)
            self.step(at, source, target, label, style)

    def render(self):
        lines = [self._heading(0, "bold"), self._heading(1, "dim"), self._rails()]
        steps = sorted(self._steps, key=lambda step: step[0])
        start = steps[0][0] if steps else 0
        lines += [self._arrow(at - start, *rest) for at, *rest in steps]
        lines.append(self._rails("╵"))
        return "\n".join(lines)

    def _column(self, lane):
        return LEFT + lane * LANE_STEP

    def _heading(self, index, style):
        line = ""
        for lane, texts in enumerate(self._lanes):
            start = self._column(lane) - len(texts[index]) // 2
            line = line.ljust(start) + texts[index]
        return self._paint(style, line.rstrip())

    def _rails(self, mark="│"):
        line = "".join(mark.rjust(LANE_STEP) if lane else mark.rjust(LEFT + 1)
                       for lane in range(len(self._lanes)))
        return self._paint("dim", line)

    def _arrow(self, delta, source, target, label, style):
        left, right = sorted((source, target))
        width = (right - left) * LANE_STEP - 1
        text = f" {label} "[: width - 2]
        before = (width - 1 - len(text)) // 2
        line = "─" * before + text + "─" * (width - 1 - before - len(text))
        line = line + "▶" if target > source else "◀" + line
        rail = self._paint("dim", "│")
        gap = " " * (LANE_STEP - 1)
        time = f"{delta:+.2f} s " if delta >= 1 else f"{delta * 1000:+.1f} ms"
        parts = [self._paint("dim", time.rjust(LEFT - 3)), "   ", rail]
        parts += [gap + rail] * left
        parts += [self._paint(style, line), rail]
        parts += [gap + rail] * (len(self._lanes) - 1 - right)
        return "".join(parts)
