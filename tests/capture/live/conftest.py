"""What tests on the running kernel need, and why they are skipped elsewhere."""

import os

import pytest

from csyspy.capture.live import tier
from csyspy.capture.live.tier import Tier


@pytest.fixture
def kernel() -> None:
    """The test loads programs; it is skipped where that is not possible."""
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")


@pytest.fixture
def root_user() -> None:
    """The test needs root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
