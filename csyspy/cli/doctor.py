"""`csyspy doctor`: what this machine allows, a line a check, each fault with the one command that changes it."""

import getopt
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from csyspy.capture.live import cache, tracefs
from csyspy.capture.live import tier as tiers
from csyspy.capture.live.overhead import Overhead
from csyspy.capture.live.tier import Possibilities, Tier
from csyspy.cli.exits import NOT_HERE, OK
from csyspy.errors import CsyspyError, LiveError, UsageError

GOOD, SO_SO, BAD = "ok", "warn", "fail"
MARKS: Final = {GOOD: "✓", SO_SO: "!", BAD: "✗"}
TIERS: Final = {Tier.A: "raw tracepoints and iterators", Tier.B: "tracepoints", Tier.C: "/proc alone"}
AUTO: Final = "auto"
REFUSED: Final = {
    401: "use a kubeconfig, or a service account, whose token is valid",
    403: "grant get, list and watch, as deploy/daemonset.yaml does",
}
"""Status of an API server's refusal -> what changes it."""
LIVE_S: Final = 2
MOST_S: Final = 3600
MOST_PRESET: Final = 10
USAGE: Final = f"""usage: csyspy doctor [--json] [--live] [--seconds SEC] [--buf-size-preset N] [--cri PATH]
                     [--docker-host PATH] [-k FILE]

What live capture needs and what there is of it. Exit code 3 where events cannot be captured here.

  --json              one JSON object a check
  --live              capture everything for a while, and say what that costs
  --seconds SEC       how long, with --live ({LIVE_S})
  --buf-size-preset N
                      with --live: size of the ring, 1 to 10 for 1 to 512 MiB (4, 8 MiB)
  --cri PATH          socket of a CRI runtime to ask, besides the usual ones
  --docker-host PATH  socket of Docker to ask
  -k, --kubernetes FILE
                      ask the API server of this kubeconfig for all that csyspy watches; auto looks in the usual places
"""
_SHORT: Final = "hk:"
_LONG: Final = ("help", "json", "live", "seconds=", "buf-size-preset=", "cri=", "docker-host=", "kubernetes=")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    state: str
    """``ok``, ``warn`` or ``fail``."""
    what: str
    fix: str = ""
    """The command that changes it; empty where nothing needs changing."""
    values: Mapping[str, float] = field(default_factory=dict)
    """What was measured, for --json."""

    def line(self) -> str:
        """As it is printed."""
        text = f"{MARKS[self.state]} {self.check:<14} {self.what}"
        return f"{text}\n  {'':<14} → {self.fix}" if self.fix else text


def run(words: Sequence[str]) -> int:
    """Do what `csyspy doctor WORDS` asks for; the exit code. Raises UsageError."""
    options = _parse(words)
    if options is None:
        sys.stdout.write(USAGE)
        return OK
    here = tiers.possibilities()
    possible = any(tiers.lacking(tier, here) is None for tier in (Tier.A, Tier.B))
    findings = itertools.chain(_findings(here, options), _live(options) if options.live and possible else ())
    for finding in findings:
        line = json.dumps(_plain(finding), ensure_ascii=False) if options.json else finding.line()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return OK if possible else NOT_HERE


def _plain(finding: Finding) -> dict[str, object]:
    plain = asdict(finding)
    if not finding.values:
        del plain["values"]
    return plain


@dataclass(slots=True)
class _Options:
    json: bool = False
    live: bool = False
    seconds: int = LIVE_S
    buffer_preset: int = 0
    """1 to 10; 0 where it is not asked for."""
    cri: tuple[str, ...] = ()
    docker_host: str = ""
    kubeconfig: str | None = None
    """A file, or empty for the usual places."""


def _parse(words: Sequence[str]) -> _Options | None:
    """The options; None for help."""
    options = _Options()
    try:
        given, rest = getopt.gnu_getopt(list(words), _SHORT, _LONG)
    except getopt.GetoptError as error:
        raise UsageError(f"csyspy doctor: {error.msg}", "csyspy doctor --help") from None
    if rest:
        raise UsageError(f"csyspy doctor does not know {rest[0]}", "csyspy doctor --help")
    for name, value in given:
        if name in ("-h", "--help"):
            return None
        if name == "--json":
            options.json = True
        elif name == "--live":
            options.live = True
        elif name == "--seconds":
            options.seconds = _number(name, value, MOST_S)
        elif name == "--buf-size-preset":
            options.buffer_preset = _number(name, value, MOST_PRESET)
        elif name == "--cri":
            options.cri += (value,)
        elif name == "--docker-host":
            options.docker_host = value
        else:
            options.kubeconfig = "" if value == AUTO else value
    return options


def _number(option: str, text: str, most: int) -> int:
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise UsageError(f"{option} {text}: a number from 1 to {most} is wanted")
    return int(text)


def _findings(here: Possibilities, options: _Options) -> Iterator[Finding]:
    for check in CHECKS:
        yield check(here)
    yield from _runtimes(options)
    yield from _cluster(options.kubeconfig)
    for tier in Tier:
        missing = tiers.lacking(tier, here)
        if missing is None:
            yield Finding(f"tier {tier.value}", GOOD, TIERS[tier])
        else:
            yield Finding(f"tier {tier.value}", SO_SO, f"{TIERS[tier]}: {missing.message}", missing.hint)


def _privileges(here: Possibilities) -> Finding:
    if not here.privileged:
        return Finding("privileges", BAD, "neither root nor CAP_BPF and CAP_PERFMON", "sudo csyspy")
    if not here.sees_processes:
        return Finding("privileges", SO_SO, "no CAP_SYS_PTRACE: files and sockets of others stay unknown", "add the capability SYS_PTRACE")
    return Finding("privileges", GOOD, "may load programs and see all processes")


def _kernel(here: Possibilities) -> Finding:
    kernel = os.uname()
    state = GOOD if _version(kernel.release) >= (5, 8) else SO_SO
    return Finding("kernel", state, f"{kernel.release} {kernel.machine}", "" if state == GOOD else "5.8 or newer has rings and iterators")


def _version(release: str) -> tuple[int, int]:
    parts = release.split(".")
    try:
        return int(parts[0]), int(parts[1].partition("-")[0])
    except (ValueError, IndexError):
        return 0, 0


def _btf(here: Possibilities) -> Finding:
    if here.btf:
        return Finding("BTF", GOOD, "the kernel describes its types")
    return Finding("BTF", SO_SO, "the kernel does not describe its types: tier B at most", "use a kernel with CONFIG_DEBUG_INFO_BTF=y")


def _lockdown(here: Possibilities) -> Finding:
    if here.lockdown == "confidentiality":
        return Finding("lockdown", BAD, "confidentiality: programs may not read memory", "boot with lockdown=integrity")
    return Finding("lockdown", GOOD, here.lockdown or "not in this kernel")


def _tracefs(here: Possibilities) -> Finding:
    if here.tracefs:
        where = tracefs.folder()
        return Finding("tracefs", GOOD, "mounted" if str(where) in tracefs.MOUNTED else "not mounted; csyspy mounts it for itself alone")
    return Finding("tracefs", SO_SO, "not mounted, or not for this user; tier A does without", "mount -t tracefs none /sys/kernel/tracing")


def _bcc(here: Possibilities) -> Finding:
    from csyspy.capture.live import bcc_module

    if here.bcc:
        return Finding("bcc", GOOD, f"{bcc_module.version_of(here.bcc) or 'of an unknown version'} in {here.bcc}")
    return Finding("bcc", BAD, "not installed", bcc_module.HINT.removeprefix("install it: "))


def _cache(here: Possibilities) -> Finding:
    if not here.privileged:
        return Finding("cache", GOOD, "used by root only")
    folder = cache.CACHE
    if not cache.is_safe():
        return Finding("cache", SO_SO, f"{folder} is not root's alone: every start compiles", f"chown root: {folder} && chmod 700 {folder}")
    kept = len(list(folder.glob("*.json")))
    return Finding("cache", GOOD, f"{folder}: {kept} file{'s' if kept != 1 else ''}")


def _cgroups(here: Possibilities) -> Finding:
    unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    hybrid = os.path.exists("/sys/fs/cgroup/unified/cgroup.controllers")
    return Finding("cgroups", GOOD, "v2" if unified else "v1 and v2 (hybrid)" if hybrid else "v1")


CHECKS: Final[tuple[Callable[[Possibilities], Finding], ...]] = (
    _privileges,
    _kernel,
    _btf,
    _lockdown,
    _tracefs,
    _bcc,
    _cache,
    _cgroups,
)


def _runtimes(options: _Options) -> Iterator[Finding]:
    """Sockets of container runtimes, and whether they answer."""
    from csyspy.containers.sockets import found, is_socket, open_runtime

    sockets = found(options.cri, options.docker_host)
    if not sockets:
        yield Finding("containers", GOOD, "no runtime's socket found; ids come from cgroups all the same")
    for entry in sockets:
        if not is_socket(entry.path):
            yield Finding(entry.kind, BAD, f"{entry.path} is no socket", "give the path that the runtime listens on")
            continue
        runtime = open_runtime(entry)
        try:
            yield Finding(entry.kind, GOOD, f"{runtime.version()} on {entry.path}")
        except CsyspyError as error:
            yield Finding(entry.kind, SO_SO, error.message)
        finally:
            runtime.close()


def _cluster(kubeconfig: str | None) -> Iterator[Finding]:
    """The API server, where one is asked: whether it lets us read all that is watched."""
    from csyspy.containers.kubernetes.client import KubernetesApi, in_cluster
    from csyspy.containers.kubernetes.store import RESOURCES
    from csyspy.containers.kubernetes.watch import CONNECT_S, ApiRefused
    from csyspy.containers.untrusted import printable

    if kubeconfig is None and not in_cluster():
        return
    try:
        api = KubernetesApi(kubeconfig or "")
    except UsageError as error:
        yield Finding("kubernetes", BAD, error.message, error.hint)
        return
    refused: dict[int, list[str]] = {}
    for resource in RESOURCES:
        try:
            for _ in api.get(resource.path, {"limit": "1"}, CONNECT_S):
                pass
        except ApiRefused as error:
            refused.setdefault(error.status, []).append(f"{resource.kind}: {error.message}")
        except Exception as error:  # a server's answer may be anything; what this one gives, the others would
            what = f"{api.address}: {type(error).__name__}: {error}"
            yield Finding("kubernetes", SO_SO, printable(what), "see that the address in the kubeconfig can be reached from here")
            return
    for status, messages in refused.items():
        more = f" (and {len(messages) - 1} more kinds)" if len(messages) > 1 else ""
        yield Finding("kubernetes", SO_SO, f"{api.address}: {messages[0]}{more}", REFUSED.get(status, ""))
    if not refused:
        yield Finding("kubernetes", GOOD, f"{api.address} lists pods, what owns them, services and namespaces")


def _live(options: _Options) -> Iterator[Finding]:
    """What it costs to capture everything that happens now."""
    from csyspy.capture.live.stream import DEFAULT_PRESET, LiveSource, StreamOptions, ring_bytes

    begin_s = time.monotonic()
    size = ring_bytes(options.buffer_preset or DEFAULT_PRESET)
    try:
        source = LiveSource(StreamOptions(ring_bytes=size, duration_s=options.seconds, count_runs=True))
    except LiveError as error:
        yield Finding("live", BAD, error.message, error.hint)
        return
    try:
        source.read()  # what runs already
        yield Finding("start", GOOD, f"{1000 * (time.monotonic() - begin_s):.0f} ms until the first event may come")
        while source.read() is not None:
            pass
        cost = source.overhead()
    finally:
        source.close()
    yield from _cost(cost)


def _cost(cost: Overhead) -> Iterator[Finding]:
    rate = cost.events / cost.seconds
    came = f"{cost.events} in {cost.seconds:.1f} s, {rate:.0f} a second"
    yield Finding("events", GOOD, came, values={"events": cost.events, "per_s": rate})
    by_cpu = ", ".join(f"{count} on CPU {cpu}" for cpu, count in enumerate(cost.drops) if count)
    values = {f"cpu{cpu}": count for cpu, count in enumerate(cost.drops)}
    if by_cpu:
        yield Finding("lost", SO_SO, by_cpu, "narrow the filter, or --buf-size-preset: a larger ring", values)
    else:
        yield Finding("lost", GOOD, "none", values=values)
    fill, size = 100 * cost.ring_peak_bytes / cost.ring_bytes, cost.ring_bytes
    yield Finding("ring", GOOD, f"{size >> 20} MiB, at most {fill:.1f} % full", values={"bytes": size, "peak_percent": fill})
    share, memory = 100 * cost.cpu_seconds / cost.seconds, cost.rss_bytes
    yield Finding("csyspy", GOOD, f"{share:.1f} % of a CPU, {memory / 1e6:.0f} MB", values={"cpu_percent": share, "rss_bytes": memory})
    for probe in cost.probes:
        yield Finding("probe", GOOD, f"{probe.name}: {probe.ns:.0f} ns, {probe.runs} times", values={"ns": probe.ns, "runs": probe.runs})
