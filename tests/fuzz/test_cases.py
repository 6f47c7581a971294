"""The first cases of ``make fuzz``, on the engine as it is installed."""

import random

import pytest

from tests.fuzz.cases import capture_seeds, filter_seeds, run_case
from tests.fuzz.mutate import blocks_of, damaged_capture, damaged_filter

CASES = 400
BATCH = 50


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_damage_is_told_and_nothing_else_happens(first: int) -> None:
    for number in range(first, first + BATCH):
        assert run_case(number)


def test_a_case_is_fixed_by_its_number() -> None:
    assert damaged_capture(random.Random(7), capture_seeds()) == damaged_capture(random.Random(7), capture_seeds())
    assert damaged_filter(random.Random(7), filter_seeds()) == damaged_filter(random.Random(7), filter_seeds())


def test_the_corpus_is_whole() -> None:
    assert len(capture_seeds()) >= 9
    for capture in capture_seeds():
        assert b"".join(blocks_of(capture)) == capture
