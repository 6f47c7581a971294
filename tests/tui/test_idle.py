"""Who could wait waits while the screen's loop has something to do."""

import asyncio
import threading

from csyspy.tui.idle import IdleSelector

LONG_S = 60.0


def run_with_waiter(selector: IdleSelector, turns: int) -> list[str]:
    """What happens, in order, where a thread waits for a loop that takes so many turns before it has nothing to do."""
    happened: list[str] = []

    def wait() -> None:
        assert selector.wait_until_idle(LONG_S)
        happened.append("went on")

    async def busy() -> None:
        waiter = threading.Thread(target=wait)
        await asyncio.sleep(0.001)  # the loop has waited, and been woken
        waiter.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        happened.append("idle")
        while waiter.is_alive():
            await asyncio.sleep(0.001)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(busy())
    return happened


def test_who_waits_goes_on_once_the_loop_has_nothing_to_do() -> None:
    assert run_with_waiter(IdleSelector(), 2000) == ["idle", "went on"]


def test_nobody_waits_for_long() -> None:
    assert not IdleSelector().wait_until_idle(0.001)


def test_nobody_waits_for_a_loop_that_has_ended() -> None:
    selector = IdleSelector()
    run_with_waiter(selector, 1)
    assert selector.wait_until_idle(LONG_S)
