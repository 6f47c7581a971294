"""Latency over time (draios/sysdig: userspace/sysdig/chisels/v_spectro_all, v_spectro_file.lua)."""

from csyspy.views.view import KUBERNETES, Aggregation, Column, Kind, Unit, View

_TIPS = (
    "A cell's colour, and its sign from · over ░▒▓ to █, say how many calls a second took so long; a blank is none.",
    "Drag over a patch of a capture to see the calls in it.",
)
_COLUMNS = (
    Column("NA", "evt.latency.quantized", Unit.LATENCY_BUCKET, is_key=True),
    Column(
        "LATENCY", "evt.latency.quantized", Unit.LATENCY_BUCKET, 9, priority=9,
        description="the shortest latency of a bucket; as a number the bucket, 1 for 1 ns to 71 for 100 s on a logarithmic scale",
    ),
    Column("COUNT", "evt.count", Unit.COUNT, 8, Aggregation.SUM, priority=9, description="calls that took so long"),
)

SPECTRO_ALL = View(
    id="spectro_all",
    name="Spectrogram-All",
    description="All calls by how long they took, over time: one line an interval, short calls at the left.",
    kind=Kind.SPECTROGRAM,
    filter="evt.dir=<",
    applies_to=("evt.type",),
    tips=_TIPS,
    columns=_COLUMNS,
)

SPECTRO_FILE = View(
    id="spectro_file",
    name="Spectrogram-File",
    description="Calls on files by how long they took, over time: one line an interval, short calls at the left.",
    kind=Kind.SPECTROGRAM,
    filter="evt.dir=< and fd.type=file",
    applies_to=(
        "", "container.id", "proc.pid", "thread.nametid", "thread.tid", "proc.name", "evt.res", "fd.name", "fd.containername",
        "fd.directory", "fd.containerdirectory", *KUBERNETES,
    ),
    tips=_TIPS,
    columns=_COLUMNS,
)
