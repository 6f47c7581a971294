"""Containers that are less shut in, or less the same, than they should be. No view of sysdig's."""

from functools import partial

from csyspy.views.view import KUBERNETES, Aggregation, Column, Unit, View

_known = partial(Column, may_be_unknown=True)  # runtimes tell some, captures of others less

IMMUTABILITY = View(
    id="immutability",
    name="Immutability",
    description="How far every container is kept from changing itself and its host, and what it has executed that its image did not bring.",
    filter="container.name != host",
    applies_to=("", "container.id", *KUBERNETES),
    use_defaults=True,
    drilldown_target="procs",
    tips=(
        "A container that may not write to its root, has no more than the usual capabilities, and runs what its image brought is what it "
        "was when it was built.",
        "DRIFT counts programs executed from the layer above the image: downloaded, compiled or copied in since the container began.",
    ),
    columns=(
        Column("NA", "thread.tid", Unit.ID, is_key=True),
        Column("NA", "container.id", is_groupby_key=True),
        Column(
            "DRIFT", "evt.count.drift", Unit.COUNT, 7, Aggregation.SUM, Aggregation.SUM, is_sorting=True, priority=9,
            description="programs executed that the image did not bring",
        ),
        _known("PRIV", "container.privileged", colsize=6, priority=9, description="privileged: no walls at all"),
        _known("ROOT R/O", "container.read_only_root", colsize=9, priority=9, description="the root file system cannot be written to"),
        _known("USER", "container.user", colsize=10, priority=8, description="user it was told to run as"),
        _known("HOST NS", "container.host_namespaces", colsize=16, priority=7, description="namespaces shared with the host"),
        _known("CAPABILITIES", "container.capabilities", colsize=24, priority=6, description="capabilities beyond the usual ones"),
        _known(
            "HOST MOUNTS R/W", "container.writable_host_mounts", colsize=24, priority=7,
            description="directories of the host that it may write to",
        ),
        _known("TAG", "container.image.tag", colsize=12, priority=5, description="of the image; latest is whatever it was that day"),
        _known("IMAGE", "container.image.repository", colsize=30, priority=4, description="image without its tag"),
        Column("NAME", "container.name", priority=9, description="container name"),
    ),
)
