"""The tables of chisels: order, columns, JSON."""

import json

from csyspy.chisels.table import Table, json_text, text_lines, top_rows

CONNS = Table(("fd.l4proto", "fd.name"), ("Proto", "Conn"), "evt.rawarg.res", "Bytes", "bytes", top=2)


def test_largest_first_and_equal_ones_as_they_came() -> None:
    rows = [(("a",), 1.0), (("b",), 3.0), (("c",), 3.0), (("d",), 2.0)]
    assert [keys[0] for keys, _ in top_rows(rows, 3)] == ["b", "c", "d"]
    assert len(top_rows(rows, 0)) == 4


def test_keys_stand_in_columns_and_the_last_is_as_long_as_it_is() -> None:
    lines = text_lines(CONNS, [(("tcp", "x" * 40), 2048.0), (("a very long protocol name", "y"), 1.0), (("udp", "z"), 0.5)], 0)
    assert lines[0] == "Bytes               Proto               Conn                "
    assert lines[1] == "-" * 80
    assert lines[2] == "2.00KB              tcp                 " + "x" * 40
    assert lines[3] == "1B                  a very long protoco y"
    assert len(lines) == 4


def test_json_has_text_keys_and_the_value_at_index_two_of_info() -> None:
    found = json.loads(json_text(CONNS, [(("tcp", 'a"b'), 2048.0)], 1_795_220_990_123_456_789))
    assert found == {
        "ts": "1795220990000000000",
        "data": [["tcp", 'a"b', 2048]],
        "info": [
            {"name": "fd.l4proto", "desc": "Proto", "is_key": True},
            {"name": "fd.name", "desc": "Conn", "is_key": True},
            {"name": "evt.rawarg.res", "desc": "Bytes", "is_key": False},
        ],
    }
    ports = Table(("fd.sport",), ("Srv Port",), "evt.rawarg.res", "Bytes", "bytes")
    found = json.loads(json_text(ports, [((80,), 1.0)], 0))
    assert found["data"] == [["80", 1]]
    assert found["info"][1] is None
    assert found["info"][2]["name"] == "evt.rawarg.res"


def test_an_argument_may_give_several_keys() -> None:
    table = Table(("{key}",), ("{key}",), "evt.latency", "Time").bind({"key": "proc.name,fd.name"})
    assert table.keys == table.titles == ("proc.name", "fd.name")
