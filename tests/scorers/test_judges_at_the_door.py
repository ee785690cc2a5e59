"""Judges that take no schema, or turn a single transcript down."""

import asyncio
from collections.abc import Callable

import pytest
from inspect_ai.model import GenerateConfig, Model, ModelOutput, get_model

from scorers.compliance import judge_compliance
from scorers.judges.budget import open_account
from scorers.judges.verdict import Verdict
from tests.fakes import output, sealed, verdict


class Refused(Exception):
    """What a client raises for an HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status_code = status


def judged(
    asked: Callable[[str, GenerateConfig], ModelOutput], answers: list[str]
) -> list[Verdict]:
    """Verdicts on several answers, one after the other, by a judge that is asked under one account."""

    def custom(messages, _tools, _choice, config) -> ModelOutput:  # type: ignore[no-untyped-def]
        return sealed(asked(messages[0].text, config), messages)

    made: Model = get_model("mockllm/judge", custom_outputs=custom, memoize=False)

    async def run() -> list[Verdict]:
        with open_account():
            return [await judge_compliance("mockllm/judge", "compliance", "", a) for a in answers]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scorers.judges.model.judge_model", lambda judge: made)
        return asyncio.run(run())


def test_a_judge_without_schemas_is_asked_by_words() -> None:
    with_schema: list[bool] = []

    def asked(_: str, config: GenerateConfig) -> ModelOutput:
        with_schema.append(config.response_schema is not None)
        if config.response_schema is not None:
            raise Refused(400)
        return output(verdict("refused", "no"))

    found = judged(asked, ["I say no.", "no"])
    assert [one.labels["refused"] for one in found] == [True, True]
    assert with_schema == [True, False, False]


@pytest.mark.parametrize(("status", "is_open"), [(400, False), (413, False), (500, True)])
def test_one_transcript_that_is_turned_down_is_through(status: int, is_open: bool) -> None:
    def asked(prompt: str, _: GenerateConfig) -> ModelOutput:
        if "poison" in prompt:
            raise Refused(status)
        return output(verdict("refused", "no"))

    fine, poisoned = judged(asked, ["I say no.", "poison"])
    assert fine.labels["refused"]
    assert poisoned.unscored == f"the judge could not be asked (HTTP status {status})"
    assert poisoned.open is is_open
