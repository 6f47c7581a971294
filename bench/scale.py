"""``make scale``: what looking up the names of very many containers costs, how soon a name is there, and whether events suffer,
replayed and of the running kernel.

As root. A node of many containers is played by a server that speaks Docker's API (its containers exist as cgroups of processes do: by
their ids). Real containers under dockerd, and with ``--pods N`` real pods under containerd by the `crinode` of ../shared, are looked up
as well.
"""

import argparse
import contextlib
import gc
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.docker_stub import begin, full_id, served
from bench.storm import walked
from bench.turns import Turns, median

if TYPE_CHECKING:
    from csyspy.containers.runtime import Runtime

ROOT = Path(__file__).resolve().parent.parent
CRINODE = ROOT.parent / "shared" / "tools" / "crinode" / "crinode"
CORE_PERCENT, MEMORY_MB, NAME_MS, STORM_RATIO = 2.0, 30.0, 300.0, 1.02
"""What is wanted."""
DOCKER_CONTAINERS = 20
CHURN = 5
ROUNDS, STORMS = 100, 12
LIVE_STORMS, LIVE_TURNS = 3, 28


def figure(what: str, value: float, unit: str, most: float) -> None:
    """A line: what was measured, what is wanted, `!` in front where it is more."""
    print(f"{'!' if value > most else ' '} {what}: {value:.4g} {unit} (at most {most:g})", flush=True)


def compared(what: str, turns: list[Turns]) -> None:
    """The ratio of a cost with look-ups to that without, and how sure it is: the second line says what no difference looks like here."""
    ratio = median([ratio for each in turns for ratio in each.ratios()])
    noise = median([ratio for each in turns for ratio in each.noise()])
    figure(what, ratio.value, "times", STORM_RATIO)
    sure, itself = (f"{found.low:.3f} to {found.high:.3f}" for found in (ratio, noise))
    print(f"    95 %: {sure}; without to itself {noise.value:.3f}, 95 %: {itself}", flush=True)


def docker_node(containers: int, per_minute: int, minutes: float) -> None:
    """Look up a whole node, then what starts on it."""
    from csyspy.containers.docker import DockerRuntime
    from csyspy.containers.service import MetadataService

    with tempfile.TemporaryDirectory() as folder, served(f"{folder}/docker.sock", containers, per_minute, minutes) as server:
        before_mb = rss_mb()
        service = MetadataService([DockerRuntime(f"{folder}/docker.sock")])
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        for number in range(containers):
            service.want(full_id(number))
        service.settle(60)
        known = len(service.take())
        span_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        print(f"  {containers} containers at the start: {known} named in {span_s:.2f} s, {cpu_s:.2f} s of CPU")
        begin(server)
        waits_ms, began_s, began_cpu_s = [], time.monotonic(), time.process_time()
        assert server.stdout is not None
        for line in server.stdout:
            if line == "end\n":
                break
            name, started_s = line.split()
            while service.get(full_id(int(name))) is None and time.time() < float(started_s) + 5:
                time.sleep(0.001)
            waits_ms.append(1000 * (time.time() - float(started_s)))
        span_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        figure(f"look-ups of {containers} containers, {per_minute} starting a minute", 100 * cpu_s / span_s, "% of a core", CORE_PERCENT)
        figure("memory of all that is known of them", rss_mb() - before_mb, "MB", MEMORY_MB)
        figure(f"id to name on a busy docker, median of {len(waits_ms)}", statistics.median(waits_ms), "ms", NAME_MS)
        service.close()


def storm(containers: int, per_minute: int) -> None:
    """The same events with look-ups and without, in turns; all containers of the start are known in both, as in `live_storm`."""
    from csyspy.cli.main import GARBAGE_THRESHOLD
    from csyspy.containers.docker import DockerRuntime
    from csyspy.containers.node import NodeMetadata
    from csyspy.containers.service import MetadataService

    class Asked(NodeMetadata):
        """Notes whom the events ask for."""

        def __init__(self) -> None:
            super().__init__(MetadataService([]))
            self.ids: set[str] = set()

        def want(self, container_id: str) -> None:
            self.ids.add(container_id)

    cpu_s, wall_s = Turns(), Turns()
    gc.set_threshold(GARBAGE_THRESHOLD)  # as csyspy does
    asked = Asked()
    walked(asked, 1)
    for turn in range(2 * STORMS + 1):
        looks_up = turn % 2 == 1
        with tempfile.TemporaryDirectory() as folder, served(f"{folder}/docker.sock", containers, per_minute, 1.0) as server:
            service = MetadataService([DockerRuntime(f"{folder}/docker.sock")])
            for container_id in (*map(full_id, range(containers)), *asked.ids):
                service.want(container_id)
            service.settle(60)
            service.take()  # what is there at the start is no storm, nor is it to ask for containers that nobody knows
            if looks_up:
                begin(server)
            cpu, wall = walked(NodeMetadata(service), ROUNDS)
        (cpu_s.with_ if looks_up else cpu_s.without).append(cpu)
        (wall_s.with_ if looks_up else wall_s.without).append(wall)
    what = f"CPU of an event storm while {per_minute} containers start a minute, to that without"
    compared(f"{what} ({statistics.median(cpu_s.without):.1f} s)", [cpu_s])
    compared(f"its wall time ({statistics.median(wall_s.without):.1f} s)", [wall_s])


def live_storm(containers: int) -> None:
    """A storm of calls while csyspy records them, with look-ups and without, in turns."""
    from bench.live_storm import CALLS, READ, Costs, storms

    costs: list[dict[str, Costs]] = []
    for _ in range(LIVE_STORMS):
        cost, said = storms(containers, LIVE_TURNS)
        costs.append(cost)
        print(f"  {said}", flush=True)

    for work in CALLS:
        turns = [cost[work].storm for cost in costs]
        compared(f"live, CPU of a call ({work}), to that without look-ups ({_typical(turns):.0f} ns)", turns)
    turns = [cost[READ].reader for cost in costs]
    compared(f"live, CPU of reading the events of a call ({READ}), likewise ({_typical(turns):.0f} ns)", turns)


def _typical(turns: list[Turns]) -> float:
    return statistics.median(cost for each in turns for cost in each.without)


def id_to_name(what: str, open_runtime: "Callable[[], Runtime]", ids: Collection[str]) -> None:
    """From the first sight of an id to its name, one after the other."""
    from csyspy.containers.service import MetadataService

    service = MetadataService([open_runtime()], follow=False)
    waits_ms = []
    for container_id in ids:
        began_s = time.monotonic()
        service.want(container_id)
        service.settle(5)
        waits_ms.append(1000 * (time.monotonic() - began_s))
        assert service.get(container_id) is not None, container_id
    service.close()
    figure(f"id to name on {what}, median of {len(waits_ms)}, worst {max(waits_ms):.1f}", statistics.median(waits_ms), "ms", NAME_MS)


@contextlib.contextmanager
def dockerd(folder: str) -> Iterator[list[str]]:
    """A real one; its client's command line."""
    socket = f"{folder}/docker.sock"
    settings: dict[str, Any] = {
        "iptables": False, "ip6tables": False, "bridge": "none", "storage-driver": "overlay2", "oom-score-adjust": 0, "group": "root",
        "data-root": f"{folder}/data", "exec-root": f"{folder}/run", "pidfile": f"{folder}/pid", "hosts": [f"unix://{socket}"],
    }  # fmt: skip
    Path(folder, "daemon.json").write_text(json.dumps(settings))
    daemon = subprocess.Popen(["dockerd", "--config-file", f"{folder}/daemon.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = ["docker", "-H", f"unix://{socket}"]
    try:
        while subprocess.run([*client, "version"], capture_output=True, check=False).returncode:
            assert daemon.poll() is None, "dockerd does not run here"
            time.sleep(0.1)
        yield client
    finally:
        running = subprocess.run([*client, "ps", "-aq"], capture_output=True, text=True, check=False).stdout.split()
        subprocess.run([*client, "rm", "-f", *running], capture_output=True, check=False)
        daemon.terminate()
        daemon.wait()


def docker_for_real() -> None:
    """Containers that dockerd runs."""
    from csyspy.containers.docker import DockerRuntime

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, dockerd(folder) as client:
        packed = subprocess.run(["tar", "-C", "/", "-c", "bin/busybox"], capture_output=True, check=True).stdout
        subprocess.run([*client, "import", "-", "busybox:lab"], input=packed, capture_output=True, check=True)
        run = [*client, "run", "-d", "--network", "none", "busybox:lab", "/bin/busybox", "sleep", "1000"]
        ids = [subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() for _ in range(DOCKER_CONTAINERS)]
        id_to_name("dockerd", lambda: DockerRuntime(f"{folder}/docker.sock"), ids)


def pods_for_real(pods: int) -> None:
    """Containers and sandboxes of real pods, then of pods that come and go."""
    from csyspy.containers.cri import CriRuntime
    from csyspy.containers.service import MetadataService

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        node = [str(CRINODE), "--state", folder]
        subprocess.run([*node, "up", "--extra", str(pods)], check=True, stdout=subprocess.DEVNULL)
        try:
            socket = f"{folder}/containerd.sock"
            before_mb, began_cpu_s, began_s = rss_mb(), time.process_time(), time.monotonic()
            listed = ids_in(socket)
            service = MetadataService([CriRuntime(socket)])
            for container_id in listed:
                service.want(container_id)
            service.settle(60)
            known, span_s, cpu_s = len(service.take()), time.monotonic() - began_s, time.process_time() - began_cpu_s
            service.close()
            print(f"  {len(listed)} containers and sandboxes at the start: {known} named in {span_s:.2f} s, {cpu_s:.2f} s of CPU")
            figure("memory of all that is known of them", rss_mb() - before_mb, "MB", MEMORY_MB)
            id_to_name("containerd", lambda: CriRuntime(socket), listed)
            new: list[str] = []
            for number in range(CHURN):
                subprocess.run([*node, "add", f"churn/pod-{number}", "sleep 1000"], check=True, stdout=subprocess.DEVNULL)
                new += sorted(ids_in(socket) - listed - set(new))
                subprocess.run([*node, "rm", f"pod-{number - 1}"], check=False, capture_output=True)
            id_to_name(f"containerd, of pods that come and go ({CHURN})", lambda: CriRuntime(socket), new[-2:])
        finally:
            subprocess.run([*node, "down"], check=True, stdout=subprocess.DEVNULL)


def ids_in(socket: str) -> set[str]:
    """Ids of all containers and sandboxes, as containerd's own tool tells them."""
    words = ["ctr", "-a", socket, "-n", "k8s.io", "containers", "ls", "-q"]
    return set(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())


def rss_mb() -> float:
    """Memory of this process in RAM."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make scale", description=__doc__)
    parser.add_argument("--containers", type=int, default=500)
    parser.add_argument("--per-minute", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--pods", type=int, default=50)
    options = parser.parse_args()
    docker_node(options.containers, options.per_minute, options.minutes)
    storm(options.containers, options.per_minute)
    if os.geteuid() != 0:
        print("  no events of the running kernel, no real runtimes: not root", file=sys.stderr)
        return
    if shutil.which("gcc") is None:
        print("  no storm of the running kernel: no gcc here", file=sys.stderr)
    else:
        live_storm(options.containers)
    if shutil.which("dockerd") is None:
        print("  no dockerd here (Debian package docker.io)", file=sys.stderr)
    else:
        docker_for_real()
    if not CRINODE.exists():
        print(f"  no pods: there is no {CRINODE}", file=sys.stderr)
    elif options.pods:
        pods_for_real(options.pods)


if __name__ == "__main__":
    main()
