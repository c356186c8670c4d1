"""`make run` and `make demo`: the main job from end to end, with the output the README shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.served import free_port

ROOT = Path(__file__).parents[2]


@pytest.mark.reconstruction
def test_three_samples_end_as_they_should_and_the_readme_shows_it() -> None:
    done = subprocess.run(
        [sys.executable, "examples/demo.py", "--port", str(free_port())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    readme = (ROOT / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```\n(F2026.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    told = form(done.stdout)
    for line in form(shown):
        assert line in told
    assert "  TIME  F2026-1002.pdf  RECEVABLE" in told
    assert "  TIME  F2026-1003.xml  IRRECEVABLE" in told
    assert any(line.lstrip().startswith("IRR_SYNTAX  ligne") for line in told)


def form(output: str) -> list[str]:
    """Lines without what differs from one run to the next."""
    output = re.sub(r"\d\d:\d\d:\d\d\.\d{3}", "TIME", output)
    return re.sub(r"(deposited as) \w+", r"\1 ID", output).splitlines()
