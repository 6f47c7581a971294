"""Holding the display, playing a capture, and going to a time."""

import time
from dataclasses import replace

from textual import on
from textual.timer import Timer

from csyspy.tui.frame import Can, Frame, State
from csyspy.tui.screens.view_base import ViewBase
from csyspy.tui.time_travel import FASTEST, NS_PER_S, SLOWEST, bounded_speed
from csyspy.tui.widgets.grid import GridView
from csyspy.tui.widgets.scrubber import Scrubber

TICK_S = 0.5
"""Between two steps of a capture that plays."""
MINUTE_S = 60


class TimeCommands(ViewBase):
    """Commands on the time that is shown."""

    _ticker: Timer | None = None

    @property
    def _seeks(self) -> bool:
        return Can.SEEK in self.feed.can

    def command_pause(self) -> None:
        if self._seeks:
            self._play_or_stop()
        elif self.paused_at_s is None:
            self.paused_at_s = time.monotonic()
            self.kept.newest()
            self.show_time()
        else:
            self.paused_at_s = None
            newest = self.kept.newest()
            if newest is not None:
                self.paint(newest)

    def _play_or_stop(self) -> None:
        travel = self.travel
        if travel.is_playing:
            travel.is_playing = False
            self.show_time()
            return
        if not self.feed.index.is_complete:
            self.notify("the capture is still being read", timeout=2)
            return
        travel.play()
        if self._ticker is None:
            self._ticker = self.set_interval(TICK_S, self._tick)
        self.show_time()

    def _tick(self) -> None:
        if self.travel.is_playing and self.is_current:
            self.travel.tick(TICK_S)
            self.ask()

    # stepping: a capture by samples, a live source through what was kept

    def command_earlier(self) -> None:
        self._step(-1)

    def command_later(self) -> None:
        self._step(1)

    def command_minute_earlier(self) -> None:
        self._step_s(-MINUTE_S)

    def command_minute_later(self) -> None:
        self._step_s(MINUTE_S)

    def _step_s(self, seconds: int) -> None:
        if self._seeks:
            self.seek(self.travel.position_ns + seconds * NS_PER_S)
        else:
            self._step(round(seconds * NS_PER_S / self.travel.interval_ns))

    def _step(self, samples: int) -> None:
        if self._seeks:
            self.seek(self.travel.position_ns + samples * self.travel.sample_ns)
            return
        if self.paused_at_s is None:
            self.command_pause()
        frame = self.kept.walk(samples)
        if frame is not None:
            self.paint(frame)

    def seek(self, time_ns: int) -> None:
        """Show the sample that ends there."""
        if not self.feed.index.is_complete:
            self.notify("the capture is still being read", timeout=2)
            return
        self.travel.is_playing = False
        self.travel.seek(time_ns)
        self.ask()

    def command_slower(self) -> None:
        self.travel.faster(0.5)
        self.show_time()

    def command_faster(self) -> None:
        self.travel.faster(2)
        self.show_time()

    def command_speed(self) -> None:
        from csyspy.tui.screens.prompt import Prompt

        about = f"times as fast as it happened, {SLOWEST:g} to {FASTEST:g}; max is {FASTEST:g}"
        self.app.push_screen(Prompt("Speed", about), self._set_speed)

    def _set_speed(self, text: str | None) -> None:
        if not text:
            return
        number = text.strip().lower().strip("x×")
        try:
            self.travel.speed = bounded_speed(FASTEST if number == "max" else float(number))
        except ValueError:
            self.notify(f"not a number: {text}", severity="warning", markup=False)
        self.show_time()

    def command_whole(self) -> None:
        self.travel.whole()
        self.ask()

    def command_range(self) -> None:
        start_ns = self.travel.range_start_ns
        if start_ns is None:
            self.travel.range_start_ns = self.travel.position_ns
            self.notify("the range begins here; go on and press r again where it ends", timeout=3)
            self.show_time()
        else:
            self.choose_range(start_ns, self.travel.position_ns)

    def command_relax(self) -> None:
        if self.frame is not None and self.frame.state is State.LOADING:
            self._stop_reading(self.frame)
        elif self.filter_text or self.row_text:
            self.filter_text = self.row_text = ""
            self.ask()
        elif self.travel.window is not None:
            self.command_whole()
        else:
            self.command_back()

    def _stop_reading(self, frame: Frame) -> None:
        """Keep what was read so far, as if the capture ended there."""
        self.app.workers.cancel_group(self.app, "feed")
        self.query_seq += 1  # what is still on its way is not wanted any more
        self.feed.index.is_complete = True
        notice = f"reading was stopped at {frame.progress or 0:.0%}; c reads on from the beginning"
        self.paint(replace(frame, state=State.PARTIAL, progress=None, notice=notice, query_seq=self.query_seq))

    def choose_range(self, start_ns: int, end_ns: int) -> None:
        """Show what lies between two times."""
        self.travel.select(start_ns, end_ns)
        self.ask()

    def command_mark(self) -> None:
        self.travel.mark()
        self.show_time()

    def command_next_mark(self) -> None:
        if not self.travel.next_mark():
            self.notify("m sets a mark", timeout=2)
            return
        self.travel.is_playing = False
        self.ask()

    def command_go_to(self) -> None:
        from csyspy.tui.screens.prompt import Prompt

        if self._seeks:
            about = "a time (14:02:11.5), seconds from the beginning (+3.5), an event's number (#12345), or a row's number"
        else:
            about = "a row's number"
        self.app.push_screen(Prompt("Go to", about), self._go_to)

    def _go_to(self, text: str | None) -> None:
        if not text:
            return
        from csyspy.tui.moments import Moment, read_moment

        moment = read_moment(text, self.feed.index)
        if moment is None or (moment.kind is not Moment.Kind.LINE and not self._seeks):
            self.notify(f"neither a time nor a number: {text}", severity="warning", markup=False)
        elif moment.kind is Moment.Kind.LINE:
            self.query_one(GridView).go(moment.number - 1)
        else:
            self.seek(moment.number)

    @on(Scrubber.Sought)
    def _scrubbed(self, message: Scrubber.Sought) -> None:
        self.seek(message.time_ns)

    @on(Scrubber.RangeChosen)
    def _brushed(self, message: Scrubber.RangeChosen) -> None:
        self.choose_range(message.start_ns, message.end_ns)

    @on(Scrubber.Stepped)
    def _wheeled(self, message: Scrubber.Stepped) -> None:
        self._step(message.samples)
