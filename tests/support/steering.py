"""Steering over HTTP, as any language would."""

from typing import Any

import httpx


def steer(url: str, what: str, **body: Any) -> Any:
    """Post to the control plane; what it answers."""
    answer = httpx.post(f"{url}/_simulator/{what}", json=body or None)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None
