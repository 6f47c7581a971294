"""Threads for what takes long, that keep nothing of it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class ForgetfulThreads(ThreadPoolExecutor):
    """Runs each call in a context of its own, as asyncio.to_thread does.

    Textual 8.2 notes the worker that runs as a variable of the thread's context: an idle thread would keep the last one, with its screen
    and all that the screen has collected, until the thread is needed again."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        return super().submit(copy_context().run, partial(fn, *args, **kwargs))
