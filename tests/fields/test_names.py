"""Field names with their arguments."""

import pytest

from csyspy.fields import FieldError, catalogue, resolve, suggest


@pytest.mark.parametrize(
    ("name", "bracket", "field", "arg"),
    [
        ("proc.name", None, "proc.name", None),
        ("evt.arg.path", None, "evt.arg", "path"),
        ("evt.arg", "2", "evt.arg", "2"),
        ("evt.args", None, "evt.args", None),
        ("evt.rawarg.res", None, "evt.rawarg", "res"),
        ("evt.type.is.open", None, "evt.type.is", "open"),
        ("evt.type.is.2", None, "evt.type.is", "2"),
        ("evt.around", "1404996934793590564", "evt.around", "1404996934793590564"),
        ("evt.abspath", None, "evt.abspath", None),
        ("evt.abspath.dst", None, "evt.abspath", "dst"),
        ("proc.aname", "2", "proc.aname", "2"),
        ("proc.aname", "-1", "proc.aname", None),
        ("proc.env", "A B", "proc.env", "A B"),
        ("thread.cgroup.memory", None, "thread.cgroup", "memory"),
        ("fd.types", "0", "fd.types", "0"),
        ("container.mount.source", "/x", "container.mount.source", "/x"),
        ("container.label", "a/b", "container.label", "a/b"),
        ("k8s.pod.label.app-name", None, "k8s.pod.label", "app-name"),
        ("k8s.ns.label", "x/y", "k8s.ns.label", "x/y"),
    ],
)
def test_resolve(name: str, bracket: str | None, field: str, arg: str | None) -> None:
    ref = resolve(name, bracket)
    assert (ref.field.name, ref.arg) == (field, arg)


@pytest.mark.parametrize(
    ("name", "bracket"),
    [
        ("proc.nmae", None), ("proc.name.x", None), ("proc.name", "x"), ("evt.arg", None), ("evt.arg", "path"), ("evt.arg.nosuch", None),
        ("evt.rawarg", "0"), ("evt.type.is", "2"), ("evt.type.is.nosuch", None), ("evt.around", None), ("evt.around", "x"),
        ("evt.abspath.x", None), ("proc.aname", "x"), ("thread.cgroup", None), ("thread.cgroup", "memory"), ("fd.types", "x"),
        ("container.mount", None), ("container.label.foo", None), ("k8s.pod.label", None), ("ka.verb", None), ("k8smeta.pod.name", None),
    ],
)  # fmt: skip
def test_refused(name: str, bracket: str | None) -> None:
    with pytest.raises(FieldError):
        resolve(name, bracket)


def test_the_type_of_a_raw_argument_is_that_of_the_parameter() -> None:
    assert resolve("evt.rawarg.res").type == "ERRNO"
    assert resolve("evt.arg.res").type == "CHARBUF"


def test_names_are_written_back() -> None:
    for text in ("evt.arg.path", "evt.arg[0]", "proc.aname[2]", "proc.name", "thread.cgroup.memory"):
        head, _, tail = text.rstrip("]").partition("[")
        assert resolve(head, tail or None).text == text


def test_suggestions() -> None:
    assert suggest("proc.nmae") == "proc.name"
    assert suggest("PROC.NAME") == "proc.name"
    assert suggest("zzzzzz") == ""
    assert suggest("proc.name" + 100_000 * "e") == ""  # at once


def test_the_catalogue() -> None:
    fields = catalogue()
    assert len(fields) == 529
    assert fields["fd.ip"].filter_only
    assert not fields["fd.ip"].transformable
    assert fields["ka.verb"].other_source
    assert fields["span.id"].gone
    assert fields["evt.dir"].deprecated
