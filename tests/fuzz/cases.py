"""One case: a damaged capture read with all that reading can do to it."""

import json
import os
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from csyspy.capture.walker import open_capture
from csyspy.engine.format import Formatter
from csyspy.engine.sinks_text import TextSink
from csyspy.errors import CsyspyError
from csyspy.fields import FieldError
from csyspy.fields.catalogue import catalogue
from csyspy.fields.extraction import compile_field
from csyspy.filters import compile_filter
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from tests.fuzz.mutate import damaged_capture, damaged_filter

CORPUS = Path(__file__).parent / "corpus"
FIELDS_PER_CASE = 12
ARGUMENTS = {"arg": "fd", "rawarg": "res", "env": "PATH", "cgroup": "cpu", "label": "app", "aname": "2"}


@cache
def capture_seeds() -> list[bytes]:
    """The corpus: small captures of each kind of producer, not compressed."""
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.scap"))]


@cache
def filter_seeds() -> list[str]:
    """The corpus: one filter a line."""
    return (CORPUS / "filters.txt").read_text().splitlines()


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
    sink = TextSink(Formatter(rng.sample(_fields(), FIELDS_PER_CASE), False, rng.random() < 0.5), _null(), False, program)
    sink.wants_hidden = True
    aggregation = ViewAggregation(VIEWS["procs"])
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
                opened.walker.run([sink, aggregation.sink])
                outcome += ", whole"
            except CsyspyError:
                outcome += ", damaged"
        aggregation.rows(opened.state, 1)
    return outcome


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
