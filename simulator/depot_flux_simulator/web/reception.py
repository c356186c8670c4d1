"""What can be said of a call before its body is read, for a server that reads it first.

A server that waits for a body in a thread has no thread left for others once enough clients are
slow. Ours reads bodies beside each other, and needs to know how much of each to take.
"""

import errno
from wsgiref.types import WSGIEnvironment

from flask import Request

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.errors import StoreError, StoreFullError, UncertainError
from depot_flux_simulator.web import oauth
from depot_flux_simulator.web.caller import caller
from depot_flux_simulator.web.control_plane import PREFIX
from depot_flux_simulator.web.control_plane.admission import Admission
from depot_flux_simulator.web.door import DEPOSIT, Door
from depot_flux_simulator.web.targets import STATE, TARGET, Targets

FAULT = "depot_flux.body"
"""Key of the environment: the `ApiError` that the server's reading of the body ended in, if any."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What the system says when a disk, or a user's share of it, is full."""

_TOKEN_BYTES = 8_192
_STEERING_BYTES = 1_000_001
_OTHER_BYTES = 100_001

LATE = ApiError(408, 400, detail="Le corps n'est pas arrivé à temps ; renvoyer la requête.")
CUT = ApiError(
    400, detail="Le corps s'est interrompu avant sa fin ; rien n'est enregistré, le renvoyer."
)
LONG = ApiError(
    413,
    400,
    detail="Le corps dépasse ce que la passerelle laisse passer ; un flux fait au plus 30 Mo.",
)
FULL = ApiError(
    503, 500, detail="La plateforme n'a plus de place sur son disque ; réessayer plus tard."
)
UNABLE = ApiError(
    503, 500, detail="La plateforme ne peut pas lire ou écrire un fichier ; réessayer plus tard."
)
AWAY = ApiError(503, 500, detail="La base des flux ne répond pas ; réessayer plus tard.")
UNCERTAIN = ApiError(
    503,
    500,
    detail="La base des flux ne répond plus, et il n'est pas sûr que rien ne soit enregistré ; le "
    "vérifier avant de réessayer.",
)


def of_store(error: StoreError) -> ApiError:
    """What is answered to a call that the store failed."""
    if isinstance(error, StoreFullError):
        return FULL
    return UNCERTAIN if isinstance(error, UncertainError) else AWAY


class Reception:
    """Looks at calls before they are answered.

    Args:
        parts: those of the simulator.

    Attributes:
        may_wait: whether looking at a call, or a consultation, may wait for other machines.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.may_wait = parts.settings.is_shared
        self._targets = Targets(parts.contract, parts.base_path, oauth.PATH)
        self._door = Door(
            Admission(parts.settings.control_token, parts.throttle), parts.store.secret()
        )
        consulter = parts.contract.consulter
        self._quick = str(consulter.role) if consulter.method == "GET" else None

    def is_quick(self, environ: WSGIEnvironment) -> bool:
        """Whether a call is answered at once, whatever others do: a consultation without fault.

        What it is about, and the steering it goes by, are noted in the environment on the way.
        """
        target = self._targets.of(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        environ[TARGET] = target
        if target not in (self._quick, Target.DEPOSER):
            return False
        try:
            environ[STATE] = self._parts.steering.state
        except StoreError:
            return False  # whoever answers asks again, and says so
        return target == self._quick and not environ[STATE].faults

    def is_brief(self, environ: WSGIEnvironment) -> bool:
        """Whether a call, looked at by `is_quick`, is a deposit that nothing keeps from its end."""
        known = environ[TARGET] == Target.DEPOSER and STATE in environ
        return known and not environ[STATE].faults

    def is_light(self, environ: WSGIEnvironment) -> bool:
        """Whether such a deposit, if small, waits for its rows alone, and not for files."""
        settings = self._parts.settings
        plain = not settings.inline and not settings.keep_bodies
        return plain and self.is_brief(environ) and self._parts.deposits.is_light(environ[STATE])

    def body_bytes(self, environ: WSGIEnvironment) -> int:
        """As many bytes of its body are read at most; none for a deposit by nobody knows whom."""
        path = environ["PATH_INFO"]
        target = self._targets.of(environ["REQUEST_METHOD"], path)
        if target == Target.JETON:
            return _TOKEN_BYTES
        if target == Target.DEPOSER:
            return self._parts.settings.body_bytes if self._is_known(environ) else 0
        if path == DEPOSIT and self._door.admits(Request(environ)):
            return self._parts.settings.body_bytes
        return _STEERING_BYTES if path.startswith(PREFIX) else _OTHER_BYTES

    def _is_known(self, environ: WSGIEnvironment) -> bool:
        try:
            caller(self._parts, environ)
        except ApiError:
            return False
        return True
