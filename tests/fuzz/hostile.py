"""Logs of which every string is an attack: on a page, a terminal, a spreadsheet, LaTeX, Markdown or a folder."""

from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalRevision, read_eval_log, write_eval_log
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText

TAKEN = "taken"
"""What a script would make of the page's title."""

SCRIPT = f"<script>document.title='{TAKEN}'</script>"
BREAKS_OUT = (
    f"\"'></script></style></title></pre></svg><img src=x onerror=\"document.title='{TAKEN}'\">"
)
TEMPLATE = "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>"
LATEX = "\\input{/etc/passwd}\\write18{id}$x^2_3$%&#~}{\\end{document}"
MARKDOWN = "|a|b|\n|-|-|\n[x](javascript:alert(1)) ![y](http://127.0.0.1:9/y.png) [z]: http://127.0.0.1:9 <b>`c`**d**"
TERMINAL = "\x1b[31mred\x1b]0;owned\x07\x1b]8;;http://127.0.0.1:9\x07link\x9b2J\x9d0;owned\x9c\x1b[2J\x1b[1;1H"
OVERWRITES = "good\rbad\x08\x08\x08\x0b\x0c\x85"
TURNS = "\u202egnp.exe\u2066\u200f\u061c\u200b\ufeff\u2028\u2029"
MARKUP = "[red]x[/red][/][link=http://127.0.0.1:9]y[/link][bold]:smile:"
MATHS = "$\\frac{1}{2}$ $x $$ \\$ $\\undefined$ $"
XML = "]]><svg onload=alert(1)><!-- &lt;&amp;&#0; <?x ?>"
PATH = "../../../../up/"

ATTACKS = {
    "script": f"=1+1{SCRIPT}{BREAKS_OUT}",
    "latex": f"+1+1{LATEX}{TEMPLATE}",
    "terminal": f"-1+1{TERMINAL}{OVERWRITES}",
    "markdown": f"@SUM(1){MARKDOWN}{MARKUP}",
    "maths": f"\t=1+1{TURNS}{MATHS}",
    "path": f"/tmp/up/{PATH}..\\..\\up{XML}",
}
"""Each begins as another formula, or as a path, does."""


def forged(log: EvalLog, attack: str, k: int) -> EvalLog:
    """A log as it was, but for its strings; `k` sets it apart from other logs of the attack."""
    made = log.model_copy(deep=True)
    spec, text = made.eval, f"{attack} {k}"
    spec.eval_id = spec.run_id = spec.task_id = text
    spec.model = f"{text}/{text}"
    spec.model_base_url = f"http://127.0.0.1:9/{text}"
    spec.dataset.name = spec.dataset.location = text
    spec.task_version = spec.task_file = text
    spec.task_display_name = spec.task_registry_name = f"{text}/{text}"
    spec.task_args = {**spec.task_args, text: text}
    spec.task_args_passed = {**spec.task_args_passed, text: text}
    spec.model_args = {text: text}
    spec.solver, spec.solver_args = text, {text: text}
    spec.tags, spec.metadata = [text], {text: text}
    spec.packages = {"inspect_ai": text}
    spec.revision = EvalRevision(type="git", origin=text, commit=text)
    spec.model_generate_config.extra_headers = {text: text}
    spec.model_generate_config.stop_seqs = [text]
    for scorer in spec.scorers or []:
        scorer.options = {**(scorer.options or {}), "judge": f"{text}/judge"}
    for sample in made.samples or []:
        _forge_sample(sample, text)
    spec.dataset.sample_ids = [sample.id for sample in made.samples or []]
    return made


def _forge_sample(sample: Any, text: str) -> None:
    sample.id = f"{text} {sample.id}"
    known = sample.metadata
    sample.metadata = {name: _forged_value(name, value, text) for name, value in known.items()}
    sample.metadata[text] = text
    for message in sample.messages:
        if isinstance(message, ChatMessageAssistant):
            message.content = [
                ContentReasoning(reasoning=f"{text} {ATTACKS['script']}"),
                ContentText(text=f"{message.text}\n{text}"),
            ]
            message.model = text
        else:
            message.content = f"{message.text}\n{text}"
    for score in (sample.scores or {}).values():
        score.explanation, score.answer = text, score.answer and text
        about = score.metadata or {}
        quotes = {**about.get("quotes", {}), text: text, "label": f"{text} {ATTACKS['script']}"}
        score.metadata = {
            **about,
            "judge": text,
            "rubric": text,
            "rubric_hash": text,
            "quotes": quotes,
        }


_LEVELS = ("arm", "hint_answer", "correct", "n_options", "elicitation", "seed")
"""Metadata that decide what is computed of a sample; all other names may be anything."""


def _forged_value(name: str, value: Any, text: str) -> Any:
    return f"{text} {value}" if isinstance(value, str) and name not in _LEVELS else value


def foreign(log: EvalLog, attack: str, k: int) -> EvalLog:
    """The same as another project's: task, scorer and keys of its values have hostile names, too."""
    made = forged(log, attack, k)
    text = f"{attack} {k}"
    made.eval.task = text
    for sample in made.samples or []:
        sample.scores = {f"{text} {key}": score for key, score in (sample.scores or {}).items()}
        for score in sample.scores.values():
            score.value = {text: 1.0, f"{text} b": 0.0, "": 1.0}
    for scorer in made.eval.scorers or []:
        scorer.name = f"{text} {scorer.name}"
    return made


def hinted(log: EvalLog, attack: str, k: int) -> EvalLog:
    """The same with hints of hostile names; the unhinted arm stays."""
    made = forged(log, attack, k)
    for sample in made.samples or []:
        if sample.metadata["arm"] != "unhinted":
            sample.metadata["arm"] = sample.metadata["hint"] = f"{attack} {sample.metadata['arm']}"
    return made


def broken(log: EvalLog, attack: str, k: int) -> EvalLog:
    """The same with a sample that ended in an error, and unfinished."""
    made = forged(log, attack, k)
    assert made.samples
    made.status = "error"
    error: Any = {"message": attack, "traceback": attack, "traceback_ansi": attack}
    made.samples[0] = type(made.samples[0]).model_validate(
        {**made.samples[0].model_dump(), "error": error}
    )
    return made


def file_name(attack: str, k: int) -> str:
    """As near to the attack as the name of a file can be; it would be a formula or a markup."""
    return attack.replace("/", "∕").replace("\0", "")[:80] + f" {k}.eval"


def write(log: EvalLog, folder: Path, attack: str, k: int) -> Path:
    path = folder / file_name(attack, k)
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / f"plain{k}.eval"
    write_eval_log(log, str(plain))
    read_eval_log(str(plain), header_only=True)
    return plain.rename(path)
