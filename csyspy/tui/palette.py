"""The command palette: everything by name. Only what can be done here and now is offered."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from csyspy.tui.commands import COMMANDS, key_text
from csyspy.tui.frame import Can
from csyspy.tui.screens.commanded import CommandScreen
from csyspy.tui.screens.view import ViewScreen

Offer = tuple[str, str, Callable[[], object]]
"""Name (`area: thing`), help, what to do."""


class Offers(Provider):
    """Commands of the screen, views and chisels for the selection, themes."""

    async def discover(self) -> Hits:
        for name, about, run in self._offers():
            yield DiscoveryHit(name, run, help=about)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, about, run in self._offers():
            score = matcher.match(name)
            if score:
                yield Hit(score, matcher.highlight(name), run, help=about)

    def _offers(self) -> Iterator[Offer]:
        screen = self.screen
        if isinstance(screen, CommandScreen):
            yield from _commands(screen)
        if isinstance(screen, ViewScreen):
            yield from _views(screen)
            yield from _chisels(screen)
        for name in self.app.available_themes:
            yield f"theme: {name}", "", partial(setattr, self.app, "theme", name)


def _commands(screen: CommandScreen) -> Iterator[Offer]:
    for command in COMMANDS:
        if command.places & screen.PLACE and not command.number and command.id != "palette" and not screen.why_not(command):
            yield f"do: {command.title}  {key_text(command.keys)}", command.help, partial(screen.action_command, command.id)


def _views(screen: ViewScreen) -> Iterator[Offer]:
    for view in screen.views.values():
        if not screen.why_not_view(view):
            yield f"view: {view.name}", view.description, partial(screen.switch_view, view.id)


def _chisels(screen: ViewScreen) -> Iterator[Offer]:
    if Can.EVENTS in screen.feed.can:
        from csyspy.chisels.registry import entries

        for entry in entries(lambda text: None):
            yield f"chisel: {entry.name}", entry.short_description, partial(screen.open_chisel, entry)
