"""What each tool is tried for; every answer comes from calls, none from its documentation."""

from collections.abc import Callable

import httpx

from benchmarks.peers.tools import FOREIGN, CannotError, Ours, Tool

YES, NO = "yes", "no"


def keeps_state(tool: Tool) -> str:
    """Two deposits have two identifiers, each is found, and no third one is."""
    first, second = (tool.identifier(tool.deposit(tool.good())) for _ in range(2))
    found = all(tool.consult(each).status_code == 200 for each in (first, second))
    unknown = tool.consult("999999").status_code
    return _told(first != second and found and unknown == 404)


def judges(tool: Tool) -> str:
    """A broken file fares otherwise than a good one."""
    good = tool.good()
    return _told(tool.outcome(good) != tool.outcome(_broken(tool.good())))


def judges_this_api(tool: Tool) -> str:
    """The same for an invoice as a French public body deposits it."""
    good = Tool.good(tool)
    return _told(tool.outcome(good) != tool.outcome(_broken(Tool.good(tool))))


def says_why(tool: Tool) -> str:
    """A broken file has codes of rules to its name, a good one has none."""
    return _told(not tool.reasons(tool.good()) and bool(tool.reasons(_broken(tool.good()))))


def asks_for_access(tool: Tool) -> str:
    """Nobody is let in without a token."""
    tool.headers, kept = {}, tool.headers
    answer = tool.deposit(tool.good())
    tool.headers = kept
    return _told(answer.status_code == 401)


def refuses_what_breaks_the_contract(tool: Tool) -> str:
    """A deposit without its file is refused."""
    answer = httpx.post(
        f"{tool.url}/flux", data={"codeInterface": "FSO3110A"}, headers=tool.headers, timeout=20
    )
    return _told(answer.status_code in (400, 415, 422))


def fails_once(tool: Tool) -> str:
    """A test has the next deposit answered 503, and the one after it not."""
    try:
        tool.arm_503()
    except CannotError:
        asked = tool.deposit(tool.good(), Prefer="code=503")
        return "if the call asks" if asked.status_code == 503 else NO
    codes = [tool.deposit(tool.good()).status_code for _ in range(2)]
    return _told(codes == [503, 201])


def breaks_off(tool: Tool) -> str:
    """A test has the next deposit cut."""
    tool.arm_cut()
    try:
        tool.deposit(tool.good())
    except httpx.TransportError:
        return _told(tool.deposit(tool.good()).status_code == 201)
    return NO


def moves_time(tool: Tool) -> str:
    """An hour that a test lets go by gives a deposit its final status."""
    if isinstance(tool, Ours):
        tool.manual()
    identifier = tool.identifier(tool.deposit(tool.good()))
    before = tool.consult(identifier).json()
    tool.advance()
    after = tool.consult(identifier).json()
    if before.get("statut", before.get("status")) != after.get("statut", after.get("status")):
        return YES
    later = tool.consult(tool.identifier(tool.deposit(tool.good()))).json()
    return "dates only" if later.get("received") != before.get("received") else NO


def tells_the_calls(tool: Tool) -> str:
    """A test reads which calls were made and what they were answered."""
    identifier = tool.identifier(tool.deposit(tool.good()))
    tool.consult(identifier)
    calls = [(method, status) for method, path, status in tool.journal() if "/flux" in path]
    return _told(("POST", 201) in calls and ("GET", 200) in calls)


def starts_afresh(tool: Tool) -> str:
    """A reset between two tests: what was deposited, or the calls, are gone."""
    identifier = tool.identifier(tool.deposit(tool.good()))
    tool.reset()
    try:
        return _told(not tool.journal())
    except CannotError:
        return _told(tool.consult(identifier).status_code == 404)


def serves_another_contract(tool: Tool) -> str:
    """Another contract in place of this one is served, and keeps what is deposited."""
    tool.stop()
    tool.start(FOREIGN)
    for base in ("/g2b", ""):
        first, second = (_foreign(tool, base) for _ in range(2))
        if first is not None and second is not None:
            return YES if first != second else "without state"
    return NO


def _foreign(tool: Tool, base: str) -> str | None:
    """Where a deposit under the other contract can be followed, if it was taken."""
    answer = httpx.post(
        f"{tool.url}{base}/flows",
        data={"interface": "FSO3110A"},
        files={"file": ("facture.xml", Tool.good(tool))},
        headers=tool.headers,
        timeout=20,
    )
    return answer.headers.get("Location", "") if answer.status_code == 201 else None


def _broken(content: bytes) -> bytes:
    return content.replace(b"cbc:IssueDate>", b"cbc:DateEmission>")


def _told(is_so: bool) -> str:
    return YES if is_so else NO


# In the order of the table; the last one starts the tool anew.
TRIALS: dict[str, Callable[[Tool], str]] = {
    "what is deposited is found again, and nothing else": keeps_state,
    "a broken file fares otherwise than a good one": judges,
    "the same for the files of this API (UBL, French)": judges_this_api,
    "says which rule was broken": says_why,
    "asks for a token": asks_for_access,
    "refuses what breaks the contract": refuses_what_breaks_the_contract,
    "answers 503 once, when a test says so": fails_once,
    "breaks a connection off, when a test says so": breaks_off,
    "a test reads the calls that were made": tells_the_calls,
    "starts afresh between two tests": starts_afresh,
    "time moved by a test brings the final status": moves_time,
    "serves another contract, with state": serves_another_contract,
}
