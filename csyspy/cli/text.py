"""Text mode: read captures, print their events (or run chisels, count, rewrite), as sysdig does."""

import contextlib
import os
import signal
import sys
import time
from typing import Any

from csyspy.cli.command import Command, default_format, parse, unescape
from csyspy.cli.exits import INTERRUPTED, OK
from csyspy.cli.options import LOG_LEVELS, OPTIONS, WRITING, shown
from csyspy.errors import UsageError

_BUFFER_FORMATS = {"": "dots", "A": "ascii", "b": "base64", "x": "hex", "X": "hexascii"}
"""Letter on the command line -> name of the engine."""


def run(command: Command) -> int:
    """Do what ``command`` asks for with its captures, one file after the other; the exit code.

    Raises CsyspyError for what is wrong, after everything that could be read was shown.
    """
    _check(command)
    this = _Run(command)
    code = this.go()
    again: list[str] = this.chisels.context.next_run if this.chisels is not None and code == OK else []
    return run(parse(again, lambda name, words: False)) if again else code


def _check(command: Command) -> None:
    if command.filter_proclist and not command.filter:
        raise UsageError("--filter-proclist needs a filter", "it limits the written process list to what the filter accepts")
    for path in command.files:
        if os.path.isfile(command.write) and os.path.isfile(path) and os.path.samefile(path, command.write):
            raise UsageError(f"-w would overwrite {path} while it is read", "give -w another name")
    if command.write == "-" and sys.stdout.isatty():
        raise UsageError("a capture cannot be written to a terminal", "give -w a file name, or pipe the output on")
    if not command.write:
        idle = [option for option in OPTIONS if option.group == WRITING and option.dest != "write" and getattr(command, option.dest)]
        for option in idle:
            print(f"csyspy: warning: {shown(option)} does nothing without -w", file=sys.stderr)
    elif command.file_limit and not (command.file_size_mb or command.rotate_s or command.event_limit):
        print("csyspy: warning: -W does nothing without -C, -G or -e", file=sys.stderr)
    if command.names_only:
        print("csyspy: warning: -N does nothing without -l", file=sys.stderr)


class _Prompt:
    """A source that is a pipe: before it is waited for, what the sinks hold back is written."""

    def __init__(self, source: Any, sinks: list[Any]) -> None:
        self._source = source
        self._flushes = [sink.flush for sink in sinks if hasattr(sink, "flush")]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self) -> memoryview | None:
        """The next chunk of the source."""
        for flush in self._flushes:
            flush()
        sys.stdout.flush()
        chunk: memoryview | None = self._source.read()
        return chunk


class _Run:
    """One pass over the captures."""

    def __init__(self, command: Command) -> None:
        from csyspy.cli.compiled import compiled_filter
        from csyspy.containers import container_of
        from csyspy.engine.gate import Gate, Tally
        from csyspy.engine.state import State
        from csyspy.engine.walk import Walker

        self.command = command
        self.interrupted = False
        self.coloured = False
        self.state = State()
        self.state.import_users = not command.exclude_users
        self.state.container_of = container_of
        self.program = compiled_filter(suppressing(command))
        self.tally = Tally() if command.summary else None
        self.chisels = self._chisels()
        shown = self.program if command.display_filter else None
        sinks = self._sinks(shown)
        self.gate = Gate(
            sinks,
            limit=command.count,
            duration_ns=command.duration_s * 1_000_000_000,
            filter=None if command.display_filter else self.program,
        )
        needs_more = self.state.configure(
            buffer_format=self._buffer_format(),
            verbose=command.verbose or command.json or self.chisels is not None,  # sysdig shortens plain lines only
            resolve_ports=command.resolve_ports,
            time_mode=command.time_type,
        )
        self.state.needs = self.gate.needs | needs_more
        self.source: Any = self._open()
        if "-" in command.files or not command.files:
            self.source = _Prompt(self.source, sinks)
        self.walker = Walker(self.state, self.source)
        self.writer = self._writer() if command.write else None
        _log(command, "debug", f"needs {self.state.needs:#x}, buffers as {self._buffer_format()}, filter {suppressing(command)!r}")

    def _open(self) -> Any:
        """The captures that were named, or else the running kernel."""
        if self.command.files:
            from csyspy.capture import open_source

            return open_source(self.command.files)
        from csyspy.capture.named import NEEDS
        from csyspy.cli.live_stream import open_live

        # -F writes, hidden, what the filter drops; -d looks at it
        whole = self.command.display_filter or self.command.fatfile
        source = open_live(self.command, filter_text="" if whole else suppressing(self.command), needs=self.state.needs)
        self.state.container_of = source.container_of
        self.state.needs |= NEEDS
        return source

    def go(self) -> int:
        """Walk, then say what was counted."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        began = time.process_time()
        try:
            self._walk()
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self._close(time.process_time() - began)
        return INTERRUPTED if self.interrupted else OK

    def _sinks(self, shown: Any) -> list[Any]:
        command = self.command
        if self.chisels is not None:
            return list(self.chisels.sinks)
        sinks: list[Any] = [] if self.tally is None else [self.tally]
        if not command.quiet and not command.write:
            sinks.append(self._text_sink(shown))
        return sinks

    def _text_sink(self, shown: Any) -> Any:
        from csyspy.cli.compiled import compiled_format
        from csyspy.engine.sinks_text import TextSink

        command = self.command
        text = command.format
        if text is None:
            text = unescape(default_format(_coloured(command)))
        self.coloured = "\x1b" in text and not command.json
        sink = TextSink(compiled_format(text, json=command.json), 1, command.unbuffered, shown)
        sink.wants_hidden = command.debug
        return sink

    def _chisels(self) -> Any:
        command = self.command
        if not command.chisels:
            return None
        from csyspy.cli.chisels import set_up

        return set_up(command, _BUFFER_FORMATS[command.buffer_format].replace("dots", ""))

    def _buffer_format(self) -> str:
        wanted = self.chisels.buffer_format if self.chisels is not None else ""
        return wanted or _BUFFER_FORMATS[self.command.buffer_format]

    def _writer(self) -> Any:
        """The sink of -w. It has the filter of its own accord: what it writes is more than what passes."""
        from csyspy.capture.rotation import Rotation
        from csyspy.capture.writer import open_writer

        command = self.command
        sink = open_writer(
            self.walker,
            command.write,
            keep=None if command.display_filter else self.program,
            compress=command.compress,
            rotation=Rotation(command.file_size_mb * 1_000_000, command.rotate_s, command.event_limit, command.file_limit),
            fat=command.fatfile,
            state_events=not command.files,
            filter_processes=command.filter_proclist,
            users=not command.exclude_users,
            most=command.count,
            duration_ns=command.duration_s * 1_000_000_000,
        )
        self.state.needs |= sink.needs
        return sink

    def _walk(self) -> None:
        sys.stdout.flush()
        with self._progress():
            if self.chisels is not None:
                self.walker.open()
                self.chisels.walk(self.state, lambda sinks: self.walker.run(self._receivers()))
                return
            self.walker.run(self._receivers())

    def _receivers(self) -> list[Any]:
        if self.writer is None:
            return [self.gate]
        return [self.gate, self.writer] if self.chisels is not None or self.tally is not None else [self.writer]

    def _progress(self) -> contextlib.AbstractContextManager[object]:
        """A bar on a terminal that nothing else is printed on; a percentage elsewhere, with -P."""
        command = self.command
        terminal = sys.stderr.isatty()
        free = command.quiet or bool(command.write) or not sys.stdout.isatty()
        if not command.progress and not (terminal and free):
            return contextlib.nullcontext()
        from csyspy.cli.progress import Progress, Reading

        source, state = self.source, self.state
        return Progress(lambda: Reading(source.progress(), source.total_bytes, state.events), bare=not terminal)

    def _close(self, elapsed_s: float) -> None:
        if not self.command.files:
            from csyspy.cli.live_stream import report

            report(self.source)
        self.source.close()
        if self.coloured:
            sys.stdout.write("\x1b[00m")
        if self.command.verbose:
            self._show_counters(elapsed_s)
        if self.walker.skipped:
            _log(self.command, "warning", f"{self.walker.skipped} events of types that are not known were passed over")
        if self.tally is not None:
            from csyspy.cli import summary

            for line in summary.lines(self.tally.calls()):
                sys.stdout.write(line + "\n")

    def _show_counters(self, elapsed_s: float) -> None:
        count = max(self.gate.count, self.writer.count if self.writer is not None else 0)
        rate = count / elapsed_s if elapsed_s > 0 else 0.0
        sys.stderr.write(
            "Driver Events:0\nDriver Drops:0\nSuppressed by Comm:0\n"
            f"Elapsed time: {elapsed_s:.3f}, Captured Events: {count}, {rate:.2f} eps\n"
        )


def _coloured(command: Command) -> bool:
    """Whether default lines have sysdig's colours: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return sys.stdout.isatty() and not command.json and not os.environ.get("NO_COLOR")


def _log(command: Command, level: str, message: str) -> None:
    """Write a log line where --log-level, or -D for all levels, asks for such ones."""
    wanted = command.log_level or ("debug" if command.debug else "")
    if wanted and LOG_LEVELS.index(level) <= LOG_LEVELS.index(wanted):
        print(f"csyspy: {level}: {message}", file=sys.stderr)


def suppressing(command: Command) -> str:
    """The filter, with -U in front of it."""
    if not command.suppressed:
        return command.filter
    names = ", ".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in command.suppressed)
    rest = f" and ({command.filter})" if command.filter else ""
    return f"not proc.name in ({names}){rest}"
