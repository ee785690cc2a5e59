"""What `saydo sweep` loads on its way to the first request; a process that is forked with this imported has it."""

from inspect_ai._util.entrypoints import ensure_entry_points
from inspect_ai.model import get_model, get_model_info

import paper_figures.sweep  # noqa: F401
import tests.faults.sweeping  # noqa: F401
from tests.faults.over_http import SONNET_37

ensure_entry_points()
get_model_info(SONNET_37)
get_model(SONNET_37, api_key="none", memoize=False)
