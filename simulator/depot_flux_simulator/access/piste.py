"""Access: PISTE's OAuth2 tokens and the technical account.

Both layers on every call, documented [CP] fig. 24; the token endpoint and the form of
`cpro-account` are inferred from the other Chorus Pro APIs.
"""

import hmac
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from depot_flux_simulator.access.applications import Application
from depot_flux_simulator.access.throttle import Throttle
from depot_flux_simulator.errors import AccountError, ApiError
from depot_flux_simulator.flux.clock import Clock

EXPIRED = "Le jeton a expiré ; en demander un autre."
_ALGORITHM = "HS256"
_ISSUER = "depot-flux-simulator"
_REMEMBERED = 1_000


class OAuthError(Exception):
    """A token request that PISTE refuses, with the error's OAuth2 code.

    Attributes:
        wait_seconds: how long the caller has to wait before it is looked at again.
    """

    def __init__(self, code: str, wait_seconds: int = 0) -> None:
        super().__init__(code)
        self.wait_seconds = wait_seconds


class Piste:
    """Gives tokens and checks them.

    Args:
        applications: who may call.
        secret: signs the tokens.
        clock: decides when a token has expired.
        token_seconds: how long a token lives.
        throttle: slows wrong secrets down.
    """

    def __init__(
        self,
        applications: tuple[Application, ...],
        secret: str,
        clock: Clock,
        token_seconds: int,
        throttle: Throttle,
    ) -> None:
        self._by_client = {application.client_id: application for application in applications}
        self._throttle = throttle
        self._secret = secret
        self._clock = clock
        self._token_seconds = token_seconds
        # Checking a signature costs as much as the rest of a consultation.
        self._known: OrderedDict[str, tuple[Application, int]] = OrderedDict()
        self._headers = {
            application.client_id: [compte.header.encode() for compte in application.comptes]
            for application in applications
        }

    def token(self, form: Mapping[str, str], address: str | None = None) -> dict[str, Any]:
        """Answer a token request.

        Args:
            form: what it says.
            address: where it comes from; who guesses there makes nobody elsewhere wait.

        Raises:
            OAuthError: `invalid_request`, `unsupported_grant_type` or `invalid_client`; `slow_down`
                after many wrong secrets in a row.
        """
        grant_type = form.get("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request")
        if grant_type != "client_credentials":
            raise OAuthError("unsupported_grant_type")
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if not client_id or not secret:
            raise OAuthError("invalid_request")
        application = self._by_client.get(client_id)
        # Names that are made up are one: who tries them takes nobody else's place.
        who = ("jeton", client_id if application else None, address)
        if wait := self._throttle.wait(*who):
            raise OAuthError("slow_down", wait)
        if application is None or not _same(application.client_secret, secret):
            self._throttle.wrong(*who)
            raise OAuthError("invalid_client")
        self._throttle.right(*who)
        return {
            "access_token": self.sign(application),
            "token_type": "Bearer",
            "expires_in": self._token_seconds,
            "scope": form.get("scope", "openid"),
        }

    def sign(self, application: Application) -> str:
        """A new token for an application."""
        import jwt  # noqa: PLC0415 (heavy: a server starts without)

        now = self._clock.now() // 1000
        claims = {
            "iss": _ISSUER,
            "sub": application.client_id,
            "iat": now,
            "exp": now + self._token_seconds,
            "jti": uuid4().hex,
        }
        return jwt.encode(claims, self._secret, _ALGORITHM)

    def authenticate(
        self,
        authorization: str | None,
        compte: str | None,
        address: str | None = None,
        *,
        account: bool = True,
    ) -> Application:
        """The application that calls.

        Args:
            authorization: the header `Authorization`.
            compte: the header `cpro-account`.
            address: where it comes from; who guesses there makes nobody elsewhere wait.
            account: whether the call must name a technical account.

        Raises:
            ApiError: 401 when a layer is missing or the token is bad, 403 when the technical
                account does not belong to the application.
        """
        application = self._bearer(authorization)
        if not account:
            return application
        if not compte:
            raise _unauthorized(
                "L'en-tête cpro-account est absent ; y mettre login:mot de passe du compte "
                "technique, en base64."
            )
        given = compte.encode("utf-8", "surrogateescape")
        known = self._headers[application.client_id]
        who = ("compte", application.client_id, address)
        if wait := self._throttle.wait(*who):
            raise ApiError(
                429,
                403,
                401,
                detail=f"Trop de mauvais comptes techniques de suite ; réessayer dans {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        if any(hmac.compare_digest(header, given) for header in known):
            self._throttle.right(*who)
        else:
            self._throttle.wrong(*who)
            raise AccountError(
                403,
                401,
                detail="Le compte technique de l'en-tête cpro-account n'appartient pas à "
                "l'application du jeton.",
            )
        return application

    def _bearer(self, authorization: str | None) -> Application:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("Le jeton est absent ; l'envoyer dans Authorization: Bearer.")
        application, expires = self._known.get(token) or self._verified(token)
        if self._clock.now() >= expires * 1000:
            raise _unauthorized(EXPIRED)
        return application

    def _verified(self, token: str) -> tuple[Application, int]:
        import jwt  # noqa: PLC0415 (heavy: a server starts without)

        try:
            claims = jwt.decode(
                token,
                self._secret,
                [_ALGORITHM],
                issuer=_ISSUER,
                # The simulator's clock decides, not the machine's.
                options={"verify_exp": False, "verify_iat": False, "require": ["sub", "exp"]},
            )
        except jwt.InvalidTokenError:
            raise _unauthorized(
                "Le jeton n'est pas de ceux que délivre /api/oauth/token, ou il est altéré."
            ) from None
        application = self._by_client.get(str(claims["sub"]))
        if application is None:
            raise _unauthorized("Le jeton est celui d'une application inconnue.")
        found = (application, int(claims["exp"]))
        self._known[token] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


def _unauthorized(detail: str) -> ApiError:
    return ApiError(401, detail=detail, headers={"WWW-Authenticate": "Bearer"})


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
