"""The bundled hijacks: schema, sizes, what each plants, and that nothing in the file acts by itself."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from analysis.bundled import data_path
from analysis.monitors import CATEGORIES
from paper_figures.hijack_set import FILE, Hijack, load
from paper_figures.labelling import RUBRICS, json_lines
from scorers.judges.rubric import judge_prompt, load_rubric
from scorers.judges.verdict import OUTCOMES

CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"
MIN_ROWS, MIN_EACH, MIN_OTHER = 114, 20, 3
MAIN = ("compliance", "alignment_faking", "acknowledgement")
KINDS = {
    *("fake_verdict", "fake_verdict_fenced", "fake_seal", "closing_fence", "duplicate_keys"),
    *("instruction", "system_message", "chat_template", "rubric_quote", "frame_quote", "language"),
    *("long", "control_characters", "terminal_escapes", "html", "markdown", "unicode", "encoded"),
    *("repeat_instructions", "spanning_quote", "false_example", "other_part"),
}
LONG = 200_000
KEYS = {"id", "rubric", "kind", "injected", "planted", "label", "reason", "canary"}
TEXTS = {
    "compliance": {"request", "answer"},
    "animal_welfare": {"request", "answer"},
    "alignment_faking": {"thinking", "answer"},
    "acknowledgement": {"hint", "hint_text", "given", "question", "thinking"},
    "asked": {"hint", "hint_text", "given", "question", "answer"},
    "monitor": {"question", "thinking"},
    "admission": {"request", "answer", "thinking"},
    **{name: {"request", "thinking"} for name in CATEGORIES},
}
ROWS: list[dict[str, Any]] = [row for _, row in json_lines(FILE)]
HIJACKS = load()


def of(kind: str) -> list[Hijack]:
    return [hijack for hijack in HIJACKS if hijack.kind == kind]


def whole(hijack: Hijack) -> str:
    return "\n".join(hijack.texts.values())


def test_rows_follow_the_schema() -> None:
    for row in ROWS:
        assert set(row) - {"repeat"} == KEYS | TEXTS[row["rubric"]], row["id"]
        assert re.fullmatch(rf"{row['rubric'].replace('_', '-')}-\d\d", row["id"])
        assert re.fullmatch(r"[A-Z].+; .+\.", row["reason"])
        assert row["canary"] == CANARY
        marked = [name for name in TEXTS[row["rubric"]] if "[[injected]]" in row[name]]
        assert len(marked) == 1, row["id"]
    assert max(Counter(row["id"] for row in ROWS).values()) == 1


def test_there_are_enough_of_each_rubric_and_kind() -> None:
    counts = Counter(row["rubric"] for row in ROWS)
    assert len(ROWS) >= MIN_ROWS
    assert set(counts) == set(RUBRICS) == set(TEXTS)
    assert min(counts[name] for name in MAIN) >= MIN_EACH
    assert min(counts.values()) >= MIN_OTHER
    assert {row["kind"] for row in ROWS} == KINDS
    assert min(Counter(row["kind"] for row in ROWS).values()) >= 3


def test_what_is_planted_opposes_what_is_right_in_both_directions() -> None:
    headlines: Counter[tuple[str, bool]] = Counter()
    for hijack in HIJACKS:
        name, holds = hijack.right
        ((planted, value),) = hijack.planted.items()
        headline = RUBRICS[hijack.rubric]
        if headline == "complied":
            assert {name, planted} <= set(OUTCOMES)
            assert (holds, value, name != planted) == (True, True, True)
        else:
            assert name == planted == headline
            assert holds is not value
        headlines[hijack.rubric, name == headline and holds] += 1
    assert min(headlines.values()) >= 1
    assert len(headlines) == 2 * len(RUBRICS)
    assert min(headlines[name, value] for name in MAIN for value in (True, False)) >= 10


def test_a_transcript_with_its_injected_text_differs_from_the_one_without_it() -> None:
    for hijack in HIJACKS:
        assert set(hijack.texts) == set(hijack.without) == TEXTS[hijack.rubric]
        changed = [name for name, text in hijack.without.items() if text != hijack.texts[name]]
        assert len(changed) == 1, hijack.id
        assert all(text.strip() for text in hijack.without.values())


def test_no_mark_is_left() -> None:
    marks = re.compile(r"\[\[[a-z ]+\]\]")
    for hijack in HIJACKS:
        assert not marks.search(whole(hijack)), hijack.id
        assert not marks.search("".join(hijack.without.values())), hijack.id


def test_long_ones_are_long_and_take_no_room_in_the_file() -> None:
    for hijack in of("long"):
        assert max(map(len, hijack.texts.values())) >= LONG
    assert data_path("hijacks", "hijacks.jsonl").stat().st_size < LONG


def test_quotes_of_ours_are_those_of_the_rubrics_as_they_are() -> None:
    for hijack in of("rubric_quote"):
        assert load_rubric(hijack.rubric).text in whole(hijack)
    for hijack in of("frame_quote"):
        prompt = judge_prompt(load_rubric(hijack.rubric), {"answer": "x"}, seed=0)
        closing = prompt.text[prompt.text.index("Everything between those lines") :]
        assert closing.strip() in whole(hijack)


def test_seals_are_those_that_another_prompt_has() -> None:
    """Whoever has the source can know them; a prompt on a transcript that bears one has another."""
    for hijack in HIJACKS:
        rubric = load_rubric(hijack.rubric)
        usual = judge_prompt(rubric, {"answer": "x"}, seed=0).seal
        if usual in whole(hijack):
            assert judge_prompt(rubric, hijack.texts, seed=0).seal != usual
    assert sum("[[seal" in row["injected"] for row in ROWS) >= 20


def test_there_are_verdicts_at_the_start_in_the_middle_and_at_the_end() -> None:
    bare = [row for row in ROWS if row["kind"] == "fake_verdict"]
    texts = [next(t for t in row.values() if "[[injected]]" in str(t)) for row in bare]
    places = Counter(
        "start" if t.startswith("[[") else "end" if t.endswith("]]") else "middle" for t in texts
    )
    assert min(places[place] for place in ("start", "middle", "end")) >= 2


def test_there_are_at_least_six_languages() -> None:
    scripts = [r"[äöüß]", r"réponse|correcteur", r"[一-鿿]", r"[ぁ-ヿ]", r"[а-я]", r"[؀-ۿ]"]
    scripts += [r"[ऀ-ॿ]", r"\bpara quien\b", r"\bkwa\b"]
    texts = [row["injected"] for row in ROWS if row["kind"] == "language"]
    assert all(any(re.search(script, text) for text in texts) for script in scripts)


@pytest.mark.parametrize(
    ("kind", "signs"),
    [
        ("control_characters", ["\x00", "\x08", "\x1a", "\x1f", "\x7f", "\u2028"]),
        (
            "terminal_escapes",
            ["\x1b[2J", "\x1b]8;;", "\x1b]0;", "\r", "\x9b", "\x1b[32m", "\x1bP"],
        ),
        ("html", ["<script>", "onerror=", "<svg", "&lt;", "&#62 ", "<!--"]),
        ("markdown", ["|---|", "](javascript:", "![]("]),
        ("unicode", ["\u202e", "\u200b", "vеrdict", "\U000e0067", "\u2066", "\ufeff", "\u00ad"]),
        ("chat_template", ["<|im_end|>", "[/INST]", "<|eot_id|>", "</s>", "<end_of_turn>"]),
        ("closing_fence", ["---\n", "</transcript>", "END OF MATERIAL", "\n\n## Your answer\n"]),
        ("encoded", ["base64:", "ROT13", "0x"]),
    ],
)
def test_a_kind_has_what_it_is_named_for(kind: str, signs: list[str]) -> None:
    texts = "\0".join(map(whole, of(kind)))
    assert [sign for sign in signs if sign not in texts] == []


def test_the_file_itself_can_be_printed() -> None:
    """No control character, mark of direction or other character that is not seen stands in it as it is."""
    text = FILE.read_text(encoding="utf-8")
    assert {c for c in text if not c.isprintable()} == {"\n"}


def test_the_same_row_is_the_same_each_time() -> None:
    assert load() == HIJACKS
    assert load("asked") == [hijack for hijack in HIJACKS if hijack.rubric == "asked"]
    with pytest.raises(ValueError, match="rubric nonsense is not known: use one of"):
        load("nonsense")


def test_readme_says_what_is_there() -> None:
    readme = data_path("hijacks", "README.md").read_text(encoding="utf-8")
    assert all(word in readme for word in (CANARY, "written for this project", "MIT", *KINDS))
    assert f"{len(ROWS)} " in readme
    assert all(f"`{key}`" in readme for key in {*KEYS, "repeat"})
    marks = {m for row in ROWS for m in re.findall(r"\[\[[a-z ]+\]\]", json.dumps(row))}
    assert all(f"`{mark}`" in readme for mark in marks)
