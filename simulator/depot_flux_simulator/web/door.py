"""Who may see the page, and which forms are its own.

It is the control plane's: this machine alone, or whoever shows the control token, once. A form is
taken only from a page that was served here: its origin is this host, and it repeats a secret that
no other site can read.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from flask import Request, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.web.control_plane.admission import (
    Admission,
    check_machine,
    check_origin,
)
from depot_flux_simulator.web.control_plane.api import PREFIX

PAGE = f"{PREFIX}/page"
"""What stands before every address of the page."""
DEPOSIT = f"{PAGE}/deposit"
"""Where the page takes whole flux."""
COOKIE = "depot_flux_page"
FIELD = "jeton"
"""Name of the field in which a form repeats its secret."""
HEADERS = {
    # The page's own files and nothing else, in no other page's frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_HOURS = 12 * 3_600


class NotEnteredError(Exception):
    """The control token was not shown yet."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One browser.

    Attributes:
        number: drawn for it, its secret follows from it.
        entered: whether it showed the control token.
    """

    number: str
    entered: bool


class Door:
    """Lets browsers in.

    Args:
        admission: who may call the control plane.
        secret: the store's, the same for all processes.
    """

    def __init__(self, admission: Admission, secret: str) -> None:
        self._admission = admission
        self._key = f"{secret} {admission.token}"
        self._cookies = URLSafeTimedSerializer(self._key, salt=COOKIE)

    @property
    def asks_token(self) -> bool:
        """Whether the control token must be shown."""
        return bool(self._admission.token)

    def check(self) -> None:
        """Let the current request come as far as the entry.

        Raises:
            ApiError: it is another site's, another machine's, or a form that is not the page's.
        """
        check_origin(request)
        if not self.asks_token:
            check_machine(request)
        g.visit = self._visit(request) or _Visit(token_hex(16), entered=False)
        if request.method == "POST":
            self._check_form()

    def check_entered(self) -> None:
        """Let the current request in.

        Raises:
            NotEnteredError: the control token was not shown.
        """
        if self.asks_token and not g.visit.entered:
            raise NotEnteredError

    def admits(self, caller: Request) -> bool:
        """Whether a request, not the current one, would be let in, as far as its headers tell."""
        try:
            check_origin(caller)
            if not self.asks_token:
                check_machine(caller)
        except ApiError:
            return False
        visit = self._visit(caller)
        return visit is not None and (visit.entered or not self.asks_token)

    def enter(self, token: str) -> None:
        """Let the current browser in for some hours.

        Raises:
            ApiError: the token is wrong, or one was too often.
        """
        self._admission.check_token(token, request)
        # Another number: whoever knew the old one knows nothing of this visit.
        g.visit = _Visit(token_hex(16), entered=True)

    @property
    def form_secret(self) -> str:
        """What a form of the current browser repeats."""
        return self._secret_of(g.visit)

    def leave_word(self, response: Response) -> None:
        """Let a browser be known again."""
        visit = getattr(g, "visit", None)
        if visit is None or visit == self._visit(request):
            return
        response.set_cookie(
            COOKIE,
            str(self._cookies.dumps([visit.number, visit.entered])),
            max_age=_HOURS if visit.entered else None,
            path=PAGE,
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )

    def _visit(self, caller: Request) -> _Visit | None:
        try:
            number, entered = self._cookies.loads(caller.cookies.get(COOKIE, ""), max_age=_HOURS)
        except (BadSignature, ValueError, TypeError):
            return None
        return _Visit(number, entered)

    def _check_form(self) -> None:
        # Every browser says where a form comes from; one that does not, or says "null", is none.
        given = request.headers.get("X-Jeton") or request.form.get(FIELD, "")
        same = hmac.compare_digest(given.encode("utf-8", "replace"), self.form_secret.encode())
        if not same:
            raise ApiError(
                403,
                detail="Ce formulaire n'est pas de cette page, ou elle a trop attendu ; la "
                "recharger.",
            )

    def _secret_of(self, visit: _Visit) -> str:
        said = f"{visit.number} {visit.entered}".encode()
        return hmac.new(self._key.encode(), said, sha256).hexdigest()
