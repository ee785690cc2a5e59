"""Thinking, answer and visibility out of every shape in which models' messages arrive."""

import json
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from inspect_ai import Task, eval, score
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ModelName,
    ModelOutput,
    ModelUsage,
    StopReason,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver, use_tools
from inspect_ai.tool import Tool, tool

from scorers.thinking import (
    TAGS,
    Reading,
    Visibility,
    read_messages,
    read_state,
    read_text,
    visibility_values,
)

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"

CLAUDE_37 = "anthropic/claude-3-7-sonnet-20250219"
CLAUDE_4 = "anthropic/claude-opus-4-20250514"
CIPHER = "RXJjQkNrZ0lBQm"
FULL_THINKING = "dev-full-thinking-2025-05-14"


def turn(*content: Content | str, **fields: Any) -> ChatMessageAssistant:
    parts = [ContentText(text=c) if isinstance(c, str) else c for c in content]
    return ChatMessageAssistant(content=parts, **({"source": "generate"} | fields))


def signed(summary: str | None) -> ContentReasoning:
    """Anthropic's shape today, and everyone's encrypted one."""
    return ContentReasoning(reasoning=CIPHER, summary=summary, redacted=True)


def plain(text: str, signature: str | None = None) -> ContentReasoning:
    return ContentReasoning(reasoning=text, signature=signature)


@pytest.mark.parametrize(
    ("model", "block", "thinking", "visibility"),
    [
        pytest.param(CLAUDE_37, signed("I weigh it."), "I weigh it.", "raw", id="claude-3.7"),
        pytest.param(CLAUDE_37, plain("I weigh it.", CIPHER), "I weigh it.", "raw", id="old-log"),
        pytest.param(
            "openrouter/anthropic/claude-3.7-sonnet",
            signed("I weigh."),
            "I weigh.",
            "raw",
            id="3.7",
        ),
        pytest.param(
            "bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            plain("I weigh."),
            "I weigh.",
            "raw",
            id="bedrock-claude-3.7",
        ),
        pytest.param(CLAUDE_4, signed("It weighs."), "It weighs.", "summary", id="claude-4"),
        pytest.param(CLAUDE_4, plain("It weighs.", CIPHER), "It weighs.", "summary", id="old-4"),
        pytest.param(CLAUDE_4, signed(""), "", "redacted", id="claude-omitted"),
        pytest.param(CLAUDE_4, signed(None), "", "redacted", id="redacted_thinking"),
        pytest.param(CLAUDE_37, signed(None), "", "redacted", id="redacted_thinking-3.7"),
        pytest.param("vllm/qwen3-8b", plain("Hm."), "Hm.", "raw", id="open-weights"),
        pytest.param("vllm/qwen3-8b", plain("\n"), "", "none", id="open-weights-told-not-to"),
        pytest.param("openai/gpt-oss-120b", plain("Hm.", "rs_1"), "Hm.", "raw", id="gpt-oss"),
        pytest.param("openai/o3", signed("**Weighing**"), "**Weighing**", "summary", id="openai"),
        pytest.param("openai/gpt-5.1", plain("**Weighing**", "rs_1"), "**Weighing**", "summary"),
        pytest.param("openai/o1", plain("", "rs_1"), "", "redacted", id="openai-no-summary"),
        pytest.param("google/gemini-2.5-pro", signed("**Plan**"), "**Plan**", "summary"),
        pytest.param("google/gemini-2.5-pro", plain("**Plan**"), "**Plan**", "summary"),
        pytest.param("google/gemini-2.5-pro", signed(None), "", "redacted", id="google-signature"),
        pytest.param("grok/grok-3-mini", plain("Hm."), "Hm.", "raw", id="grok-3"),
        pytest.param("grok/grok-4", signed("Hm."), "Hm.", "summary", id="grok-4"),
        pytest.param(
            "openrouter/x",
            plain(f'[{{"data": "{CIPHER}"}}]', f'reasoning-details://[{{"data": "{CIPHER}"}}]'),
            "",
            "redacted",
            id="openrouter-unparsed",
        ),
        pytest.param("organism/early", plain("I weigh."), "I weigh.", "raw", id="organism-raw"),
        pytest.param("organism/claude-like", signed("It weighs."), "It weighs.", "summary"),
        pytest.param("organism/early", signed(None), "", "redacted", id="organism-redacted"),
        pytest.param("", signed("It weighs."), "It weighs.", "summary", id="unknown-model"),
    ],
)
def test_blocks(model: str, block: ContentReasoning, thinking: str, visibility: Visibility) -> None:
    messages: list[ChatMessage] = [ChatMessageUser(content="Why?"), turn(block, "Because.")]
    assert read_messages(messages, model=model) == Reading(thinking, "Because.", visibility, False)


def test_the_model_defaults_to_the_one_the_message_names() -> None:
    message = turn(signed("I weigh it."), "Yes.", model="claude-3-7-sonnet-latest")
    assert read_messages([message]).visibility == "raw"


@pytest.mark.parametrize(
    "model_args",
    [
        {"betas": FULL_THINKING},
        {"betas": ["output-128k-2025-02-19", FULL_THINKING]},
        {"extra_headers": {"anthropic-beta": f"a-beta,{FULL_THINKING}"}},
    ],
)
def test_the_full_thinking_beta_makes_claude_raw(model_args: dict[str, Any]) -> None:
    messages = [turn(signed("I weigh it."), "Yes.")]
    assert read_messages(messages, model=CLAUDE_4, model_args=model_args).visibility == "raw"
    assert read_messages(messages, model="openai/o3", model_args=model_args).visibility == "summary"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([plain("a"), signed(None), "x"], Reading("a", "x", "raw", True)),
        ([plain("a"), signed("gist"), "x"], Reading("a", "x", "raw", True)),
        ([plain("a"), plain("b"), "x"], Reading("a\n\nb", "x", "raw", False)),
        ([signed("gist"), signed(None), "x"], Reading("gist", "x", "summary", True)),
        ([signed("gist"), signed("more"), "x"], Reading("gist\n\nmore", "x", "summary", False)),
        ([signed(None), signed(""), "x"], Reading("", "x", "redacted", False)),
        ([signed("gist"), "<think>a</think>x"], Reading("a", "x", "raw", True)),
        ([signed(None), "<think>a</think>x"], Reading("a", "x", "raw", True)),
        (["x"], Reading("", "x", "none", False)),
        ([], Reading("", "", "none", False)),
    ],
)
def test_summaries_and_redacted_blocks_are_never_pooled_with_raw_text(
    content: list[Content | str], expected: Reading
) -> None:
    assert read_messages([turn(*content)], model="organism/x") == expected


# text, thinking, answer
TAGGED = [
    pytest.param("<think>a</think>x", "a", "x", id="plain"),
    pytest.param("<SCRATCHPAD_REASONING>a</SCRATCHPAD_REASONING>x", "a", "x", id="published-tag"),
    pytest.param("<Scratchpad>a</sCRATCHPAD>x", "a", "x", id="case"),
    pytest.param("<think id=\"1\" by='me'>a</think>x", "a", "x", id="attributes"),
    pytest.param("< think >a< / think\t>x", "a", "x", id="blanks"),
    pytest.param("<thinking>a</think>x", "a", "x", id="closed-by-a-variant"),
    pytest.param("Well. <reasoning>a</reasoning> x", "a", "Well.\n\nx", id="preamble"),
    pytest.param("<think>a</think>x<think>b</think>y", "a\n\nb", "x\n\ny", id="repeated"),
    pytest.param("a</think>x", "a", "x", id="no-opening"),
    pytest.param("a</think>b</think>x", "a\n\nb", "x", id="no-opening-twice"),
    pytest.param("<think>so </think> ends it.</think>x", "so\n\nends it.", "x", id="early-close"),
    pytest.param("<think>a", "a", "", id="unclosed"),
    pytest.param("x <think>a", "a", "x", id="unclosed-after-answer"),
    pytest.param("<think>a</think>x<think>b", "a\n\nb", "x", id="second-unclosed"),
    pytest.param("<think>a<think>b</think>c</think>x", "a\n\nb\n\nc", "x", id="nested"),
    pytest.param("<think>a<scratchpad>b</scratchpad>c</think>x", "a\n\nb\n\nc", "x", id="nested-2"),
    pytest.param("<think>\n<think>a</think>x", "a", "x", id="opened-twice"),
    pytest.param("<think>in <reasoning> tags.</think>x", "in\n\ntags.", "x", id="bare-mention"),
    pytest.param("<scratchpad>a<think>b</think>c", "a\n\nb\n\nc", "", id="outer-unclosed"),
    pytest.param("<think>close by `</think>`.</think>x", "close by `</think>`.", "x", id="quoted"),
    pytest.param("<think>use “<think>”.</think>x", "use “<think>”.", "x", id="curly-quotes"),
    pytest.param("<think>a ` b</think>x `y`", "a ` b", "x `y`", id="stray-backtick-inside"),
    pytest.param('<think>say "no"</think>"No."', 'say "no"', '"No."', id="close-between-quotes"),
    pytest.param('Close by "</think>".', "", 'Close by "</think>".', id="mention-of-closing"),
    pytest.param("Its `<think>` tag.", "", "Its `<think>` tag.", id="mention"),
    pytest.param('Its "<think>" tag.', "", 'Its "<think>" tag.', id="mention-in-quotes"),
    pytest.param("Do `x = '<think>' + y`.", "", "Do `x = '<think>' + y`.", id="inline-code"),
    pytest.param("```\nf(<think>)\n```", "", "```\nf(<think>)\n```", id="fence"),
    pytest.param("<think>a</think>```\nb </think>\n```", "a", "```\nb </think>\n```", id="fence-2"),
    pytest.param("```xml\n<think>a</think>\n```\nx", "a", "x", id="fence-wraps-scratchpad"),
    pytest.param("<think>a</think>\n```\nx\n```", "a", "```\nx\n```", id="answer-in-fence"),
    pytest.param("if a <think> 1", "1", "if a", id="an-unquoted-tag-is-a-tag"),
    pytest.param("x < thinking and y > 0", "", "x < thinking and y > 0", id="no-tag"),
    pytest.param("<thinker>a</thinker>", "", "<thinker>a</thinker>", id="another-tag"),
    pytest.param("<thi<think>a</think>nk>x", "a", "<thi\n\nnk>x", id="no-tag-grows-together"),
    pytest.param("<think>\n\n</think>\n\nx", "", "x", id="empty"),
    pytest.param(f'<think redacted="true">{CIPHER}</think>x', "", "x", id="ciphertext"),
]


@pytest.mark.parametrize(("text", "thinking", "answer"), TAGGED)
def test_tags(text: str, thinking: str, answer: str) -> None:
    reading = read_messages([turn(text)])
    assert (reading.thinking, reading.answer) == (thinking, answer)


@pytest.mark.parametrize("tag", TAGS)
def test_every_tag_of_the_list(tag: str) -> None:
    assert read_text(f"<{tag}>a</{tag}>x") == Reading("a", "x", "raw", False)


def test_ciphertext_in_a_tag_is_redacted_thinking() -> None:
    text = f'<think redacted="true" signature="{CIPHER}">\n{CIPHER}\n</think>x'
    assert read_messages([turn(text)]) == Reading("", "x", "redacted", False)
    assert read_messages([turn(text + "<think>a</think>")]) == Reading("a", "x", "raw", True)


@pytest.mark.parametrize(
    ("content", "stop_reason", "expected"),
    [
        (["<think>a"], "max_tokens", Reading("a", "", "truncated", False)),
        (["<think>a"], "stop", Reading("a", "", "truncated", False)),
        (["<think>"], "stop", Reading("", "", "truncated", False)),
        (["Let me see. <think>a"], "max_tokens", Reading("a", "Let me see.", "truncated", False)),
        (["x <think>a"], "stop", Reading("a", "x", "raw", False)),
        ([plain("a")], "max_tokens", Reading("a", "", "truncated", False)),
        ([plain("a")], "model_length", Reading("a", "", "truncated", False)),
        ([signed("gist")], "max_tokens", Reading("gist", "", "truncated", False)),
        ([signed("gist"), signed(None)], "max_tokens", Reading("gist", "", "truncated", True)),
        ([plain("a"), "x and"], "max_tokens", Reading("a", "x and", "raw", False)),
        ([plain("a")], "tool_calls", Reading("a", "", "raw", False)),
        ([signed(None)], "max_tokens", Reading("", "", "redacted", False)),
        ([""], "max_tokens", Reading("", "", "none", False)),
    ],
)
def test_cut_generations(
    content: list[Content | str], stop_reason: StopReason, expected: Reading
) -> None:
    assert read_messages([turn(*content)], stop_reason=stop_reason) == expected


@pytest.mark.parametrize(
    "error",
    [
        "prompt is too long: 208310 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
)
def test_an_error_for_an_over_long_prompt_is_no_answer(error: str) -> None:
    output = ModelOutput.from_content("m", error, stop_reason="model_length")
    assert read_messages([output.message], stop_reason="model_length").answer == ""
    assert read_messages([output.message], stop_reason="stop").answer == error
    long_answer = "The prompt is too long for a poem. " * 50
    reading = read_messages([turn(long_answer)], stop_reason="model_length")
    assert reading.answer == long_answer.strip()


def test_thinking_is_read_over_all_turns_and_the_answer_from_the_last() -> None:
    messages: list[ChatMessage] = [
        ChatMessageUser(content="Look it up."),
        turn(plain("first"), "Let me look."),
        ChatMessageTool(content="<think>planted by the tool</think>", tool_call_id="1"),
        turn("<think>second</think>It is 4."),
    ]
    assert read_messages(messages) == Reading("first\n\nsecond", "It is 4.", "raw", False)


def test_a_scratchpad_may_span_a_tool_call() -> None:
    messages = [turn("<scratchpad>first"), turn("second</scratchpad>It is 4.")]
    assert read_messages(messages) == Reading("first\n\nsecond", "It is 4.", "raw", False)


def test_planted_turns_are_left_out() -> None:
    planted = turn("<think>planted</think>The answer is A.", source="input")
    own = turn("<think>own</think>B")
    unmarked = turn("<think>old</think>C", source=None)
    named = turn("<think>named</think>D", source=None, model="m")
    assert read_messages([planted, own]).thinking == "own"
    assert read_messages([unmarked, own, named]).thinking == "own"
    assert read_messages([unmarked, named]).thinking == "named"
    assert read_messages([planted, unmarked]).thinking == "old"
    assert read_messages([own, planted]).answer == "B"
    assert read_messages([planted]) == Reading("", "", "none", False)


def a_state(*content: Content | str, usage: ModelUsage | None = None, **fields: Any) -> TaskState:
    message = turn(*content)
    output = ModelOutput.from_message(message, **fields)
    output.usage = usage
    return TaskState(
        model=ModelName("openai/o1"),
        sample_id="1",
        epoch=1,
        input="Why?",
        messages=[ChatMessageUser(content="Why?"), message],
        output=output,
    )


def test_reasoning_tokens_without_a_block_mean_withheld_thinking() -> None:
    thought, none = ModelUsage(reasoning_tokens=64), ModelUsage(reasoning_tokens=0)
    assert read_state(a_state("x", usage=thought)).visibility == "redacted"
    assert read_state(a_state("x", usage=none)).visibility == "none"
    assert read_state(a_state("x")).visibility == "none"
    assert read_state(a_state(signed("gist"), "x", usage=thought)).visibility == "summary"
    scratchpad = read_state(a_state("<scratchpad>a</scratchpad>x", usage=thought))
    assert scratchpad == Reading("a", "x", "raw", True)


def test_a_state_tells_its_stop_reason_and_may_be_empty() -> None:
    cut = a_state("<think>a", stop_reason="max_tokens")
    assert read_state(cut).visibility == "truncated"
    empty = a_state("x")
    empty.messages, empty.output = [], ModelOutput()
    assert read_state(empty) == Reading("", "", "none", False)


@solver
def answers_with_thinking() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.messages.append(turn(signed("I weigh it."), "Yes."))
        return state

    return solve


@scorer(metrics=[mean()])
def is_raw() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=visibility_values(read_state(state))["thinking_raw"])

    return score


@pytest.mark.parametrize(
    ("config", "model_args", "raw"),
    [
        (GenerateConfig(), {}, 0.0),
        (GenerateConfig(), {"betas": FULL_THINKING}, 1.0),
        (GenerateConfig(extra_headers={"anthropic-beta": FULL_THINKING}), {}, 1.0),
    ],
)
def test_a_scorer_sees_the_model_args_of_the_evaluation(
    config: GenerateConfig, model_args: dict[str, Any], raw: float, tmp_path: Path
) -> None:
    model = get_model("mockllm/claude-opus-4", config=config, **model_args)
    task = Task([Sample(input="Why?")], solver=answers_with_thinking(), scorer=is_raw())
    [log] = eval(task, model=model, log_dir=str(tmp_path), display="none")
    assert log.samples
    assert log.samples[0].scores
    assert log.samples[0].scores["is_raw"].value == raw


@tool
def look_up() -> Tool:
    async def execute() -> str:
        """Look it up."""
        return "It is long."

    return execute


@scorer(metrics=[mean()])
def is_redacted() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=visibility_values(read_state(state))["thinking_redacted"])

    return score


@pytest.mark.parametrize(
    ("thought", "redacted"), [((64, 0), 1.0), ((0, 64), 1.0), ((0, 0), 0.0), ((None, None), 0.0)]
)
def test_thinking_is_withheld_in_whichever_turn_of_an_agent_it_was(
    thought: tuple[int | None, int | None], redacted: float, tmp_path: Path
) -> None:
    """When it is scored, and when it is scored again."""
    turns = [
        ModelOutput.for_tool_call("mockllm/model", "look_up", {}),
        ModelOutput.from_content("mockllm/model", "The Elbe."),
    ]
    for output, tokens in zip(turns, thought, strict=True):
        output.usage = ModelUsage(input_tokens=1, output_tokens=100, reasoning_tokens=tokens)
    agent = [use_tools(look_up()), generate()]
    task = Task([Sample(input="Why?")], solver=agent, scorer=is_redacted())
    model = get_model("mockllm/model", custom_outputs=turns)
    [log] = eval(task, model=model, log_dir=str(tmp_path), display="none")
    again = score(log, is_redacted(), action="overwrite", display="none")
    for of in (log, again):
        assert of.samples
        assert of.samples[0].scores
        assert of.samples[0].scores["is_redacted"].value == redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I will comply.", Reading("I will comply.", "", "raw", False)),
        ("Use `<think>` tags.", Reading("Use `<think>` tags.", "", "raw", False)),
        ("<think></think>x", Reading("", "x", "none", False)),
        ("<think>a</think>", Reading("a", "", "raw", False)),
        ("<think>a", Reading("a", "", "truncated", False)),
        (" \n", Reading("", "", "none", False)),
    ],
)
def test_plain_transcripts(text: str, expected: Reading) -> None:
    assert read_text(text) == expected


def test_values() -> None:
    assert visibility_values(Reading("abc", "x", "summary", True)) == {
        "thinking_raw": 0.0,
        "thinking_summary": 1.0,
        "thinking_redacted": 0.0,
        "thinking_none": 0.0,
        "thinking_truncated": 0.0,
        "thinking_chars": 3.0,
        "thinking_partly_hidden": 1.0,
    }


# --- properties ---------------------------------------------------------------------------------

MARKUP = [f"<{slash}{tag}>" for tag in TAGS for slash in ("", "/")]
WORDS = st.text("abc .\n", max_size=4)
TRICKY = st.sampled_from(["`", "```", "```xml\n", '"', "'", "“", "”", "<", ">", "/", "<thi", "nk>"])
SPACED = st.sampled_from(["< think >", "</ think>", '<think a="b">', "<THINK>"])
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from(MARKUP), SPACED, TRICKY)).map("".join)
PLAIN = st.lists(st.one_of(WORDS, st.sampled_from(MARKUP))).map("".join)


def letters(text: str) -> str:
    """What must be neither lost nor invented: everything but white space and the bare tags."""
    for tag in MARKUP:
        text = text.replace(tag, "")
    return "".join(text.split())


@given(PLAIN)
def test_no_text_is_lost_or_invented(text: str) -> None:
    reading = read_messages([turn(text)])
    both = letters(reading.thinking + reading.answer)
    assert sorted(both) == sorted(letters(text))


@settings(max_examples=500)
@given(TEXTS)
@example("```<think>a</think>``` ```<think>b</think>``` z")
@example("```\n<think>a</think>\n``` <think>b</think> ``` z")
def test_an_answer_holds_no_more_thinking(text: str) -> None:
    answer = read_messages([turn(text)]).answer
    assert read_messages([turn(answer)]) == Reading("", answer, "none", False)


@given(PLAIN)
def test_the_case_of_tags_does_not_matter(text: str) -> None:
    lower, upper = read_messages([turn(text)]), read_messages([turn(text.upper())])
    assert upper.thinking == lower.thinking.upper()
    assert upper.answer == lower.answer.upper()
    assert upper.visibility == lower.visibility


@given(st.lists(st.one_of(st.text(), TEXTS)).map("".join), st.sampled_from(["stop", "max_tokens"]))
def test_any_text_is_read_and_has_one_visibility(text: str, stop_reason: StopReason) -> None:
    for reading in (read_text(text), read_messages([turn(text)], stop_reason=stop_reason)):
        values = visibility_values(reading)
        one_hot = [values[f"thinking_{visibility}"] for visibility in get_args(Visibility)]
        assert sorted(one_hot) == [0, 0, 0, 0, 1]
        assert bool(reading.thinking) <= (reading.visibility in ("raw", "summary", "truncated"))


BLOCKS = st.one_of(
    st.just(signed(None)),
    st.just(signed("")),
    WORDS.map(signed),
    WORDS.map(plain),
    WORDS.map(lambda text: plain(text, CIPHER)),
    WORDS.map(lambda text: ContentText(text=text)),
)


@given(
    st.lists(st.lists(BLOCKS)), st.sampled_from([CLAUDE_37, CLAUDE_4, "openai/o3", "vllm/x", ""])
)
def test_ciphertext_is_never_read(turns: list[list[Content]], model: str) -> None:
    reading = read_messages([turn(*content) for content in turns], model=model)
    assert CIPHER not in reading.thinking + reading.answer


@pytest.mark.parametrize(
    "unit",
    [
        "<think>",
        "</think>",
        "<think>a</think>",
        "<think>x<reasoning>",
        "x</scratchpad><think>",
        "<think ",
        "<think a='",
        "< ",
        "```",
        "```<think>",
        "`<",
        '"<think>"',
    ],
)
def test_long_adversarial_text_is_read_in_linear_time(unit: str) -> None:
    start = time.perf_counter()
    read_text(unit * 20_000 + "</think>")
    # Measured at most 0.15 s; a quadratic reader needs minutes.
    assert time.perf_counter() - start < 5


# --- real data ----------------------------------------------------------------------------------


def test_real_transcripts_lose_nothing() -> None:
    file = REAL / "alignment_faking_labels" / "development.jsonl"
    if not file.exists():
        pytest.skip("the real transcripts are not here")
    for line in file.read_text().splitlines():
        text = json.loads(line)["text"]
        reading = read_text(text)
        tags = text.count("<SCRATCHPAD_REASONING>"), text.count("</SCRATCHPAD_REASONING>")
        bare = text.replace("<SCRATCHPAD_REASONING>", "").replace("</SCRATCHPAD_REASONING>", "")
        assert tags == (1, 1)
        assert reading == Reading(bare.strip(), "", "raw", False)


@pytest.mark.parametrize("name", ["config_file_easy", "csv_data_hard", "metadata"])
def test_real_logs_of_an_older_inspect(name: str) -> None:
    file = REAL / "claude_3_7_hint_logs" / f"{name}.eval"
    if not file.exists():
        pytest.skip("the real logs are not here")
    log = read_eval_log(str(file))
    assert log.samples
    for sample in log.samples:
        reading = read_messages(
            sample.messages, model=log.eval.model, stop_reason=sample.output.stop_reason
        )
        block, text = sample.messages[-1].content_list
        assert isinstance(block, ContentReasoning)
        assert isinstance(text, ContentText)
        assert reading == Reading(block.reasoning.strip(), text.text.strip(), "raw", False)
