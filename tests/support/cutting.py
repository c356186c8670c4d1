"""A way to PostgreSQL that is cut right after it has passed a COMMIT."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector

from psycopg.conninfo import conninfo_to_dict


class Cutting:
    """Passes on what comes to a port of its own, until it is told to cut.

    Args:
        listening: takes connections.
        url: of the database, as the tests' own server has it.

    Attributes:
        url: of the same database by this way.
        armed: whether the next COMMIT is the last thing that its connection passes on.
        cuts: how often that was so.
        refusing: that many connections are refused after a cut, which ends all others then, as
            where the server is restarted.
    """

    def __init__(self, listening: socket.socket, url: str) -> None:
        host = conninfo_to_dict(url)["host"]
        here = f"127.0.0.1:{listening.getsockname()[1]}/postgres?sslmode=disable"
        self.url = url.replace(f"/postgres?host={host}", here)
        self.armed = False
        self.cuts = self.refusing = 0
        self._clients: list[socket.socket] = []
        self._listening = listening
        self._server = f"{host}/.s.PGSQL.5432"

    def serve(self) -> None:
        """Take connections until that is over."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.cuts and self.refusing:
                    self.refusing -= 1
                    client.close()
                    continue
                self._clients.append(client)
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _cut(self) -> None:
        self.armed = False
        self.cuts += 1
        for client in self._clients if self.refusing else ():
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _pass(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with closing(client), closing(server), suppress(OSError):
            server.connect(self._server)
            other = {client: server, server: client}
            with DefaultSelector() as readable:
                readable.register(client, EVENT_READ)
                readable.register(server, EVENT_READ)
                while True:
                    for key, _ in readable.select():
                        given = key.fileobj
                        assert isinstance(given, socket.socket)
                        data = given.recv(65_536)
                        if not data:
                            return
                        other[given].sendall(data)
                        if self.armed and b"COMMIT\0" in data:
                            self._cut()
                            return


@contextmanager
def cutting(url: str) -> Iterator[Cutting]:
    """Such a way to a database."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        way = Cutting(listening, url)
        threading.Thread(target=way.serve, daemon=True).start()
        yield way
