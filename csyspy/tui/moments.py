"""Reading what a user types to go somewhere: a time of day, seconds from the beginning, the number of an event or of a line."""

import re
import time
from dataclasses import dataclass
from enum import Enum, auto

from csyspy.tui.time_index import TimeIndex

NS_PER_S = 1_000_000_000
AROUND_NS = NS_PER_S
"""The events this much before and behind one of them are shown with it."""
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?")
_SECONDS = re.compile(r"\+(\d+)(?:\.(\d{1,9}))?s?")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where to go."""

    class Kind(Enum):
        LINE = auto()
        """`number` is a line's, from 1."""
        TIME = auto()
        """`number` is ns since the epoch."""

    kind: "Moment.Kind"
    number: int


def read_moment(text: str, index: TimeIndex) -> Moment | None:
    """The place that a text names; a time of day is the one in the capture, in local time. None where it names none."""
    text = text.strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        start = time.localtime(index.start_ns // NS_PER_S)
        midnight_s = int(time.mktime((start.tm_year, start.tm_mon, start.tm_mday, 0, 0, 0, 0, 0, -1)))
        time_ns = (midnight_s + hours * 3600 + minutes * 60 + seconds) * NS_PER_S + _fraction_ns(clock[4])
        if time_ns < index.start_ns - 12 * 3600 * NS_PER_S:
            time_ns += 24 * 3600 * NS_PER_S  # the capture goes on after midnight
        return Moment(Moment.Kind.TIME, time_ns)
    if seconds_on := _SECONDS.fullmatch(text):
        return Moment(Moment.Kind.TIME, index.start_ns + int(seconds_on[1]) * NS_PER_S + _fraction_ns(seconds_on[2]))
    if text.startswith("#") and text[1:].replace(",", "").isdigit():
        return Moment(Moment.Kind.TIME, index.time_of(int(text[1:].replace(",", ""))))
    if text.replace(",", "").isdigit():
        return Moment(Moment.Kind.LINE, int(text.replace(",", "")))
    return None


def _fraction_ns(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))
