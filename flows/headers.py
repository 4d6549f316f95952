"""How the headers of exports are spelled, and when two spellings are the same header.

One export says `First Name`, the next `first_name`, `FIRSTNAME*` or `E-Mail`. A header is compared
by its words, and by its key, the words written as one. Accents go only where people drop them
when they type (Latin, Greek, Arabic, Hebrew): in Devanagari or Japanese a mark makes another word.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

# A pictogram is often the only word that tells a column's kind: `☎ Contact` holds phone numbers.
_PICTOGRAMS: Final = {
    **dict.fromkeys("☎☏✆📞📱📲🤙", " phone "),
    **dict.fromkeys("✉📧📨📩📬📪📫🖂", " email "),
}
# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_TATWEEL: Final = "\u0640"

_CAMEL_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ASCII_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_DIGIT_EDGE: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# Shorter words have too many neighbours that are words of their own.
_SHORTEST_TYPO: Final = 4
# One letter replaced by another makes a new word far more often than one left out, doubled or
# swapped does (full, fill; last, lost), so it is believed in long words only.
_SHORTEST_REPLACED_LETTER: Final = 7


def _loses_marks(letter: str) -> bool:
    code = ord(letter)
    return code < 0x0250 or 0x0370 <= code < 0x0400 or 0x0590 <= code < 0x0700 or 0x1E00 <= code < 0x2000


def _without_accents(text: str) -> str:
    kept: list[str] = []
    base = " "
    for character in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(character):
            base = character
        elif _loses_marks(base):
            continue
        if character != _TATWEEL:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN_LETTERS)


def _is_variation_selector(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F


def _is_word_character(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM" and not _is_variation_selector(character)


@lru_cache(maxsize=65_536)
def header_words(header: str) -> tuple[str, ...]:
    """Return the words of a header: without case, accents, punctuation, emoji and camelCase.

    `E-mail` is one word, since nobody means anything else by its two halves.
    """
    text = header
    if not header.isascii():
        text = "".join(_PICTOGRAMS.get(character, character) for character in header)
        text = unicodedata.normalize("NFKC", text)
    text = _CAMEL_HUMP.sub(" ", text).casefold()
    if text.isascii():
        return tuple(_joined_email(_ASCII_WORD.findall(text)))
    text = _without_accents(text)
    text = "".join(character if _is_word_character(character) else " " for character in text)
    return tuple(_joined_email(_DIGIT_EDGE.sub(" ", text).split()))


def _joined_email(words: list[str]) -> Iterator[str]:
    if "e" not in words:
        yield from words
        return
    position = 0
    while position < len(words):
        if words[position] == "e" and words[position + 1 : position + 2] in (["mail"], ["mails"]):
            yield "e" + words[position + 1]
            position += 2
        else:
            yield words[position]
            position += 1


def normalise_header(header: str) -> str:
    """Return the header as its words with single spaces between them."""
    return " ".join(header_words(header))


def header_key(header: str) -> str:
    """Return what two spellings of one header have in common: its words written as one."""
    return "".join(header_words(header))


def is_typo_of(word: str, meant: str) -> bool:
    """Tell whether `word` is `meant` with one slip of the keyboard.

    A slip is one letter too many, one too few, two swapped, or, in long words, one replaced. The
    first letter is hardly ever the wrong one, and then the word is mostly another.
    """
    shortest = min(len(word), len(meant))
    if shortest < _SHORTEST_TYPO or word[0] != meant[0] or not (word.isascii() and word.isalpha()):
        return False
    if OSA.distance(word, meant, score_cutoff=1) != 1:
        return False
    if word == meant + "d":
        return False  # staged, titled, dated: another form, not another spelling
    is_replaced_letter = len(word) == len(meant) and sorted(word) != sorted(meant)
    return not is_replaced_letter or shortest >= _SHORTEST_REPLACED_LETTER


def corrected_words(
    words: tuple[str, ...], vocabulary: Mapping[str, Collection[str]], is_known: Callable[[str], bool]
) -> tuple[tuple[str, ...], float] | None:
    """Return the words with their typos put right, and how like they are to the words given.

    `vocabulary` holds the right words by their first letter. A known word is never touched:
    `Contract Name` is no misspelt `Contact Name`. None where an unknown word is like no word of the
    vocabulary, or like several, or where nothing is unknown.
    """
    meant: list[str] = []
    for word in words:
        if is_known(word) or not word.isalpha():
            meant.append(word)
            continue
        close = [meaning for meaning in vocabulary.get(word[0], ()) if is_typo_of(word, meaning)]
        if len(close) != 1:
            return None
        meant.append(close[0])
    if tuple(meant) == words:
        return None
    return tuple(meant), OSA.normalized_similarity(" ".join(words), " ".join(meant))
