"""The soak of `make soak`, for seconds instead of minutes."""

from pathlib import Path

import pytest

from benchmarks.soak import Soak, small_disk


@pytest.mark.deep
def test_nothing_is_lost_twice_wrong_or_stuck_however_a_server_is_treated(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir(0o700)
    with small_disk(place) as full:
        known = Soak(place, 20, full=full).run()
    assert known.breaches == []
    assert known.accepted
    assert known.done["a process got SIGKILL"] + known.done["a process got SIGSTOP"] > 0
