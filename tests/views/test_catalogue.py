"""The built-in views against csysdig's own (../shared/reference/views.json)."""

import json
from pathlib import Path

import pytest

from csyspy.views.catalogue import VIEWS
from csyspy.views.view import Column


def as_csysdig(column: Column) -> dict[str, object]:
    """A column with views.json's keys; widths and descriptions are ours to choose."""
    described: dict[str, object] = {"name": column.name, "field": column.field, "shown": column.shown}
    if column.aggregation != "LAST":
        described["aggregation"] = str(column.aggregation)
    if column.groupby_aggregation:
        described["groupby_aggregation"] = str(column.groupby_aggregation)
    for flag in ("is_key", "is_groupby_key", "is_sorting"):
        if getattr(column, flag):
            described[flag] = True
    if column.tags:
        described["tags"] = list(column.tags)
    return described


@pytest.mark.parametrize("view_id", sorted(VIEWS))
def test_columns_and_keys_are_csysdigs(shared: Path, view_id: str) -> None:
    theirs = next(v for v in json.loads((shared / "reference" / "views.json").read_text())["views"] if v["id"] == view_id)
    view = VIEWS[view_id]
    assert [as_csysdig(column) for column in view.columns] == [
        {key: value for key, value in column.items() if key not in ("colsize", "meaning")} for column in theirs["columns"]
    ]
    for key in ("name", "filter", "is_root", "use_defaults", "drilldown_target"):
        assert getattr(view, key) == theirs[key]
    assert set(view.applies_to) == {field for field in theirs["applies_to"] if not field.startswith(("mesos", "marathon"))}


def test_every_column_explains_itself() -> None:
    for view in VIEWS.values():
        assert all(column.description for column in view.columns if column.shown), view.id
        assert sum(column.is_sorting for column in view.columns) <= 1
