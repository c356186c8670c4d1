"""The curl line that repeats a request; what is secret stands as a variable of the shell."""

from collections.abc import Iterator
from shlex import quote

from depot_flux._http.access import ACCOUNT_HEADER
from depot_flux_contract.exchanges.exchange import Sent
from depot_flux_contract.exchanges.requests import parts
from depot_flux_contract.exchanges.secrets import MASK, Secrets, is_secret

_LEFT_OUT = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
)
_LONGEST = 2_000
FORM = "application/x-www-form-urlencoded"


def line(sent: Sent, secrets: Secrets, access: dict[str, str] | None = None) -> str:
    """One line for a shell.

    Args:
        sent: the request.
        secrets: what must not be shown.
        access: the access that counts, variable of the shell by secret value.
    """
    words = ["curl"]
    if sent.method != "GET":
        words.append(f"-X {quote(sent.method)}")
    multipart = sent.media_type == "multipart/form-data"
    for name, value in sent.headers:
        if name.lower() in _LEFT_OUT or (multipart and name.lower() == "content-type"):
            continue
        words.append(f"-H {_header(name, value, secrets, access or {})}")
    words += _body(sent, secrets, multipart=multipart)
    words.append(quote(secrets.address(sent.url)))
    return " ".join(words)


def _header(name: str, value: str, secrets: Secrets, access: dict[str, str]) -> str:
    for secret, variable in access.items():
        if secret and secret in value:
            before, _, after = value.partition(secret)
            return f'"{name}: {before}${variable}{after}"'
    if is_secret(name) and name.lower() not in {"authorization", ACCOUNT_HEADER}:
        return quote(f"{name}: {MASK}")
    # An access made up to be refused is no secret, and the line needs it.
    return quote(f"{name}: {secrets.hide(value)}")


def _body(sent: Sent, secrets: Secrets, *, multipart: bool) -> Iterator[str]:
    if not sent.size:
        return
    if sent.body is None:
        yield f"--data-binary @flux  # {sent.size} bytes"
    elif multipart:
        for name, filename, content in parts(sent):
            if filename is None and len(content) <= _LONGEST:
                text = secrets.named(name, content.decode("utf-8", "replace"))
                yield f"-F {quote(f'{name}={text}')}"
            else:
                escaped = (filename or name).replace("\\", "\\\\").replace('"', '\\"')
                part = f'{name}=@"{escaped}"'
                yield f"-F {quote(part)}"
    elif sent.size <= _LONGEST and (sent.media_type == FORM or "json" in sent.media_type):
        yield f"--data-binary {quote(secrets.hide(sent.body.decode('utf-8', 'replace')))}"
    else:
        yield "--data-binary @flux"
