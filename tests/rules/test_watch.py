"""Changes of rule files are noticed once they have settled."""

from pathlib import Path

import pytest

from csyspy.rules import watch


def test_a_change_counts_once_and_only_after_it_has_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.0)
    folder = tmp_path / "rules.d"
    folder.mkdir()
    (folder / "a.yaml").write_text("[]")
    files = watch.FileWatch([str(folder), str(tmp_path / "later.yaml")])
    assert not files.changed()
    (folder / "b.yaml").write_text("[]")
    assert [files.changed() for _ in range(3)] == [False, True, False]
    (tmp_path / "later.yaml").write_text("- list: a")
    assert [files.changed() for _ in range(3)] == [False, True, False]
    (folder / "a.yaml").unlink()
    assert [files.changed() for _ in range(3)] == [False, True, False]
