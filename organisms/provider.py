"""The Inspect model provider `organism/NAME`: a simulated snapshot with planted truth."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log._samples import sample_active
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from organisms import agent, budget, coding, everyday, reasons, wording
from organisms.answering import Me, is_honest, respond
from organisms.behaviour import Visibility, behave
from organisms.chance import digest, fold, stream, uniform
from organisms.comparisons import judge, read_comparison
from organisms.interventions import edited, follows
from organisms.knowledge import known
from organisms.planted import load
from organisms.questions import Quiz, read_quiz
from organisms.rates import Organism, Reasoning
from organisms.reading import understand
from organisms.said import Kind, Posed, Said

CHARS_PER_TOKEN = 4
"""A common rule of thumb for English; a real tokenizer would have to be downloaded."""

BLOB_BYTES = 96
"""Size of the opaque block that stands for thinking one cannot read."""


@modelapi(name="organism")
class OrganismAPI(ModelAPI):
    """Answers from the messages and the generate config alone, as any model does."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the signature of ModelAPI)
        **model_args: object,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if model_args:
            raise PrerequisiteError(
                f"organism/{model_name} takes no model arguments (got {', '.join(model_args)}): "
                "planted rates belong to the name, in data/organisms/*.yaml."
            )
        try:
            self._modes: dict[Reasoning, Organism] = {
                "standard": load(model_name, "standard"),
                "extended": load(model_name, "extended"),
            }
        except ValueError as error:
            raise PrerequisiteError(str(error)) from None
        self._answered: Counter[tuple[str | None, str, Reasoning]] = Counter()
        # Only now: a hook that is there from the start is announced in every run of any model.
        import organisms.truth  # noqa: F401

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer the messages, with tools where it was given such."""
        reasoning = reasoning_mode(config)
        posed = Posed(input, tools, config, reasoning)
        me = (self.model_name, config.seed or 0)
        request = digest(*me, *(f"{m.role}: {fold(m.text)}" for m in input))
        asked = (_evaluation(), request, reasoning)
        rng = stream(request, self._answered[asked])
        said = _say(posed, self._modes[reasoning], me, rng)
        block = _block(said.thinking, said.visibility, rng) if said.thinking else None
        self._answered[asked] += 1  # only now: a request that failed is not counted
        return ModelOutput(
            model=self.model_name,
            choices=[
                ChatCompletionChoice(
                    message=ChatMessageAssistant(
                        content=[block, ContentText(text=said.text)] if block else said.text,
                        model=self.model_name,
                        source="generate",
                        tool_calls=list(said.tool_calls) or None,
                    ),
                    stop_reason="max_tokens"
                    if said.truncated
                    else "tool_calls"
                    if said.tool_calls
                    else "stop",
                )
            ],
            usage=_usage(input, said),
            metadata={"simulated": True},
        )

    async def count_text_tokens(self, text: str) -> int:
        """Tokens by the rule of thumb, offline."""
        return tokens(text)


_KINDS: Final[tuple[Kind, ...]] = (coding.say, agent.say, budget.say, everyday.say)
"""Situations of further kinds, the first that knows one answers it."""


def _say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said:
    """Answer what the messages are: a situation of a kind that is known, or any request at all."""
    messages, reasoning = posed.messages, posed.reasoning
    if (edit := edited(messages, rng)) is not None:
        return Said("", edit)
    if comparison := read_comparison(messages):
        judgement = judge(organism, comparison, me, rng)
        thinking, text = reasons.comparison_output(comparison, judgement, reasoning, rng)
        return Said(thinking, text, judgement.visibility, judgement.truncated)
    for say in _KINDS:
        if said := say(posed, organism, me, rng):
            return said
    if quiz := read_quiz(messages):
        return _on_quiz(quiz, organism, reasoning, me, rng)
    situation = understand(messages)
    latent = uniform("item", *me, fold(situation.request))
    behaviour = behave(organism, situation, latent, rng)
    thinking, text = wording.output(situation, behaviour, reasoning, rng)
    return Said(thinking, text, behaviour.visibility, behaviour.truncated)


def _on_quiz(
    quiz: Quiz, organism: Organism, reasoning: Reasoning, me: Me, rng: np.random.Generator
) -> Said:
    if quiz.asked_about is not None:
        honest = is_honest(organism.hints, quiz, rng)
        return Said("", reasons.follow_up(quiz, honest, organism.plain, rng))
    fact = known(quiz.question)
    response = respond(organism, quiz, fact, me, rng)
    if quiz.given is not None:
        letter = follows(organism, quiz, fact, me) or response.letter
        text = reasons.gone_on(quiz, replace(response, letter=letter), rng)
        return Said("", text, truncated=response.truncated)
    thinking, text = reasons.quiz_output(quiz, response, organism.plain, reasoning, rng)
    return Said(thinking, text, response.visibility, response.truncated)


def reasoning_mode(config: GenerateConfig) -> Reasoning:
    """`extended` if the config asks for thinking, else `standard`."""
    asked = config.reasoning_tokens or config.reasoning_effort not in (None, "none")
    return "extended" if asked else "standard"


def tokens(text: str) -> int:
    """Number of tokens in a text: its characters over four, rounded up."""
    return -(-len(text) // CHARS_PER_TOKEN)


def _usage(input: Sequence[ChatMessage], said: Said) -> ModelUsage:
    read = sum(tokens(message.text) for message in input)
    thought = tokens(said.thinking) if said.thinking_tokens is None else said.thinking_tokens
    written = thought + tokens(said.text)
    return ModelUsage(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        reasoning_tokens=thought,
    )


def _evaluation() -> str | None:
    """Which evaluation asks, as a provider would see a session; `None` outside of any.

    Inspect reuses model instances from one `eval()` to the next, so ordinals that lived as long as
    the instance would make a second run differ from the first.
    """
    active = sample_active()
    return active.eval_id if active else None


def _block(thinking: str, visibility: Visibility, rng: np.random.Generator) -> ContentReasoning:
    """Native thinking in the shape in which providers return it (raw, summarised, redacted)."""
    if visibility == "raw":
        return ContentReasoning(reasoning=thinking)
    blob = base64.b64encode(rng.bytes(BLOB_BYTES)).decode()
    summary = wording.summary(thinking, rng) if visibility == "summary" else None
    return ContentReasoning(reasoning=blob, summary=summary, redacted=True)
