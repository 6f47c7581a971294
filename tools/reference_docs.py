"""Write what follows from the tables: docs/fields.md, docs/filters.md, docs/csyspy.1 and completions/.

``python tools/reference_docs.py``; with --check only say whether the files are up to date.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from csyspy.chisels.registry import builtin_names
from csyspy.cli.listing import classes
from csyspy.cli.options import DROP, OPTIONS, SUB_COMMANDS, Option
from csyspy.cli.rules_options import OPTIONS as RULES_OPTIONS
from csyspy.fields.catalogue import Field
from csyspy.fields.extraction import unanswered
from csyspy.fields.scanner import TRANSFORMERS
from csyspy.filters.operators import ALL, GROUPS, MODIFIERS, group_of
from csyspy.views.catalogue import VIEWS

ROOT = Path(__file__).resolve().parent.parent
NOTE = "Written by tools/reference_docs.py from the tables in csyspy: edit those."
WHAT = {
    "exists": "the event has the field",
    "=": "equal; of several values one is",
    "==": "the same as =",
    "!=": "not equal",
    "<": "smaller, of texts by their bytes",
    "<=": "at most",
    ">": "greater",
    ">=": "at least",
    "contains": "the text is part of it",
    "icontains": "likewise, whatever the case",
    "bcontains": "the bytes, in hexadecimal, are part of it",
    "startswith": "it begins with the text",
    "bstartswith": "it begins with the bytes, in hexadecimal",
    "endswith": "it ends with the text",
    "glob": "it fits a pattern with * ? and [a-z]",
    "iglob": "likewise, whatever the case",
    "regex": "the whole of it fits a regular expression (RE2)",
    "in": "it is one of the values in (a, b, c)",
    "intersects": "the lists have a value in common",
    "pmatch": "it is one of the paths, or lies below one",
}
TRANSFORMS = {
    "tolower": "in small letters",
    "toupper": "in capitals",
    "b64": "decoded from base64",
    "basename": "the last part of a path",
    "len": "how many bytes, or items of a list",
    "join": 'the items of a list as one text: `join(",", proc.args)`',
    "concat": "texts behind one another",
    "getopt": "what an option of a command line was given: `getopt(proc.args)[o]`",
}


def fields_page() -> Iterator[str]:
    """docs/fields.md."""
    yield f"# Fields\n\n<!-- {NOTE} -->\n"
    yield "Fields stand in filters (`proc.name=nano`), in formats (`%proc.name`), in chisels, views and rules, and are worth the same"
    yield "everywhere. In brackets: a field that takes an argument, `[name]` where it needs one. *old*: in sysdig 0.29.3 too."
    for title, about, fields in classes():
        yield f"\n## {title}\n\n{about}\n"
        yield "| Field | Type | What it is |"
        yield "|---|---|---|"
        for field in fields:
            yield f"| `{field.name}`{_argument(field)} | {_kind(field)} | {_escaped(field.desc)}{_remarks(field)} |"


def _argument(field: Field) -> str:
    return f" [{field.arg.partition(' ')[0]}]" if field.arg else ""


def _kind(field: Field) -> str:
    group = group_of(field.type, field.is_list)
    return f"list of {field.type}" if field.is_list else field.type if group == "opaque" else f"{group} ({field.type})"


def _remarks(field: Field) -> str:
    notes = ["filters only"] if field.filter_only else ["formats only"] if field.print_only else []
    why = unanswered(field)
    notes += [f"no value yet: {why}"] if why else []
    notes += ["csyspy's own"] if field.provider == "csyspy" else ["*old*"] if field.in_0_29_3 else []
    return f" ({_escaped('; '.join(notes))})" if notes else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def filters_page() -> Iterator[str]:
    """docs/filters.md."""
    yield f"# Filters\n\n<!-- {NOTE} -->\n"
    yield "    csyspy -r trace.scap 'proc.name=nano and (fd.name startswith /etc or evt.failed=true)'\n"
    yield "A filter is checks, put together with `and`, `or`, `not` and parentheses; `and` binds closer than `or`. A check is a field, an"
    yield "operator and a value: a word, or text in single or double quotes. A check on a field that the event does not have is false, and"
    yield "so is its opposite with `!=`; `not` turns it round. On the right there may be another field, `val(proc.name)`, or a transformed"
    yield "one.\n"
    yield "| Operator | True where | Values it compares |"
    yield "|---|---|---|"
    for operator in ALL:
        groups = ", ".join(name for name, operators in GROUPS.items() if operator in operators)
        yield f"| `{operator}` | {WHAT[operator]} | {groups} |"
    words = ", ".join(f"`{word}`" for word in MODIFIERS)
    yield f"\nAn operator on text may have a modifier behind it, for several values: {words}.\n"
    yield "| Transformer | Gives |"
    yield "|---|---|"
    for name in TRANSFORMERS:
        yield f"| `{name}()` | {TRANSFORMS[name]} |"
    yield "\n`csyspy --explain-filter FILTER` tells what the kernel decides of it when events are captured live, and what is left."
    yield "Fields are listed in [fields.md](fields.md)."


def man_page() -> Iterator[str]:
    """docs/csyspy.1."""
    yield f'.\\" {NOTE}'
    yield '.TH CSYSPY 1 "" csyspy "User commands"'
    yield ".SH NAME\ncsyspy \\- see what processes, containers and connections do, live and in captures"
    yield ".SH SYNOPSIS\n.B csyspy\n[\\fIoptions\\fR] [\\fIfilter\\fR]"
    for name in SUB_COMMANDS:
        yield f".br\n.B csyspy {name}\n[\\fIoptions\\fR]"
    yield ".SH DESCRIPTION\nOn a terminal csyspy opens a screen over what happens on this machine, or in a capture made by sysdig, Falco,"
    yield "Stratoshark or csyspy. With an option that asks for text, or when its output goes elsewhere, it prints events as sysdig does."
    yield "The words behind the options are one filter."
    group = ""
    for option in OPTIONS:
        if option.verdict == DROP:
            continue
        if option.group != group:
            group = option.group
            yield f".SS {group}"
        yield from _man_option(option.letter, option.names[:1], option.metavar, option.help)
    for name, what in SUB_COMMANDS.items():
        yield f".SH CSYSPY {name.upper()}\nTo {_man(what)}; \\fBcsyspy {name} --help\\fR tells more."
    for rules_option in RULES_OPTIONS:
        yield from _man_option(rules_option.letter, rules_option.names[:1], rules_option.metavar, rules_option.help)
    yield ".SH EXIT STATUS\n0 all went well; 1 a capture is damaged, or an output could not be written; 2 the command line, filter or"
    yield "rules are wrong; 3 live capture is not possible here; 130 interrupted."
    yield ".SH FILES\n.TP\n/var/cache/csyspy\ncompiled programs for the kernel, root's alone"
    yield ".TP\n~/.config/csyspy\nviews and chisels of your own"
    yield ".SH SEE ALSO\nsysdig(8), csysdig(8), falco(8)"


def _man_option(letter: str, names: tuple[str, ...], metavar: str, about: str) -> Iterator[str]:
    flags = ", ".join([f"\\-{letter}"] * bool(letter) + [f"\\-\\-{_man(name)}" for name in names])
    argument = f" \\fI{_man(metavar)}\\fR" if metavar else ""
    yield f".TP\n\\fB{flags}\\fR{argument}\n{_man(about)}"


def _man(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


# --- completions ---


def _kept() -> list[Option]:
    return [option for option in OPTIONS if option.verdict != DROP]


def _flags(option: Option) -> list[str]:
    return [f"-{option.letter}"] * bool(option.letter) + [f"--{name}" for name in option.names]


def _names_of_fields() -> list[str]:
    return [field.name for _, _, fields in classes() for field in fields]


def _words_for() -> dict[str, list[str]]:
    """dest of an option -> what its argument may be."""
    chisels = sorted(builtin_names())
    return {"chisels": chisels, "chisel_info": chisels, "view": list(VIEWS)}


def bash() -> Iterator[str]:
    """completions/csyspy.bash."""
    words = _words_for()
    yield f"# {NOTE}\n_csyspy() {{"
    yield "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n    case $before in"
    for option in _kept():
        if option.dest in words:
            flags = _flags(option) + (["-v"] if option.dest == "view" else [])  # -v ID is csysdig's
            yield f"    {'|'.join(flags)}) COMPREPLY=($(compgen -W '{' '.join(words[option.dest])}' -- \"$word\")); return ;;"
        elif option.metavar in ("FILE", "PATH"):
            yield f'    {"|".join(_flags(option))}) COMPREPLY=($(compgen -f -- "$word")); return ;;'
        elif option.metavar:
            yield f"    {'|'.join(_flags(option))}) return ;;"
    yield "    esac\n    case $word in"
    yield f"    -*) COMPREPLY=($(compgen -W '{' '.join(flag for option in _kept() for flag in _flags(option))}' -- \"$word\")) ;;"
    every = " ".join([*SUB_COMMANDS, *_names_of_fields()])
    yield f"    *) COMPREPLY=($(compgen -W '{every}' -- \"$word\")); compopt -o nospace ;;"
    yield "    esac\n}\ncomplete -F _csyspy csyspy"


def zsh() -> Iterator[str]:
    """completions/_csyspy."""
    words = _words_for()
    yield f"#compdef csyspy\n# {NOTE}\n_arguments -s \\"
    for option in _kept():
        about = option.help.partition(".")[0].replace("'", "'\\''").replace("[", "(").replace("]", ")")
        for flag in _flags(option):
            argument = ""
            if option.dest in words:
                argument = f":{option.metavar}:({' '.join(words[option.dest])})"
            elif option.metavar:
                argument = f":{option.metavar}:{'_files' if option.metavar in ('FILE', 'PATH') else ''}"
            yield f"  '*{flag}[{about}]{argument}' \\"
    yield f"  '*::filter:({' '.join([*SUB_COMMANDS, *_names_of_fields()])})'"


def fish() -> Iterator[str]:
    """completions/csyspy.fish."""
    words = _words_for()
    yield f"# {NOTE}"
    for name, what in SUB_COMMANDS.items():
        yield f"complete -c csyspy -n __fish_use_subcommand -f -a {name} -d '{_fish(what)}'"
    for option in _kept():
        parts = [f"-s {option.letter}"] * bool(option.letter) + [f"-l {name}" for name in option.names]
        if option.dest in words:
            parts.append(f"-x -a '{' '.join(words[option.dest])}'")
        elif option.metavar:
            parts.append("-r" if option.metavar in ("FILE", "PATH") else "-x")
        about = option.help.partition(".")[0]
        yield f"complete -c csyspy {' '.join(parts)} -d '{_fish(about)}'"
    yield f"complete -c csyspy -f -a '{' '.join(_names_of_fields())}'"


def _fish(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


FILES: dict[Path, Callable[[], Iterator[str]]] = {
    Path("docs/fields.md"): fields_page,
    Path("docs/filters.md"): filters_page,
    Path("docs/csyspy.1"): man_page,
    Path("completions/csyspy.bash"): bash,
    Path("completions/_csyspy"): zsh,
    Path("completions/csyspy.fish"): fish,
}


def main() -> None:
    """Write all files, or check them."""
    stale = []
    for path, lines in FILES.items():
        text = "\n".join(lines()) + "\n"
        target = ROOT / path
        if "--check" not in sys.argv[1:]:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        elif not target.is_file() or target.read_text() != text:
            stale.append(str(path))
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}: run tools/reference_docs.py")


if __name__ == "__main__":
    main()
