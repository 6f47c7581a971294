"""A screen that asks something, and answers once."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """Keys that were pressed before the answer but come after it (two Enters, over a slow line) change nothing any more."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Answer with result, and go; Textual's own would take away whatever screen is on top by then."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
