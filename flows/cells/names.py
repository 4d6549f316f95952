"""People's names, written as their owners would: recased only where the source gave no case at all.

A name in capitals (`REYES`) or in small letters (`dana`) lost its case in some system and is given one
back; a name in mixed case (`DeShawn`, `van der Berg`) was typed by somebody who knew. Scripts without
case stay untouched, and so does what is no name at all (`=SUM(A1)`, `x@y.io`).
"""

import re
import unicodedata
from typing import Final, Literal

import polars as pl

from flows.cells.parsed import Parsed, correct_texts, no_issues
from flows.cells.text import drop_placeholders, tidy_texts

NamePart = Literal["first", "last"]

# Most cells are one plain name or two: nothing to do.
_PLAIN: Final = r"^[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:[ '-][A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+)*$"
# Programs write these as if they were names.
_WRITTEN_BY_PROGRAMS: Final = ["None", "Nil", "Select", "Undefined"]
# People are called so; only as programs spell them (`NULL`, `null`, `NaN`, `nan`) are they no names.
_NAMES_LIKE_PLACEHOLDERS: Final = ["Null", "Nan", "NAN", "Na", "na"]

# Small between the words of a name, and at the start of a family name of several words.
_FAMILY_PARTICLES: Final = "van von vom zu zur zum der den dem des de del della dello di da do dos das du ter ten te y"
# Small between words only: in front they are part of the name (La Torre, El Amin, Bin Laden).
_INNER_PARTICLES: Final = f"{_FAMILY_PARTICLES} la las los le el al e bin ibn bint und"
_ROMAN_NUMERALS: Final = ("ii", "iii", "iv", "vi", "vii", "viii")

_WORD: Final = re.compile(r"[^\s\-–.,’'`]+")
_APOSTROPHES: Final = ("'", "’", "`")
# Two consonants are initials (JP, TJ, MD), but for these.
_INITIALS: Final = re.compile(r"(?!ng|st|jr|sr|dr|mr|ms)[b-df-hj-np-tv-xz]{2}")


def parse_names(cells: pl.Series, part: NamePart) -> Parsed:
    """Read first or last names: tidy text, recased where it is all capitals or all small letters."""

    def is_odd(texts: pl.Series) -> pl.Series:
        return ~texts.str.contains(_PLAIN) | texts.is_in(_WRITTEN_BY_PROGRAMS)

    def correct(odd: pl.Series) -> pl.Series:
        tidied = tidy_texts(odd)
        known = drop_placeholders(tidied).zip_with(~tidied.is_in(_NAMES_LIKE_PLACEHOLDERS), tidied)
        return pl.Series([None if text is None else recase(text, part) for text in known], dtype=pl.String)

    return Parsed(correct_texts(cells, is_odd, correct), no_issues())


def recase(name: str, part: NamePart) -> str:
    """Return a tidied name recased if its letters are all capitals or all small, else as it is.

    `MCDONALD` becomes `McDonald`. `MACDONALD` becomes `Macdonald`: most names in Mac- have one capital
    (Mack, Macias), and nobody can tell them from the others.
    """
    has_case = name.upper() != name.lower()
    is_uniform = name in (name.upper(), name.lower())
    if not (has_case and is_uniform and all(map(_may_stand_in_a_name, name))):
        return name
    words = list(_WORD.finditer(name))
    parts: list[str] = []
    end = 0
    for position, word in enumerate(words):
        parts += [name[end : word.start()], _recase_word(name, words, position, part)]
        end = word.end()
    return unicodedata.normalize("NFC", "".join([*parts, name[end:]]))


def _may_stand_in_a_name(character: str) -> bool:
    return character in " -–.,’'`" or unicodedata.category(character)[0] in "LM"


def _recase_word(name: str, words: list[re.Match[str]], position: int, part: NamePart) -> str:
    word = words[position]
    # A dotted capital I would become an i with a second dot of its own, and lose it as a capital again.
    small = word[0].lower().replace("i̇", "i")
    if word[0].startswith("İ"):
        small = "İ" + small[1:]
    before = name[max(0, word.start() - 1) : word.start()]
    is_first, is_last = position == 0, position == len(words) - 1
    if before in _APOSTROPHES and len(small) == 1:
        return small  # Joe's, 't Hooft
    if not is_last and before in ("", " "):
        particles = _INNER_PARTICLES if not is_first else _FAMILY_PARTICLES if part == "last" else ""
        if small in particles.split():
            return small
    if is_last and not is_first and small in _ROMAN_NUMERALS:
        return small.upper()
    if _INITIALS.fullmatch(small):
        return small.upper()
    letter = 2 if small.startswith("mc") and len(small) > 4 else 0
    return small[:letter].title() + small[letter].title() + small[letter + 1 :]
