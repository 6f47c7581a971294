"""The kernel's part of a filter: what it is for known filters, and that it never refuses an event that the filter accepts."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csyspy.capture.walker import open_capture
from csyspy.cli.compiled import compiled_format
from csyspy.engine.sinks_text import TextSink
from csyspy.events import EVENT_TABLE
from csyspy.events.kernel_filter import FD_CALLS, Clause, KernelFilter
from csyspy.filters import compile_filter, parse
from csyspy.filters.kernel_split import FD_KINDS, TRUE, explain, split, union
from csyspy.rules.loader import load

EVENTS = 4000


def clauses(text: str, call: str = "read") -> set[Clause]:
    found = split(parse(text))
    return {clause for i, clause in enumerate(found.clauses) if found.calls.get(call, 0) >> i & 1}


NANO = Clause(comms=frozenset({"nano"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proc.name=nano", {NANO}),
        ("proc.name in (nano, vi)", {Clause(comms=frozenset({"nano", "vi"}))}),
        ("proc.name=a-name-of-more-than-15-bytes", {Clause(comms=frozenset({"a-name-of-more-"}))}),
        ("proc.name!=nano", set(TRUE)),
        ("not proc.name=nano", set(TRUE)),
        ("not not proc.name=nano", {NANO}),
        ("proc.name contains nano", set(TRUE)),
        ("tolower(proc.name)=nano", set(TRUE)),
        ("proc.name=nano and fd.name contains /etc", {NANO}),
        ("proc.name=nano or fd.name contains /etc", set(TRUE)),
        ("proc.pid=3", {Clause(pids=frozenset({3}))}),
        ("proc.pid!=3", set(TRUE)),
        ("proc.pid=3 and proc.pid=4", set()),
        ("thread.tid in (3, 4)", {Clause(tids=frozenset({3, 4}))}),
        ("user.uid=0", {Clause(uids=frozenset({0}))}),
        ("user.uid=0 and proc.name=nano", {Clause(uids=frozenset({0}), comms=frozenset({"nano"}))}),
        ("evt.failed=true", {Clause(failed=True)}),
        ("evt.failed=false", set(TRUE)),
        ("not evt.failed=true", set(TRUE)),
        ("evt.rawres<0", {Clause(failed=True)}),
        ("evt.rawres<=0", set(TRUE)),
        ("evt.rawres>0", set(TRUE)),
        ("evt.res=ENOENT", {Clause(failed=True)}),
        ("evt.res=SUCCESS", set(TRUE)),
        ("container.id=3fc1a0be9d1e", {Clause(containers=frozenset({(True, frozenset({"3fc1a0be9d1e"}))}))}),
        ("container.id!=host", {Clause(containers=frozenset({(False, frozenset({"host"}))}))}),
        ("not container.id!=host", {Clause(containers=frozenset({(True, frozenset({"host"}))}))}),
        ("fd.type in (ipv4, unix)", {Clause(fd_kinds=frozenset({"socket"}))}),
        ("fd.type=eventpoll", {Clause(fd_kinds=frozenset({"other"}))}),
        ("evt.type=read", set(TRUE)),
        ("evt.type=openat", set()),
        ("evt.type=openat and evt.deltatime>1000", set(TRUE)),
        ("evt.num<100 and proc.name=nano", set(TRUE)),
        ("proc.name=nano and not evt.num=0", {NANO}),
        ("proc.name=nano and evt.num>=0", {NANO}),
        ("proc.name=nano or evt.num=0", {NANO}),
        ("evt.num=0", set()),
        ("evt.type!=read", set()),
        ("evt.type=openat or proc.name=nano", {NANO}),
        ("evt.dir=<", set(TRUE)),
        ("proc.name exists", set(TRUE)),
    ],
)
def test_known_filters(text: str, expected: set[Clause]) -> None:
    assert clauses(text) == expected


def test_calls() -> None:
    found = split(parse("evt.type in (openat, connect) and (evt.type=connect or proc.name=nano)"))
    assert set(found.calls) == {"openat", "connect"}
    assert clauses("evt.type in (openat, connect) and (evt.type=connect or proc.name=nano)", "openat") == {NANO}
    assert clauses("evt.type in (openat, connect) and (evt.type=connect or proc.name=nano)", "connect") == set(TRUE)


def test_too_many_clauses_let_everything_through() -> None:
    text = " or ".join(f"(proc.name=n{i} and proc.pid={i})" for i in range(40))
    assert clauses(text) == set(TRUE)


def test_names_alone_need_no_hook_on_calls() -> None:
    assert split(parse("proc.name=nano and evt.type=openat")).watches_names_only
    assert not split(parse("proc.name=nano or evt.type=openat")).watches_names_only


def test_union_of_rules() -> None:
    both = union([split(parse("evt.type=openat and proc.name=nano")), split(parse("evt.type in (openat, connect) and user.uid=0"))])
    assert set(both.calls) == {"openat", "connect"}
    assert {both.clauses[i] for i in range(len(both.clauses)) if both.calls["openat"] >> i & 1} == {NANO, Clause(uids=frozenset({0}))}
    assert union([split(parse("evt.type=openat")), split(parse("evt.type=openat and proc.name=nano"))]).calls["openat"].bit_count() == 1


def test_the_public_rules_ask_for_few_calls(shared: Path) -> None:
    loaded = load([shared / "falco-rules" / "falco-rules-3.2.0" / "falco_rules.yaml"])
    wanted = union(split(rule.tree) for rule in loaded.rules if rule.enabled)
    assert len(wanted.calls) < 25
    assert not wanted.calls.keys() & {"getppid", "read", "write", "close", "futex"}


def test_explained() -> None:
    lines = explain(parse("proc.name=nano and evt.type=openat and fd.name contains /etc"))
    assert "  openat: name nano" in lines
    assert lines[-1].endswith("proc.name = nano; fd.name contains /etc")
    assert explain(parse("evt.type=switch"))[0].startswith("The filter can be true for no system call")


# --- against recorded events ---


@dataclass(frozen=True, slots=True)
class Facts:
    """What the kernel would have seen."""

    num: int
    call: str
    comm: str
    pid: int
    tid: int
    uid: int
    container: str
    failed: bool | None
    """None: the call did not end in the capture."""
    kind: str


FORMAT = "*%evt.num\t%evt.type\t%proc.name\t%proc.pid\t%thread.tid\t%user.uid\t%container.id\t%evt.rawres\t%evt.dir\t%fd.type"


def walked(path: Path, text: str, filter_text: str = "") -> list[str]:
    """The lines that the first events of a capture give."""
    fd = os.memfd_create("lines")
    try:
        sink = TextSink(compiled_format(text, json=False), fd, False, compile_filter(filter_text).program if filter_text else None)
        capture = open_capture([str(path)], sink.needs)
        capture.walker.attach([sink])
        capture.walker.step(EVENTS)
        capture.walker.finish()
        capture.source.close()
        os.lseek(fd, 0, os.SEEK_SET)
        with open(fd, "rb", closefd=False) as file:
            return file.read().decode("utf-8", "replace").split("\n")[:-1]
    finally:
        os.close(fd)


def facts_of(path: Path) -> dict[int, Facts]:
    """Facts by event number. An enter event has those of the call's end."""
    found: dict[int, Facts] = {}
    open_calls: dict[int, int] = {}
    for line in walked(path, FORMAT):
        num, call, comm, pid, tid, uid, container, result, direction, kind = line.split("\t")
        failed = None if result == "<NA>" else int(result) < 0
        pids = [int(text) if text.lstrip("-").isdecimal() else -1 for text in (pid, tid, uid)]
        fact = Facts(int(num), call, comm, *pids, container, failed if direction == "<" else None, FD_KINDS.get(kind, "other"))
        found[fact.num] = fact
        if direction == ">":
            open_calls[fact.tid] = fact.num
        elif fact.tid in open_calls:
            enter = open_calls.pop(fact.tid)
            if found[enter].call == call:
                found[enter] = replace(found[enter], failed=failed)
    return found


def passes(kernel: KernelFilter, fact: Facts) -> bool:
    """What the kernel would say."""
    mask = kernel.calls.get(fact.call, 0)
    return any(mask >> i & 1 and holds(clause, fact) for i, clause in enumerate(kernel.clauses))


def holds(clause: Clause, fact: Facts) -> bool:
    return (
        (clause.comms is None or fact.comm in clause.comms)
        and (clause.pids is None or fact.pid in clause.pids)
        and (clause.tids is None or fact.tid in clause.tids)
        and (clause.uids is None or fact.uid in clause.uids)
        and (not clause.failed or fact.failed is not False)
        and all((fact.container in ids) is among for among, ids in clause.containers)
        and (clause.fd_kinds is None or fact.call not in FD_CALLS or fact.kind in clause.fd_kinds)
    )


@pytest.fixture(scope="module", params=["attacks.scap", "containers.scap", "web.scap"])
def recorded(request: pytest.FixtureRequest, captures: Path) -> tuple[Path, dict[int, Facts]]:
    path = captures / request.param
    return path, facts_of(path)


SYSTEM_CALLS = frozenset(EVENT_TABLE["ppm_sc"].values())
PLAIN = ("evt.type", "proc.name", "proc.pid", "thread.tid", "user.uid", "container.id", "fd.type")
OTHERS = ("evt.failed=true", "evt.failed=false", "evt.rawres<0", "evt.rawres>=0", "evt.dir=<", "evt.res=ENOENT", "fd.name contains /",
          "proc.name startswith b", "evt.is_io=true", "fd.num=3", "proc.aname=bash", "evt.category=file", "proc.name exists")  # fmt: skip


def filters(facts: dict[int, Facts]) -> st.SearchStrategy[str]:
    """Filters with values that come up in a capture."""
    sample = list(facts.values())
    values = {
        "evt.type": sorted({fact.call for fact in sample} & SYSTEM_CALLS),
        "proc.name": sorted({fact.comm for fact in sample if fact.comm != "<NA>"}),
        "proc.pid": sorted({str(fact.pid) for fact in sample}),
        "thread.tid": sorted({str(fact.tid) for fact in sample}),
        "user.uid": sorted({str(fact.uid) for fact in sample if fact.uid >= 0}),
        "container.id": sorted({fact.container for fact in sample if fact.container not in ("<NA>", "")}),
        "fd.type": ["file", "directory", "ipv4", "ipv6", "unix", "pipe", "eventpoll"],
    }

    def check(field: str) -> st.SearchStrategy[str]:
        value = st.sampled_from(values[field])
        one = st.tuples(st.sampled_from(["=", "!="]), value).map(lambda pair: f'{field}{pair[0]}"{pair[1]}"')
        several = st.lists(value, min_size=1, max_size=4).map(lambda many: f"{field} in ({', '.join(quoted(many))})")
        return one | several

    leaf = st.sampled_from(PLAIN).flatmap(check) | st.sampled_from(OTHERS)
    return st.recursive(
        leaf,
        lambda inner: inner.map(lambda text: f"not ({text})")
        | st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"),
        max_leaves=6,
    )


def quoted(texts: list[str]) -> Iterator[str]:
    return (f'"{text}"' for text in texts)


def test_the_kernel_never_refuses_what_the_filter_accepts(recorded: tuple[Path, dict[int, Facts]]) -> None:
    path, facts = recorded

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(filters(facts))
    def holds_for(text: str) -> None:
        kernel = split(parse(text))
        accepted = [int(line) for line in walked(path, "*%evt.num", text)]
        refused = [facts[num] for num in accepted if facts[num].call in SYSTEM_CALLS and not passes(kernel, facts[num])]
        assert not refused, (text, refused[0])

    holds_for()
