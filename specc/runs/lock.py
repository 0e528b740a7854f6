"""The lock of a run folder: held by the process that trains in it, and let go by the system when that process dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there
    fcntl = None

NAME = "lock"
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
"""What a file system says that knows no locks: nothing is locked there."""
TRIES = 10
"""A look at a lock holds it for an instant, so that taking it is tried again."""


class Holder(NamedTuple):
    """Who trains in a folder; 0 and "" where its file does not say."""

    process: int
    host: str
    since: float

    def __str__(self) -> str:
        """`process 1234 (since 02:13)`, with the host and the day where they are others."""
        if not self.process:
            return "another process"
        if self.process == os.getpid() and self.host in ("", socket.gethostname()):
            return "this very process"
        where = f" on {self.host}" if self.host not in ("", socket.gethostname()) else ""
        began, today = time.localtime(self.since), time.localtime()
        day = "" if began[:3] == today[:3] else time.strftime("%Y-%m-%d ", began)
        return f"process {self.process}{where} (since {day}{time.strftime('%H:%M', began)})"

    @property
    def way_out(self) -> str:
        here = self.process and self.process != os.getpid() and self.host == socket.gethostname()
        return "wait until it is done" + (f", or stop it with `kill {self.process}`" if here else "")


class InUse(Exception):
    """Another process, or another thread of this one, trains in the folder."""

    def __init__(self, folder: Path, holder: Holder) -> None:
        super().__init__(f"{folder} is being trained by {holder}")
        self.holder = holder


class Lock:
    """A context that lets go of what it took. The file goes with it; after a kill it stays, and nobody holds it."""

    def __init__(self) -> None:
        self.place: Path | None = None
        self.file = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def release(self) -> None:
        """Lets go of the folder."""
        if self.file >= 0 and self.place is not None:
            with contextlib.suppress(OSError):  # the folder may be gone, or be read-only by now
                if os.path.samestat(os.fstat(self.file), os.stat(self.place)):
                    os.unlink(self.place)
            os.close(self.file)
        self.file = -1

    def take(self, folder: Path) -> None:
        """Holds the folder from now on. Raises `InUse`, or `OSError` where its file cannot be written."""
        self.release()
        self.place = folder / NAME
        for _ in range(TRIES):
            self.file = os.open(self.place, os.O_RDWR | os.O_CREAT, 0o644)
            if not _locked(self.file, exclusively=True):
                os.close(self.file)
                self.file = -1
                time.sleep(0.02)
            elif _is_at(self.file, self.place):
                break
            else:  # whoever held it has taken the file away in the meantime
                os.close(self.file)
                self.file = -1
        if self.file < 0:
            raise InUse(folder, holder_of(folder) or Holder(0, "", 0.0))
        told = {"process": os.getpid(), "host": socket.gethostname(), "since": round(time.time(), 3)}
        os.ftruncate(self.file, 0)
        os.write(self.file, (json.dumps(told) + "\n").encode())

    def moved(self, folder: Path) -> None:
        """The folder that is held has another name now."""
        self.place = folder / NAME


def is_held(folder: Path) -> bool:
    """Whether somebody trains in a folder at this moment."""
    try:
        file = os.open(folder / NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _locked(file, exclusively=False)
    finally:
        os.close(file)


def holder_of(folder: Path) -> Holder | None:
    """Who trains in a folder at this moment, or None."""
    if not is_held(folder):
        return None
    try:
        told = json.loads((folder / NAME).read_text("utf-8"))
        return Holder(int(told["process"]), str(told["host"]), float(told["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "", 0.0)


def _locked(file: int, exclusively: bool) -> bool:
    """Whether the lock is ours now: it is, too, where there are no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
    return True


def _is_at(file: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(place))
    except FileNotFoundError:
        return False
