"""Free text as people see it: composed characters, one space between words, nothing invisible.

A placeholder (`N/A`, `--`, `Select one`) says nothing, so it is blank and never evidence of anything.
What looks like a formula is text and stays to the letter; who writes a sheet neutralises it.
"""

from typing import Final

import polars as pl

from flows.cells.parsed import Parsed, correct_texts, no_issues

# Characters that no step here would change, alone or after another: no control or format character,
# no space but the plain one, no combining mark, nothing that NFC replaces. Cells made of these need
# no second look; the others are few enough to be looked at closely.
_PLAIN_CHARACTERS: Final = (
    r" -~\u{A1}-\u{AC}\u{AE}-\u{2FF}\u{386}\u{388}-\u{3FF}\u{400}-\u{482}\u{48A}-\u{52F}"
    r"\u{5D0}-\u{5EA}\u{620}-\u{64A}\u{1E00}-\u{1EFF}\u{2010}-\u{2027}\u{2030}-\u{205E}\u{20A0}-\u{20C0}"
    r"\u{3001}-\u{3020}\u{3041}-\u{3096}\u{30A1}-\u{30FA}\u{4E00}-\u{9FFF}\u{AC00}-\u{D7A3}"
    r"\u{FF01}-\u{FF5E}\u{1F300}-\u{1FAFF}"
)
_UNTIDY: Final = rf"[^{_PLAIN_CHARACTERS}]|  |^ | $"

# Controls but for white space, zero-width spaces, soft hyphens and the marks that turn the direction of
# writing: copied along from phones and web pages, unseen, and enough to make two equal names differ.
# Joiners stay, since Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE: Final = (
    r"[\x00-\x08\x0e-\x1f\x7f-\u{84}\u{86}-\u{9f}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}"
    r"\u{202a}-\u{202e}\u{2060}\u{2066}-\u{2069}\u{feff}]"
)
_LINE_BREAK: Final = r"\r\n|[\r\x0b\x0c\u{85}\u{2028}\u{2029}]"

# Bare `NA` is no placeholder: it is North America, Namibia and a family name as often as R's missing
# value. `na` in small letters is one, and parsers of numbers, dates and booleans take both.
_PLACEHOLDER: Final = (
    r"^(?:[-–—_.?]+|\\N|na|(?i:"
    r"n/a|n\.a\.?|#n/?a|#(?:null|value|ref|name|num|div/0)[!?]|"
    r"nil|none|null|nan|undefined|\[object object\]|"
    r"[(\[<{-]+ ?(?:none|null|nil|blank|empty|n/a|not provided|not set|not available|unknown) ?[)\]>}-]+|"
    r"not (?:provided|available|applicable|specified)|"
    r"[-– ]*(?:please )?(?:select|choose)(?: (?:one|an option|a value|\.\.\.))?[.…– -]*|"
    # The same in other languages, and what Facebook fills its test leads with.
    r"k\. ?a\.?|keine angaben?|nicht angegeben|n\.v\.t\.?|non renseigné|non précisé|no aplica|sin datos|não informado|"
    r"non specificato|niet opgegeven|nie podano|未設定|未入力|なし|"
    r"[-– ]*(?:bitte (?:aus)?wählen|sélectionnez|choisissez|seleccione|seleccionar|selecione|selezionare|selecteer|"
    r"wybierz)[.…– -]*|"
    r"(?:[a-z]{1,2}: ?)?<test lead:[^<>]*>"
    r"))$"
)
_ODD: Final = f"{_UNTIDY}|{_PLACEHOLDER}"


def parse_text(cells: pl.Series, keeps_lines: bool = False) -> Parsed:
    """Read free text: NFC, nothing invisible, white space folded; placeholders are blank.

    With `keeps_lines` the line breaks stay, each as one line feed, and only the lines are folded.
    """
    tidy = tidy_lines if keeps_lines else tidy_texts
    values = correct_texts(cells, lambda texts: texts.str.contains(_ODD), lambda odd: drop_placeholders(tidy(odd)))
    return Parsed(values, no_issues())


def tidy_texts(texts: pl.Series) -> pl.Series:
    """Return texts in NFC on one line, without invisible characters, white space folded and stripped."""
    # Composed only after the invisible is gone: a zero-width space may stand between letter and accent.
    visible = texts.str.replace_all(_INVISIBLE, "").str.normalize("NFC")
    return visible.str.replace_all(r"\s+", " ").str.strip_chars()


def tidy_lines(texts: pl.Series) -> pl.Series:
    """Return texts like `tidy_texts`, line by line."""
    visible = texts.str.replace_all(_INVISIBLE, "").str.normalize("NFC")
    folded = visible.str.replace_all(_LINE_BREAK, "\n").str.replace_all(r"[\s--\n]+", " ")
    return folded.str.replace_all(" ?\n ?", "\n").str.strip_chars()


def drop_placeholders(tidied: pl.Series) -> pl.Series:
    """Return tidied texts, null where one is blank or stands for nothing."""
    return tidied.set((tidied == "") | tidied.str.contains(_PLACEHOLDER), None)


def read_blanks(texts: pl.Series) -> pl.Series:
    """Return texts of a typed column (number, date, boolean) tidied, null where one says nothing."""
    known = drop_placeholders(tidy_texts(texts))
    return known.set(known.str.to_lowercase() == "na", None)


def fold_case(texts: pl.Series) -> pl.Series:
    """Return texts so that two that differ in letter case only are equal."""
    folded = texts.str.to_lowercase()
    index = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(False).arg_true()
    # By way of capitals, so that ß and ss, and the two small sigmas, are one.
    wide = texts.gather(index).str.to_uppercase().str.to_lowercase()
    return folded.scatter(index, wide) if index.len() else folded
