"""The lists before the events, written from the state."""

import struct
from types import SimpleNamespace

from csyspy.capture.live.initial_threads import InitialThread
from csyspy.capture.tables import MAX_SIZE_KB, PROCESSES, blocks


def test_a_process_with_more_addresses_than_the_format_has_room_for() -> None:
    state = SimpleNamespace(machine=None, interfaces=[], users={}, groups={}, containers={})
    thread = InitialThread(tid=7, pid=7, vmsize_kb=21_474_864_796, vmrss_kb=133_904)
    ((kind, body),) = blocks(state, [(thread, [])], users=True, wide=True, containers=False)
    assert kind == PROCESSES
    assert struct.pack("<II", MAX_SIZE_KB, 133_904) in body
