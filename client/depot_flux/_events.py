"""What happens, told to whoever watches: logging, hooks, the current span of OpenTelemetry.

An event names no secret and nothing that an answer or a file says: numbers, identifiers, states,
the names of errors.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from depot_flux.models import Event, Hook

LOG = logging.getLogger("depot_flux")
# Whoever sets no logging up is told nothing on standard error.
LOG.addHandler(logging.NullHandler())
_NAME = "depot_flux"


class Events:
    """Tells of events.

    Args:
        hooks: called with each of them, in the thread or task where it happens.
    """

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        self._hooks = tuple(hooks)

    def tell(self, name: str, level: int = logging.INFO, **attributes: Any) -> None:
        """Tell of an event; what is None is left out."""
        known = {key: value for key, value in attributes.items() if value is not None}
        if LOG.isEnabledFor(level):
            words = " ".join(f"{key}={value}" for key, value in known.items())
            LOG.log(level, "%s %s", name, words, extra={"event": name, **known})
        for hook in self._hooks:
            try:
                hook(Event(name, known))
            except Exception as error:  # noqa: BLE001 (whoever watches breaks nothing)
                LOG.warning("a hook failed: %s", type(error).__name__)
        if trace := _opentelemetry():
            trace.get_current_span().add_event(f"{_NAME}.{name}", known)


@contextlib.contextmanager
def span(name: str, **attributes: Any) -> Iterator[None]:
    """A span of OpenTelemetry around a block, where that is installed."""
    trace = _opentelemetry()
    if trace is None:
        yield
        return
    tracer = trace.get_tracer(_NAME, library_version())
    # The message of an error may quote an answer, which is nobody's business here.
    with tracer.start_as_current_span(
        f"{_NAME}.{name}",
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(trace.Status(trace.StatusCode.ERROR))
            raise


@cache
def library_version() -> str:
    """The version of this library."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (slow to import)

    try:
        return version("depot-flux-g2b")
    except PackageNotFoundError:
        return "0"


def _opentelemetry() -> Any:
    """Its module for spans; None where it is not installed, or nobody set it up to take any."""
    trace = _installed()
    nobody = trace is None or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    return None if nobody else trace


@cache
def _installed() -> Any:
    try:
        return import_module("opentelemetry.trace")
    except ImportError:
        return None
