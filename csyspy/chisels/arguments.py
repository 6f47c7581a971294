"""Which words of the command line belong to a chisel, and what they say.

A chisel takes at most one word of the shell, which may hold several arguments (sysdig: userspace/sysdig/sysdig.cpp,
parse_chisel_args; libs: userspace/chisel/chisel.cpp, set_args).
"""

from collections.abc import Callable, Sequence

from csyspy.chisels.api import Argument, Chisel, ChiselError

QUOTES = frozenset("'`")


def takes_word(chisel: type[Chisel], rest: Sequence[str], is_filter: Callable[[str], bool]) -> bool:
    """Whether the word behind the chisel's name holds its arguments; `rest` is all that follows on the command line.

    Required arguments are always taken. Optional ones are, unless an option follows or all of the rest makes a filter;
    a filter as the only argument is taken before the run's own. Raises ChiselError where a required one is missing.
    """
    if not chisel.args:
        return False
    required = any(not argument.optional for argument in chisel.args)
    if not rest:
        if required:
            raise ChiselError(f"missing arguments for chisel {chisel.name}", usage(chisel))
        return False
    if required:
        return True
    if rest[0].startswith("-"):
        return False
    if len(chisel.args) == 1 and chisel.args[0].kind == "filter":
        return True
    return not is_filter(" ".join(rest))


def split_words(text: str, name: str) -> list[str]:
    """The arguments in one word of the shell: blanks divide, `'` or a backquote groups. Raises ChiselError for an open quote."""
    words: list[str] = []
    current: list[str] = []
    quote = False
    text = text.strip()
    if not text:
        return []
    for char in text:
        if char in QUOTES:
            quote = not quote
        elif char == " " and not quote:
            words.append("".join(current))
            current = []
        else:
            current.append(char)
    if quote:
        raise ChiselError(f"a quote is left open in the arguments of chisel {name}: {text}")
    return [*words, "".join(current)]


def pair(chisel: type[Chisel], text: str) -> list[tuple[Argument, str]]:
    """The arguments in `text` with their declarations, in order. Raises ChiselError for too few and too many."""
    words = split_words(text, chisel.name)
    required = sum(not argument.optional for argument in chisel.args)
    if len(words) < required or len(words) > len(chisel.args):
        wanted = str(required) if required == len(chisel.args) else f"{required} to {len(chisel.args)}"
        raise ChiselError(f"chisel {chisel.name} takes {wanted} argument{'' if wanted == '1' else 's'}, {len(words)} given", usage(chisel))
    return list(zip(chisel.args, words, strict=False))


def usage(chisel: type[Chisel]) -> str:
    """How the chisel is called: `-c NAME key [top]`."""
    words = " ".join(f"[{argument.name}]" if argument.optional else argument.name for argument in chisel.args)
    if not words:
        return f"usage: -c {chisel.name}"
    return f"usage: -c {chisel.name} {words}" if " " not in words else f"usage: -c {chisel.name} '{words}'"
