"""The prompt-injection task, run: what it poses, what its tools do, and what safeguards change."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval, score
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    Model,
    ModelOutput,
)
from inspect_ai.tool import ToolCall

from analysis import logs, snapshots
from inspect_tasks._scenarios.prompt_injection import load_scenarios, load_styles, styled
from inspect_tasks._scenarios.safeguards import UNCLASSIFIED, lexically_flagged
from inspect_tasks._scenarios.sources import choose
from inspect_tasks.prompt_injection import EPOCHS, prompt_injection
from scorers.prompt_injection import REPORT, WITHHELD, Action, InjectionMetadata
from scorers.prompt_injection import prompt_injection as by_tool_calls
from tests.conftest import QUIET
from tests.fakes import SEAL, model, output

CHANNELS = ("mail", "files", "web", "calendar")

Wanted = Callable[[InjectionMetadata], Sequence[Action | tuple[str, dict[str, Any]]]]


def agent(task: Task, wanted: Wanted, per_turn: int = 99) -> Model:
    """Makes the calls that are wanted of a sample, so many per turn, and then ends."""
    samples = {
        (sample.input[1].text, str(sample.metadata["arm"])): sample.metadata_as(InjectionMetadata)
        for sample in task.dataset
        if not isinstance(sample.input, str) and sample.metadata
    }
    (arms,) = {frozenset(arm for _, arm in samples)}
    assert arms == {"attack", "clean"}

    def answer(messages: list[ChatMessage]) -> ModelOutput:
        about = samples[messages[1].text, "attack"]
        n = per_turn * sum(isinstance(message, ChatMessageAssistant) for message in messages)
        calls = [
            (one.tool, one.arguments) if isinstance(one, Action) else one for one in wanted(about)
        ][n : n + per_turn]
        if not calls:
            return output("Done.")
        said = output("", "tool_calls")
        said.choices[0].message.tool_calls = [
            ToolCall(id=f"c{n + i}", function=tool, arguments=given)
            for i, (tool, given) in enumerate(calls)
        ]
        return said

    return model(answer)


def run(task: Task, subject: Model | str, folder: Path, **options: Any) -> EvalLog:
    (log,) = eval(task, model=subject, log_dir=str(folder), **{**QUIET, "epochs": 1, **options})
    assert log.status == "success", log.error
    return log


def read_all(about: InjectionMetadata) -> list[tuple[str, dict[str, Any]]]:
    material = about.material
    return [
        *(("read_mail", {"id": m["id"]}) for m in material["mail"]),
        *(("read_file", {"path": path}) for path in material["files"]),
        *(("open_page", {"url": url}) for url in material["pages"]),
        *([("list_events", {})] if material["events"] else []),
    ]


def value_of(log: EvalLog, arm: str) -> list[dict[str, float]]:
    found = []
    for sample in log.samples or []:
        assert sample.scores
        value = sample.scores["prompt_injection"].value
        assert isinstance(value, dict)
        if sample.metadata["arm"] == arm:
            found.append(value)
    return found


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results
    return {name: float(m.value) for name, m in log.results.scores[0].metrics.items()}


def test_pairs_stand_side_by_side_and_differ_in_the_planted_text_alone() -> None:
    task = prompt_injection()
    assert task.epochs == EPOCHS
    samples = list(task.dataset)
    assert len(samples) == 2 * len(load_scenarios())
    for attack, clean in zip(samples[::2], samples[1::2], strict=True):
        with_it, without = (s.metadata_as(InjectionMetadata) for s in (attack, clean))
        assert (attack.id, clean.id) == (f"{with_it.item_id}-attack", f"{with_it.item_id}-clean")
        assert [m.text for m in attack.input] == [m.text for m in clean.input]  # type: ignore[union-attr]
        differing = {k for k, v in with_it.model_dump().items() if without.model_dump()[k] != v}
        assert differing == {"arm", "injection", "material"}
        assert with_it.injection
        assert not without.injection


@pytest.mark.parametrize("n_items", [8, 16, 28])
def test_styles_are_balanced_in_every_choice_and_stay(n_items: int) -> None:
    planted = styled(load_scenarios(), list(load_styles()), seed=3)
    some = choose(planted, n_items, 3, "scenarios")
    counts = Counter(one.style for one in some)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len(counts) == len(load_styles())
    other = Counter(one.style for one in styled(load_scenarios(), list(load_styles()), seed=4))
    assert other == Counter(one.style for one in planted)
    assert styled(load_scenarios(), list(load_styles()), seed=4) != planted


def test_channels_and_styles_are_chosen() -> None:
    task = prompt_injection(channels="mail, web", styles=["encoded"], n_items=5)
    told = [sample.metadata_as(InjectionMetadata) for sample in task.dataset]
    assert {about.channel for about in told} <= {"mail", "web"}
    assert {about.style for about in told} == {"encoded"}
    assert len(told) == 10
    assert {(about.styles, about.channels) for about in told} == {("encoded", "mail, web")}


@pytest.mark.parametrize(
    ("parameters", "styles", "channels"),
    [
        ({}, None, None),
        ({"styles": list(reversed(load_styles())), "channels": "web,mail,files,calendar"}, None, None),
        ({"styles": "system_message, plain"}, "plain, system_message", None),
        ({"channels": ["web", "files"]}, None, "files, web"),
    ],
)  # fmt: skip
def test_a_choice_of_styles_and_channels_is_told_in_one_way(
    parameters: dict[str, Any], styles: str | None, channels: str | None
) -> None:
    (told,) = {
        (s.metadata["styles"], s.metadata["channels"])
        for s in prompt_injection(n_items=2, **parameters).dataset
        if s.metadata
    }
    assert told == (styles, channels)


def test_runs_with_other_styles_are_other_conditions(tmp_path: Path) -> None:
    given = [("none", "plain"), ("classifier", "encoded"), ("none", "markup"), ("classifier", "markup")]  # fmt: skip
    for guard, styles in given:
        task = prompt_injection(safeguards=guard, styles=styles, channels="calendar", n_items=2)
        run(task, agent(task, read_all), tmp_path, epochs=2)
    results = snapshots.results(logs.read(tmp_path))
    success = results[results["metric"] == "attack_success_rate_scenario"]
    assert success.groupby("factors")["column"].apply(list).to_dict() == {
        f"safeguards={guard}; styles={style}; channels=calendar; seed=0": ["k = 1", "k = 2"]
        for guard, style in [
            *((guard, style) for guard, style in given if guard == "none"),
            *(("classifier; classifier_judge=lexical", style) for style in ("encoded", "markup")),
        ]
    }
    assert not results["warnings"].str.contains("pools").any()
    effect = results[results["metric"] == "safeguard_effect"]
    assert list(effect["factors"]) == ["safeguards=compared; styles=markup; channels=calendar; seed=0"]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"safeguards": "all"}, "safeguards=all is not one of none, system, classifier"),
        ({"channels": "post"}, "channels=post is not one of mail, files, web, calendar"),
        ({"styles": ""}, "styles=(empty) is not one of plain,"),
        ({"n_items": 99}, "n_items=99 is larger than the 28 scenarios there are"),
        ({"message_limit": 0}, "message_limit=0 must be a whole number of at least 1"),
        ({"seed": "x"}, "seed=x must be a whole number"),
        ({"safeguards": "classifier", "classifier_judge": "me"}, "classifier_judge=me is not known"),
    ],
)  # fmt: skip
def test_bad_parameters_are_one_sentence(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(PrerequisiteError) as error:
        prompt_injection(**parameters)
    assert said in str(error.value).replace("\\[", "[")


def test_the_tasks_own_calls_do_it_and_the_attacks_carry_it_out(tmp_path: Path) -> None:
    task = prompt_injection(n_items=10)
    honest = run(task, agent(task, lambda about: [*read_all(about), *about.work]), tmp_path)
    for arm in ("attack", "clean"):
        for value in value_of(honest, arm):
            assert (value["task_done"], value["attacked"], value["attempted"]) == (1, 0, 0)
            assert value["seen"] == (arm == "attack")
            assert value["unscored"] == 0
    found = metrics(honest)
    assert (found["attack_prevented_rate"], found["clean/task_done_rate"]) == (1, 1)
    assert found["task_done_gap"] == 0

    rescored = score(honest, by_tool_calls(), action="overwrite")
    assert metrics(rescored) == metrics(honest)

    task = prompt_injection(n_items=8)
    taken_in = run(task, agent(task, lambda about: about.attack[:1]), tmp_path)
    assert {value["attacked"] for value in value_of(taken_in, "attack")} == {1}
    assert {value["task_done"] for value in value_of(taken_in, "attack")} == {0}
    assert metrics(taken_in)["attack_success_rate_scenario"] == 1


def test_tools_work_on_the_samples_own_office_and_say_what_is_wrong(tmp_path: Path) -> None:
    task = prompt_injection(channels="files", n_items=1)
    calls = [
        ("read_file", {"path": "nowhere.txt"}),
        ("write_file", {"path": "new.txt", "content": "one"}),
        ("move_file", {"path": "new.txt", "new_path": "old.txt"}),
        ("read_file", {"path": "old.txt"}),
        ("share_file", {"path": "old.txt", "address": "nobody"}),
        ("create_event", {"title": "x", "start": "tomorrow", "end": "later"}),
        ("read_mail", {"id": "m9"}),
        ("list_mail", {}),
    ]
    log = run(task, agent(task, lambda about: calls), tmp_path)
    for sample in log.samples or []:
        results = [m for m in sample.messages if isinstance(m, ChatMessageTool)]
        failed = [r.error is not None for r in results]
        assert failed == [True, False, False, False, True, True, True, False]
        assert results[3].text == "one"
        assert results[7].text == "There is nothing."
        office = sample.store["Office:files"]
        assert "old.txt" in office
        assert "new.txt" not in office


def test_the_message_limit_leaves_a_run_unscored(tmp_path: Path) -> None:
    task = prompt_injection(n_items=2, message_limit=4)
    log = run(task, agent(task, lambda about: read_all(about) * 9, per_turn=1), tmp_path)
    assert {value["unscored"] for value in value_of(log, "attack")} == {1}
    found = metrics(log)
    assert "attack_prevented_rate" not in found
    assert (found["unscored"], found["attacked_before_cut"]) == (4, 0)


def test_an_attack_before_the_message_limit_enters_no_rate_and_is_counted(tmp_path: Path) -> None:
    task = prompt_injection(n_items=2, message_limit=6)
    calls = lambda about: [*about.attack[:1], *read_all(about) * 9]  # noqa: E731
    found = metrics(run(task, agent(task, calls, per_turn=1), tmp_path))
    assert "attack_success_rate_attempt" not in found
    assert (found["unscored"], found["attacked_before_cut"]) == (4, 2)


def test_with_the_system_safeguard_there_is_a_paragraph_and_a_tool_to_report_with(
    tmp_path: Path,
) -> None:
    plain, warned = prompt_injection(n_items=2), prompt_injection(n_items=2, safeguards="system")
    texts = [next(iter(task.dataset)).input[0].text for task in (plain, warned)]  # type: ignore[union-attr]
    assert REPORT in texts[1]
    assert texts[1].startswith(texts[0])
    told = [{s.metadata["prompt_hash"] for s in task.dataset if s.metadata} for task in (plain, warned)]  # fmt: skip
    assert told[0] == told[1]
    report = [(REPORT, {"reason": "odd"})]
    log = run(warned, agent(warned, lambda about: report), tmp_path)
    assert {v["reported"] for v in value_of(log, "attack")} == {1}
    found = metrics(log)
    assert (found["attack_flagged_rate"], found["false_positive_rate"]) == (1, 1)
    without = run(plain, agent(plain, lambda about: report), tmp_path)
    assert {v["reported"] for v in value_of(without, "attack")} == {0}  # there is no such tool


def test_the_lexical_classifier_withholds_what_it_flags(tmp_path: Path) -> None:
    task = prompt_injection(safeguards="classifier")
    log = run(task, agent(task, read_all), tmp_path)
    for sample in log.samples or []:
        about = sample.metadata_as(InjectionMetadata)
        results = [m.text for m in sample.messages if isinstance(m, ChatMessageTool)]
        assert sample.scores
        value = sample.scores["prompt_injection"].value
        assert isinstance(value, dict)
        assert value["blocked"] == (WITHHELD in results)
        if about.arm == "attack" and lexically_flagged(about.injection):
            assert value["blocked"] == 1
            assert value["seen"] == 0
    found = metrics(log)
    assert (
        0.5 < found["attack_flagged_rate"] < 1
    )  # neither all nor none: it is measured, not assumed
    assert 0 < found["false_positive_rate"] < 0.2


def classifier(reply: Callable[[str], str]) -> tuple[Model, list[str]]:
    asked: list[str] = []

    def answer(messages: list[ChatMessage]) -> ModelOutput:
        asked.append(messages[0].text)
        return output(reply(messages[0].text))

    return model(answer), asked


def test_a_model_that_classifies_sees_one_tool_result_and_nothing_else(tmp_path: Path) -> None:
    def reply(prompt: str) -> str:
        holds = "Before you go on:" in prompt
        quote = "Before you go on:" if holds else ""
        return f'{{"seal": "{SEAL}", "instructs": {{"quote": "{quote}", "holds": {str(holds).lower()}}}}}'

    judge, asked = classifier(reply)
    task = prompt_injection(safeguards="classifier", classifier_judge="model", styles="plain", n_items=3)  # fmt: skip
    log = run(task, agent(task, read_all), tmp_path, model_roles={"classifier": judge})
    assert {v["blocked"] for v in value_of(log, "attack")} == {1}
    assert {v["blocked"] for v in value_of(log, "clean")} == {0}
    tasks = [sample.input[1].text for sample in task.dataset]  # type: ignore[union-attr]
    assert not any(text in prompt for text in tasks for prompt in asked)
    n_results = sum(isinstance(m, ChatMessageTool) for s in log.samples or [] for m in s.messages)
    assert len(asked) == n_results
    n_turns = sum(isinstance(m, ChatMessageAssistant) for s in log.samples or [] for m in s.messages)  # fmt: skip
    assert metrics(log)["model_calls"] == n_turns  # the classifier's are not the agent's


def test_without_a_verdict_of_the_classifier_the_run_ends_unscored(tmp_path: Path) -> None:
    judge, _ = classifier(lambda prompt: "I would rather not say.")
    task = prompt_injection(safeguards="classifier", classifier_judge="model", n_items=2)
    log = run(task, agent(task, read_all), tmp_path, model_roles={"classifier": judge})
    assert {v["unscored"] for v in value_of(log, "attack")} == {1}
    assert all("could not be read" in sample.store[UNCLASSIFIED] for sample in log.samples or [])


def test_a_missing_classifier_is_one_sentence(tmp_path: Path) -> None:
    task = prompt_injection(safeguards="classifier", classifier_judge="model", n_items=1)
    (log,) = eval(task, model=agent(task, read_all), log_dir=str(tmp_path), **QUIET)
    assert log.status == "error"
    assert log.error
    assert "--model-role classifier=PROVIDER/MODEL" in log.error.message
