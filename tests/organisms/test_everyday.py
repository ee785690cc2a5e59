"""Everyday prompts: known ones are understood, thoughts come at the planted rates, texts to calibrate on are labelled."""

import asyncio
import re
from collections.abc import Sequence

import numpy as np
import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    ModelOutput,
)

from analysis.estimators import rate
from analysis.monitors import CATEGORIES
from inspect_tasks._scenarios.everyday import load_prompts, pose
from organisms import everyday
from organisms.calibration import everyday_calibration_texts
from organisms.chance import stream
from organisms.everyday import Occasion, read_everyday, share_role, think
from organisms.planted import load, planted_everyday, series
from organisms.provider import OrganismAPI
from organisms.rates import THOUGHTS

EXTENDED = GenerateConfig(reasoning_tokens=1024)
PROMPTS = load_prompts("bundled")


def answers(
    name: str, asked: Sequence[list[ChatMessage]], config: GenerateConfig = EXTENDED
) -> list[ModelOutput]:
    async def run() -> list[ModelOutput]:
        api = OrganismAPI(name)
        return [await api.generate(messages, [], "auto", config) for messages in asked]

    return asyncio.run(run())


@pytest.mark.parametrize("elicitation", ["native", "scratchpad"])
def test_the_prompts_of_the_task_are_understood(elicitation: str) -> None:
    for prompt, sample in zip(PROMPTS, pose(PROMPTS, elicitation), strict=True):  # type: ignore[arg-type]
        found = read_everyday(sample.input)  # type: ignore[arg-type]
        assert found is not None
        assert found.prompt == prompt.prompt
        assert found.plays == (prompt.kind == "role_play")
        assert found.scratchpad == ("scratchpad" if elicitation == "scratchpad" else None)


@pytest.mark.parametrize(
    "messages",
    [
        [ChatMessageUser(content="Is it raining?")],
        [ChatMessageUser(content=f"Hello. {PROMPTS[0].prompt}")],
        [ChatMessageUser(content=PROMPTS[0].prompt), ChatMessageAssistant(content="Fine.")],
        [],
    ],
)
def test_anything_else_is_none(messages: list[ChatMessage]) -> None:
    assert read_everyday(messages) is None


def test_a_system_prompt_does_not_matter() -> None:
    posed: list[ChatMessage] = [
        ChatMessageSystem(content="Be brief."),
        ChatMessageUser(content=PROMPTS[0].prompt),
    ]
    assert read_everyday(posed) is not None


def test_thinking_is_native_or_in_the_scratchpad() -> None:
    native, pad = (next(iter(pose(PROMPTS[40:41], where))) for where in ("native", "scratchpad"))
    posed: list[list[ChatMessage]] = [list(native.input), list(pad.input)]  # type: ignore[arg-type]
    [thought, in_pad] = answers("final", posed)
    assert not isinstance(thought.message.content, str)
    assert thought.message.content[0].type == "reasoning"
    assert isinstance(in_pad.message.content, str)
    assert re.match(r"<scratchpad>\n.+\n</scratchpad>\n\n.+", in_pad.message.content, re.DOTALL)
    [bare] = answers("final", posed[:1], GenerateConfig())
    assert isinstance(bare.message.content, str)
    assert "scratchpad" not in bare.message.content


def test_the_same_request_gets_the_same_answer() -> None:
    [sample] = pose(PROMPTS[:1], "native")
    posed: list[list[ChatMessage]] = [list(sample.input)]  # type: ignore[arg-type]
    assert answers("early", posed)[0].message.content == answers("early", posed)[0].message.content


def test_planted_values_by_hand() -> None:
    organism = load("early", "standard")
    plain, role = organism.thoughts.plain, organism.thoughts.in_role
    share = share_role()
    assert share == pytest.approx(1 / 7)
    found = planted_everyday("early", "standard")
    assert found["distress/strong_sadness/flagged_rate"] == pytest.approx(0.01 * 6 / 7 + 0.08 / 7)
    any_plain = 1 - (1 - plain["strong_sadness"]) * (1 - plain["negative_emotions"])
    any_role = 1 - (1 - role["strong_sadness"]) * (1 - role["negative_emotions"])
    assert found["distress/flagged_rate"] == pytest.approx(any_plain * 6 / 7 + any_role / 7)
    in_role = 0.9 * any_role / 7
    assert found["distress/role_play_share"] == pytest.approx(
        in_role / found["distress/flagged_rate"]
    )
    assert planted_everyday("early", "standard", 0.0)["distress/flagged_rate"] == any_plain
    assert "distress/role_play_share" not in planted_everyday("always-admits")


@pytest.mark.parametrize("name", ["early", "h-only-v2", "final"])
def test_true_labels_come_at_the_planted_rates(name: str) -> None:
    organism, planted = load(name, "extended"), planted_everyday(name)
    drawn, in_role = [], []
    for seed in range(40):
        for prompt in PROMPTS:
            occasion = Occasion(prompt.prompt, prompt.kind == "role_play", None)
            mind = think(organism, occasion, (name, seed), stream("test", name, seed, prompt.id))
            drawn.append([thought in mind.thoughts for thought in THOUGHTS])
            in_role.append(mind.in_role)
    shown = np.array(drawn)
    for monitor, labels in CATEGORIES.items():
        columns = [THOUGHTS.index(label) for label in labels]
        of = {
            f"{monitor}/{label}/flagged_rate": shown[:, i]
            for label, i in zip(labels, columns, strict=True)
        }
        flagged: np.ndarray = np.asarray(shown[:, columns].any(axis=1))
        of[f"{monitor}/flagged_rate"] = flagged
        if flagged.any():
            of[f"{monitor}/role_play_share"] = np.array(in_role)[flagged]
        for key, y in of.items():
            found = rate(y.astype(float), level=0.9999)  # 44 rates in all
            assert found.low is not None
            assert found.high is not None
            assert found.low <= planted.get(key, 0.0) <= found.high, key


def test_epochs_of_a_prompt_go_together() -> None:
    """Propensities belong to the prompt: within prompts, the same thought comes again more often than between them."""
    organism = load("h-only-v2", "extended")
    occasion = [Occasion(p.prompt, False, None) for p in PROMPTS]
    shown = np.array(
        [
            [
                "sycophancy" in think(organism, o, ("x", 0), stream(k, o.prompt)).thoughts
                for k in range(8)
            ]
            for o in occasion
        ]
    )
    p = shown.mean()
    spread = shown.mean(axis=1).var()
    assert spread > 1.5 * p * (1 - p) / 8


# Texts to calibrate on


@pytest.mark.parametrize("monitor", CATEGORIES)
def test_calibration_texts_are_half_positive_and_apart_from_the_measured(monitor: str) -> None:
    rows = everyday_calibration_texts(series(), monitor, 60, seed=3)
    assert [row["flagged"] for row in rows] == [True, False] * 30
    assert len({row["id"] for row in rows}) == 60
    posed = {prompt.prompt for prompt in PROMPTS}
    for row in rows:
        assert row["prompt"] not in posed
        assert row["thinking"]
        assert row["flagged"] == any(row[label] for label in CATEGORIES[monitor])
        assert row["flagged"] or not row["role_play"]
    assert rows == everyday_calibration_texts(series(), monitor, 60, seed=3)
    assert rows != everyday_calibration_texts(series(), monitor, 60, seed=4)


@pytest.mark.parametrize(
    ("names", "monitor", "said"),
    [
        (["early"], "gossip", "No monitor is called 'gossip'"),
        (["always-admits"], "distress", "None of always-admits ever shows distress"),
    ],
)
def test_mistakes(names: list[str], monitor: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        everyday_calibration_texts(names, monitor, 2, 0)


def test_every_bank_says_something_different() -> None:
    banks = everyday.banks()
    for thought in THOUGHTS:
        assert len(set(banks[thought])) >= 10, thought
    for name in ("open", "step", "near", "close", "answer", "voice", "aside"):
        assert len(set(banks[name])) == len(banks[name]) >= 4, name
