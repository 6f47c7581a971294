"""The transformers that make one value of several: join(), concat() and getopt().

Each takes one list of bytes per argument, as the engine's Combined hands them over.
Meaning: libs: userspace/libsinsp/sinsp_filtercheck_multivalue_transformer.cpp.
"""

from collections.abc import Callable


def join(separator: list[bytes], items: list[bytes]) -> bytes:
    """The items with the separator between them."""
    return separator[0].join(items)


def concat(*parts: list[bytes]) -> bytes:
    """The parts one behind the other."""
    return b"".join(part[0] for part in parts)


def option_reader(pick: bytes | None) -> Callable[[list[bytes], list[bytes]], list[bytes] | bytes | None]:
    """getopt() over an argument list and an option string.

    With `pick`, a single character, it gives the last value of that option (its own letter where it takes none), None where the
    option is absent; without, the list of all options and values, `?` for an unknown option.
    """

    def read(argv: list[bytes], options: list[bytes]) -> list[bytes] | bytes | None:
        found = _options(argv, options[0])
        if pick is None:
            return [text for letter, value in found for text in (letter, value) if text is not None]
        chosen = [letter if value is None else value for key, letter, value in _keyed(found) if key == pick]
        return chosen[-1] if chosen else None

    def _keyed(found: list[tuple[bytes, bytes | None]]) -> list[tuple[bytes, bytes, bytes | None]]:
        return [(letter[:1], letter, value) for letter, value in found if letter != b"?"]

    return read


def _options(argv: list[bytes], spec: bytes) -> list[tuple[bytes, bytes | None]]:
    """(letter, value) of each short option up to `--` or the first other argument; long options are skipped."""
    letters, with_value = _read_spec(spec)
    found: list[tuple[bytes, bytes | None]] = []
    at = 0
    while at < len(argv):
        arg = argv[at]
        at += 1
        if arg == b"--" or len(arg) < 2 or arg[:1] != b"-":
            break
        if arg.startswith(b"--"):
            continue
        for place in range(1, len(arg)):
            letter = arg[place : place + 1]
            if letter not in letters:
                found.append((b"?", None))
            elif letter not in with_value:
                found.append((letter, None))
            else:
                value = arg[place + 1 :]
                if not value and at < len(argv):
                    value = argv[at]
                    at += 1
                found.append((letter, value))
                break
    return found


def _read_spec(spec: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The option letters of a getopt(3) string, and those that take a value."""
    letters, with_value = set(), set()
    for at in range(len(spec)):
        letter = spec[at : at + 1]
        if letter != b":":
            letters.add(letter)
            if spec[at + 1 : at + 2] == b":":
                with_value.add(letter)
    return frozenset(letters), frozenset(with_value)
