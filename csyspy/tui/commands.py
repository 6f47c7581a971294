"""Everything the user can do, once. Keys, key bar, help, palette and menus follow from this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, Flag, auto

from textual.binding import Binding, BindingType


class Place(Flag):
    """Kinds of screens that a command works on."""

    TABLE = auto()
    EVENTS = auto()
    """The stream of events (dig)."""
    ECHO = auto()
    SPECTRO = auto()
    OVERVIEW = auto()
    ALERTS = auto()
    PAGE = auto()
    """Text to read: help, legend, log."""
    LINES = EVENTS | ECHO | PAGE
    MAIN = TABLE | EVENTS | ECHO | SPECTRO | ALERTS
    ALL = MAIN | OVERVIEW | PAGE


class Need(Enum):
    """What has to be there for a command to work."""

    NOTHING = ""
    ROW = "no row is selected"
    EVENTS = "this source has no events: it reads /proc"
    SEEK = "only a capture has a past to go to"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do. The screen runs it with its method `command_<id>` (dashes are underscores there, a number is its argument)."""

    id: str
    title: str
    """A word for the key bar and menus."""
    help: str
    keys: str
    """Textual's names of keys, with commas between them."""
    places: Place
    label: str = ""
    """How the key bar calls the key; empty: it is not in the key bar."""
    needs: tuple[Need, ...] = ()
    vim: str = ""
    """More keys in the keymap `vim`; one that another command has by default moves here."""
    group: str = "Look"

    @property
    def number(self) -> int:
        """That the id ends with; 0 where it ends with none."""
        tail = self.id.rpartition("-")[2]
        return int(tail) if tail.isdigit() else 0

    @property
    def method(self) -> str:
        """Name of the method that does it."""
        name = self.id.rpartition("-")[0] + "-to" if self.number else self.id
        return "command_" + name.replace("-", "_")


SORT_KEYS = (
    "exclamation_mark", "at", "number_sign", "dollar_sign", "percent_sign",
    "circumflex_accent", "ampersand", "asterisk", "left_parenthesis",
)
"""Shift+1 … Shift+9, as csysdig has them."""
T, E, X, S, O, A, P = Place.TABLE, Place.EVENTS, Place.ECHO, Place.SPECTRO, Place.OVERVIEW, Place.ALERTS, Place.PAGE  # noqa: E741
ROW, EVENTS, SEEK = Need.ROW, Need.EVENTS, Need.SEEK

COMMANDS: tuple[Command, ...] = (
    Command("help", "Help", "what this screen shows, and its keys", "f1,question_mark,h", Place.ALL, "F1", vim="f1,question_mark"),
    Command("views", "Views", "choose a view", "f2,v", T | S | O, "F2"),
    Command("display", "View as", "show the data dotted, printable or as hex", "f2,v", X, "F2"),
    Command("filter", "Filter", "hide what a filter does not accept", "f4,backslash", T | E | S, "F4", group="Find"),
    Command("echo", "Echo", "the data that the selection reads and writes", "f5,e", T, "F5", (EVENTS,)),
    Command("dig", "Dig", "the events of the selection", "f6,d", T | S | O, "F6", (EVENTS,)),
    Command("legend", "Legend", "what the view and its columns mean", "f7,l", T | S, "F7", vim="f7,L"),
    Command("actions", "Actions", "run a program on the selected row", "f8,a", T, "F8", (ROW,), group="Act"),
    Command("sort", "Sort", "choose the column to sort by", "f9,greater_than_sign", T, "F9", group="Table"),
    Command("spectrogram", "Spectro", "latency of the selection's calls over time", "f12,z", T, "F12", (EVENTS,)),
    Command("spectrogram-files", "Spectro files", "latency of the selection's file calls over time", "f24,Z", T, needs=(EVENTS,)),
    Command("find", "Find", "go to rows that contain a text", "slash,ctrl+f", T | E | X | P | A, "/", group="Find"),
    Command("find-next", "Next", "the next match", "n,f3", T | E | X | P | A, group="Find"),
    Command("find-previous", "Previous", "the match before", "N", T | E | X | P | A, group="Find"),
    Command("palette", "Commands", "every view, chisel, action and theme by name", "ctrl+p,colon", Place.ALL, "^P"),
    Command("quit", "Quit", "leave csyspy", "q,f10,ctrl+q", Place.MAIN | O, "q", group="Go"),
    Command("leave", "Back", "back to where you were", "escape", E | X | S | O | A, "Esc", group="Go"),
    Command("close", "Back", "back to where you were", "escape,q", P, "Esc", group="Go"),
    Command("drill", "Drill", "into the selected row", "enter", T | E | O | A, needs=(ROW,), group="Go"),
    Command("back", "Back", "out again, one level", "backspace", Place.ALL, group="Go"),
    Command("relax", "Relax", "stop reading; else take the filter away, then the part of time, then one level", "escape", T, group="Find"),
    Command("pause", "Pause", "hold the screen; in a capture, play it", "p", Place.MAIN, "p", group="Time"),
    Command("clear", "Clear", "forget the lines so far", "c,delete", T | E | X, group="Table"),
    Command("detail", "Detail", "more about the selected row, beside the table", "i", T, "i", group="Look"),
    Command("tree", "Tree", "processes below their parents", "t", T, "t", group="Table"),
    Command("names", "Names", "ports and hosts by their names, or by their numbers again", "R", T, group="Table"),
    Command("columns", "Columns", "choose the columns", "C", T, group="Table"),
    Command("include", "Include", "only rows with this value: adds it to the filter", "plus", T | E, "+", needs=(ROW,), group="Find"),
    Command("exclude", "Exclude", "no rows with this value: adds that to the filter", "minus", T | E, "-", needs=(ROW,), group="Find"),
    Command("copy", "Copy", "field=value of the selection, into the clipboard", "y", T | E | A, "y", needs=(ROW,), group="Act"),
    Command("follow", "Follow", "stay at the newest event, or stop there", "f", E | X, "f", group="Time"),
    Command("go-to", "Go to", "a line, an event by its number, or a time", "ctrl+g", E | X | P | T, group="Go"),
    Command("earlier", "Earlier", "one sample back", "left_square_bracket", T | E | S, group="Time"),
    Command("later", "Later", "one sample on", "right_square_bracket", T | E | S, group="Time"),
    Command("minute-earlier", "Minute back", "a minute back", "left_curly_bracket", T | E | S, group="Time"),
    Command("minute-later", "Minute on", "a minute on", "right_curly_bracket", T | E | S, group="Time"),
    Command("slower", "Slower", "play at half the speed", "comma", T, needs=(SEEK,), group="Time"),
    Command("faster", "Faster", "play at twice the speed", "full_stop", T, needs=(SEEK,), group="Time"),
    Command("speed", "Speed", "play so many times as fast: 0.25 to 64", "x", T, needs=(SEEK,), group="Time"),
    Command("whole", "Whole", "the whole capture again", "w", T | S, needs=(SEEK,), group="Time"),
    Command("range", "Range", "begin a range of time here; again: end it here", "r", T, needs=(SEEK,), group="Time"),
    Command("mark", "Mark", "remember this moment", "m", T, needs=(SEEK,), group="Time"),
    Command("next-mark", "To mark", "go to the next mark", "apostrophe", T, needs=(SEEK,), group="Time"),
    Command("overview", "Overview", "the capture at a glance", "o", T, "o", needs=(SEEK,), group="Go"),
    Command("alerts", "Alerts", "what Falco's rules say", "A", T | O, "A", needs=(EVENTS,), group="Go"),
    Command("condition", "Condition", "the rule's condition, and which parts of it held", "e", A, "e", (ROW, SEEK)),
    Command("mute", "Mute", "no more alerts of this rule for now", "x", A, "x", (ROW,), group="Table"),
    Command("unmute", "Unmute", "all rules again", "c", A, group="Table"),
    Command("save-events", "Write", "the events around the alert, as a capture", "w", A, "w", (ROW, SEEK), group="Act"),
    Command("exception", "Exception", "an exception for this cause, into your rules file", "E", A, "E", (ROW,), group="Act"),
    Command("save-screen", "Picture", "write the screen as SVG", "s", Place.ALL, group="Act"),
    Command("save-rows", "Rows", "write the rows as they stand, as CSV or JSON", "S", T, group="Act"),
    Command("log", "Log", "messages so far", "ctrl+l", Place.ALL, group="Look"),
    *(
        Command(f"sort-{n}", f"Sort {n}", f"sort by column {n}; again: the other way round", key, T, group="Table")
        for n, key in enumerate(SORT_KEYS, start=1)
    ),
    *(
        Command(f"depth-{n}", f"Level {n}", f"back to level {n} of the breadcrumb", f"alt+{n}", T, group="Go")
        for n in range(1, 10)
    ),
)
BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}

MOVES: tuple[tuple[str, str, str, str], ...] = (
    ("up", "line(-1)", "up,k", ""),
    ("down", "line(1)", "down,j", ""),
    ("page-up", "page(-1)", "pageup", "ctrl+u,ctrl+b"),
    ("page-down", "page(1)", "pagedown,space", "ctrl+d"),
    ("first", "edge(-1)", "home,g", ""),
    ("last", "edge(1)", "end,G", ""),
    ("left", "sideways(-1)", "left", "h"),
    ("right", "sideways(1)", "right", "l"),
)
"""Moving in tables and lines: id, action of the widget, keys, and what the keymap `vim` adds."""
KEYMAPS = ("default", "vim")


def bindings(place: Place) -> list[BindingType]:
    """What a screen of that kind declares as BINDINGS; none of them shows up by itself, the key bar draws them."""
    return [
        Binding(command.keys, f"command({command.id!r})", command.help, show=False, id=command.id)
        for command in COMMANDS
        if command.places & place
    ]


def move_bindings() -> list[BindingType]:
    """What a table or a text to scroll declares."""
    return [Binding(keys, action, id_, show=False, id=id_) for id_, action, keys, _ in MOVES]


def keymap(name: str, changes: Mapping[str, str] = {}) -> dict[str, str]:
    """Binding id -> keys, for what differs from the defaults: the keymap of that name, then the user's own `changes`."""
    chosen: dict[str, str] = {}
    if name == "vim":
        chosen.update({command.id: command.vim for command in COMMANDS if command.vim})
        chosen.update({id_: f"{keys},{more}" for id_, _, keys, more in MOVES if more})
    chosen.update(changes)
    return chosen


def known_ids() -> frozenset[str]:
    """Ids that a keymap may name."""
    return frozenset(BY_ID) | {id_ for id_, *_ in MOVES}


_NAMES = {
    "question_mark": "?", "backslash": "\\", "greater_than_sign": ">", "slash": "/", "colon": ":", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}", "comma": ",",
    "full_stop": ".", "apostrophe": "'", "exclamation_mark": "!", "at": "@", "number_sign": "#", "dollar_sign": "$", "percent_sign": "%",
    "circumflex_accent": "^", "ampersand": "&", "asterisk": "*", "left_parenthesis": "(", "enter": "Enter", "backspace": "Backspace",
    "delete": "Del", "space": "Space", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "f24": "Shift+F12", "escape": "Esc",
}


def key_text(keys: str) -> str:
    """Keys as people write them: ``F9 >``."""
    return " ".join(_key_text(key) for key in keys.split(","))


def _key_text(key: str) -> str:
    if key.startswith("ctrl+"):
        return "^" + key[5:].upper()
    if key.startswith("alt+"):
        return "Alt+" + key[4:]
    if key.startswith("shift+"):
        return "Shift+" + key[6:].upper()
    return _NAMES.get(key, key.upper() if len(key) > 1 else key)
