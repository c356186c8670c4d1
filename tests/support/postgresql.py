"""A server of PostgreSQL of the tests' own, where Debian's package is installed."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg
import pytest

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)

installed = pytest.mark.skipif(
    PROGRAMS is None, reason="PostgreSQL is not installed (Debian: apt-get install postgresql)"
)


class Postgresql:
    """Runs in a temporary folder, on a socket there; gone when the process ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="depot-flux-postgresql-"))
        if os.geteuid() == 0:
            # It refuses to run as root.
            shutil.chown(self.folder, "postgres", "postgres")
        data = ["-D", str(self.folder / "data")]
        self._run("initdb", *data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()
        atexit.register(self.remove)

    def start(self) -> None:
        """Start it."""
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
            " -c max_connections=300"
        )
        log = str(self.folder / "log")
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", options, "-l", log, "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; immediately is as if it was killed."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """While entered none of its processes runs, as on a machine that hangs."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in reversed(processes):
                process.resume()

    def url(self, schema: str) -> str:
        """The URL of a schema, made if need be: as good as a database, and sooner made."""
        # Two that ask at once both find none, and one of them is told so.
        unique = suppress(psycopg.errors.UniqueViolation)
        with unique, psycopg.connect(self._url(), autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        return f"{self._url()}&options=-csearch_path%3D{schema}"

    def database(self, name: str, encoding: str) -> str:
        """The URL of a new database in another encoding."""
        with psycopg.connect(self._url(), autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' TEMPLATE template0"
                " LC_COLLATE 'C' LC_CTYPE 'C'"
            )
        return self._url().replace("/postgres?", f"/{name}?")

    def remove(self) -> None:
        """Stop it and remove its folder."""
        atexit.unregister(self.remove)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        assert PROGRAMS is not None
        command = [str(PROGRAMS / program), *arguments]
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=user, group=user
        )


@cache
def server() -> Postgresql:
    """The one that all tests of this process share."""
    return Postgresql()


def url_of(folder: Path) -> str:
    """The URL of the database of a simulator whose data lies in a folder."""
    return server().url(f"t{sha256(str(folder).encode()).hexdigest()[:16]}")
