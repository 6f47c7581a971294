"""The kernel's tables and the stream of events, watching the same process, give the same answers."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from workload import workload

from csyspy.capture.live.plan import Condition, Needs, Plan, Wanted, plan
from csyspy.capture.live.rows import KernelTables
from csyspy.capture.walker import open_capture
from csyspy.chisels.context import Context
from csyspy.chisels.registry import load
from csyspy.cli.live_tables import groups_of
from csyspy.filters.on_rows import Conjunct
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.demand import demand_of
from csyspy.views.view import View

pytestmark = pytest.mark.usefixtures("kernel")

EXACT = (
    "topconns", "topports_server", "topprocs_net", "topprocs_file", "topfiles_bytes", "topfiles_errors", "topprocs_errors", "topscalls",
)  # fmt: skip
CPU = "topprocs_cpu"
VIEWS_OF_COUNTS = ("procs_errors", "errors", "procs_fd_usage")
CSYSPY = [sys.executable, "-c", "import sys; from csyspy.cli.main import main; sys.exit(main())"]
DEADLINE_S = 20
PROCINFO_S = 1.3
"""The recorder asks for CPU times each second."""
SHORT = 9
"""Rows that every table has room for."""

WORK = """
f = os.open({path!r}, os.O_RDWR | os.O_CREAT)
for _ in range(200): os.pwrite(f, bytes(1000), 0); os.pread(f, 500, 0)
try: os.lseek(f, -1, 0)
except OSError: pass
for _ in range(37):
    try: os.open('/no/such', 0)
    except OSError: pass
l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname()); s, _ = l.accept()
for _ in range(100): c.send(bytes(1000)); s.recv(1000)
for _ in range(100): os.write(s.fileno(), bytes(100)); os.read(c.fileno(), 100)
x, y = socket.socketpair(); x.send(bytes(99)); y.recv(99)
threads = [threading.Thread(target=lambda: [os.getppid() for _ in range(100)]) for _ in range(5)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
for _ in range(20_000_000): pass
"""


def streamed(path: Path, filter_text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Chisel -> keys -> value, of the events that were recorded."""
    names = (*EXACT, CPU)
    arguments = [word for name in names for word in ("-c", name)]
    run = subprocess.run([*CSYSPY, "-r", str(path), "-j", *arguments, filter_text], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    decoder, text, answers = json.JSONDecoder(), run.stdout.strip(), {}
    for name in names:
        document, end = decoder.raw_decode(text)
        text = text[end:].lstrip()
        answers[name] = {tuple(row[:-1]): row[-1] for row in document["data"]}
    return answers


def aggregated(plans: dict[str, Any], tables: KernelTables) -> dict[str, dict[tuple[str, ...], float]]:
    answers = {}
    for name, groups in plans.items():
        keys, columns = tables.answer(groups.plan)
        groups.add(keys, columns[0])
        answers[name] = {tuple(str(part) for part in key): total for key, (total,) in groups.rows()}
    return answers


def plan_of(view: View, filter_text: str) -> Plan:
    demand = demand_of(view, filter_text)
    assert demand is not None
    values = tuple(Wanted(value.field, value.operation) for value in demand.values)
    found = plan(Needs((demand.key,), values, tuple(Condition(*part_of(part)) for part in demand.conditions)))
    assert found is not None
    return found


def part_of(part: Conjunct) -> tuple[Any, ...]:
    return part.text, part.fields, part.test


def view_of_stream(path: Path, view: View, filter_text: str) -> dict[Any, tuple[Any, ...]]:
    aggregation = ViewAggregation(view, filter_text)
    capture = open_capture([str(path)], aggregation.sink.needs)
    with capture.source:
        capture.walker.attach([aggregation.sink])
        while capture.walker.step(16_384):
            pass
        snapshot = aggregation.snapshot(capture.state, 1_000_000_000)
    return dict(zip(snapshot.keys, zip(*snapshot.values, strict=True), strict=True))


def above(answer: dict[tuple[str, ...], float], least: float) -> dict[tuple[str, ...], float]:
    return {key: value for key, value in answer.items() if value > least}


def test_chisels_and_views_give_what_the_stream_gives(tmp_path):
    capture = tmp_path / "x.scap"
    with workload() as work:
        filter_text = f"proc.pid={work.pid}"
        plans = {}
        for name in (*EXACT, CPU):
            chisel = load(name)(Context())
            chisel.on_init()
            plans[name] = groups_of(chisel, filter_text)
        views = {name: plan_of(VIEWS[name], filter_text) for name in VIEWS_OF_COUNTS}
        with subprocess.Popen([*CSYSPY, "-w", str(capture), filter_text], stderr=subprocess.PIPE, text=True) as recorder:
            until = time.monotonic() + DEADLINE_S
            while not (capture.exists() and capture.stat().st_size) and time.monotonic() < until:
                time.sleep(0.05)  # what stands before the events is written once the probes are in place
            time.sleep(PROCINFO_S)  # CPU times are differences, so the recorder has to have asked once
            with KernelTables([*(groups.plan for groups in plans.values()), *views.values()]) as tables:
                tables.sample()
                work.do(WORK.format(path=str(tmp_path / "f")))
                tables.sample()
                time.sleep(PROCINFO_S)  # and once more
                recorder.send_signal(signal.SIGINT)
                _, said = recorder.communicate(timeout=DEADLINE_S)
                assert "none lost" in said
                assert tables.lost == 0
                kernel = aggregated(plans, tables)
                shown = {name: tables.answer(found) for name, found in views.items()}
    stream = streamed(capture, filter_text)
    # the recorder makes its own events; the test's commands go through pipes, whose calls may fall to either side of the readings
    for answers in (stream, kernel):
        for name in ("procinfo", "read", "write"):
            answers["topscalls"].pop((name,), None)
    for name in EXACT:
        # a table is cut after its first rows, of equals somewhere
        least = min(stream[name].values()) if len(stream[name]) > SHORT else 0
        assert above(kernel[name], least) == above(stream[name], least), name
    for name, (keys, columns) in shown.items():
        rows = dict(zip(keys, zip(*columns, strict=True), strict=True))
        assert rows == view_of_stream(capture, VIEWS[name], filter_text), name
    ((key, used_ns),) = kernel[CPU].items()
    assert stream[CPU][key] == pytest.approx(used_ns, rel=0.15)
