"""A server that is ill-treated for minutes while clients deposit: nothing is lost, twice or wrong.

    make soak [SECONDS=600]

Processes are killed and stopped at random, the first one too, which is then started again as a
service manager would; the disk is filled and freed; other servers are started on the same store.
What a client knows in the end is held against what the store holds.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Calls
from tests.support.contract import CONTRACT
from tests.support.served import Served, free_port, port_is_free

CLIENTS = 4
PAUSE = 0.05  # between two deposits of a client: the machine's time goes to those who suffer
PATIENCE = 30.0  # what takes longer is stuck
DISK = "256m"
_FINAL = (Statut.RECEVABLE, Statut.IRRECEVABLE)
_RANK = {statut: rank for rank, statut in enumerate(Statut)}


@dataclass
class Known:
    """What clients and those who ill-treat the server know.

    Attributes:
        expected: for each name that was sent, the status it must end at.
        accepted: name by identifier.
        refused: names that were refused by a 4xx.
        seen: the last status of each identifier.
        breaches: what must not be.
        done: how often what was done.
    """

    expected: dict[str, Statut] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    seen: dict[str, Statut] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def tell(self, id_flux: str, statut: Statut) -> None:
        """Note a status, which never goes back."""
        before = self.seen.get(id_flux, Statut.RECU)
        if (before in _FINAL and statut is not before) or _RANK[statut] < _RANK[before]:
            self.breaches.append(f"wrong: {id_flux} went from {before} to {statut}")
        self.seen[id_flux] = statut


class Soak:
    """One run.

    Args:
        folder: where the store lies.
        seconds: for how long.
        full: whether the folder is a small disk that may be filled.
        seed: repeats what is done, though not when.
    """

    def __init__(self, folder: Path, seconds: float, *, full: bool, seed: int = 0) -> None:
        self.known = Known()
        self._folder = folder
        self._full = full
        self._random = random.Random(seed)
        self._until = time.monotonic() + seconds
        self._over = threading.Event()
        self._served = Served(folder, "--pace", "0", "--workers", "2")
        self._life = threading.RLock()  # whoever starts or ends a whole server
        self._ours: set[psutil.Process] = set()

    def run(self) -> Known:
        """Run it."""
        self._served.start()
        headers = self._served.access()
        jobs: list[Callable[[], None]] = [self._look, self._strike, self._start_others]
        jobs += [self._fill] if self._full else []
        with ThreadPoolExecutor(CLIENTS + len(jobs) + 1) as pool:
            clients = [pool.submit(self._deposit, number, headers) for number in range(CLIENTS)]
            keeper = pool.submit(self._keep)
            try:
                for job in clients + [pool.submit(job) for job in jobs]:
                    job.result()
                self._settle(headers)
            finally:
                self._over.set()
            keeper.result()
        self._judge()
        self._end()
        return self.known

    @property
    def _goes_on(self) -> bool:
        return time.monotonic() < self._until

    def _deposit(self, number: int, headers: dict[str, str]) -> None:
        rank = 0
        mine: list[str] = []
        chance = random.Random(number)
        while self._goes_on:
            with httpx.Client(
                base_url=self._served.url, headers=headers, timeout=PATIENCE
            ) as client:
                calls = Calls(client, CONTRACT)
                try:
                    while self._goes_on:
                        rank += 1
                        self._deposit_one(calls, f"S{number}-{rank}", mine)
                        for id_flux in chance.sample(mine, min(2, len(mine))):
                            self._consult(calls, id_flux)
                        time.sleep(PAUSE)
                except httpx.TransportError as error:
                    self._cut(error)

    def _deposit_one(self, calls: Calls, name: str, mine: list[str]) -> None:
        good = not name.endswith("7")
        content = facture_ubl(name) if good else f"<Invoice>{name}".encode()
        self.known.expected[f"{name}.xml"] = Statut.RECEVABLE if good else Statut.IRRECEVABLE
        reply = self._timed(lambda: calls.deposer(content, f"{name}.xml"))
        if reply.accepted:
            if self.known.accepted.setdefault(reply.id_flux, f"{name}.xml") != f"{name}.xml":
                self.known.breaches.append(f"twice: {reply.id_flux} was given twice")
            mine.append(reply.id_flux)
        elif reply.status < 500:
            self.known.refused.add(f"{name}.xml")
            self.known.breaches.append(f"wrong: {name} was answered {reply.status}")
        elif reply.status != 503:
            self.known.breaches.append(f"wrong: {name} was answered {reply.status}")
        self.known.done[f"deposits answered {reply.status}"] += 1

    def _consult(self, calls: Calls, id_flux: str) -> None:
        reply = self._timed(lambda: calls.consulter(id_flux))
        if reply.accepted:
            self.known.tell(id_flux, reply.statut)
        elif reply.status != 503:
            self.known.breaches.append(f"lost: {id_flux} was answered {reply.status}")

    def _timed(self, call: Callable[[], Any]) -> Any:
        began = time.monotonic()
        try:
            return call()
        finally:
            self.known.longest = max(self.known.longest, time.monotonic() - began)

    def _cut(self, error: httpx.TransportError) -> None:
        self.known.done["calls cut"] += 1
        if isinstance(error, httpx.TimeoutException):
            self.known.breaches.append(f"stuck: a call had no answer for {PATIENCE:.0f} s")
        time.sleep(PAUSE)

    def _strike(self) -> None:
        """Kill and stop processes at random."""
        while self._goes_on:
            time.sleep(self._random.uniform(0.3, 2.0))
            family = self._family()
            if len(family) < 3:
                continue  # it is starting: nobody could look after it yet
            first, *others = family
            victim = first if self._random.random() < 0.05 else self._random.choice(others)
            number = self._random.choice([signal.SIGKILL, signal.SIGSTOP])
            with suppress(psutil.Error):
                victim.send_signal(number)
                which = "the first process" if victim == first else "a process"
                self.known.done[f"{which} got {number.name}"] += 1

    def _keep(self) -> None:
        """Start the server again once all of it has ended."""
        while not self._over.wait(0.1):
            with self._life:
                code = self._served.process.poll()
                if code is None:
                    continue
                self.known.done["the whole started again"] += 1
                if code == 0:
                    self.known.breaches.append("wrong: the server ended with exit code 0")
                self._served.kill()
                self._start_again()

    def _start_again(self) -> None:
        began = time.monotonic()
        while True:
            try:
                self._served.start()
            except AssertionError as error:  # the disk is full, or it was struck while it started
                if self._served.process.poll() is None:
                    self._served.kill()
                if time.monotonic() - began > 4 * PATIENCE:
                    self.known.breaches.append(f"stuck: it does not start again: {error}")
                    return
                time.sleep(0.5)
            else:
                return

    def _look(self) -> None:
        """See that nothing stays stopped."""
        since: dict[psutil.Process, float] = {}
        while self._goes_on:
            time.sleep(0.25)
            stopped = {p for p in self._family() if _status(p) == psutil.STATUS_STOPPED}
            now = time.monotonic()
            since = {process: since.get(process, now) for process in stopped}
            for process, began in since.items():
                if now - began > PATIENCE / 2:
                    self.known.breaches.append(f"stuck: {process} stays stopped")
                    process.kill()

    def _fill(self) -> None:
        ballast = self._folder / "ballast"
        while self._goes_on:
            time.sleep(self._random.uniform(4, 20))
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(65_536)):
                    pass
            with suppress(OSError), ballast.open("ab", buffering=0) as file:
                while file.write(bytes(512)):
                    pass
            self.known.done["the disk was full"] += 1
            time.sleep(3)
            ballast.unlink()

    def _start_others(self) -> None:
        """Start a second server on the store, which must be refused."""
        while self._goes_on:
            time.sleep(self._random.uniform(5, 25))
            with self._life:
                if self._served.process.poll() is not None:
                    continue
                self._start_another()

    def _start_another(self) -> None:
        command = [*map(str, self._served.process.args)]  # type: ignore[arg-type]
        port = free_port()
        command[command.index("--port") + 1] = str(port)
        other = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while other.poll() is None and self._served.process.poll() is None:
            if not port_is_free(port):
                self.known.breaches.append("wrong: a second server serves")
                break
            time.sleep(0.1)
        other.kill()  # if the first one died meanwhile, it may have taken its place
        _, said = other.communicate()
        if self._served.process.poll() is None:
            self.known.done["a second server was refused"] += 1
            if other.returncode == 0 or "another simulator" not in said:
                self.known.breaches.append(f"wrong: a second server said {said!r}")

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            first = psutil.Process(self._served.process.pid)
            family = [first, *first.children(recursive=True)]
            self._ours.update(family)
            return family
        return []

    def _settle(self, headers: dict[str, str]) -> None:
        """Wait until every flux has its end."""
        deadline = time.monotonic() + 2 * PATIENCE + len(self.known.accepted) / 50
        waiting = set(self.known.accepted)
        while waiting and time.monotonic() < deadline:
            try:
                with httpx.Client(
                    base_url=self._served.url, headers=headers, timeout=PATIENCE
                ) as client:
                    calls = Calls(client, CONTRACT)
                    for id_flux in sorted(waiting):
                        self._consult(calls, id_flux)
                        if self.known.seen.get(id_flux) in _FINAL:
                            waiting.discard(id_flux)
            except httpx.TransportError:
                time.sleep(0.2)
            time.sleep(0.2)
        self.known.breaches += [f"stuck: {id_flux} has no verdict" for id_flux in waiting]

    def _judge(self) -> None:
        """Hold what is stored against what is known."""
        held: Counter[str] = Counter()
        for flux in _stored(self._served.url):
            name = flux["nom"]
            held[name] += 1
            known = self.known.accepted.get(flux["id_flux"], name)
            if known != name or name not in self.known.expected:
                self.known.breaches.append(f"wrong: {flux['id_flux']} is {name}, not {known}")
            elif flux["statut"] in _FINAL and flux["statut"] != self.known.expected[name]:
                self.known.breaches.append(f"wrong: {name} is {flux['statut']}: {flux['motifs']}")
            if flux["ecarte"]:
                self.known.breaches.append(f"lost: {name}: {flux['ecarte']}")
        names = list(self.known.accepted.values())
        self.known.breaches += [f"lost: {name}" for name in names if not held[name]]
        self.known.breaches += [f"twice: {name}" for name, count in held.items() if count > 1]
        for name in self.known.refused & {*held}:
            self.known.breaches.append(f"wrong: {name} was refused, and is stored")

    def _end(self) -> None:
        code = self._served.interrupt()
        if code:
            self.known.breaches.append(f"wrong: it ended with exit code {code}")
        _, alive = psutil.wait_procs(self._ours, timeout=5)
        self.known.breaches += [f"stuck: {process} outlives the server" for process in alive]


def _status(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.status()
    return ""


def _stored(url: str) -> Iterator[dict[str, Any]]:
    before: dict[str, int] = {}
    while True:
        page = httpx.get(f"{url}/_simulator/flux", params={"limit": 100, **before}, timeout=60)
        yield from page.json()["flux"]
        following = page.json()["suivant"]
        if following is None:
            return
        before = {"before": following}


@contextmanager
def small_disk(place: Path) -> Iterator[bool]:
    """A folder as a small disk of its own, where this user may mount one; whether it is."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "none", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=False)


def main() -> None:
    """Run it as long as the first argument says."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name)) as full:
        if not full:
            print("no right to mount a small disk: it is never full here")
        known = Soak(Path(name), seconds, full=full, seed=os.getpid()).run()
        log = (Path(name) / "log.txt").read_text(encoding="utf-8", errors="replace")
    for what, count in sorted(known.done.items()):
        print(f"{count:>8}  {what}")
    print(f"{len(known.accepted):>8}  flux accepted; the slowest answer took {known.longest:.1f} s")
    counts = Counter(breach.partition(":")[0] for breach in known.breaches)
    print(", ".join(f"{counts[kind]} {kind}" for kind in ("lost", "twice", "wrong", "stuck")))
    for breach in known.breaches[:20]:
        print(f"  {breach}")
    if known.breaches:
        print("\n".join(log.splitlines()[-60:]))
        sys.exit(1)


if __name__ == "__main__":
    main()
