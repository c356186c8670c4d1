"""The client's command run once: what it called, what it printed, how it ended."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from depot_flux.configuration import PREFIX
from depot_flux_contract.clients.gate import Call
from depot_flux_simulator.flux.rules import Target

_KEPT = 2_000_000
_PIECE = 1 << 16
_LOOK_SECONDS = 0.1
_POSIX = os.name == "posix"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code; None where it was stopped, since it took too long.
        output: the beginning of what it printed.
    """

    code: int | None
    output: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one run of the command, or several in a row, left.

    Attributes:
        calls: every call, in the order in which they came.
        stored: sha256 of every flux that the platform has, the newest first.
        began: when each run began, in seconds since the first one did.
        codes: how each run ended; None where it was stopped.
        output: what they printed.
    """

    calls: tuple[Call, ...]
    stored: tuple[str, ...]
    began: tuple[float, ...]
    codes: tuple[int | None, ...]
    output: str

    def of(self, target: Target) -> list[Call]:
        """The calls of an operation."""
        return [call for call in self.calls if call.target == target]

    @property
    def succeeded(self) -> bool:
        """Whether the last run says so."""
        return self.codes[-1] == 0

    @property
    def told(self) -> str:
        """All that came, in one line."""
        ends = [f"exit code {code}" if code is not None else "stopped" for code in self.codes]
        calls = ", ".join(map(str, self.calls[:12])) or "no call"
        more = f" and {len(self.calls) - 12} more" if len(self.calls) > 12 else ""
        return f"{calls}{more}; {len(self.stored)} flux stored; {' then '.join(ends)}"


def filled(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """A command with values in the place of `{name}`; other braces are left as they are."""
    done = []
    for argument in command:
        for name, value in values.items():
            argument = argument.replace(f"{{{name}}}", value)  # noqa: PLW2901 (grows step by step)
        done.append(argument)
    return done


def findable(program: str) -> bool:
    """Whether there is such a program."""
    return shutil.which(program) is not None


def environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: this one's, with these settings and no other of the facade."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    # What is served here is reached past every proxy.
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, **values}


def run(
    command: Sequence[str],
    values: Mapping[str, str],
    seconds: float,
    enough: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a command, and stop it with all that it started once its time is over.

    Args:
        command: program and arguments.
        values: what it finds in its environment beside what is there.
        seconds: how long it may take.
        enough: whether enough was seen of it before.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 (the command that was asked for)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(values),
        start_new_session=_POSIX,
    )
    assert process.stdout is not None  # noqa: S101 (it is a pipe)
    kept = bytearray()
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    deadline = time.monotonic() + seconds
    try:
        while (code := _waited(process)) is None:
            if time.monotonic() > deadline or enough():
                break
    finally:
        _kill(process)
        reader.join(1)
    return Ended(code, bytes(kept).decode("utf-8", "replace"))


def _waited(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _read(stream: IO[bytes], kept: bytearray) -> None:
    with suppress(OSError, ValueError), stream:
        while piece := os.read(stream.fileno(), _PIECE):
            kept += piece[: _KEPT - len(kept)]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a command and whatever it has left behind."""
    with suppress(OSError):
        if _POSIX:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
