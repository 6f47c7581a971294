"""What rules cost: csyspy with the public rule sets against sysdig with a filter that matches nothing, on the same gzip capture."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measure import Cost

SETS = (("stable", ("falco_rules.yaml",)), ("all sets", ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")))
SET_FOLDER = "falco-rules/falco-rules-3.2.0"
CAPTURES = ("medium", "attacks")
RELEASES = ("falco-rules-3.2.0", "falco-rules-5.1.0")
SHORTEST = "upstream/falco-connect_localhost.scap"


def rule_rows(
    shared: Path,
    csyspy: str,
    lengthened: Callable[[Path], Path],
    run: Callable[[str, Sequence[str]], Cost | None],
) -> list[str]:
    """One line for each capture and rule set; none where the rule sets are not here. `lengthened` gives the long gzip form of a capture."""
    folder = shared / SET_FOLDER
    if not folder.is_dir():
        return []
    lines = _loading(shared, csyspy, run)
    lines += [f"\nrules, gzip{'':25}{'CPU s: sysdig':>16}{'csyspy':>9}{'share':>9}{'RSS MB':>9}"]
    for name in CAPTURES:
        capture = lengthened(shared / "captures" / f"{name}.scap")
        norm = run("sysdig", ("sysdig", "-r", str(capture), "proc.name=no-such-process"))
        for title, files in SETS:
            loaded = [word for file in files for word in ("-r", str(folder / file))]
            cost = run(f"rules, {title}", (csyspy, "rules", *loaded, "-e", str(capture)))
            if norm is not None and cost is not None:
                share = cost.cpu_s / norm.cpu_s
                lines.append(f"{name + ', ' + title:36}{norm.cpu_s:16.2f}{cost.cpu_s:9.2f}{share:8.2f}x{cost.peak_rss_mb:9.0f}")
    return lines


def _loading(shared: Path, csyspy: str, run: Callable[[str, Sequence[str]], Cost | None]) -> list[str]:
    """What it takes to start, load all sets of a release, compile them, and read a capture of next to nothing."""
    lines = [""]
    for release in RELEASES:
        words = [word for file in SETS[-1][1] for word in ("-r", str(shared / "falco-rules" / release / file))]
        cost = run("rules, loading", (csyspy, "rules", *words, "-e", str(shared / "captures" / SHORTEST)))
        if cost is not None:
            took = f"{cost.wall_s * 1000:.0f} ms, CPU {cost.cpu_s * 1000:.0f} ms"
            lines.append(f"all sets of {release}, from the start to the end of a capture of no length: {took}")
    return lines
