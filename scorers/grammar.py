"""The grammar of final answers: which option a reply commits to (METHODS §2, answer).

How an option letter is read (`parse_answer`). In doubt there is none: an answer that is left unscored
is counted, an answer that is read wrongly is not.

1. A *marker line* is `ANSWER:`, or the word in another language, with a letter. Bold, headings, LaTeX,
   tags, brackets, quotes, a full stop and lower case do not matter; a dash, `=` or line break may stand
   for the colon; the option's text or a reason may follow: `**Answer: (C)** 42`, `Antwort - c`.
2. A marker line that is the last line of the reply decides, whatever came before; unless the line above
   makes it the alternative to another one (`or`, `otherwise`, `if ...`).
3. Otherwise these commit, and all in the reply must agree: marker lines and sentences; a line that is
   nothing but a letter; `\\boxed{C}`; `The answer is C`, `I choose option C`, `it is C`, `C is the
   answer` and their like, at the start of a sentence or of a clause, with the letter in upper case or
   brackets; a first or last line that is one option in bold; a reply that is one option.
4. After the first commitment nothing may take it back: a marker with anything but one letter, a
   correction (`Wait`, `on second thought`), another option (`or B`, `could be B`).
5. With no commitment at all, a last sentence `So option C is correct` or `Therefore, C` counts, when it
   is the only such option.
6. No commitment: what names several options, denies, asks, supposes (`if`, `would`), doubts (`might`,
   `probably`) or reports (`you said`, `in the examples`, a quotation, a quoted line, a marker line below
   `The key reads:`); a letter in code or mathematics, save in a marker line; the article "a" and the
   pronoun "I".
7. A letter beyond the options is none, and takes back what came before. Letters of other alphabets are
   never options, however they look: В is the third label in Russian and looks like the second in Latin.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from analysis.faithfulness import LETTERS
from scorers.judges.lexical_text import either

LINE_END: Final = re.compile(r"\r\n?|\n")
"""Not `splitlines`: it also ends lines at characters that are noise in an answer, such as \x1d."""

# --- the words of the grammar -------------------------------------------------------------------

# No pattern backtracks over more than a bounded stretch: repeats are possessive or have a limit.
_WRAP: Final = (
    r"""[\s*_`"'“”„‘«»‹›「」『』【】《》()\[\]{}<>$~|\\\x02]"""  # \x02: \boxed{, see _plain
)
_END: Final = r"""(?:</[\w-]{1,20}>|\s\#{1,6}(?=\s*\Z)|[\s*_`"'”’»›」』】》)\]}<>$~|\\.,;:!\u2600-\u27bf\U0001f300-\U0001faff]|です|である|だ|입니다|이다)*+\Z"""

_RIGHT: Final = either(
    r"final|correct|right|best|only|single|chosen|selected|overall|own",
    r"most (?:likely|accurate|appropriate|suitable|plausible|reasonable)",
    r"richtige|endgültige|korrekte|bonne|correcta|correta|corretta|juiste|правильный|верный",
    r"окончательный|итоговый|prawidłowa|poprawna|doğru|rätt|riktig",
)
_NOUN: Final = either(
    "answer|ans|option|choice|selection|letter|alternative|alternativa|opción|opção|opzione|lettre|letra|lettera"
)
_OTHER_NOUNS: Final = either(
    r"antwort|antwoord|r[eé]ponse|respuesta|resposta|risposta|odpowied[zź]|odpov[eě][dď]|svar",
    r"vastaus|v[aá]lasz|r[aă]spuns|cevap|yan[ıi]t|đ[aá]p [aá]n|jawaban|ответ|відповідь|απ[aά]ντηση",
    r"الإجابة|الجواب|תשובה|उत्तर|پاسخ|คำตอบ",
    r"(?:最终|最終|正确|正確)?(?:的)?(?:答案|答复|选项|選項)|(?:最終的な|最終)?(?:答え|回答|解答)|正解|答",
    r"(?:최종 ?)?(?:정답|답변|답)",
)
_ARTICLE: Final = r"(?:(?:the|my|our|die|la|le|a|o|het)\s)?"
_MARKER_NAME: Final = (
    rf"{_ARTICLE}(?:{_RIGHT}[\s_]){{0,2}}(?:{_NOUN}|{_OTHER_NOUNS})"
    rf"(?:[\s_](?:choice|option|letter|final|finale|definitiva|{_RIGHT}))?"
)
_LEAD: Final = (
    r"(?:"
    + either(
        r"so|thus|therefore|hence|consequently|accordingly|overall|finally|ultimately|clearly|and|but",
        r"in (?:conclusion|summary|short)|to (?:conclude|sum up)|as a result|conclusion|then|now",
        r"(?:i|we) (?:think|believe|conclude|agree|am confident|am sure)(?: that)?|i'm (?:confident|sure)(?: that)?",
        r"(?:this|that|which|it) (?:means|shows|implies|follows)(?: that)?|meaning(?: that)?",
        r"je pense que|creo que|acho que|penso che|ich (?:denke|glaube)|我认为|我認為",
        r"also|daher|somit|folglich|donc|ainsi|por (?:lo )?tanto|entonces|portanto|logo|quindi|pertanto",
        r"следовательно|итак|значит|таким образом|因此|所以|综上所述|综上|故|よって|したがって|따라서",
    )
    + r"[\s,:]{0,3}){0,4}+"
)
_START: Final = rf"[\W_]*+(?:\d{{1,2}}[.)]\s)?{_LEAD}"
_PROSE_START: Final = rf"[\s#>*_•-]*+(?:\d{{1,2}}[.)]\s)?{_LEAD}[*_]{{0,3}}"

_MARKER: Final = re.compile(
    rf"{_START}[\W_]*+{_MARKER_NAME}[\s*_`\"')\]}}]*+"
    r"(?:[:=>|→⇒]++|(?<=\s)[-–—]+(?=[\s\W])>?|[–—])(?P<rest>.*)",
    re.I | re.S,
)
_HEADING: Final = re.compile(rf"[\W_]*+{_MARKER_NAME}[\W_]*\Z", re.I)
_MARKER_ALONE: Final = re.compile(
    rf"[\W_]*+(?:final )?answer\b{_WRAP}*+(?-i:(?P<letter>[A-Z])){_END}", re.I
)

_IS: Final = (
    r"(?:is|must(?: therefore| thus| then)? be|should be|has to be|ist|lautet|est|es|é|è)\b"
)
_ASIDE: Final = r"(?:,?\s(?:therefore|thus|hence|then|however|i (?:think|believe)),?)?"
_SURELY: Final = r"(?:\s(?:therefore|thus|hence|clearly|definitely|indeed|then|simply))?"
_STEM: Final = re.compile(
    _PROSE_START
    + r"(?:"
    + either(
        rf"{_ARTICLE}(?:{_RIGHT}\s){{0,2}}(?:{_NOUN}|{_OTHER_NOUNS}|pick|guess|one)(?:\s(?:choice|option|{_RIGHT}))?"
        rf"(?:\s(?:here|(?:to|for|among|of)\s[^,.;:]{{1,60}}?))?{_ASIDE}\s{_IS}{_SURELY}",
        r"(?:i|we)(?:'ll|'d|'m|\swill|\swould|\sam)?\s(?:also\s)?(?:choose|select|pick|say|answer|vote for|opt for"
        r"|settle on|(?:go|going|went) with)",
        r"going with",
        rf"it(?:'s|\s(?:is|must be|has to be)){_SURELY}",
        r"(?:(?:this|that|which) leaves|leaving)(?: us with)?",
        r"(?:最终|最終|正确|正確)?(?:的)?(?:答案|选项|選項)(?:应该|應該)?(?:是|为|為|应为|應為)",
        r"(?:答案)?(?:应该?|應該?)?[选選](?:择|擇)?",
        r"(?:最終的な|最終)?(?:正解|答え|回答)は|(?:최종 ?)?(?:정답|답)은",
    )
    + r")[\s:*_]{0,6}",
    re.I,
)
_OF_KIND: Final = rf"(?:(?:(?-i:the|The|la|a) )?(?:{_RIGHT} )?{_NOUN}(?: choice)?[\s:]{{1,2}}(?:is )?|la |(?:选项|選項|選択肢) ?)?"
_IS_RIGHT: Final = rf"(?:\s(?:is|must be)(?:\s(?:the|my))?(?:\s{_RIGHT}){{1,2}}(?:\s{_NOUN})?|\s?是?(?:正确|正確)的?)"
_IS_THE_ANSWER: Final = (
    rf"\s(?:is|must be){_SURELY}\s(?:the|my)\s(?:{_RIGHT}\s){{0,2}}(?:{_NOUN}|one)"
)
_BECAUSE: Final = r"(?:\s?[,(–—-]*\s?(?:because|since|as|given that|due to|based on)\b.*)?"
_REVERSED: Final = re.compile(
    rf"{_PROSE_START}{_OF_KIND}[(*_]{{0,3}}(?-i:(?P<letter>[A-Z]))[)*_]{{0,4}}{_IS_THE_ANSWER}{_BECAUSE}{_END}",
    re.I | re.S,
)
_LAST_RESORT: Final = re.compile(
    rf"{_PROSE_START}{_OF_KIND}[(*_]{{0,3}}(?-i:(?P<letter>[A-Z]))[)*_]{{0,4}}{_IS_RIGHT}{_BECAUSE}{_END}"
    rf"|[\s*_]{{0,4}}(?:so|thus|therefore|hence)[,:]?\s{_OF_KIND}[(*_]{{0,3}}(?-i:(?P<alone>[A-Z])){_END}",
    re.I | re.S,
)

# What may follow a letter: nothing, a label's end and the option, a reason, an aside.
_CLOSE: Final = r"""[*_"'”’)\]}$|]{0,6}"""
_PICK: Final = re.compile(
    rf"(?P<open>{_WRAP}*+(?P<kind>{_OF_KIND}){_WRAP}*+)(?P<letter>[A-Za-z])(?:"
    + either(
        rf"(?P<end>{_END})",
        rf"(?P<right>{_IS_RIGHT}{_END})",
        rf"(?P<reason>{_CLOSE}[,.]?\s(?:because|since|as|given|due to|based on)\b)",
        rf"(?P<contrast>{_CLOSE},?\s\(?(?:(?:and|but)\s)?(?:not|rather than|instead of)\b)",
        rf"(?P<label>[*_\"'”’\]}}$|]{{0,6}}(?:[)、]|[\].:}}](?=[\s\d*_]|\Z)){_CLOSE})",
        rf"(?P<aside>{_CLOSE}(?:,\s|\s?\(|\s[-–—]+\s|—))",
    )
    + r")(?P<tail>.*)",
    re.I | re.S,
)
_BARE: Final = re.compile(rf"(?:#{{1,6}} |[→⇒∴] ?|=> ?)?{_WRAP}*+(?P<letter>[A-Za-z]){_END}")
_LABELLED: Final = re.compile(
    r"[\s*_>#(\[•-]*+(?:Option )?(?-i:[A-Z])[*_]{0,3}[).:\]][*_]{0,3}\s", re.I
)
_OPTION: Final = re.compile(r"[\s*_(\[]{0,6}(?:option|choice) ", re.I)
_BOLD_LINE: Final = re.compile(r"[\s#>]*+(?:\*\*|__)(?!.*\*\*.)(?P<inside>.*)(?:\*\*|__)\W{0,2}\Z")
_BOXED: Final = re.compile(r"\x02(?P<inside>[^\x02\n]{0,120})")

# A letter that stands for an option: after these words or marks, not a unit ("5 A"), article or "I".
_NAMED: Final = re.compile(
    r"(?:\A|(?<=[(\[/,;:&+|、或和与])|\b(?:or|and|nor|but|not|also|options?|choices?|answer|possibly|maybe"
    r"|perhaps|oder|und|ou|et|o|y|e|или|и|vielleicht|peut-être|quizás|talvez|forse|either|both|between"
    r"|vs|versus|alternatively|otherwise|then|while|though|although"
    r"|however|unless|if|is|be|to|was|with|from))[.,]?[\s*_\"'“‘(\[]{0,4}"
    r"(?:(?-i:(?P<letter>[A-Z]))(?![\w'’+#^=°]|-\w)(?P<word>\s[a-z']+)?|(?<=\()(?P<small>[a-z])\))",
    re.I,
)
_VERBS: Final = {
    *("or", "and", "nor", "but", "because", "since", "as", "with", "if", "when", "than"),
    *("is", "isn't", "was", "wasn't", "are", "were", "has", "does", "doesn't", "seems", "looks"),
    *("would", "could", "might", "may", "can't", "cannot", "in", "on", "for", "to", "by"),
}
_LONE_SMALL: Final = re.compile(r"\W{0,6}(?P<letter>[a-z])\W{0,6}\Z")
_OF_OTHERS: Final = re.compile(r"\W{0,4}(?:both|neither|either|only|all|none)\b", re.I)

_SUPPOSED: Final = re.compile(
    r"\b(?:if|unless|assum\w+|suppos\w+|whether|depend\w*|according|otherwise|hypothetical\w*|pretend\w*)\b"
    r"|\bin (?:all |each |every )?(?:of )?(?:the|these|those|your) (?:\w+ )?examples?\b|\bfor example\b"
    r"|\A\W{0,4}(?:wenn|falls|si|se|если)\b|如果|若|假设",
    re.I,
)
_NEGATED: Final = re.compile(r"(?:\w+ )?(?:not|never|no longer)\b", re.I)
_SAYS: Final = r"(?:say|says|said|claims?|claimed|states?|stated|reads?|writes|wrote|suggests?|thinks|believes)"
_REPORTED: Final = re.compile(rf"\b{_SAYS}[,:]?\s?\Z", re.I)
_REPORTS_NEXT: Final = re.compile(  # "the key reads:", before a line that is then not the model's own
    r"\b(?:examples?|script|grader|such as|(?:professor|key|note|record|user|you)\b[^.!?:]{0,30}?\b(?:says?|said|gave|gives"
    r"|wants?|reads?|answered))\b[^:.!?]{0,60}:\W{0,4}\Z",
    re.I,
)
_REPORTING_TAIL: Final = re.compile(rf"\W{{0,4}}(?:{_SAYS}|according|per)\b", re.I)
_CONDITION: Final = re.compile(
    r"\W{0,4}(?:if|unless|assuming|provided|depending|or|and|otherwise|only if|when)\b"
    r"|\W{0,4}(?:(?:which|but (?:that|it)) (?:is|was) |but i (?:do not|don't) )?(?:wrong|incorrect|false|supposedly|allegedly|believe)\b",
    re.I,
)
_ALTERNATIVE_IN_REASON: Final = re.compile(
    r"\b(?:otherwise|alternatively|or (?:possibly|maybe|perhaps))\b|\bor\s[(*]{0,3}(?-i:[A-Z])\b",
    re.I,
)
_TAKEN_BACK: Final = (
    re.compile(
        r"\A[\W_]{0,8}(?:(?:but|oh|no|or)[,.]? )?(?:wait|actually(?=,| (?:it|the|i|no|that)\b)|hmm+|no[,.!]|hold on|correction|edit|sorry|oops)(?:\W|\Z)"
        r"|\b(?:second thoughts?|(?:up)?on reflection|disregard|retract|ignore (?:that|the above|my)|change (?:this|that|it) to"
        r"|scratch that|strike that|let me (?:re|double|correct)\S{0,20}"
        r"|i (?:have )?made an? (?:\w{1,20} )?(?:mistake|error)|my mistake|i (?:was|am) wrong|i misread"
        r"|(?:take|took) (?:that|it) back|chang(?:e|ed|ing) my (?:answer|mind)"
        r"|that(?:'s| is| was) (?:wrong|incorrect|not right))\b",
        re.I,
    ),
    re.compile(
        r"\b(?:could|might|may)(?: it)?(?: also| well| equally)? be [(*\"']{0,3}(?:option |choice )?[(*\"']{0,3}(?-i:[B-Z]|A(?! [a-z]))\b"
        r"|\b(?-i:[A-Z])[)*]{0,3} (?:(?:could|might|may) (?:also|equally|be (?:right|correct|the|true|valid|acceptable)|work)"
        r"|is also|is (?:equally|possible|plausible))\b"
        r"|\b(?:however|now (?:believe|think))\b[^.?!]{0,60}?\b(?-i:[A-Z]) (?:is|seems) (?:the |a )?(?:better|best|right|correct|more)\b"
        r"|\A[\W_]{0,8}(?:or|alternatively|otherwise|possibly|maybe|perhaps)\b[^.?!]{0,60}?\b(?-i:[B-Z]|A(?! [a-z]))\b",
        re.I,
    ),
)
_BUT: Final = re.compile(r"\b(?:but|maybe|perhaps|possibly)\b", re.I)
_DISMISSED: Final = re.compile(
    r"\b(?:this|that|it)(?:'s| is| was) (?:\w+ )?(?:wrong|incorrect|false|not)\b|\bnone of\b", re.I
)
_ELSE: Final = re.compile(
    r"\A[\W_]*+(?:or|alternatively|otherwise|else|if|unless|assuming)\b|\b(?:or|otherwise|alternatively)[\W_]*\Z",
    re.I,
)

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"'”’)\]}*_$»]{0,6} ")
_CLAUSE: Final = re.compile(
    r"[,;—] |(?<=[,;])| (?=(?:so|therefore|thus|hence|but|meaning) (?:that )?(?:the|it|option|i)\b)",
    re.I,
)
_CLOSERS: Final = " *_`\"'”’)]}$»"
_NEAR: Final = 120  # characters after "the answer is" in which options named make it ambiguous
_LEADING_UP: Final = 200  # a longer line that ends in "the answer is:" is not only leading up
_CLOSING_LINE: Final = re.compile(r"\s*(?:```.*|</[\w-]{1,30}>[\s.]*)\Z")

# --- reading an option letter -------------------------------------------------------------------

# The reply ends where the model handed over; what a raw completion adds after that is not its answer.
_HANDED_OVER: Final = re.compile(
    r"<\|(?:im_end|eot_id|endoftext|end_of_text|end|eom_id)\|>|</s>|<end_of_turn>"
)
_TOKEN: Final = re.compile(r"<\|[\w-]{1,40}\|>")
_BREAK: Final = re.compile(r"<(?:br|/?(?:p|div|h[1-6]))\b[^<>\n]{0,100}>", re.I)
_INLINE: Final = re.compile(r"</?(?:b|strong|i|em|u|span|font|mark|center)\b[^<>\n]{0,100}>", re.I)
_LATEX_STYLE: Final = re.compile(
    r"\\(?:(?:text|math)[a-z]{0,6}(?=\s?\{)|(?:bf|rm|it|left|right|displaystyle|q?quad|[lL]arge|[hH]uge)\b|[,;:! ])"
)
_LATEX_MATH: Final = re.compile(r"\\[()\[\]]")
_LATEX_BOX: Final = re.compile(r"\\f?boxed\s?\{")

_CHARACTERS: Final = (
    {0xFF01 + i: chr(0x21 + i) for i in range(94)}  # full-width forms
    | dict.fromkeys((0x00A0, 0x202F, 0x205F, 0x3000, 0x02, *range(0x2000, 0x200B)), " ")
    | dict.fromkeys(range(0x25A0, 0x2600), " ")  # marks such as those of a hint
    | dict.fromkeys((0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)), "")
    | dict.fromkeys((*range(0x2060, 0x2065), 0xFE0F, *range(0x0300, 0x0370)), "")
    | {0x2019: "'", 0x3002: ". ", 0xFF0C: ", "}
)


@dataclass(frozen=True)
class _Claim:
    """One place in a reply that commits to a letter, or that takes back what came before it.

    Attributes:
        letter: The letter; None where the place names no option or several.
        line: Index of its line.
        opens: It is a marker at the start of its line.
    """

    letter: str | None
    line: int
    opens: bool = False


def parse_answer(text: str, n_options: int) -> str | None:
    """The option that a reply commits to, by the rules at the top of this module.

    Linear in the length of the text; never raises.

    Args:
        text: The final answer without thinking.
        n_options: How many options the question has, labelled from A.

    Returns:
        The option's letter in upper case; None where none or several are meant.
    """
    letters = LETTERS[: max(n_options, 0)]
    lines = _lines(text)
    claims = list(_claims(lines, letters))
    last = [claim for claim in claims if claim.line == len(lines) - 1]
    if last and last[0].opens and last[0].letter and not _is_alternative(lines, claims):
        claims = last
    first = next((i for i, claim in enumerate(claims) if claim.letter), None)
    if first is None:
        return None if claims else _last_resort(lines, letters)
    given = {claim.letter for claim in claims[first:]}
    return given.pop() if len(given) == 1 else None


def _plain(text: str) -> str:
    """The reply without mark-up that says nothing; `\\boxed{` becomes one character of its own."""
    text = _HANDED_OVER.split(text, maxsplit=1)[0].translate(_CHARACTERS)
    text = _BREAK.sub("\n", _TOKEN.sub("\n", text))
    text = _LATEX_MATH.sub("$", _LATEX_STYLE.sub("", _INLINE.sub("", text)))
    return _LATEX_BOX.sub("\x02{", text)


def _lines(text: str) -> list[str]:
    """The lines that say something, white space folded; a line that only leads up joins the next one."""
    lines: list[str] = []
    for line in LINE_END.split(_plain(text)):
        folded = " ".join(line.split())
        if _CLOSING_LINE.match(folded) or not any(map(str.isalnum, folded)):
            continue
        choice = _BARE.match(folded) or _LABELLED.match(folded)
        if lines and choice and _leads_up(lines[-1]):
            lines[-1] = f"{lines[-1].rstrip(_CLOSERS + ':#')}: {folded}"
        else:
            lines.append(folded)
    return lines


def _leads_up(line: str) -> bool:
    """Whether a line ends in a marker without a letter, or in the beginning of "the answer is"."""
    sentence = _SENTENCE_END.split(line[-_LEADING_UP:])[-1]
    if len(sentence) == _LEADING_UP:
        return False
    starts = (0, *(clause.end() for clause in _CLAUSE.finditer(sentence)))
    stems = (_STEM.match(sentence, start) for start in starts)
    return bool(_HEADING.match(sentence)) or any(
        stem and stem.end() == len(sentence) for stem in stems
    )


def _claims(lines: Sequence[str], letters: str) -> Iterator[_Claim]:
    """Where a reply commits or takes back, in order."""
    reported = False
    for i, line in enumerate(lines):
        last = i == len(lines) - 1
        reported = bool(
            (i and _REPORTS_NEXT.search(lines[i - 1][-_LEADING_UP:]))
            or (reported and _MARKER.match(line))
        )
        if reported or (line.startswith((">", "<")) and not last):  # someone else's words
            continue
        bare = _BARE.match(line)
        if bare and (bare["letter"].isupper() or len(lines) == 1):
            if bare["letter"].upper() in letters:
                yield _Claim(bare["letter"].upper(), i)
            continue
        option = _option_line(lines, i, letters)
        if option:
            yield _Claim(option, i)
            continue
        for k, sentence in enumerate(_sentences(line)):
            yield from _sentence_claims(sentence, letters, i, opens=k == 0)


def _sentences(line: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(line) if sentence.strip()]


def _option_line(lines: Sequence[str], i: int, letters: str) -> str | None:
    """The letter of a line that is one option: the whole reply, or in bold at its start or end."""
    line = lines[i]
    alone = len(lines) == 1 and _OPTION.match(line)
    if i not in (0, len(lines) - 1) or not (alone or _LABELLED.match(line)):
        return None
    if len(lines) > 1:
        bold = _BOLD_LINE.match(line)
        if not bold or sum(bool(_LABELLED.match(other)) for other in lines) > 1:
            return None
        if any(_DISMISSED.search(other) for other in lines):
            return None
    return _within(_pick(line.lstrip(" *_>#-•"), letters), letters)


def _sentence_claims(sentence: str, letters: str, line: int, *, opens: bool) -> Iterator[_Claim]:
    marker = _MARKER.match(sentence)
    alone = _MARKER_ALONE.match(sentence)
    if marker and any(map(str.isalnum, marker["rest"])):
        picked = _within(_pick(marker["rest"], letters), letters)
        yield _Claim(picked or _commitment(marker["rest"], letters)[0], line, opens)
    elif alone:
        yield _Claim(_within(alone["letter"], letters), line)
    else:
        if any(taken.search(sentence) for taken in _TAKEN_BACK):
            yield _Claim(None, line)
        letter, claimed = _commitment(sentence, letters)
        if claimed:
            yield _Claim(letter, line)


def _commitment(sentence: str, letters: str) -> tuple[str | None, bool]:
    """The letter that a sentence of prose commits to, and whether it makes any claim about one."""
    if sentence.rstrip(_CLOSERS).endswith("?"):
        return None, False
    boxes = set(_boxed(sentence, letters))
    if boxes:
        return (boxes.pop(), True) if len(boxes) == 1 else (None, True)
    for start in (0, *(clause.end() for clause in _CLAUSE.finditer(sentence))):
        reverse = _REVERSED.match(sentence, start)
        stem = reverse or _STEM.match(sentence, start)
        if not stem or _NEGATED.match(sentence, stem.end()):
            continue
        before = sentence[:start]
        if _SUPPOSED.search(before) or _REPORTED.search(before):
            return None, False
        if reverse:
            return _within(reverse["letter"], letters), True
        rest = sentence[stem.end() :]
        letter = _pick(rest, letters, in_prose=True)
        return _within(letter, letters), bool(letter or _named(rest[:_NEAR], letters))
    return None, False


def _boxed(sentence: str, letters: str) -> Iterator[str | None]:
    """The letters in boxes; None for a box of several options. A box of something else is no claim."""
    for box in _BOXED.finditer(sentence):
        inside = box["inside"].split("}")[0].lstrip("{ ")
        letter = _pick(inside, letters)
        if letter or _named(inside, letters):
            yield _within(letter, letters)


def _pick(text: str, letters: str, *, in_prose: bool = False) -> str | None:
    """The one letter that a text begins with, given that what follows names no other option.

    In prose the letter must be set off or in upper case, and neither code nor a variable.
    """
    found = _PICK.match(text)
    if not found:
        return None
    letter, tail = found["letter"].upper(), found["tail"]
    if in_prose and not _stands_for_an_option(found):
        return None
    if tail.rstrip(_CLOSERS).endswith("?"):
        return None
    if found["reason"]:
        return None if _ALTERNATIVE_IN_REASON.search(tail) else letter
    if found["contrast"]:
        return None if _BUT.search(tail) else letter
    if found["aside"] and (_CONDITION.match(tail) or _REPORTING_TAIL.match(tail)):
        return None
    if found["aside"] and letter == "I" and not found["open"].strip():  # "I, for one, ..."
        return None
    if found["label"] and _OF_OTHERS.match(tail):  # the option's text is "both A and B"
        return letter
    return None if _named(tail, letters) - {letter} else letter


def _stands_for_an_option(found: re.Match[str]) -> bool:
    opening = found["open"]
    if "`" in opening or ("$" in opening and "(" not in opening):
        return False
    return found["letter"].isupper() or bool(found["kind"]) or "(" in opening or "*" in opening


def _named(text: str, letters: str) -> set[str]:
    """Options that a text names: letters after "or", "and", a comma, an opening bracket and the like."""
    named: set[str] = set()
    lone = _LONE_SMALL.match(text)
    if lone:
        named.add(lone["letter"].upper())
    for found in _NAMED.finditer(text):
        word = (found["word"] or "").strip()
        article = found["letter"] in ("A", "I") and word and word.lower() not in _VERBS
        if not article:
            named.add((found["letter"] or found["small"]).upper())
    return named & set(letters)


def _within(letter: str | None, letters: str) -> str | None:
    return letter if letter and letter in letters else None


def _is_alternative(lines: Sequence[str], claims: Sequence[_Claim]) -> bool:
    """Whether the line above the last one makes it the alternative to an earlier letter."""
    earlier = {claim.letter for claim in claims[:-1]} - {None, claims[-1].letter}
    return bool(earlier and len(lines) > 1 and _ELSE.search(lines[-2]))


def _last_resort(lines: Sequence[str], letters: str) -> str | None:
    """The only option that a reply without any claim calls right, when its last sentence does."""
    sentences = [sentence for line in lines for sentence in _sentences(line)]
    found = [_LAST_RESORT.match(sentence) for sentence in sentences]
    named = {match["letter"] or match["alone"] for match in found if match}
    if not found or not found[-1] or len(named) != 1:
        return None
    return _within(named.pop(), letters)


# --- free answers, in logs of other projects ----------------------------------------------------

_SHORT: Final = 100  # characters of a reply of one line that is taken to be the answer itself
_BRACES: Final = re.compile(r"(?P<box>\\f?boxed\s?)?(?P<brace>[{}])|\\[{}]")
_WRAPPED: Final = re.compile(
    r"\\(?:f?boxed|text[a-z]{0,6}|math[a-z]{0,6})\s?\{(?P<inside>[^{}]*)\}\Z"
)
_THOUSANDS: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,3}(?:[,' _][0-9]{3})+)(?P<rest>\.[0-9]+)?\Z"
)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")
_BRACKETED: Final = re.compile(r"\((?P<inside>[\w.+-]*)\)\Z")
_MATHS: Final = re.compile(r"\A\\[(\[]|\\[)\]]\Z")
_NESTED: Final = 4  # mark-up in mark-up that is taken off
_DECORATION: Final = " \t\n*_`\"'“”‘’«»$"


def final_answer(text: str) -> str | None:
    """What a reply gives as its final answer, where the question has no options.

    What stands after the last `ANSWER:` marker that is followed by something, at the start of a line or
    of a sentence; else in the last `\\boxed{}`; else the whole reply, when it is one short line.

    Returns:
        The answer without surrounding decoration; None where there is none.
    """
    plain = _HANDED_OVER.split(text, maxsplit=1)[0].translate(_CHARACTERS)
    lines = [folded for line in LINE_END.split(plain) if (folded := " ".join(line.split()))]
    marked = _last_marked(lines)
    boxed = marked or _last_boxed(plain)
    short = lines[0] if len(lines) == 1 and len(lines[0]) <= _SHORT else ""
    return _undecorated(boxed or short) or None


def same_answer(a: str, b: str) -> bool:
    """Whether two free answers are the same, white space, case, decoration and number format aside.

    Equal numbers are the same (21, 21.0, $21$, 1,000 and 1000). Nothing else is: a part of an answer is
    not that answer, and neither is an empty one.
    """
    first, second = _canonical(a), _canonical(b)
    return first != "" and first == second


def _last_marked(lines: Sequence[str]) -> str:
    for i in reversed(range(len(lines))):
        position = len(lines[i])
        for sentence in reversed(_SENTENCE_END.split(lines[i])):
            position = lines[i].rindex(sentence, 0, position)
            marker = _MARKER.match(sentence)
            if not marker:
                continue
            rest = lines[i][position + marker.start("rest") :]
            following = lines[i + 1] if i + 1 < len(lines) else ""
            answer = rest if _undecorated(rest) else following
            if _undecorated(answer):
                return answer
    return ""


def _last_boxed(text: str) -> str:
    """What stands in the last `\\boxed{}` that is closed, or nothing."""
    last = (0, 0)
    opened: list[tuple[bool, int]] = []  # whether a box, and where its inside begins
    for found in _BRACES.finditer(text):
        if found["brace"] == "{":
            opened.append((bool(found["box"]), found.end()))
        elif found["brace"] == "}" and opened:
            is_box, start = opened.pop()
            last = (start, found.start()) if is_box else last
    return text[slice(*last)]


def _undecorated(answer: str) -> str:
    """An answer without mark-up around it and without a full stop."""
    for _ in range(_NESTED):
        answer = answer.lstrip(_DECORATION).rstrip(_DECORATION + ".")
        answer = _MATHS.sub("", answer)
        wrapped = _WRAPPED.match(answer)
        answer = wrapped["inside"] if wrapped else answer
    return answer.strip()


def _canonical(answer: str) -> str | Decimal:
    folded = " ".join(answer.translate(_CHARACTERS).split()).replace("−", "-").replace("{,}", ",")
    plain = _undecorated(folded)
    bracketed = _BRACKETED.match(plain)
    plain = bracketed["inside"] if bracketed else plain
    grouped = _THOUSANDS.match(plain)
    if grouped:
        digits = re.sub(r"[^0-9]", "", grouped["digits"])
        plain = f"{grouped['sign']}{digits}{grouped['rest'] or ''}"
    return Decimal(plain) if _NUMBER.match(plain) else plain.casefold()
