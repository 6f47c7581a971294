"""Alerts are gathered without growing, and none is left out of the counts."""

import json

from csyspy.rules import alert_groups
from csyspy.rules.alert_groups import AlertGroups, Marks, hits_of, newest_first, who_of
from csyspy.rules.alerts import Alert
from csyspy.rules.model import Priority


def alert(time_ns: int, rule: str = "r", origin: str = "", container: str = "", **fields: object) -> Alert:
    return Alert(time_ns, rule, Priority.NOTICE, "o", "o", fields_json=json.dumps(fields), origin=origin, container=container)


def test_a_flood_is_one_group_with_first_and_last() -> None:
    gathered = AlertGroups()
    for time_ns in (5, 3, 9):
        gathered.add(alert(time_ns, **{"proc.name": "cat"}))
    [group] = gathered.groups()
    assert (group.count, group.first_ns, group.newest.time_ns, group.who) == (3, 3, 9, "cat")


def test_origins_stay_apart_and_are_counted_together() -> None:
    here, elsewhere = AlertGroups(), AlertGroups()
    here.add(alert(1, **{"proc.name": "cat"}))
    elsewhere.add(alert(2, origin="falco.json", **{"proc.name": "cat"}))
    elsewhere.add(alert(3, "another", origin="falco.json"))
    groups = newest_first([here, elsewhere])
    assert [(group.rule, group.origin) for group in groups] == [("another", "falco.json"), ("r", "falco.json"), ("r", "")]
    assert hits_of([here, elsewhere]) == [("r", 2, [(1, 1), (2, 1)]), ("another", 1, [(3, 1)])]
    assert [group.rule for group in newest_first([here, elsewhere], frozenset({"r"}))] == ["another"]


def test_marks_keep_their_number_bounded_and_their_sum_exact() -> None:
    marks = Marks()
    for time_ns in range(0, 10_000_000, 777):
        marks.add(time_ns)
    times = marks.times_ns()
    assert len(times) <= alert_groups.MOST_MARKS
    assert sum(count for _, count in times) == marks.count == len(range(0, 10_000_000, 777))
    assert times[0][0] == 0
    assert 9_900_000 < times[-1][0] < 10_000_000


def test_the_oldest_groups_are_forgotten_and_counted() -> None:
    gathered = AlertGroups()
    for number in range(alert_groups.MOST_GROUPS + 7):
        gathered.add(alert(number, **{"proc.name": f"p{number}"}))
    assert gathered.forgotten == 7
    assert len(gathered.groups()) == alert_groups.MOST_GROUPS
    assert gathered.groups()[0].who == "p7"


def test_who_is_the_process_or_the_user() -> None:
    assert who_of(alert(0, **{"container.name": "web", "proc.cmdline": "nginx -g x"})) == "web nginx"
    assert who_of(alert(0, **{"ka.user.name": "admin"})) == "admin"
    assert who_of(alert(0)) == ""
    assert who_of(alert(0, container="c0ffee", **{"proc.name": "cat"})) == "c0ffee cat"
    assert who_of(alert(0, container="c0ffee", **{"proc.name": "cat"}), {"c0ffee": "web"}) == "web cat"


def test_a_name_that_comes_later_is_put_in() -> None:
    gathered = AlertGroups()
    gathered.add(alert(1, container="c0ffee", **{"proc.name": "cat", "container.name": None}))
    gathered.add(alert(2, "other", container="c0ffee", **{"proc.name": "cat"}))
    gathered.add(alert(3, container="5ea", **{"proc.name": "cat"}))
    assert [group.who for group in gathered.groups()] == ["c0ffee cat", "c0ffee cat", "5ea cat"]
    gathered.add(alert(4, container="c0ffee", **{"proc.name": "cat", "container.name": "web"}))
    gathered.learn({"c0ffee": {"name": "web"}, "bad": {"name": None}})
    told = [(group.rule, group.who, group.count, group.first_ns) for group in gathered.groups()]
    assert told == [("other", "web cat", 1, 2), ("r", "5ea cat", 1, 3), ("r", "web cat", 2, 1)]
    gathered.add(alert(5, "other", container="c0ffee", **{"proc.name": "cat"}))
    assert gathered.groups()[-1].count == 2
