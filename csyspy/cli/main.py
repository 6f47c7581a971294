"""The command ``csyspy``: understand the command line, do what it says, end with the right exit code."""

import gc
import io
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from csyspy.cli import exits
from csyspy.cli.command import Command, parse
from csyspy.cli.options import OPTIONS, WRITING, shown
from csyspy.errors import CsyspyError, UsageError

GARBAGE_THRESHOLD = 20_000
"""Objects made before the collector looks: most of what a start makes stays, and looking through it anew costs a twelfth of the start."""

RULES_TAKE: Final = frozenset({
    "rules_files", "files", "feeds", "feed_token", "json", "unbuffered", "verbose", "text", "log_level",
    "cri", "docker_host", "kubeconfig", "node_name", "duration_s",
})  # fmt: skip
"""What may stand beside --rules and --from where text is printed: `csyspy rules` has no use for the rest, which would be lost unsaid."""

TEXT_ONLY: Final = frozenset({"duration_s", "display_filter", "suppressed"})
"""Options that ask for no text by themselves, and say which events are meant: the screen would show others."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run csyspy with ``argv`` (without the program's name; None: the process's own); the exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    _open_closed_streams()
    _buffer_output()
    _heed_interrupts()
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except CsyspyError as error:
        _flush_quietly()
        exits.report(error)
        return exits.exit_code(error)
    except KeyboardInterrupt:
        _flush_quietly()
        return exits.INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return exits.OK
    except OSError as error:
        _drop_output()
        what = f"{error.filename}: " if error.filename else "cannot write the output: "
        exits.report(CsyspyError(f"{what}{error.strerror or error}"))
        return exits.FAILED
    except (MemoryError, RecursionError):
        _drop_output()
        exits.report(CsyspyError("out of memory"))
        return exits.FAILED
    except Exception as error:
        if os.environ.get("CSYSPY_TRACEBACK"):
            raise
        _drop_output()
        exits.report(CsyspyError(f"internal error: {type(error).__name__}: {error}", "CSYSPY_TRACEBACK=1 shows where; please report it"))
        return exits.FAILED


def _open_closed_streams() -> None:
    """Standard streams that whoever started us has closed (`>&-`) lead nowhere: else the next file would be opened in their place."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _heed_interrupts() -> None:
    """A script's background jobs (`csyspy -w FILE &`) are begun with SIGINT ignored; as with sysdig, `kill -INT` ends them all the same."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _buffer_output() -> None:
    """Hold lines back until csyspy flushes them, also where PYTHONUNBUFFERED, as container images have it, makes each a system call."""
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and isinstance(out.buffer, io.RawIOBase):
        raw = io.FileIO(out.fileno(), "wb", closefd=False)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), out.encoding, out.errors, line_buffering=out.isatty())


def _run(argv: Sequence[str]) -> int:
    command = parse(argv, _chisel_takes)
    if command.sub_command:
        return _sub_command(command.sub_command, command.sub_arguments)
    if command.help:
        from csyspy.cli.help import help_text

        return _print([help_text().rstrip("\n")])
    if command.version:
        from csyspy import __version__

        return _print([f"csyspy version {__version__}"])
    if _lists(command):
        if command.filter and not command.explain_filter:
            print(f"csyspy: warning: a listing has no use for {command.filter!r}", file=sys.stderr)
        return _list(command)
    if command.views_without_screen or (command.view and (command.plain or not sys.stdout.isatty())):
        from csyspy.cli import views

        return views.run(command)
    if command.chisels and not command.files:
        from csyspy.cli import live_tables

        code = live_tables.run(command)
        if code is not None:
            return code
    if command.plain or not sys.stdout.isatty():
        if command.rules_files or command.feeds:
            return _sub_command("rules", _rule_words(command))
        from csyspy.cli.text import run

        return run(command)
    return _open_screen(command)


def _chisel_takes(name: str, words: Sequence[str]) -> bool:
    from csyspy.cli.chisels import takes_argument

    return takes_argument(name, words)


def _rule_words(command: Command) -> list[str]:
    """The words behind `csyspy rules` that print the alerts of --rules and --from."""
    asked = "--rules" if command.rules_files else "--from"
    if command.filter:
        raise UsageError(f"{asked} takes no filter", "rules choose their events themselves")
    usual = Command()
    for option in OPTIONS:
        if option.dest and option.dest not in RULES_TAKE and getattr(command, option.dest) != getattr(usual, option.dest):
            raise UsageError(f"{shown(option)} does not go with {asked}", "csyspy rules -h lists what rules take")
    words = [f"--rules={path}" for path in command.rules_files] + [f"--read={path}" for path in command.files]
    words += [f"--from={feed}" for feed in command.feeds] + ([f"--feed-token={command.feed_token}"] if command.feed_token else [])
    words += ["--json"] if command.json else []
    words += ["--unbuffered"] if command.unbuffered else []
    words += ["--verbose"] if command.verbose else []
    words += [f"--cri={path}" for path in command.cri]
    told = {"docker-host": command.docker_host, "kubernetes": command.kubeconfig, "node-name": command.node_name}
    words += [f"--{name}={value}" for name, value in told.items() if value]
    return words + ([f"--duration={command.duration_s}"] if command.duration_s else [])


def _sub_command(name: str, words: Sequence[str]) -> int:
    if name == "rules":
        from csyspy.cli.rules import run

        return run(words)
    from csyspy.cli import doctor

    return doctor.run(words)


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        sys.stdout.write(line + "\n")
    return exits.OK


def _lists(command: Command) -> bool:
    return bool(
        command.list_fields
        or command.list_markdown
        or command.list_events
        or command.explain_filter
        or command.list_chisels
        or command.chisel_info
        or command.libs_version
        or command.show_format
        or command.list_views
    )


def _list(command: Command) -> int:
    """What is printed without looking at any event."""
    terminal = sys.stdout.isatty()
    if command.libs_version:
        from csyspy.events import EVENT_TABLE

        meta = EVENT_TABLE["meta"]
        return _print([f"falcosecurity/libs version {meta['libs_commit']}, schema {meta['driver_schema']}"])
    if command.show_format:
        from csyspy.cli.command import default_format

        return _print([command.format or default_format(terminal)])
    if command.explain_filter:
        from csyspy.cli.compiled import explained_filter

        return _print(explained_filter(command.filter))
    if command.list_views:
        from shutil import get_terminal_size

        from csyspy.cli.views import list_views

        return _print(list_views(get_terminal_size().columns if terminal else 0))
    if command.list_chisels or command.chisel_info:
        from csyspy.cli import chisels

        if command.chisel_info:
            return _print(chisels.describe(command.chisel_info))
        if terminal:
            chisels.show_chisels_on_terminal()
            return exits.OK
        return _print(chisels.list_chisels())
    from csyspy.cli import listing

    if command.list_events:
        if terminal:
            listing.show_events_on_terminal()
            return exits.OK
        return _print(listing.list_events())
    if command.list_markdown:
        return _print(listing.list_markdown())
    if command.names_only:
        return _print(listing.list_names())
    if terminal:
        listing.show_fields_on_terminal()
        return exits.OK
    return _print(listing.list_fields(types=command.verbose))


def _open_screen(command: Command) -> int:
    gc.disable()  # until the screen is there, and says so (csyspy.tui.memory): looking for garbage costs a fourteenth of its start
    from functools import partial

    from csyspy.cli.metadata import open_metadata
    from csyspy.tui.app import run

    if len(command.files) > 1:
        raise UsageError("the screen reads one capture", "several -r work with text output: add --text")
    for option in OPTIONS:
        if (option.group == WRITING or option.dest in TEXT_ONLY) and getattr(command, option.dest):
            raise UsageError(f"{shown(option)} does nothing on the screen", "--text prints events, -w writes them")
    if command.filter and command.files:
        from csyspy.cli.compiled import compiled_filter

        compiled_filter(command.filter)  # what is wrong with it is said here, with its place
    from csyspy.rules.audit_kind import is_audit_log

    received, senders = None, None
    if command.feeds or (command.files and is_audit_log(command.files[0])):
        from csyspy.cli.screen_feeds import open_feeds

        received, senders = open_feeds(command)
    return run(
        command.files[0] if command.files else None,
        command.filter or None,
        view=command.view,
        interval_s=(command.interval_ms or 2000) / 1000,
        containers=command.container_data,
        rules_files=tuple(command.rules_files),
        tier=command.tier,
        metadata=partial(open_metadata, command),
        received=received,
        senders=senders,
    )


def _flush_quietly() -> None:
    """Standard output first, so that an error message stands behind what was printed."""
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()


def _drop_output() -> None:
    """Nobody reads standard output any more: keep the interpreter from complaining about it at its end."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
    except OSError:
        pass
