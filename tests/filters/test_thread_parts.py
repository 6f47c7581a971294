"""Conditions that a thread decides: events of threads known not to pass are passed over, and nothing may be missed by it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

FIELDS = "*%evt.num|%proc.name|%thread.tid|%evt.dir|%evt.type|%fd.num|%fd.name|%evt.latency|%evt.args|%proc.fdopencount|%evt.deltatime"
NAMES = 4


@pytest.mark.parametrize(
    "capture",
    ["general.scap", "upstream/sample.scap", "newer/modern_a_general.scap", "newer/newest_a_general.scap", "newer/modern_a_attacks.scap"],
)
def test_a_process_has_the_same_events_alone_and_among_all(
    capture: str, captures: Path, csyspy: Callable[..., CompletedProcess[str]]
) -> None:
    path = next(captures.rglob(Path(capture).name))
    everything = csyspy("-r", path, "-p", FIELDS).stdout.splitlines()
    names = Counter(line.split("|")[1] for line in everything)
    names.pop("<NA>", None)
    usual = [name for name, _count in names.most_common() if name.isidentifier()]
    for name in usual[:NAMES]:
        alone = csyspy("-r", path, "-p", FIELDS, f"proc.name={name}").stdout.splitlines()
        # The time since the event before is that of the event shown before.
        assert [line.rpartition("|")[0] for line in alone] == [
            line.rpartition("|")[0] for line in everything if line.split("|", 2)[1] == name
        ], name
