"""Events packed and taken out again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.collect.event_log import BLOCK_EVENTS, EventLog, EventRow

U64 = st.integers(0, 2**64 - 1)
U16 = st.integers(0, 2**16 - 1)
TEXT = st.text(st.characters() | st.sampled_from("\udc80\udcff\ud800"), max_size=40)
ROWS = st.builds(EventRow, U64, U64, U16, TEXT, st.integers(-(2**63), 2**63 - 1), st.booleans(), TEXT, U64, st.booleans(), TEXT)


def row(number: int) -> EventRow:
    return EventRow(number, number, 0, f"p{number}", 1, True, "read", 0, False, f"fd={number}")


@given(st.lists(ROWS, max_size=20))
def test_what_was_put_in_comes_out(rows: list[EventRow]) -> None:
    log = EventLog()
    for each in rows:
        log.append(each)
    assert list(log) == rows
    assert log[2:5] == rows[2:5]


def test_blocks_follow_each_other_and_the_oldest_goes() -> None:
    log = EventLog()
    for number in range(2 * BLOCK_EVENTS + 5):
        log.append(row(number))
    assert log[BLOCK_EVENTS - 1 : BLOCK_EVENTS + 1] == [row(BLOCK_EVENTS - 1), row(BLOCK_EVENTS)]
    assert log.drop_oldest() == BLOCK_EVENTS
    assert (log[0], log[-1], len(log)) == (row(BLOCK_EVENTS), row(2 * BLOCK_EVENTS + 4), BLOCK_EVENTS + 5)
    log.append(row(1))
    assert log[-1] == row(1)
    with pytest.raises(IndexError):
        log[len(log)]
