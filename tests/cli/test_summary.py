"""The table of -S, above all the order of types seen equally often."""

import random

from csyspy.cli import summary


def test_the_table_has_a_head_and_the_most_frequent_types_first() -> None:
    table = list(summary.lines(({4: 3, 5: 3, 6: 3, 7: 3, 306: 89, 307: 89}, {(0, 0): 3, (0, 1): 3})))
    assert table[:3] == ["-" * 22, "Event           #Calls", "-" * 22]
    assert table[3].endswith("openat          89")
    assert len(table) == 3 + 8


def test_counts_fall_and_none_is_lost() -> None:
    generator = random.Random(7)
    entries = [(generator.choice((0, 0, 0, 1, 2, 5, 90)), str(i)) for i in range(994)]
    done = summary._sorted(entries)
    assert sorted(done) == sorted(entries)
    assert [count for count, _ in done] == sorted((count for count, _ in entries), reverse=True)


def test_codes_that_no_table_knows_count_as_unknown() -> None:
    assert list(summary.lines(({}, {(65535, 0): 4, (0, 0): 1})))[3:] == ["> <unknown>       5"]
