"""Before a notebook is run as a test: small logs of a simulated release, in place of those of `make demo`."""

import os
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from paper_figures import demo

SMALL = demo.Size(
    snapshots=("preview-v3.1", "final"), requests=30, questions=8,
    prompts=20, problems=2, scenarios=2, attempts=1, sums=3, samples=2, quiz=6,
)  # fmt: skip
TEXTS = demo.TextCounts(faking=300, hint=300, of_each_class=20, thoughts=100, admissions=60)
"""What is smaller than in the demo: enough that nothing is empty, and done in some seconds."""


def pytest_configure(config: pytest.Config) -> None:
    """Name the logs where the notebooks' `parameters` cells look first.

    nbmake runs notebooks without fixtures. Kernels and workers of xdist inherit the environment, so that
    all of them share one folder.
    """
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="saydo-notebooks-")
    config.add_cleanup(folder.cleanup)
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    patch.setenv("SAYDO_LOGS", str(Path(folder.name, "logs")))
    patch.setenv("SAYDO_CALIBRATIONS", str(Path(folder.name, "calibration")))
    patch.setenv("XDG_CACHE_HOME", str(Path(folder.name, "cache")))


def pytest_runtest_setup() -> None:
    """The logs, made by the first of the workers that runs a notebook."""
    folder = Path(os.environ["SAYDO_LOGS"]).parent
    made = folder / "made"
    with FileLock(folder / "lock"):
        if not made.exists():
            demo.make(folder, size=SMALL, texts=TEXTS)
            made.touch()
