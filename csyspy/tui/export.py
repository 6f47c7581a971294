"""The rows of a table as a file, as they stand on the screen: filtered, sorted, with the columns that were chosen."""

import csv
import io
import json
from collections.abc import Sequence

from csyspy.views.format import csv_value, json_value
from csyspy.views.snapshot import Snapshot


def rows_as_csv(snapshot: Snapshot, columns: Sequence[int]) -> str:
    """A head and a line per row; numbers as they are, not shortened."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(snapshot.columns[index].name for index in columns)
    for row in snapshot.order:
        writer.writerow(csv_value(snapshot.values[index][row]) for index in columns)
    return out.getvalue()


def rows_as_json(snapshot: Snapshot, columns: Sequence[int]) -> str:
    """An object per line and row, by the names of the columns (two of them may show one field)."""
    lines = [
        json.dumps({snapshot.columns[index].name: json_value(snapshot.values[index][row]) for index in columns}, ensure_ascii=True)
        for row in snapshot.order
    ]
    return "".join(line + "\n" for line in lines)
