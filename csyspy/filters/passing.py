"""What of the events of a live source may matter to those who look at it, by their filters: the kernel may leave out everything else."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from csyspy.events.kernel_filter import KernelFilter
from csyspy.filters.ast import Node
from csyspy.filters.event_sets import event_names
from csyspy.filters.kernel_split import checks, split, union
from csyspy.filters.parser import parse
from csyspy.filters.render import render

SWITCH: Final = "switch"


class Passing(NamedTuple):
    """What may matter of the stream."""

    kernel_filter: KernelFilter | None = None
    """None: everything."""
    switches: bool = True
    """Also switches between threads."""


EVERYTHING: Final = Passing()


def passing(filter_text: str, *, switches: bool = True) -> Passing:
    """What passes a filter. ``switches``: where it leaves open whether they do, they are wanted. Raises FilterError where it is none."""
    return passing_any([parse(filter_text)], switches=switches) if filter_text.strip() else Passing(None, switches)


def passing_any(filters: Iterable[Node], *, switches: bool = True) -> Passing:
    """What passes one of several filters."""
    trees = list(filters)
    return Passing(union(map(split, trees)), any(_switches(tree, unnamed=switches) for tree in trees))


def _switches(tree: Node, *, unnamed: bool) -> bool:
    """Whether switches can pass; they are many, so ``unnamed`` says whether that matters where the filter does not speak of them."""
    return SWITCH in event_names(tree) and (unnamed or any(SWITCH in render(check) for check in checks(tree)))
