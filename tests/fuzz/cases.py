"""One case: a damaged capture read with all that reading can do to it."""

import io
import json
import os
import random
import tempfile
from functools import cache
from typing import Any

from csyspy.capture.rotation import Rotation
from csyspy.capture.source import Source
from csyspy.capture.walker import OpenCapture, open_capture
from csyspy.capture.writer import open_writer
from csyspy.chisels.context import Context
from csyspy.chisels.registry import entries
from csyspy.chisels.run import ChiselRun
from csyspy.engine.checkpoint import take
from csyspy.engine.format import Formatter
from csyspy.engine.gate import Gate, Tally
from csyspy.engine.sinks_text import TextSink
from csyspy.errors import CaptureError, CsyspyError
from csyspy.fields import FieldError
from csyspy.fields.catalogue import catalogue
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import SYSCALL
from tests.fuzz.mutate import damaged_capture, damaged_filter
from tests.fuzz.seeds import capture_seeds, filter_seeds

FIELDS_PER_CASE = 12
ARGUMENTS = {"arg": "fd", "rawarg": "res", "env": "PATH", "cgroup": "cpu", "label": "app", "aname": "2"}


@cache
def _fields() -> list[Any]:
    """An extractor of every field, with an argument where it takes one."""
    made = []
    for name in catalogue():
        for text in (name, f"{name}[1]", f"{name}.{ARGUMENTS.get(name.rpartition('.')[2], 'x')}"):
            try:
                made.append((compile_field(text), text, 0))
            except (FieldError, CsyspyError):
                continue
    return made


def run_case(number: int) -> str:
    """Run case `number`; how it ended, for the statistics. Any exception but those a user is told about is a finding, and goes on."""
    rng = random.Random(number)
    capture = damaged_capture(rng, capture_seeds())
    text = damaged_filter(rng, filter_seeds())
    try:
        program = compile_filter(text).program
        outcome = "filter"
    except (FieldError, CsyspyError):
        program = None
        outcome = "no filter"
    with tempfile.NamedTemporaryFile(suffix=".scap", dir=_fast_folder()) as file:
        file.write(capture)
        file.flush()
        try:
            opened = open_capture([file.name], 15)
        except CsyspyError:
            return outcome + ", not a capture"
        opened.state.configure(
            buffer_format=rng.choice(("dots", "hex", "hexascii", "ascii", "base64")),
            verbose=rng.random() < 0.2,
            resolve_ports=rng.random() < 0.2,
            time_mode=rng.choice("hardD"),
        )
        with opened.source:
            try:
                rng.choice(JOBS)(rng, opened, program)
                outcome += ", whole"
            except CsyspyError:
                outcome += ", damaged"
    return outcome


def _print(rng: random.Random, opened: OpenCapture, program: Any) -> None:
    """Some fields of all events, as text or JSON, and a view."""
    sink = TextSink(Formatter(rng.sample(_fields(), FIELDS_PER_CASE), False, rng.random() < 0.5), _null(), False, program)
    sink.wants_hidden = True
    view = VIEWS[rng.choice([name for name, view in VIEWS.items() if view.source == SYSCALL])]
    aggregation = ViewAggregation(view, containers=rng.random() < 0.5)
    try:
        opened.walker.run([sink, aggregation.sink])
    finally:
        for _ in range(2):
            aggregation.snapshot(opened.state, 1)


def _jump(rng: random.Random, opened: OpenCapture, program: Any) -> None:
    """Leave checkpoints on the way, and go on from one of them."""
    aggregation = ViewAggregation(VIEWS["procs"])
    points = []
    try:
        opened.walker.attach([aggregation.sink])
        while opened.walker.step(rng.choice((1, 7, 50))):
            points.append(take(opened.walker))
    finally:
        point = rng.choice([point for point in points if point is not None] or [None])
        if point is not None:
            again = point.resume(Source([opened.source.name], point.offset))
            again.run([TextSink(Formatter(rng.sample(_fields(), FIELDS_PER_CASE), False, False), _null(), False, program)])


def _run_chisels(rng: random.Random, opened: OpenCapture, program: Any) -> None:
    """One or two chisels, over the events that pass the filter."""
    names = [(entry.name, rng.choice(("", "", "", "10", "all", "file"))) for entry in rng.sample(entries(), 2)]
    context = Context(json=rng.random() < 0.3, container_data=rng.random() < 0.3, out=io.BytesIO())
    run = ChiselRun(names, context)
    opened.walker.open()
    run.walk(opened.state, lambda sinks: opened.walker.run([Gate(sinks, filter=program)]))


def _rewrite(rng: random.Random, opened: OpenCapture, program: Any) -> None:
    """Write the capture anew, in one file or a row of them; what was written must be sound, whatever was read."""
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        sink = open_writer(
            opened.walker,
            os.path.join(folder, "out"),
            keep=program,
            compress=rng.random() < 0.3,
            rotation=Rotation(size_bytes=rng.choice((0, 0, 5_000)), events=rng.choice((0, 0, 7)), files=rng.choice((0, 3))),
            fat=rng.random() < 0.3,
            filter_processes=program is not None and rng.random() < 0.3,
            users=rng.random() < 0.8,
        )
        try:
            opened.walker.run([sink])
        finally:
            for path in set(sink.target.files):
                _read_again(path)


def _read_again(path: str) -> None:
    again = open_capture([path], 15)
    with again.source:
        try:
            again.walker.run([Tally()])
        except CaptureError as error:
            if "no events" not in error.message:
                raise AssertionError(f"written but not sound: {error.message} at {error.offset}") from error


JOBS = (_print, _print, _print, _jump, _run_chisels, _rewrite)


@cache
def _null() -> int:
    return os.open(os.devnull, os.O_WRONLY)


@cache
def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def describe(number: int) -> str:
    """What a case consists of, for a report."""
    rng = random.Random(number)
    capture = damaged_capture(rng, capture_seeds())
    return json.dumps({"case": number, "bytes": len(capture), "filter": damaged_filter(rng, filter_seeds())})
