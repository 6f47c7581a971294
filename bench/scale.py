"""``make scale``: what looking up the names of very many containers costs, and how soon a name is there.

As root. A node of many containers is played by a server that speaks Docker's API (its containers exist as cgroups of processes do: by
their ids); with ``--pods N`` N real pods under containerd are looked up as well, by the `crinode` of ../shared.
"""

import argparse
import hashlib
import json
import os
import resource
import signal
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CRINODE = ROOT.parent / "shared" / "tools" / "crinode" / "crinode"
ANSWER_S = 0.003
"""What a busy dockerd takes for a description."""


def full_id(number: int) -> str:
    """The id of a container."""
    return hashlib.sha256(str(number).encode()).hexdigest()


class Docker(socketserver.ThreadingUnixStreamServer):
    """Describes every container it is asked about, and tells of those that `start`."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Handler)
        self.started: list[str] = []
        self.news = threading.Condition()

    def start(self, number: int) -> str:
        """A container starts."""
        with self.news:
            self.started.append(full_id(number))
            self.news.notify_all()
        return full_id(number)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Docker

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        """One of the three requests that csyspy makes."""
        if self.path.startswith("/events"):
            self._events()
            return
        time.sleep(ANSWER_S)
        name = self.path.split("/")[2]
        number = _NUMBERS.get(name[:12])
        if self.path.startswith("/images"):
            self._answer({"RepoTags": ["shop/app:1.2"], "RepoDigests": []})
        elif number is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            labels = {f"label-{i}": "x" * 40 for i in range(20)}
            config = {"Image": "shop/app:1.2", "Labels": labels, "Env": ["A=b"] * 20}
            self._answer(
                {"Id": full_id(number), "Name": f"/app-{number}", "Image": "sha256:" + "8b" * 32, "Config": config, "HostConfig": {}}
            )

    def _answer(self, what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        told = len(self.server.started)
        while True:
            with self.server.news:
                while len(self.server.started) == told:
                    self.server.news.wait()
                new, told = self.server.started[told:], len(self.server.started)
            try:
                for container_id in new:
                    self.wfile.write(json.dumps({"Actor": {"ID": container_id}}).encode() + b"\n")
                self.wfile.flush()
            except OSError:
                return


_NUMBERS: dict[str, int] = {}


def serve(path: str, containers: int, per_minute: int, minutes: float) -> None:
    """Be the server, in a process of its own: tell of starts on standard output, one `number time` a line."""
    for number in range(containers + int(per_minute * minutes) + 1):
        _NUMBERS[full_id(number)[:12]] = number
    server = Docker(path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(int(per_minute * minutes)):
        time.sleep(60 / per_minute)
        server.start(containers + i)
        print(containers + i, time.time(), flush=True)
    print("end", flush=True)
    signal.pause()


def docker_node(containers: int, per_minute: int, minutes: float) -> None:
    """Look up a whole node, then what starts on it; print the costs."""
    from csyspy.containers.docker import DockerRuntime
    from csyspy.containers.service import MetadataService

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/docker.sock"
        words = [sys.executable, "-m", "bench.scale", "--serve", path, str(containers), str(per_minute), str(minutes)]
        server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        before_mb = rss_mb()
        service = MetadataService([DockerRuntime(path)])
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        for number in range(containers):
            service.want(full_id(number))
        service.settle(60)
        known = len(service.take())
        first_s, first_cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        costs = f"{first_cpu_s:.2f} s of CPU, {rss_mb() - before_mb:.1f} MB"
        print(f"{containers} containers at the start: {known} named in {first_s:.2f} s, {costs}")
        server.stdin.write("\n")
        server.stdin.flush()
        waits_ms, began_s, began_cpu_s = [], time.monotonic(), time.process_time()
        for line in server.stdout:
            if line == "end\n":
                break
            name, started_s = line.split()
            while service.get(full_id(int(name))) is None and time.time() < float(started_s) + 5:
                time.sleep(0.001)
            waits_ms.append(1000 * (time.time() - float(started_s)))
        span_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        polling_s = 0.001 * sum(waits_ms) / 1000  # what this loop itself looked for
        print(
            f"{per_minute} starting a minute: {len(waits_ms)} named, median {statistics.median(waits_ms):.1f} ms, "
            f"worst {max(waits_ms):.1f} ms after the start; {100 * max(cpu_s - polling_s, 0) / span_s:.2f} % of a core; "
            f"{rss_mb() - before_mb:.1f} MB in all"
        )
        service.close()
        server.kill()
        server.wait()


def pods_node(pods: int) -> None:
    """Look up the containers of real pods; print the costs."""
    from csyspy.containers.cri import CriRuntime
    from csyspy.containers.service import MetadataService

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([CRINODE, "--state", folder, "up", "--extra", str(pods)], check=True, stdout=subprocess.DEVNULL)
        try:
            listed = subprocess.run(
                ["ctr", "-a", f"{folder}/containerd.sock", "-n", "k8s.io", "containers", "ls", "-q"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
            before_mb = rss_mb()
            service = MetadataService([CriRuntime(f"{folder}/containerd.sock")])
            began_s, began_cpu_s = time.monotonic(), time.process_time()
            for container_id in listed:
                service.want(container_id)
            service.settle(60)
            known = len(service.take())
            span_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
            print(
                f"{len(listed)} containers and sandboxes under containerd: {known} named in {span_s:.2f} s, "
                f"{1000 * span_s / max(known, 1):.1f} ms each, {cpu_s:.2f} s of CPU, {rss_mb() - before_mb:.1f} MB"
            )
            service.close()
        finally:
            subprocess.run([CRINODE, "--state", folder, "down"], check=True, stdout=subprocess.DEVNULL)


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
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        path, containers, per_minute, minutes = options.serve
        serve(path, int(containers), int(per_minute), float(minutes))
        return
    docker_node(options.containers, options.per_minute, options.minutes)
    if options.pods and os.geteuid() == 0 and CRINODE.exists():
        pods_node(options.pods)


if __name__ == "__main__":
    main()
