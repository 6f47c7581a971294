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


class _Offers(Provider):
    """Offers what `offers()` lists."""

    def offers(self) -> Iterator[Offer]:
        raise NotImplementedError

    async def discover(self) -> Hits:
        for name, about, run in self.offers():
            yield DiscoveryHit(name, run, help=about)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, about, run in self.offers():
            score = matcher.match(name)
            if score:
                yield Hit(score, matcher.highlight(name), run, help=about)


class CommandOffers(_Offers):
    """The commands of the screen."""

    def offers(self) -> Iterator[Offer]:
        screen = self.screen
        if isinstance(screen, CommandScreen):
            for command in COMMANDS:
                if command.places & screen.PLACE and not command.number and command.id != "palette" and not screen.why_not(command):
                    name = f"do: {command.title}  {key_text(command.keys)}"
                    yield name, command.help, partial(screen.action_command, command.id)


class ViewOffers(_Offers):
    """The views that apply to the selection."""

    def offers(self) -> Iterator[Offer]:
        screen = self.screen
        if isinstance(screen, ViewScreen):
            for view in screen.views.values():
                if not screen.why_not_view(view):
                    yield f"view: {view.name}", view.description, partial(screen.switch_view, view.id)


class ChiselOffers(_Offers):
    """Chisels, run on the selection."""

    def offers(self) -> Iterator[Offer]:
        screen = self.screen
        if isinstance(screen, ViewScreen) and Can.EVENTS in screen.feed.can:
            from csyspy.chisels.registry import entries

            for entry in entries(lambda text: None):
                yield f"chisel: {entry.name}", entry.short_description, partial(screen.open_chisel, entry)


class ThemeOffers(_Offers):
    """Colours."""

    def offers(self) -> Iterator[Offer]:
        for name in self.app.available_themes:
            yield f"theme: {name}", "", partial(setattr, self.app, "theme", name)
