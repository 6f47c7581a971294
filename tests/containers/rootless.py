"""Podman of somebody who is not root: names and ids of its own in private mounts, and a control group as systemd delegates one."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

UID = 54321
FIRST_SUB_UID = 1_000_000
_GROUP = f"user.slice/user-{UID}.slice"
_OWN = f"{_GROUP}/user@{UID}.service/app.slice"
_CGROUP2 = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup || exit 1; cd /sys/fs/cgroup"
_START = f"""
for name in passwd subuid subgid; do mount --bind "$1/$name" "/etc/$name" || exit 1; done
{_CGROUP2}
mkdir -p {_OWN} && chown -R {UID} {_GROUP} && echo $$ > {_OWN}/cgroup.procs || exit 1
cd "$1"
shift
exec setpriv --reuid {UID} --regid {UID} --clear-groups "$@"
"""
_CLEAN = f"""{_CGROUP2}
[ -d {_GROUP} ] || exit 0
n=0
until find {_GROUP} -depth -type d -exec rmdir {{}} + 2>/dev/null || [ $n = 100 ]; do
    find {_GROUP} -name cgroup.procs -exec cat {{}} + | xargs -r kill -9
    n=$((n+1))
    sleep 0.05
done
rmdir user.slice 2>/dev/null"""
"""Ends what is left, such as the process that keeps the user's namespaces, and takes away the groups, which nobody else does."""


@contextlib.contextmanager
def service(folder: Path, settings: str, socket: Path, is_ready: Callable[["subprocess.Popen[bytes]"], None]) -> Iterator[None]:
    """The user's `podman system service` on a socket, its state in `folder`. `settings` is its containers.conf."""
    home, runtime = folder / "home", folder / "xdg"
    for path in (home, runtime):
        path.mkdir(mode=0o700)
        os.chown(path, UID, UID)
    folder.chmod(0o755)
    texts = {
        "containers.conf": settings, "storage.conf": '[storage]\ndriver = "vfs"\n',
        "passwd": Path("/etc/passwd").read_text() + f"lab:x:{UID}:{UID}::{home}:/bin/sh\n",
        "subuid": f"lab:{FIRST_SUB_UID}:65536\n", "subgid": f"lab:{FIRST_SUB_UID}:65536\n",
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime),
        "CONTAINERS_CONF": str(folder / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }  # fmt: skip
    words = ["unshare", "-m", "sh", "-c", _START, "sh", str(folder), "podman", "system", "service", "-t", "0", f"unix://{socket}"]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        is_ready(process)
        yield
    finally:
        process.kill()
        process.wait()
        subprocess.run(["unshare", "-m", "sh", "-c", _CLEAN], check=False)
