"""Events that nobody looks at are passed by undecoded: what is left behind is what it is when all of them are worked off."""

from pathlib import Path
from typing import Any

import pytest

from csyspy.capture import open_source
from csyspy.engine.gate import Tally
from csyspy.engine.state import State
from csyspy.engine.thread_table import thread_table
from csyspy.engine.walk import Walker
from csyspy.filters import compile_filter

ALL_BUT_CPU_AND_LATENCY = 1 | 2 | 16


def left_behind(capture: Path, text: str, needs: int) -> dict[int, list[Any]]:
    state = State()
    state.needs = needs
    sink = Tally()
    sink.filter = compile_filter(text).program if text else None
    with open_source([str(capture)]) as source:
        Walker(state, source).run([sink])
    return {
        thread.tid: [
            thread.comm,
            thread.lastevent_type,
            thread.lastevent_fd,
            thread.lastevent_valid,
            thread.latency_entertime,
            thread.flags,
            [(fd.fd, fd.type, fd.name, fd.flags, fd.addresses) for fd in fds],
        ]
        for thread, fds in thread_table(state)
    }


@pytest.mark.parametrize("capture", ["general.scap", "web.scap", "upstream/sample.scap", "newer/modern_a_general.scap"])
@pytest.mark.parametrize("text", ["evt.type=execve", "evt.type in (epoll_ctl, write)", "evt.type=read and evt.arg.fd=1"])
def test_events_that_are_passed_by_do_to_the_state_what_they_do_otherwise(capture: str, text: str, captures: Path) -> None:
    path = captures / capture
    assert left_behind(path, text, ALL_BUT_CPU_AND_LATENCY) == left_behind(path, "", ALL_BUT_CPU_AND_LATENCY)
