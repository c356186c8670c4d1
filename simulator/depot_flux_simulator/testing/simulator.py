"""A simulator for tests: in this process, on a clock that the test moves.

    with Simulator() as simulator:
        simulator.scenario(motifs=["IRR_ANTIVIRUS"])
        id_flux = simulator.deposit(b"<Invoice/>")
        simulator.advance("10m")
        assert simulator.status(id_flux) == "IRRECEVABLE"

Nothing here sleeps: deposits are controlled before they are answered, and a status follows from
the clock alone. `serve()` puts the same simulator on a socket, for programs that need one.
"""

from depot_flux_simulator.testing.calling import Calling
from depot_flux_simulator.testing.looking import Looking
from depot_flux_simulator.testing.steering import Steering


class Simulator(Calling, Steering, Looking):
    """A simulator of one's own, within `with` or from `start()` to `stop()`.

    Args:
        settings: those of `SimulatorSettings`.

    Raises:
        TypeError: there is no such setting.
        ValueError: the pace is negative or `start` says no time zone.
    """
