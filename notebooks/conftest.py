"""Before a notebook is run as a test: small logs of a simulated release, in place of those of `make demo`."""

import os
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from paper_figures import demo

SMALL = {
    "series": lambda: ["preview-v3.1", "final"],
    "_N_ITEMS": 30,
    "_N_QUESTIONS": 8,
    "_CALIBRATION_TEXTS": 300,
    "_HINT_TEXTS": 300,
    "_OF_EACH_CLASS": 20,
}
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
    logs, calibrations = (Path(os.environ[f"SAYDO_{what}"]) for what in ("LOGS", "CALIBRATIONS"))
    made = logs.with_name("made")
    with FileLock(logs.with_name("lock")):
        if made.exists():
            return
        with pytest.MonkeyPatch.context() as patch:
            for name, value in SMALL.items():
                patch.setattr(demo, name, value)
            assert demo.run(logs)
            demo.calibrate(calibrations)
        made.touch()
