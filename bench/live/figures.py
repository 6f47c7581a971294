"""Figures and what is wanted of them."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Figures:
    """Prints figures, each with its bound and whether it is kept; remembers those that are not."""

    told: int = 0
    missed: list[str] = field(default_factory=list)

    def tell(self, what: str, value: float, unit: str, *, most: float | None = None, least: float | None = None, note: str = "") -> None:
        """Print one. ``most`` and ``least`` are what is wanted; without them it is only told."""
        bound = f"wanted ≤ {most:g}" if most is not None else f"wanted ≥ {least:g}" if least is not None else ""
        kept = self.count(what, value, most=most, least=least)
        mark = "" if not bound else "ok" if kept else "MISSED"
        print(f"{what:58}{value:9.2f} {unit:9}{bound:14} {mark:7}{note}".rstrip(), flush=True)

    def count(self, what: str, value: float, *, most: float | None = None, least: float | None = None) -> bool:
        """Whether a figure is as wanted, as far as can be told from its last printed digit."""
        kept = (most is None or value <= most + 0.005) and (least is None or value >= least - 0.005)
        if most is not None or least is not None:
            self.told += 1
            if not kept:
                self.missed.append(what)
        return kept

    def end(self) -> None:
        """Print the sum of it."""
        print(f"\n{self.told - len(self.missed)} of {self.told} figures as wanted" + "".join(f"\n  missed: {what}" for what in self.missed))
