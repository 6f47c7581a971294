"""What the filter bar knows."""

import socket

import pytest
from screen import frame

from csyspy.tui.completion import Mode, choices_at, judge, values_on_screen


def test_texts_without_an_operator_are_looked_for_in_rows() -> None:
    assert not judge("nginx", Mode.AUTO).is_filter
    assert not judge("proc.name=x", Mode.TEXT).is_filter
    assert judge("proc.name=x", Mode.AUTO).is_filter
    assert judge("", Mode.AUTO).is_good


def test_what_is_wrong_has_a_place_and_a_cure() -> None:
    verdict = judge("evt.type=open and fd.nmae contains /etc", Mode.AUTO)
    assert not verdict.is_good
    assert (verdict.position, verdict.end) == (18, 25)
    assert verdict.fixed == "evt.type=open and fd.name contains /etc"
    assert judge("evt.type=", Mode.AUTO).incomplete
    assert not judge("nginx", Mode.SYSDIG).is_good


@pytest.mark.parametrize(
    ("text", "word", "start"),
    [
        ("user.name=ro", "root", 10),
        ("proc.name=cm", "cmd1", 10),
        ("proc.name in (x, cm", "cmd1", 17),
        ("proc.pid=", "1", 9),
        ("proc.na", "proc.name", 0),
        ("evt.type=opena", "openat", 9),
    ],
)
def test_what_fits(text: str, word: str, start: int) -> None:
    values = values_on_screen(frame(1.0, 2.0).snapshot)
    found = choices_at(text, len(text), values)
    assert word in [choice.word for choice in found.choices]
    assert found.start == start


def test_fields_say_what_they_are() -> None:
    [about] = [choice.about for choice in choices_at("proc.nam", 8, {}).choices if choice.word == "proc.name"]
    assert about.startswith("charbuf  ")


def test_modes_go_round() -> None:
    assert Mode.AUTO.next.next.next is Mode.AUTO


def test_who_types_a_host_waits_for_no_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert judge("fd.sip.name=typed.example", Mode.AUTO).is_good
    assert not judge("fd.sip.name=typed.example and evt.tpye=open", Mode.AUTO).is_good
