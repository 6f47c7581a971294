"""Captures for the screen."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo(root: Path) -> Path:
    """The example capture: 180,434 events, 211 processes, containers."""
    return root / "examples" / "demo.scap"


@pytest.fixture(scope="session")
def small(captures: Path) -> Path:
    """A capture of a few hundred events that holds files, connections and processes."""
    return captures / "upstream" / "falco-connect_localhost.scap"


@pytest.fixture(scope="session", autouse=True)
def _utc() -> Iterator[None]:
    """Times on the screen are local; golden screens are in UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()
