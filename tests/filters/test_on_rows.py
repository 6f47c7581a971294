import pytest

from csyspy.filters.on_rows import conjuncts


def only(text):
    parts = conjuncts(text)
    assert len(parts) == 1
    return parts[0]


@pytest.mark.parametrize(
    ("text", "row", "verdict"),
    [
        ("proc.name=nano", {"proc.name": "nano"}, True),
        ("proc.name=nano", {"proc.name": None}, False),
        ("proc.name!=nano", {"proc.name": None}, False),
        ("not proc.name=nano", {"proc.name": None}, True),
        ("proc.pid=12", {"proc.pid": 12}, True),
        ("proc.pid>=16", {"proc.pid": 12}, False),
        ("proc.name in (a, b)", {"proc.name": "b"}, True),
        ("proc.name icontains NA or proc.pid=1", {"proc.name": "nano", "proc.pid": 2}, True),
        ("container.id exists", {"container.id": "host"}, True),
    ],
)
def test_a_row_decides(text, row, verdict):
    assert only(text).test(row) is verdict


@pytest.mark.parametrize("text", ["evt.is_io=true", "proc.name=val(proc.pname)", "fd.sport=http", "proc.aname[1]=a", "proc.name regex a"])
def test_what_only_events_decide(text):
    assert only(text).test is None


def test_conjuncts_are_flat_and_in_one_form():
    parts = conjuncts("(fd.type=ipv4 or fd.type=ipv6) and (evt.is_io = true and fd.name!='')")
    assert [part.text for part in parts] == ["fd.type = ipv4 or fd.type = ipv6", "evt.is_io = true", 'fd.name != ""']
    assert conjuncts("  ") == []
