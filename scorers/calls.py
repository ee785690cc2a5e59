"""How often the model under test was asked in a sample, and how often a request had to be repeated.

Read against Inspect 0.3.285. Each attempt of a generation is a `ModelEvent` of the sample's transcript: one that failed and was tried
again by Inspect stands there with its error. What the provider's own client repeats within an attempt (the clients
of Anthropic and OpenAI do so twice, on 429, 5xx and dropped connections before the first byte) is no
event: it is counted in the attempt's `retries`. An answer out of Inspect's cache is an event that asked nobody.
"""

import math
from collections.abc import Sequence

from inspect_ai.event import Event, ModelEvent, SpanBeginEvent
from inspect_ai.log import transcript

_SCORER = "scorer"
"""Type of the spans in which Inspect runs scorers; what is asked there is asked of judges."""


def model_calls_and_retries(events: Sequence[Event] | None = None) -> dict[str, float]:
    """Generations of the model under test, and retries of their requests.

    Models in a role (`grader`, `editor`) and whatever scorers ask are left out, as are answers out of a cache. In
    rescoring the events are those of the log. Of a sample that was run again after an error
    (`retry_on_error`), they are those of the last time.

    Returns:
        `model_calls`, the generations that were answered, and `model_retries`, the requests beyond one for each of them: what was
        sent is their sum. Both NaN where the transcript has no generation: a log may be kept without events.
    """
    found = generations(events)
    sent = [event for event in found if event.cache != "read"]
    answered = sum(event.error is None for event in sent)
    repeated = sum(event.retries or 0 for event in sent)
    return {
        "model_calls": float(answered) if found else math.nan,
        "model_retries": float(len(sent) - answered + repeated) if found else math.nan,
    }


def generations(events: Sequence[Event] | None = None) -> list[ModelEvent]:
    """The generations, and failed attempts at one, of the model under test: of the sample that is scored, unless events are given."""
    scoring: set[str] = set()
    found: list[ModelEvent] = []
    for event in transcript().events if events is None else events:
        if isinstance(event, SpanBeginEvent):
            if event.type == _SCORER or event.parent_id in scoring:
                scoring.add(event.id)
        elif isinstance(event, ModelEvent) and event.role is None and event.span_id not in scoring:
            found.append(event)
    return found
