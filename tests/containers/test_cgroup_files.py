"""Control groups in version 1, version 2 and both, as files laid out like the kernel's."""

from pathlib import Path

import pytest

from csyspy.containers.cgroup_files import CgroupFiles, Periods, Places, limits, memory_bytes, periods, throttled_percent

ID = "ab1fbeaf1187"
GROUP = f"/kubepods/burstable/pod7/{ID}{'4' * 52}"
V1 = {
    "cpu": {
        "cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000", "cpu.shares": "512",
        "cpu.stat": "nr_periods 400\nnr_throttled 100\nthrottled_time 9\n",
    },
    "memory": {
        "memory.limit_in_bytes": "67108864", "memory.usage_in_bytes": "5000",
        "memory.stat": "cache 9\ninactive_file 7\ntotal_inactive_file 1000\n",
    },
}  # fmt: skip
V2 = {
    "cpu.max": "50000 100000", "cpu.weight": "20", "cpu.stat": "usage_usec 5\nnr_periods 400\nnr_throttled 100\nthrottled_usec 9\n",
    "memory.max": "67108864", "memory.current": "5000", "memory.stat": "anon 3\ninactive_file 1000\n",
}  # fmt: skip
WANTED = {"cpu_quota": 50_000, "cpu_period": 100_000, "cpu_shares": 500, "memory_limit": 64 << 20}


def lay_out(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n")


def hierarchies(folder: Path, version: str) -> CgroupFiles:
    """The machine's mounts, and the container's group in them."""
    lines = ["25 1 0:3 / /proc rw - proc proc rw", "26 1 0:4 / /tmp rw,nosuid - tmpfs  rw"]  # the second has no source
    if version in ("1", "hybrid"):
        for controller, files in V1.items():
            lay_out(Path(f"{folder}/{controller}{GROUP}"), files)
            names = "cpu,cpuacct" if controller == "cpu" else controller
            lines.append(f"31 25 0:9 / {folder}/{controller} rw - cgroup cgroup rw,{names}")
    if version in ("2", "hybrid"):
        lay_out(Path(f"{folder}/unified{GROUP}"), V2 if version == "2" else {"cgroup.procs": ""})
        lines.append(f"40 25 0:38 / {folder}/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate")
    (folder / "mountinfo").write_text("\n".join(lines) + "\n")
    return CgroupFiles(str(folder / "mountinfo"))


def of_process(version: str, below: str = "") -> list[tuple[bytes, bytes]]:
    path = f"{GROUP}{below}".encode()
    both = {"1": [(b"cpu,cpuacct", path), (b"memory", path)], "2": [(b"", path)]}
    return both["1"] + both["2"] if version == "hybrid" else both[version]


@pytest.mark.parametrize("version", ["1", "2", "hybrid"])
@pytest.mark.parametrize("below", ["", "/init.scope", "/container/workers"])
def test_what_the_files_say(tmp_path: Path, version: str, below: str) -> None:
    places = hierarchies(tmp_path, version).places(ID, of_process(version, below))
    found = limits(places)
    assert found == WANTED | {"cpu_shares": found["cpu_shares"]}
    assert abs(found["cpu_shares"] - 500) < 15  # a weight is coarser than shares
    assert memory_bytes(places) == 4000
    assert periods(places) == Periods(400, 100)


@pytest.mark.parametrize("version", ["1", "hybrid"])
def test_a_process_that_is_gone_has_paths_without_subsystems(tmp_path: Path, version: str) -> None:
    places = hierarchies(tmp_path, version).places(ID, [(b"", b"/"), (b"", GROUP.encode())])
    assert memory_bytes(places) == 4000


@pytest.mark.parametrize("version", ["1", "2"])
def test_no_limits(tmp_path: Path, version: str) -> None:
    files = hierarchies(tmp_path, version)
    places = files.places(ID, of_process(version))
    for name, text in {
        "cpu.cfs_quota_us": "-1", "cpu.max": "max 100000", "memory.max": "max", "memory.limit_in_bytes": "9223372036854771712",
    }.items():  # fmt: skip
        for place in places.values():
            path = Path(place.path, name)
            if path.exists():
                path.write_text(text + "\n")
    found = limits(places)
    assert (found["cpu_quota"], found["memory_limit"]) == (0, 0)


def test_a_group_that_is_gone(tmp_path: Path) -> None:
    files = hierarchies(tmp_path, "2")
    places = files.places(ID, of_process("2"))
    for path in Path(places["cpu"].path).iterdir():
        path.unlink()
    assert memory_bytes(places) is None
    assert periods(places) is None
    assert files.places("0" * 12, of_process("2")) == {}


@pytest.mark.parametrize("version", ["1", "2", "hybrid"])
def test_from_within_a_namespace_of_control_groups_the_group_is_looked_for(tmp_path: Path, version: str) -> None:
    files = hierarchies(tmp_path, version)
    whole = files.places(ID, of_process(version))
    shared, _, below = GROUP.lstrip("/").partition("/")  # csyspy is below the first, too
    assert shared
    assert below
    seen = [(names, b"/../../" + below.encode()) for names, _ in of_process(version)]
    assert files.places(ID, seen) == whole
    assert files.places(ID, [(names, path.replace(b"/pod7", b"/pod7/../pod7")) for names, path in seen]) == {}, "of another form"
    assert files.places(ID, [(names, b"/../../nowhere/" + ID.encode()) for names, _ in seen]) == {}


def test_without_hierarchies(tmp_path: Path) -> None:
    nothing: Places = CgroupFiles(str(tmp_path / "none")).places(ID, of_process("hybrid"))
    assert limits(nothing) == {}
    assert memory_bytes(nothing) is None


@pytest.mark.parametrize(
    ("before", "now", "percent"),
    [
        (Periods(400, 100), Periods(500, 125), 25.0),
        (Periods(400, 100), Periods(400, 100), 0.0),
        (Periods(400, 100), Periods(5, 5), 0.0),  # another group of the same name
        (None, Periods(5, 5), None),
        (Periods(5, 5), None, None),
    ],
)
def test_throttled(before: Periods | None, now: Periods | None, percent: float | None) -> None:
    assert throttled_percent(before, now) == percent
