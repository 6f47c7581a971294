"""The strip of gauges where it has one line."""

import re
from dataclasses import replace

from screen import QuietFeed, frame, settled, shown, text_of

from csyspy.tui.app import CsyspyApp
from csyspy.tui.frame import Gauge
from csyspy.tui.widgets.pulse import Pulse

NUMBERS = {"CPU": "38% of 2", "MEM": "801M/23.5G", "DISK": "1.06M/s", "NET": "1.82K/s"}


def gauges(numbers: dict[str, str]) -> tuple[Gauge, ...]:
    return tuple(Gauge(label, text, None, (1.0,) * 20, 1) for label, text in numbers.items())


def strip(app: CsyspyApp) -> str:
    return text_of(app).splitlines()[2]


async def test_every_gauge_has_its_words_and_the_same_graph() -> None:
    app = CsyspyApp(QuietFeed())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await shown(pilot, replace(frame(1.0), gauges=gauges(NUMBERS)))
        assert re.fullmatch(r" CPU (█+) 38% of 2 +MEM \1 801M/23.5G +DISK \1 1.06M/s +NET \1 1.82K/s", strip(app))
        places = [strip(app).index(label) for label in NUMBERS]
        await shown(pilot, replace(frame(1.0, seq=2), gauges=gauges({**NUMBERS, "CPU": "1% of 2", "DISK": "0/s"})))
        assert [strip(app).index(label) for label in NUMBERS] == places
        app.view_screen.query_one(Pulse).show_alerts(1, "$faint")
        await settled(pilot)
        assert re.fullmatch(r" CPU 1% of 2 +MEM 801M/23.5G +DISK 0/s +NET 1.82K/s +▲ 1 alert", strip(app))


async def test_what_does_not_fit_is_left_out_not_cut() -> None:
    app = CsyspyApp(QuietFeed())
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        await shown(pilot, replace(frame(1.0), gauges=gauges({**NUMBERS, "MEM": "801.2G/1023.5G"})))
        app.view_screen.query_one(Pulse).show_alerts(53, "$faint")
        await settled(pilot)
        assert re.fullmatch(r" CPU 38% of 2 +MEM 801.2G/1023.5G +DISK 1.06M/s +▲ 53", strip(app))
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        assert all(f"─ {label} ─" in strip(app) for label in NUMBERS)
        assert "▲ 53 alerts" in text_of(app)
