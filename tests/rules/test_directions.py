"""Which of the two events of a call rules are asked about (docs/decisions/003)."""

import pytest

from csyspy.events import EVENT_TABLE
from csyspy.filters import parse
from csyspy.rules.directions import exit_only, exits_and_singles

PLAIN, TOLD = parse("evt.type=connect and fd.typechar=4"), parse("evt.type=open and not (evt.dir=< or proc.name=val(proc.pname))")


@pytest.mark.parametrize(
    ("directions", "told", "required", "expected"),
    [
        ("auto", False, "", False),
        ("auto", False, "0.46.0", False),
        ("auto", False, "0.57.0", True),
        ("auto", True, "0.57.0", False),
        ("once", False, "", True),
        ("once", True, "", False),
        ("exit", True, "", True),
        ("all", False, "0.57.0", False),
    ],
)
def test_exit_only(directions: str, told: bool, required: str, expected: bool) -> None:
    assert exit_only(directions, [PLAIN, TOLD] if told else [PLAIN], required) is expected  # type: ignore[arg-type]


def test_enter_events_without_an_exit_count_as_exits() -> None:
    seen = {event["enum"] for event in EVENT_TABLE["events"] if exits_and_singles() >> event["id"] & 1}
    assert {"PPME_PROCEXIT_1_E", "PPME_SCHEDSWITCH_6_E", "PPME_CONTAINER_JSON_2_E", "PPME_SYSCALL_OPENAT_2_X"} <= seen
    assert not {"PPME_SYSCALL_OPENAT_2_E", "PPME_SOCKET_CONNECT_E", "PPME_GENERIC_E"} & seen
