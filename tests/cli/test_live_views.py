"""Views of this machine without a screen."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csyspy.capture.live import tier as tiers

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 60


@pytest.fixture
def kernel() -> None:
    lacking = tiers.lacking(tiers.Tier.A, tiers.possibilities())
    if lacking is not None:
        pytest.skip(f"needs the kernel: {lacking.message}")


def refreshes(*arguments: object) -> Iterator[dict[str, object]]:
    """The documents that a live view prints, until the caller has enough."""
    command = [COMMAND, *map(str, arguments), "-j", "--interval", "300"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        try:
            for line in process.stdout:
                text += line
                if line.endswith("]}\n"):
                    yield json.loads(text)
                    text = ""
        finally:
            process.terminate()


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("view_id", ["spy_users", "dig"])
def test_events_fill_lists(view_id: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    for document in refreshes("-v", view_id, "proc.name=true"):
        if document["rows"]:
            break
        assert time.monotonic() < deadline
        subprocess.run(["true", "found"], check=True)
    last = str(document["rows"][-1])  # type: ignore[index]
    assert "true" in last


@pytest.mark.usefixtures("kernel")
def test_tables_and_events_agree_on_which_files_are_read() -> None:
    """The filter on an event's own field sends the second one to the event stream."""
    for more in ((), ("evt.buflen.file.in>0 or evt.type=openat",)):
        deadline = time.monotonic() + DEADLINE_S
        for document in refreshes("-v", "files", *more):
            rows = {row["FILENAME"]: row for row in document["rows"]}  # type: ignore[attr-defined]
            if rows.get("/etc/passwd", {}).get("BYTES IN"):
                break
            assert time.monotonic() < deadline
            subprocess.run(["cat", "/etc/passwd"], check=True, stdout=subprocess.DEVNULL)
        assert rows["/etc/passwd"]["BYTES IN"] > 0


def test_who_may_not_look_into_the_kernel_is_told_so(csyspy) -> None:
    result = csyspy("-v", "spy_users", "--once", "--json", "--tier", "C")
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) <= 2
    assert not result.stdout
