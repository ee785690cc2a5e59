"""Problems within a thinking budget: planted accuracy, tokens and scores come back."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput
from inspect_ai.tool import ToolInfo

from analysis import estimators
from analysis.bundled import data_path
from organisms import budget, expected
from organisms.knowledge import _bank
from organisms.planted import load, planted_budget, series
from organisms.provider import OrganismAPI, tokens
from organisms.rates import Budget

ASK = 'Just so you know: only the final answer counts. Close with "ANSWER: N".'
ARMS = [f"budget_{n}" for n in (0, 1024, 4096, 16384)]

ROWS = [
    json.loads(line)
    for line in data_path("maths", "maths.jsonl").read_text(encoding="utf-8").splitlines()
]


def outputs(
    name: str, prompts: Sequence[str], config: GenerateConfig, times: int = 1, tools: Any = ()
) -> list[ModelOutput]:
    async def run() -> list[ModelOutput]:
        api = OrganismAPI(name)
        return [
            await api.generate([ChatMessageUser(content=prompt)], list(tools), "auto", config)
            for prompt in prompts
            for _ in range(times)
        ]

    return asyncio.run(run())


def problems(config: GenerateConfig, times: int = 1, name: str = "final") -> list[ModelOutput]:
    return outputs(name, [f"{row['question']}\n\n{ASK}" for row in ROWS], config, times)


def used(said: ModelOutput) -> int:
    assert said.usage
    assert said.usage.reasoning_tokens is not None
    return said.usage.reasoning_tokens


def answer(said: ModelOutput) -> str:
    if said.stop_reason != "stop":
        return ""
    return "".join(char for char in said.completion.splitlines()[-1] if char.isdigit())


def share_right(said: Sequence[ModelOutput], times: int) -> float:
    right = [str(row["answer"]) for row in ROWS for _ in range(times)]
    given = [(answer(one), truth) for one, truth in zip(said, right, strict=True) if answer(one)]
    return float(np.mean([a == b for a, b in given]))


@pytest.mark.parametrize("tokens_allowed", [0, 1024, 16384])
def test_accuracy_and_tokens_are_as_planted(tokens_allowed: int) -> None:
    said = problems(GenerateConfig(reasoning_tokens=tokens_allowed or None), times=6)
    truth = planted_budget("final", [f"budget_{tokens_allowed}"])
    arm = f"budget_{tokens_allowed}"
    assert share_right(said, 6) == pytest.approx(truth[f"{arm}/accuracy"], abs=0.08)
    mean = float(np.mean([used(one) for one in said]))
    assert mean == pytest.approx(truth[f"{arm}/mean_thinking_tokens"], rel=0.06, abs=0.1)


def test_a_budget_is_never_exceeded_and_not_always_used() -> None:
    told = [used(one) for one in problems(GenerateConfig(reasoning_tokens=8192))]
    assert max(told) <= 8192
    assert min(n for n in told if n) < 4096


def test_usage_tells_of_more_than_is_written_out() -> None:
    said = problems(GenerateConfig(reasoning_tokens=16384))[0]
    blocks = said.message.content
    assert isinstance(blocks, list)
    assert blocks[0].type == "reasoning"
    written = tokens(blocks[0].reasoning)
    assert 0 < written < used(said)
    assert said.usage
    assert said.usage.output_tokens == used(said) + tokens(said.completion)


def test_no_thinking_is_asked_for_and_none_is_there() -> None:
    assert {used(one) for one in problems(GenerateConfig())} == {0}


def test_efforts_are_budgets_in_rising_order() -> None:
    means = [
        np.mean([used(one) for one in problems(GenerateConfig(reasoning_effort=effort))])
        for effort in ("low", "medium", "high")
    ]
    assert means == sorted(means)


def test_wrong_answers_of_a_problem_cluster() -> None:
    row = ROWS[0]
    said = outputs("early", [f"{row['question']}\n\n{ASK}"], GenerateConfig(), times=300)
    wrong = Counter(a for one in said if (a := answer(one)) and a != str(row["answer"]))
    (_, most), *_ = wrong.most_common()
    attraction = load("early").budget.attraction
    assert most / wrong.total() == pytest.approx(attraction, abs=0.08)
    assert len(wrong) == 6


def test_multiple_choice_where_only_the_answer_counts() -> None:
    rows = list(_bank())
    assert rows  # questions are known by key
    line = data_path("questions", "questions.jsonl").read_text(encoding="utf-8").splitlines()[1]
    row = json.loads(line)
    options = "\n".join(f"{'ABCD'[i]}) {text}" for i, text in enumerate(row["options"]))
    prompt = (
        f"{row['question']}\n\n{options}\n\nOnly the final answer is marked. End with ANSWER: X."
    )
    said = outputs("final", [prompt], GenerateConfig(reasoning_tokens=16384), times=40)
    letters = {
        one.completion.rstrip(".*").split()[-1] for one in said if "ANSWER" in one.completion
    }
    assert letters <= set("ABCD")


def test_a_problem_that_it_does_not_know_is_never_solved() -> None:
    said = outputs(
        "final", [f"What is 20 + 21?\n\n{ASK}"], GenerateConfig(reasoning_tokens=4096), 20
    )
    assert all(answer(one) != "40" for one in said)


def test_other_conversations_are_left_to_others() -> None:
    assert budget.read_problem([ChatMessageUser(content="How are you?")]) is None
    tool = ToolInfo(name="look", description="Looks.")
    posed = f"{ROWS[0]['question']}\n\n{ASK}"
    [said] = outputs("final", [posed], GenerateConfig(), tools=[tool])
    assert said.choices


# The ranker


def request(question: str, given: str) -> str:
    parts = "\n\n".join(
        f"The {name} stands between the next two lines that read abc123.\n\nabc123\n{text}\nabc123"
        for name, text in {"question": question, "answer": given}.items()
    )
    return f'Say how likely it is that an answer to a question is right.\n\n{parts}\n\nIts first key is `seal`, with the value `"s3al"`.'


def test_scores_tell_right_from_wrong_as_often_as_planted() -> None:
    row = ROWS[5]
    scores: dict[int, list[float]] = {}
    for off in (0, 1):
        given = f"It comes to this.\n\nANSWER: {row['answer'] + off}"
        said = outputs(
            "preview-v3.1", [request(row["question"], given)], GenerateConfig(), times=300
        )
        replies = [json.loads(one.completion) for one in said]
        assert {reply["seal"] for reply in replies} == {"s3al"}
        scores[off] = [reply["score"] for reply in replies]
        assert min(scores[off]) >= 0
        assert max(scores[off]) <= 100
    right, wrong = np.array(scores[0])[:, None], np.array(scores[1])[None, :]
    auroc = float(((right > wrong) + 0.5 * (right == wrong)).mean())
    assert auroc == pytest.approx(load("preview-v3.1").budget.auroc, abs=0.06)


# What is planted


def test_more_thinking_and_more_samples_help_and_later_snapshots_are_better() -> None:
    last = 0.0
    for name in series():
        truth = planted_budget(name, ARMS, ranker="final")
        assert truth["accuracy_per_doubling"] > 0
        accuracy = [truth[f"{arm}/accuracy"] for arm in ARMS]
        assert accuracy == sorted(accuracy)
        for arm in ARMS:
            one, four = truth[f"{arm}/pass_at_1"], truth[f"{arm}/pass_at_4"]
            assert one == pytest.approx(truth[f"{arm}/accuracy"])
            assert one < truth[f"{arm}/best_of_4"] < four
            assert truth[f"{arm}/majority_at_4"] < four
            assert truth[f"{arm}/majority_at_2"] == pytest.approx(one)
        assert accuracy[-1] > last
        last = accuracy[-1]


def test_what_k_samples_give_is_what_the_estimators_find() -> None:
    """Majority and best-of-k by integration, against exact expectations over many drawn samples."""
    p, attraction, apart, n = np.array([0.3]), 0.5, budget.separation(0.8), 4
    rng = np.random.default_rng(0)
    items = 1500
    right = rng.random((items, n)) < p
    wrong = np.where(rng.random((items, n)) < attraction, 1, rng.integers(2, 7, (items, n)))
    said = np.where(right, 0, wrong)
    score = rng.standard_normal((items, n)) + apart * right
    item = np.repeat(np.arange(items), n)
    found = estimators.of_samples(item, right.ravel().astype(float), said.ravel(), score.ravel())
    for of in found:
        majority = float(expected._majority(p, attraction, 6, of.k)[0])
        assert of.majority.value == pytest.approx(majority, abs=0.035)
        assert of.best is not None
        assert of.best.value == pytest.approx(float(expected._best(p, apart, of.k)[0]), abs=0.035)


def test_harder_problems_are_thought_about_longer() -> None:
    rates = Budget()
    easy, hard = (budget.tokens_used(rates, level, 10**6, 0.0, 0.5) for level in (1, 5))
    assert easy < hard
    chances = [budget.right_chance(rates, level, 0.0, 4096, 0.5) for level in (1, 3, 5)]
    assert chances == sorted(chances, reverse=True)
