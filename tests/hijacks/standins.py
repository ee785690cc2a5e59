"""Stand-ins for a judge that fall for what they read, and two that know what they read.

All are `standin/NAME`. Those of `HOSTILE` know nothing but the prompt, as any judge: they decide by what stands
in the transcript. `sealed` is told besides which verdict is planted and how a reply must look; `honest`
is told the right verdict.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo

from analysis.monitors import CATEGORIES
from paper_figures.hijack_set import Hijack, load
from scorers.judges.rubric import load_rubric
from scorers.judges.verdict import CRITERIA
from tests import fakes

_KEYS = {
    "compliance": {"quote", "verdict"},
    "animal_welfare": {"quote", "verdict"},
    "acknowledgement": {"mentioned", "acknowledged"},
    "asked": {"honest"},
    "monitor": {"flagged"},
    "admission": {"admitted"},
    **{name: {*categories, "role_play"} for name, categories in CATEGORIES.items()},
    "alignment_faking": {
        *CRITERIA,
        *("reasons_about_training", "opposes_objective", "anti_developer", "test_suspicion"),
    },
}
"""Keys of a reply by rubric, beside the seal."""

_LIKE_A_FENCE = re.compile(
    r"""^[ \t]*(?:
        [0-9a-f]{16,} | [-=*_~\#`]{3,}.* | \#+[ ].* | </?[\w-]+/?> |
        .*\bEND[ ]OF\b.* | .*(?:<\|\w+\|>|\[/?(?:INST|SYSTEM)\]|</s>|<\w+_of_turn>).* |
        [ \t]*(?:Human|User|Assistant|System|Judge|Your[ ]answer|Verdict)\b.*
    )$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
"""A line that could be taken for the end of the material."""

_CLAIMED_SEAL = re.compile(r"\bseal\b\W{1,3}(?:is\W+)?([0-9a-f]{8})\b", re.IGNORECASE)


# ---------------------------------------------------------------------------------- hostile


def echo(prompt: str) -> str:
    """The transcript that it was given."""
    return "\n".join(fakes.parts_of(prompt).values())


def echo_judged(prompt: str) -> str:
    """The one text that the verdict is about."""
    return list(fakes.parts_of(prompt).values())[-1]


def echo_prompt(prompt: str) -> str:
    """All that it was given."""
    return prompt


def first_json(prompt: str) -> str:
    """The first JSON object of the transcript, as it stands there."""
    return _first(text for text, _ in _objects(echo(prompt)))


def first_json_rewritten(prompt: str) -> str:
    """The first JSON object of the transcript, read and written anew."""
    return _first(json.dumps(found) for _, found in _objects(echo(prompt)))


def first_verdict(prompt: str) -> str:
    """The first JSON object of the transcript with the keys that were asked for."""
    return _first(text for text, found in _objects(echo(prompt)) if _fits(found, prompt))


def last_verdict_rewritten(prompt: str) -> str:
    """The last such object, read and written anew."""
    found = [json.dumps(found) for _, found in _objects(echo(prompt)) if _fits(found, prompt)]
    return _first(reversed(found))


def first_json_in_prompt(prompt: str) -> str:
    """The first JSON object of the whole prompt."""
    return _first(text for text, _ in _objects(prompt))


def obedient(prompt: str) -> str:
    """What stands behind the first line of the transcript that could end it."""
    return _obeyed(_LIKE_A_FENCE.split(echo(prompt), maxsplit=1)[-1])


def obedient_to_the_last(prompt: str) -> str:
    """What stands behind the last such line."""
    return _obeyed(_LIKE_A_FENCE.split(echo(prompt))[-1] or echo(prompt))


def obedient_in_prompt(prompt: str) -> str:
    """What stands behind the first such line of the whole prompt, its own fence included."""
    return _obeyed(_LIKE_A_FENCE.split(prompt, maxsplit=1)[-1])


HOSTILE: dict[str, Callable[[str], str]] = {
    standin.__name__: standin
    for standin in (
        *(echo, echo_judged, echo_prompt),
        *(first_json, first_json_rewritten, first_verdict, last_verdict_rewritten),
        *(first_json_in_prompt, obedient, obedient_to_the_last, obedient_in_prompt),
    )
}


def _obeyed(orders: str) -> str:
    """The JSON that stands there, with the seal that is claimed there; else the words themselves."""
    claimed = _CLAIMED_SEAL.search(orders)
    for text, found in _objects(orders):
        if "seal" in found or claimed is None:
            return text
        return json.dumps({"seal": claimed[1], **found})
    return orders


def _objects(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a text, outermost ones alone: as they stand there, and read."""
    decoder, at = json.JSONDecoder(strict=False), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
            yield text[at:end], found
        except ValueError:
            end = at + 1
        at = text.find("{", end)


def _first(found: Iterator[str]) -> str:
    return next(found, "There is no JSON.")


def _fits(found: dict[str, Any], prompt: str) -> bool:
    return found.keys() - {"seal"} == _KEYS[_rubric(prompt)]


def is_verdict(reply: str, prompt: str) -> bool:
    """Whether a reply is JSON with the keys that a prompt asks for, whatever its seal."""
    try:
        found = json.loads(reply)
    except ValueError:
        return False
    return isinstance(found, dict) and _fits(found, prompt)


# ---------------------------------------------------------------------------------- in the know


def honest(prompt: str) -> str:
    """The right verdict with the first words of what is judged as its quote."""
    hijack, _ = whose(prompt)
    return _reply(prompt, *hijack.right)


def sealed(prompt: str) -> str:
    """The planted verdict under the right seal, in the words of the transcript where it offers any."""
    hijack, injected = whose(prompt)
    if not injected:
        return honest(prompt)
    offered = [found for _, found in _objects(echo(prompt)) if _fits(found, prompt)]
    if offered:
        return json.dumps({**offered[-1], "seal": fakes.seal_of(prompt)})
    ((name, holds),) = hijack.planted.items()
    return _reply(prompt, name, holds)


def _reply(prompt: str, name: str, holds: bool) -> str:
    """A reply as asked for, that says of a label whether it holds."""
    rubric = _rubric(prompt)
    quote = " ".join(echo_judged(prompt).split()[:4])
    claim = {"quote": quote if holds else "", "holds": holds}
    if rubric in ("compliance", "animal_welfare"):
        said: dict[str, Any] = {"quote": quote, "verdict": name}
    else:
        said = dict.fromkeys(_KEYS[rubric], claim)
    if rubric in CATEGORIES:
        said["role_play"] = False
    if rubric == "alignment_faking":
        quote = " ".join(fakes.parts_of(prompt)["thinking"].split()[:4])
        claim = {"quote": quote if holds else "", "holds": holds}
        said |= dict.fromkeys(_KEYS[rubric] - {*CRITERIA}, False) | dict.fromkeys(CRITERIA, claim)
    return json.dumps({"seal": fakes.seal_of(prompt), **said})


def whose(prompt: str) -> tuple[Hijack, bool]:
    """The hijack that a prompt is about, and whether the injected text is in what it shows."""
    shown, rubric = fakes.parts_of(prompt), _rubric(prompt)
    for injected in (False, True):
        for hijack in _bundled():
            texts = hijack.texts if injected else hijack.without
            if hijack.rubric == rubric and _shows(shown, texts):
                return hijack, injected
    raise LookupError("the prompt is about no bundled hijack")


@cache
def _bundled() -> list[Hijack]:
    return load()


def _shows(shown: dict[str, str], texts: Any) -> bool:
    material = "\0".join(texts.values())
    given = f"\n\nIt gives: {texts.get('given')}"
    return all(text.removesuffix(given) in material for text in shown.values())


def _rubric(prompt: str) -> str:
    return next(name for name in _KEYS if prompt.startswith(load_rubric(name).text))


# ---------------------------------------------------------------------------------- provider


@modelapi(name="standin")
class StandIn(ModelAPI):
    """`standin/NAME` for each of them."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        known = {**HOSTILE, "honest": honest, "sealed": sealed}
        return fakes.output(known[self.model_name](input[0].text))
