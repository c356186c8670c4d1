"""The curl line that repeats a call; what is secret stands as a variable of the shell."""

from shlex import quote

from depot_flux_simulator.contract.bodies import Body, JsonBody, RawBody
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.store.journal import Entry

# The flux in base64 inside its JSON: the caller's own file, which nobody keeps whole.
_JSON_BODY = "corps.json"


def line(entry: Entry, base: str, body: Body) -> str:
    """One line for a shell.

    Args:
        entry: the call.
        base: URL of the service.
        body: the form in which the contract lets a flux be deposited.
    """
    query = f"?{entry.requete}" if entry.requete else ""
    path = entry.chemin.encode("latin-1", "replace").decode("utf-8", "replace")
    url = quote(f"{base}{path}{query}")
    if entry.operation == Target.JETON:
        return (
            'curl -d grant_type=client_credentials -d client_id="$CLIENT_ID" '
            f'-d client_secret="$CLIENT_SECRET" -d scope=openid {url}'
        )
    method = "" if entry.methode == "GET" else f"-X {quote(entry.methode)} "
    access = '-H "Authorization: Bearer $TOKEN" -H "cpro-account: $CPRO_ACCOUNT"'
    if entry.operation != Target.DEPOSER:
        return f"curl {method}{access} {url}"
    parts = _parts(entry, body)
    if entry.id_flux is None or isinstance(body, JsonBody):
        return f"curl {access} {parts} {url}"
    # What was deposited is still here: the line sends the same bytes again.
    content = quote(f"{base}/_simulator/flux/{entry.id_flux}/contenu")
    return f"curl -s {content} | curl {access} {parts} {url}"


def _parts(entry: Entry, body: Body) -> str:
    if isinstance(body, JsonBody):
        return f"--json @{_JSON_BODY}"
    nom = entry.nom or "flux"
    escaped = nom.replace("\\", "\\\\").replace('"', '\\"')
    source = "-" if entry.id_flux else f'"{escaped}"'
    if isinstance(body, RawBody):
        return f"-H {quote(f'Content-Type: {body.media_type}')} --data-binary {quote('@' + source)}"
    parts = [f'{body.fichier}=@{source};filename="{escaped}"']
    code_interface = body.field(Role.CODE_INTERFACE)
    if code_interface and entry.code_interface:
        parts.insert(0, f"{code_interface}={entry.code_interface}")
    return " ".join(f"-F {quote(part)}" for part in parts)
