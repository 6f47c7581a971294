"""Output formats."""

import pytest

from csyspy.fields import Column, FieldError, Text, parse_format


def shape(text: str) -> list[object]:
    return [part.text if isinstance(part, Text) else (part.name, part.width) for part in parse_format(text).segments]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("%evt.num %proc.name", [("evt.num", 0), " ", ("proc.name", 0)]),
        ("*%evt.num", [("evt.num", 0)]),
        ("a*%20proc.name|", ["a*", ("proc.name", 20), "|"]),
        ("%proc.name: %fd.name.", [("proc.name", 0), ": ", ("fd.name", 0), "."]),
        ("%proc.namex", [("proc.name", 0), "x"]),
        ("%evt.arg.pathx", [("evt.arg.path", 0), "x"]),
        ("%evt.args%evt.arg[0]", [("evt.args", 0), ("evt.arg[0]", 0)]),
        ("%evt.num[x]", [("evt.num", 0), "[x]"]),
        ("%proc.aname[2]]", [("proc.aname[2]", 0), "]"]),
        ("%tolower(proc.name))", [("tolower(proc.name)", 0), ")"]),
        ('%join(",", ("a", proc.name))', [('join(",", ("a", proc.name))', 0)]),
        ("%k8s.pod.label.app-x", [("k8s.pod.label.app-x", 0)]),
        ("no field", ["no field"]),
    ],
)
def test_segments(text: str, parts: list[object]) -> None:
    assert shape(text) == parts


def test_a_star_prints_lines_with_missing_fields() -> None:
    assert not parse_format("*%evt.num").complete
    assert parse_format("%evt.num").complete


def test_the_plain_fields_of_a_format() -> None:
    assert [name for name, _ in parse_format("%evt.num %tolower(proc.name) %evt.num %len(fd.name)").fields] == [
        "evt.num",
        "proc.name",
        "fd.name",
    ]


def test_the_type_of_a_column() -> None:
    column = parse_format("%len(proc.name)").segments[0]
    assert isinstance(column, Column)
    assert column.value.type == "UINT64"


@pytest.mark.parametrize(
    "text", ["", "a%", "%20", "%nosuch.field", "% ", "%%", "%fd.ip", "%99999proc.name", "%tolower(proc.pid)", "%evt.arg", "%tolower(x"]
)
def test_refused(text: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse_format(text)
    assert caught.value.render()
