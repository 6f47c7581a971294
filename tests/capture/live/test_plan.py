"""Which of the built-in chisels and views the kernel's tables answer."""

import pytest

from csyspy.capture.live.plan import Condition, Needs, Wanted, plan
from csyspy.chisels.context import Context
from csyspy.chisels.registry import load
from csyspy.cli.live_tables import groups_of


def chisel(name, *, containers=False):
    made = load(name)(Context(container_data=containers))
    made.on_init()
    return made


@pytest.mark.parametrize(
    "name",
    [
        "topprocs_cpu",
        "topcontainers_cpu",
        "topconns",
        "topprocs_net",
        "topports_server",
        "topcontainers_net",
        "topcontainers_file",
        "topcontainers_error",
        "topprocs_file",
        "topprocs_errors",
        "topscalls",
        "topscalls_time",
        "topfiles_bytes",
        "topfiles_time",
        "topfiles_errors",
    ],
)
@pytest.mark.parametrize("containers", [False, True])
def test_chisels_that_stream_nothing(name, containers):
    assert groups_of(chisel(name, containers=containers), "") is not None


def test_a_filter_on_rows_is_tested_there():
    assert groups_of(chisel("topprocs_cpu"), "proc.name=nano and container.id!=host").plan.conditions


def test_a_filter_on_events_needs_events():
    assert groups_of(chisel("topprocs_cpu"), "evt.buffer contains x") is None


def test_a_field_that_no_table_has_needs_events():
    assert plan(Needs(("fd.name",), (Wanted("evt.latency", "sum"),), (Condition("fd.type = pipe"),))) is None
