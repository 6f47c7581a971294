"""Finding a text in lines and rows: it moves the cursor and hides nothing."""

from collections.abc import Callable


def next_line(text_of: Callable[[int], str], count: int, at: int, sought: str, step: int, stay: bool = False) -> int | None:
    """The nearest line with `sought`, letters of either case alike: from `at` on in the direction of step (1 or -1), round the end.

    `stay`: line `at` itself counts, too. None where there is none."""
    folded = sought.casefold()
    if not folded:
        return None
    for distance in range(0 if stay else 1, count + (0 if stay else 1)):
        line = (at + step * distance) % count
        if folded in text_of(line).casefold():
            return line
    return None
