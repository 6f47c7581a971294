"""The table of commands, and what follows from it."""

from pathlib import Path

import pytest

from csyspy.errors import UsageError
from csyspy.tui.commands import BY_ID, COMMANDS, MOVES, Place, key_text, keymap, known_ids
from csyspy.tui.screens.alerts import AlertsScreen
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.echo import EchoScreen
from csyspy.tui.screens.overview import OverviewScreen
from csyspy.tui.screens.page import PageScreen
from csyspy.tui.screens.spectrogram import SpectrogramScreen
from csyspy.tui.screens.view import ViewScreen
from csyspy.tui.settings import read_settings

SCREENS = [ViewScreen, DigScreen, EchoScreen, SpectrogramScreen, OverviewScreen, AlertsScreen, PageScreen]
SINGLE = [Place.TABLE, Place.EVENTS, Place.ECHO, Place.SPECTRO, Place.OVERVIEW, Place.ALERTS, Place.PAGE]


@pytest.mark.parametrize("screen", SCREENS)
def test_every_command_of_a_screen_has_its_method(screen: type[CommandScreen]) -> None:
    missing = [command.id for command in COMMANDS if command.places & screen.PLACE and not hasattr(screen, command.method)]
    assert missing == []


@pytest.mark.parametrize("place", SINGLE)
@pytest.mark.parametrize("name", ["default", "vim"])
def test_no_key_does_two_things(place: Place, name: str) -> None:
    changes = keymap(name)
    taken: dict[str, str] = {}
    keys = [(command.id, command.keys) for command in COMMANDS if command.places & place] + [(id_, keys) for id_, _, keys, _ in MOVES]
    for id_, default in keys:
        for key in changes.get(id_, default).split(","):
            assert key not in taken, f"{key}: {id_} and {taken[key]}"
            taken[key] = id_


def test_every_function_key_has_a_letter_too() -> None:
    for command in COMMANDS:
        keys = command.keys.split(",")
        if any(key[0] == "f" and key[1:].isdigit() for key in keys):
            assert any(not (key[0] == "f" and key[1:].isdigit()) for key in keys), command.id


def test_keys_are_written_as_people_do() -> None:
    assert key_text("f9,greater_than_sign") == "F9 >"
    assert key_text("ctrl+p,colon,alt+1,enter") == "^P : Alt+1 Enter"
    assert BY_ID["sort-3"].method == "command_sort_to"
    assert BY_ID["sort-3"].number == 3


def test_settings(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml").bindings == {}
    path = tmp_path / "screen.toml"
    path.write_text('theme = "ink"\nkeymap = "vim"\n[keys]\ndig = "x"\n')
    settings = read_settings(path)
    assert settings.theme == "ink"
    assert settings.bindings["dig"] == "x"
    assert settings.bindings["right"] == "right,l"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = ", "Invalid value"),
        ("colour = 1", "colour"),
        ('keymap = "emacs"', "emacs"),
        ('[keys]\nnonsense = "x"', "nonsense"),
        ("[keys]\ndig = 1", "[keys]"),
        ("theme = 1", "theme"),
    ],
)
def test_wrong_settings_are_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "screen.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_keymaps_name_only_what_there_is() -> None:
    assert set(keymap("vim")) <= known_ids()
