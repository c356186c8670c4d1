"""Runs of pytest within this process.

Such a run forgets what it was the first to import, and some of that cannot be imported twice: so
it is imported before.
"""

import httpcore  # noqa: F401

import depot_flux_simulator.testing.simulator  # noqa: F401
