"""Write docs/views.md from the views themselves: ``python tools/views_doc.py``; with --check only say whether it is up to date."""

import sys
from collections.abc import Iterator
from pathlib import Path

from csyspy.views.catalogue import VIEWS
from csyspy.views.view import ANYWHERE, Aggregation, Column, Kind, View

PAGE = Path(__file__).resolve().parent.parent / "docs" / "views.md"
HEAD = """# Views

<!-- Written by tools/views_doc.py from csyspy/views: edit those. -->

A view is a table over events (or over what runs now). `csyspy` opens on Processes; F2 lists the others that make sense for the
selection, and `-v ID` begins with one. Without a screen, `-v ID` prints it: as text on a pipe or with `--once`, with `--csv`,
or with `-j` as JSON, whose cells go by the names below and are plain numbers (bytes, percent, nanoseconds).

    csyspy -r trace.scap -v procs -j                         # one object for the whole capture
    csyspy -r trace.scap -v syscalls --interval 1000 --csv   # one table for each second of it
    csyspy -r trace.scap -v files --sort "BYTES OUT" --rows 10 container.name=web
    csyspy -v procs --interval 5000 -n 3                     # this machine, three times

`--sort COLUMN[:asc|:desc]`, `--columns A,B` and `--rows N` shape what is printed; `-pc` shows the columns marked *containers*.
Ids, names and columns are csysdig's; where a value differs, `differences.md` says why.

How many values become one cell: **sum**, **avg**, **min** and **max** over the events of the interval (of the whole capture
where there is none), **rate** is a sum per second, **first** the first value (of text, the first that is not empty), **last**
the newest text; **p50, p99** are the median and the 99th percentile, to 6 % (eight counters for each power of two, kept for each row), in
JSON an object with both, in CSV `p50/p99`, both in ns; captures whose calls have no begin (newer libs')
have none. Where rows are grouped (threads of a process, processes of a container), the second word says how the rows of a group add up.

## Views of your own

A file in `~/.config/csyspy/views` with `VIEW = View(...)` (or `VIEWS = [...]`) brings one, and so does an entry point of the
group `csyspy.views` that names a View; `csyspy/views/*.py` are the examples. A broken file costs one warning. A view with the
id of a built-in one takes its place.

```python
from csyspy.views.view import Aggregation, Column, Unit, View

VIEW = View(
    id="users",
    name="Users",
    description="Who does how much.",
    filter="evt.type!=switch",
    use_defaults=True,
    drilldown_target="procs",
    columns=(
        Column("NA", "user.name", is_key=True),
        Column("CALLS", "evt.count", Unit.COUNT, 9, Aggregation.SUM, is_sorting=True),
        Column("FILE", "evt.buflen.file", Unit.BYTES_PER_S, 9, Aggregation.TIME_AVG),
        Column("USER", "user.name"),
    ),
)
```

`use_defaults`: a number that is missing counts as 0 and a missing text as empty; without it an event that misses a column does
not count. `applies_to` names the fields of selections under which the view is offered, `""` being the whole machine. Events
that are made up, one for each living thread, give idle ones a row.

## The views
"""
_WORDS = {
    Aggregation.SUM: "sum",
    Aggregation.AVG: "avg",
    Aggregation.MIN: "min",
    Aggregation.MAX: "max",
    Aggregation.TIME_AVG: "rate",
    Aggregation.QUANTILES: "p50, p99",
    Aggregation.NONE: "first",
}


def page() -> str:
    """The whole text."""
    contents = [f"- [{view.name}](#{view.id}) `{view.id}`: {view.description}" for view in VIEWS.values()]
    parts = [HEAD, "\n".join(contents), *("\n".join(_view(view)) for view in VIEWS.values())]
    return "\n".join(parts) + "\n"


def _view(view: View) -> Iterator[str]:
    yield f'\n### <a id="{view.id}"></a>{view.name} (`{view.id}`)\n'
    yield f"{view.description}\n"
    for tip in view.tips:
        yield f"> {tip}\n"
    key = view.row_key()
    facts = [f"A row for every {'event' if key is None else f'`{key.field}`'}"]
    if view.filter and key is None:
        facts.append(f"that passes `{view.filter}`")
    elif view.filter:
        facts.append(f"of the events that pass `{view.filter}`")
    yield " ".join(facts) + ".  "
    if view.drilldown_target:
        yield f"Enter opens [{VIEWS[view.drilldown_target].name}](#{view.drilldown_target}).  "
    yield f"Offered {_offered(view)}.\n"
    yield "| Column | Field | Cell | What it is |"
    yield "|---|---|---|---|"
    for column in view.columns:
        if column.shown:
            yield f"| {column.name}{_marks(column)} | `{column.field}` | {_cell(view, column)} | {column.legend} |"
    if view.actions:
        yield "\n| Key in F8 | Action | Command |"
        yield "|---|---|---|"
        for action in view.actions:
            yield f"| `{action.hotkey}` | {action.label}{', asks first' if action.ask_confirmation else ''} | `{action.command}` |"


def _offered(view: View) -> str:
    if ANYWHERE in view.applies_to:
        return "everywhere"
    below = [f"`{field}`" for field in view.applies_to if field]
    parts = (["for the whole machine"] if "" in view.applies_to else []) + ([f"under {', '.join(below)}"] if below else [])
    return " and ".join(parts)


def _marks(column: Column) -> str:
    return (" ▼" if column.is_sorting else "") + (f" *{', '.join(column.tags)}*" if column.tags else "")


def _cell(view: View, column: Column) -> str:
    if view.kind is Kind.LIST:
        return ""
    word = "last" if not column.is_number and column.aggregation is Aggregation.MAX else _WORDS[column.aggregation]
    if not column.is_number and word not in ("first", "last"):
        word = "first"
    grouped = any(each.is_groupby_key for each in view.columns)
    return f"{word}, {_WORDS[column.groupby_aggregation]}" if grouped and column.is_number else word


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.is_file() and PAGE.read_text() == text else f"{PAGE} is out of date: run tools/views_doc.py")
    PAGE.write_text(text)
