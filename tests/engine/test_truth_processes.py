"""Filters on process, user and container fields count what the real engines counted (../shared/captures/oracle)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from csyspy.capture import open_source
from csyspy.cli.compiled import compiled_filter
from csyspy.containers import container_of
from csyspy.engine.callback import CallbackSink, EventView
from csyspy.engine.state import State
from csyspy.engine.walk import Walker

OURS = re.compile(r"^[^'\"]*\b(proc|thread|user|group|container)\.")
OTHERS = re.compile(r"\b(evt|fd|fdlist|fs|syslog|span)\.(?!type\b|dir\b)|k8s\.|regex")
NOT_THE_NORM = re.compile(r"exectime")  # broken in newer libs; it works as in sysdig 0.29.3
CAPTURES = {
    "newer/modern_a_attacks": "newer-modern_a_attacks/libs020-matches.json",
    "newer/modern_a_general": "newer-modern_a_general/libs020-matches.json",
    "newer/newest_a_attacks": "newer-newest_a_attacks/newest-matches.json",
    "newer/newest_a_general": "newer-newest_a_general/newest-matches.json",
    "newer/newest_a_converted": "newer-newest_a_converted/newest-matches.json",
    "newer/newest_a_containers": "newer-newest_a_containers/newest-matches.json",
    "upstream/sample": "upstream-sample/filter-matches.json",
    "upstream/curl_google": "upstream-curl_google/filter-matches.json",
    "upstream/single_ipv6_conn": "upstream-single_ipv6_conn/filter-matches.json",
    "upstream/falco-psp-run_as_user_0_container": "upstream-falco-psp-run_as_user_0_container/filter-matches.json",
}


def expected(path: Path) -> dict[str, tuple[int, list[int]]]:
    """Filter -> count and first event numbers, of those that are about this room alone."""
    found = {}
    verdicts = json.loads(path.read_text())
    cases: list[dict[str, Any]] = verdicts["cases"] if "cases" in verdicts else verdicts["filters"]
    for case in cases:
        verdict = case.get("newer", case)
        text = case["filter"]
        if "matches" in verdict and OURS.search(text) and not OTHERS.search(text) and not NOT_THE_NORM.search(text):
            found[text] = (verdict["matches"], verdict.get("first", []))
    return found


@pytest.mark.parametrize("capture", CAPTURES)
def test_counts(captures: Path, capture: str) -> None:
    want = expected(captures / "oracle" / CAPTURES[capture])
    state = State()
    state.container_of = container_of
    state.needs = 15
    numbers: dict[str, list[int]] = {text: [] for text in want}
    sinks = [
        CallbackSink(EventView({}), lambda view, seen=seen: seen.append(view.num), filter=compiled_filter(text))
        for text, seen in numbers.items()
    ]
    walker = Walker(state, open_source([str(captures / f"{capture}.scap")]))
    walker.run(sinks)
    assert len(want) > 30
    assert {text: (len(seen), seen[: len(want[text][1])]) for text, seen in numbers.items()} == want
