"""Requests to stop: Ctrl-C, the SIGTERM of machines and schedulers that will soon end a process, and a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Inside the block a first signal only sets what the given function tells; a second one stops at once.

    Signals reach the main thread alone: elsewhere nothing changes, and nobody ever asks.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    in_main_thread = threading.current_thread() is threading.main_thread()
    # What is ignored stays so: `nohup` lets a run outlive its terminal.
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN] if in_main_thread else []
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
