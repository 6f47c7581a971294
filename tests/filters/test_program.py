"""Filters compiled and run: on constants, and which events a program looks at."""

import pytest

from csyspy.engine.program import passes
from csyspy.engine.state import State
from csyspy.events import EVENT_TABLE
from csyspy.filters import compile_filter


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('tolower("ABc") = abc', True),
        ('toupper(basename("/x/yz")) in (YZ, Q)', True),
        ('b64("aGVsbG8=") = hello', True),
        ('b64("aGVsbG8") = hello', True),
        ('b64("aGVsbG9") exists', False),
        ('b64("a") exists', False),
        ('len("abc") > 2', True),
        ('len(("a", "b", "c")) = 3', True),
        ('join(",", ("a", "b")) = "a,b"', True),
        ('concat("a", "b", "c") glob a?c', True),
        ('concat("a", b64("a")) exists', False),
        ('getopt(("-n", ""), "n") intersects (n)', True),
        ('getopt(("-nt", "hello"), "nt:") in (n, t, hello)', True),
        ('getopt(("-nt", "hello"), "nt:") in (n, t)', False),
        ('getopt(("-n", "--", "-t"), "nt:") intersects (t)', False),
        ('getopt(("-x"), "n") intersects ("?")', True),
        ('getopt(("-t", "a", "-t", "b"), "t:")[t] = b', True),
        ('getopt(("-n"), "nt:")[t] exists', False),
        ('tolower("/a/b/c") pmatch (/a/*)', True),
        ('tolower("/a/b/c") pmatch (/a/b/c/d, /b)', False),
        ('tolower("/var/runner") pmatch (/var/run)', False),
        ('tolower("abc") regex "a.c"', True),
        ('tolower("abc") regex "b"', False),
        ("tolower(\"(\") regex '('", False),
        ('tolower("abc") contains oneof (a, b)', False),
        ('tolower("abc") contains oneof (a, x)', True),
        ('tolower("abc") != allof (a, b)', True),
        ('tolower("abc") = anyof (abc, b)', True),
        ('tolower("abc") = anyof ()', False),
        ('tolower("abc") in ()', False),
        ('tolower("a") = tolower("A")', True),
        ('tolower("a") in tolower("A")', True),
        ('tolower("b") > tolower("A")', True),
        ('tolower("é") = "é"', True),
        ('tolower("a") = b or not tolower("a") = b and tolower("a") = a', True),
        ("span.id = 1", False),
        ("not span.id = 1", True),
    ],
)
def test_verdict(text: str, verdict: bool) -> None:
    assert passes(compile_filter(text).program, State()) is verdict


NAMED_INSIDE = {"syscall", "asyncevent"}
"""Generic events are looked at under any condition on evt.type: each says itself what it is called."""


def types_of(text: str) -> set[tuple[str, str]]:
    events = {event["id"]: (event["name"], event["dir"]) for event in EVENT_TABLE["events"]}
    return {events[event_id] for event_id in compile_filter(text).program.types}


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("evt.type=openat and evt.dir=<", {("openat", "<")}),
        ("evt.dir=< and tolower('x') = x and evt.type in (read, write)", {("read", "<"), ("write", "<")}),
        ("evt.type=read and evt.type=write", set()),
        ("evt.type in ()", set()),
    ],
)
def test_only_events_that_can_pass_are_looked_at(text: str, types: set[tuple[str, str]]) -> None:
    assert {event for event in types_of(text) if event[0] not in NAMED_INSIDE} == types


def test_generic_events_stay_open_for_calls_without_an_event_of_their_own() -> None:
    assert ("syscall", ">") in types_of("not evt.type=read")


@pytest.mark.parametrize("text", ["not (evt.type=read and span.id=1)", "evt.dir=> or evt.dir=<", "evt.type exists"])
def test_filters_that_leave_all_events(text: str) -> None:
    assert types_of(text) == {(event["name"], event["dir"]) for event in EVENT_TABLE["events"]}


def test_a_field_without_value_is_told() -> None:
    compiled = compile_filter("span.id=1")
    assert "span.id has no value in any event" in compiled.warnings[0].message
