"""Conditions that run together match what each of them matches alone."""

import random
from itertools import product
from pathlib import Path

from csyspy.capture.walker import open_capture
from csyspy.engine.gate import Gate
from csyspy.engine.ruleset import RuleSet
from csyspy.filters import compile_filter, parse
from csyspy.filters.rule_plan import plan_rules

NAMES = ("bash", "cat", "curl", "sleep", "runc", "sh", "find")
SHAPES = (
    "evt.type=execve and proc.name={}",
    "evt.type in (open, openat) and not proc.pname={} and fd.name contains lib",
    "proc.aname={} and evt.type=connect",
    "evt.dir=< and evt.type=close and (proc.name={} or fd.typechar=4)",
    "not (evt.type in (read, write, epoll_ctl) or proc.name={})",
    "user.uid=0 and evt.type=clone and proc.cmdline contains {}",
    "evt.type in (rt_sigaction, futex) and proc.name={} and evt.dir=>",
    "evt.type=openat and evt.deltatime>1000 and proc.name={}",
    "container.id!=host and proc.name={} and evt.rawres>=0",
)
EVENTS = 40_000


def test_many_rules_against_each_alone(captures: Path) -> None:
    conditions = [shape.format(name) for shape, name in product(SHAPES, NAMES)] * 9  # more than threads have room for
    random.Random(1).shuffle(conditions)
    alone = {}
    for condition in dict.fromkeys(conditions):
        gate = Gate([], filter=compile_filter(condition).program)
        opened = open_capture([str(captures / "attacks.scap")], gate.needs)
        opened.walker.attach([gate])
        opened.walker.step(EVENTS)
        alone[condition] = gate.count
    plan = plan_rules([parse(condition) for condition in conditions])
    together = RuleSet(plan.rules, lambda number, state: None, bits=plan.bits, every=True)
    opened = open_capture([str(captures / "attacks.scap")], together.needs)
    opened.walker.attach([together])
    opened.walker.step(EVENTS)
    assert dict(zip(conditions, together.fired, strict=True)) == alone
    assert sum(map(bool, alone.values())) > 20


def test_rules_on_no_system_call_are_asked_nothing(captures: Path) -> None:
    plan = plan_rules([parse("evt.type=switch and evt.type=open"), parse("evt.type=container")])
    rules = RuleSet(plan.rules, lambda number, state: None)
    names = {kind for kind in rules.types if kind < 2}
    assert names == set()
    assert 0 < len(rules.types) < 10
