"""Real runtimes, each started for the tests of this folder and stopped by its pid; skipped where they cannot run."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from csyspy.capture.live import tier

from . import rootless

DEADLINE_S = 60.0
BUSYBOX = "/bin/busybox"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime that listens on `socket`; `run` is its command line, without the command."""

    socket: str
    run: Callable[..., str]


def needs(*commands: str) -> None:
    """Skip the test where it is not root's, or a command is missing."""
    if os.geteuid() != 0:
        pytest.skip("needs root to run containers")
    missing = [command for command in (*commands, BUSYBOX) if shutil.which(command) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (Debian packages docker.io, podman, uidmap, containerd, runc, busybox-static)")


def wait_for(true: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def answers(path: Path) -> bool:
    """Whether somebody listens on a socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A TCP port that nobody has."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a daemon."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def state_folder(name: str) -> Iterator[Path]:
    """A folder for a runtime's state and sockets, emptied of mounts and removed in the end.

    Its path is short, as pytest's own are not under `-n`: a socket's has to fit in 108 bytes, podman's run folder in 50."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    try:
        yield folder
    finally:
        unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


def unmount_below(folder: Path) -> None:
    """Take away what a daemon left mounted."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)


@pytest.fixture(scope="session")
def image_tar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root file system with busybox, to import as an image."""
    path = tmp_path_factory.mktemp("image") / "busybox.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for name in ("sh", "sleep", "true"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return path


def command(*words: str) -> Callable[..., str]:
    """Runs a command with more words; gives what it prints."""

    def run(*more: str) -> str:
        done = subprocess.run([*words, *more], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="session")
def docker(image_tar: Path) -> Iterator[Runtime]:
    """dockerd of its own, without networks, with the image busybox:lab."""
    needs("dockerd", "docker", "runc")
    with state_folder("docker") as folder:
        yield from docker_in(folder, image_tar)


def docker_in(folder: Path, image_tar: Path) -> Iterator[Runtime]:
    """dockerd with its state in `folder`."""
    path = folder / "docker.sock"
    settings = {
        "iptables": False, "ip6tables": False, "bridge": "none", "storage-driver": "overlay2", "oom-score-adjust": 0, "group": "root",
        "data-root": str(folder / "data"), "exec-root": str(folder / "run"), "pidfile": str(folder / "pid"), "hosts": [f"unix://{path}"],
    }  # fmt: skip
    (folder / "daemon.json").write_text(json.dumps(settings))
    with open(folder / "log", "wb") as log:
        daemon = subprocess.Popen(["dockerd", "--config-file", str(folder / "daemon.json")], stdout=log, stderr=log)
    run = command("docker", "-H", f"unix://{path}")
    try:
        wait_for(lambda: daemon.poll() is not None or answers(path), "dockerd does not answer")
        if daemon.poll() is not None:
            pytest.skip(f"dockerd does not run here: {(folder / 'log').read_text()[-200:]}")
        run("import", "-c", 'CMD ["sleep", "1000"]', str(image_tar), "busybox:lab")
        yield Runtime(str(path), run)
        if left := run("ps", "-aq").split():
            run("rm", "-f", *left)
    finally:
        stop(daemon)


@pytest.fixture(scope="session")
def podman(image_tar: Path) -> Iterator[Runtime]:
    """Podman's service, with the image busybox:lab."""
    needs("podman", "runc", "conmon")
    with state_folder("podman") as folder:
        yield from podman_in(folder, image_tar)


PODMAN_SETTINGS = '[containers]\ndefault_ulimits = []\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n'


def podman_in(folder: Path, image_tar: Path) -> Iterator[Runtime]:
    """Podman with its state in `folder`."""
    path = folder / "podman.sock"
    (folder / "containers.conf").write_text(PODMAN_SETTINGS)
    environment = {**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")}
    words = ["podman", "--root", str(folder / "root"), "--runroot", str(folder / "run")]

    def run(*more: str) -> str:
        done = subprocess.run([*words, *more], capture_output=True, text=True, timeout=DEADLINE_S, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("import", str(image_tar), "busybox:lab")
    service = subprocess.Popen([*words, "system", "service", "-t", "0", f"unix://{path}"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(path), "podman does not answer")
        yield Runtime(str(path), run)
        run("rm", "-f", "-t", "0", "-a")
    finally:
        stop(service)


@pytest.fixture(scope="session")
def rootless_podman(image_tar: Path) -> Iterator[Runtime]:
    """The service of a user's podman, with the image busybox:lab."""
    needs("podman", "runc", "conmon", "newuidmap", "setpriv")
    with state_folder("rootless") as folder:
        path = folder / "xdg" / "podman.sock"

        def is_ready(process: "subprocess.Popen[bytes]") -> None:
            wait_for(lambda: process.poll() is not None or answers(path), "podman does not answer")
            if process.poll() is not None:
                pytest.skip("podman does not run here for a user who is not root")

        with rootless.service(folder, PODMAN_SETTINGS, path, is_ready):
            run = command("podman", "--remote", "--url", f"unix://{path}")
            run("import", str(image_tar), "busybox:lab")
            yield Runtime(str(path), run)
            run("rm", "-f", "-t", "0", "-a")


@pytest.fixture(scope="session")
def crinode(shared: Path) -> Iterator[Runtime]:
    """containerd with the pods default/web-0 (container httpd) and jobs/loop-0 (container shell)."""
    needs("containerd", "runc", "ctr", "catatonit")
    with state_folder("cri") as folder:
        run = command(str(shared / "tools" / "crinode" / "crinode"), "--state", str(folder))
        try:
            run("up", "--web-port", str(free_port()))
            yield Runtime(str(folder / "containerd.sock"), run)
        finally:
            run("down")


Serve = Callable[[bytes | None], str]
"""Starts a server that answers every request with the given bytes; None: it never answers. Gives the path of its socket."""


@pytest.fixture
def server() -> Iterator[Serve]:
    """Servers that lie; see Serve."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(state_folder("served"))

        def start(answer: bytes | None) -> str:
            path = str(folder / f"{threading.active_count()}.sock")
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen()
            taken: list[socket.socket] = []

            def serve() -> None:
                while True:
                    try:
                        connection, _ = listener.accept()
                    except OSError:
                        return
                    taken.append(connection)
                    if answer is not None:
                        connection.recv(65536)
                        with contextlib.suppress(OSError):
                            connection.sendall(answer)
                        connection.close()

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()

            def stop() -> None:
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()
                for connection in taken:
                    connection.close()
                thread.join(5)

            stack.callback(stop)
            return path

        yield start


def http(body: bytes, status: str = "200 OK") -> bytes:
    """An answer of HTTP."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(body)) + body


def lines_live(*words: str, inside: Sequence[str] = (), until: Callable[[list[str]], bool] = bool) -> list[str]:
    """The lines that csyspy prints until there are those that are waited for, or any."""
    lines: list[str] = []
    with subprocess.Popen(_live(words, inside), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        late = threading.Timer(DEADLINE_S, process.kill)
        late.start()
        while not until(lines) and (line := process.stdout.readline()):
            lines.append(line.removesuffix("\n"))
        late.cancel()
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=DEADLINE_S)[1]
    assert until(lines), f"not printed: {words}: {lines[-3:]} {said}"
    return lines


def csyspy_live(*words: str, inside: Sequence[str] = ()) -> str:
    """What csyspy prints, run by the command `inside`; the test is skipped where it cannot look into the kernel."""
    done = subprocess.run(_live(words, inside), capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _live(words: Sequence[str], inside: Sequence[str]) -> list[str]:
    missing = tier.lacking(tier.Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    return [*inside, sys.executable, "-m", "csyspy", *words]
