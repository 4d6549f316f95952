"""Yes and no, in the words that systems and people use for it.

A word that only leans (`maybe`, `later`, `active` in a column that is not about being archived) decides
nothing and is unreadable.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import polars as pl

from flows.cells.parsed import Parsed, issues_at, no_issues
from flows.cells.text import read_blanks

INVALID: Final = "boolean_invalid"

# English first; then German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Finnish, Polish,
# Czech, Hungarian, Romanian, Turkish, Greek, Russian, Hebrew, Arabic, Hindi, Japanese, Chinese, Korean,
# with the words of their spreadsheets for true and false.
_YES: Final = """yes y true t 1 1.0 on checked ticked enabled x ✓ ✔ ✅ ☑ 👍
    ja wahr oui vrai sí si verdadero sì vero sim verdadeiro waar sant sand kyllä tosi tak prawda ano pravda
    igen igaz da adevărat evet doğru ναι αληθής да истина כן نعم हाँ हां はい 是 真 예 네"""
_NO: Final = """no n false f 0 0.0 off unchecked unticked disabled ✗ ✘ ❌ ☐ 👎
    nein falsch non faux falso não nao nee onwaar nej falskt falsk usann nei ei epätosi nie fałsz ne nepravda
    nem hamis nu fals hayır yanlış όχι ψευδής нет ложь לא لا नहीं いいえ 否 假 아니요 아니오"""
_WORDS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(_YES.split(), True),
    **dict.fromkeys(_NO.split(), False),
}

_OUT_WORDS: Final = (
    *("unsubscribed", "opted out", "opt out", "optout", "out", "not opted in", "not subscribed", "non subscribed"),
    *("do not allow", "not allowed", "do not send", "do not contact", "no consent", "blocked", "blacklisted"),
    *("suppressed", "spam", "reported as spam", "marked as spam", "complained"),
)
_IN_WORDS: Final = (
    *("subscribed", "opted in", "opt in", "optin", "in", "not opted out", "not unsubscribed"),
    *("allow", "allowed", "send"),
)

# What a column may say about itself in place of yes and no.
_WORDS_OF_FIELD: Final[Mapping[str, Mapping[str, bool]]] = {
    "archived": {
        **dict.fromkeys(("archived", "deleted", "is archived", "archiviert", "archivé", "archivado"), True),
        **dict.fromkeys(("active", "not archived", "unarchived", "open", "live", "aktiv", "actif"), False),
    },
    "interestedInSwitching": {
        **dict.fromkeys(
            ("interested", "very interested", "yes please", "interessiert", "intéressé", "interesado"), True
        ),
        **dict.fromkeys(("not interested", "uninterested", "no thanks", "nicht interessiert", "no interesado"), False),
    },
    "opt_out": {
        **dict.fromkeys(_OUT_WORDS, True),
        **dict.fromkeys((*_IN_WORDS, "active", "never"), False),
    },
    "opt_in": {
        **dict.fromkeys((*_IN_WORDS, "granted", "implied", "implicit", "express", "explicit"), True),
        **dict.fromkeys((*_OUT_WORDS, "declined", "refused", "withdrawn", "revoked", "denied"), False),
    },
}


def parse_booleans(cells: pl.Series, field: str = "") -> Parsed:
    """Read yes or no; `field` is the field of the specification whose own words count as well."""
    words = _words_of(field)
    texts = cells.drop_nulls().unique()
    known = read_blanks(texts)
    meanings = pl.Series([words.get(_fold(text)) if text else None for text in known], dtype=pl.Boolean)
    is_yes = cells.is_in(texts.filter(meanings.fill_null(False)).implode())
    is_no = cells.is_in(texts.filter((~meanings).fill_null(False)).implode())
    values = is_yes.set(~(is_yes | is_no).fill_null(False), None)
    unclear = texts.filter(known.is_not_null() & meanings.is_null())
    if unclear.is_empty():
        return Parsed(values, no_issues())
    is_unclear = cells.is_in(unclear.implode()).fill_null(False)
    return Parsed(values, issues_at(is_unclear.arg_true(), INVALID))


@cache
def _words_of(field: str) -> dict[str, bool]:
    return {_fold(word): meaning for word, meaning in {**_WORDS, **_WORDS_OF_FIELD.get(field, {})}.items()}


def _fold(text: str) -> str:
    # Systems write OPTED_OUT, people opted-out. By way of capitals, where the Turkish i without dot is like any other.
    return " ".join(text.strip("!.").upper().casefold().replace("_", " ").replace("-", " ").split())
