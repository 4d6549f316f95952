"""Full names taken apart into first and last name, as somebody who addresses a letter would.

* The last word is the last name, all before it the first: `Ana Maria Lopez` is Ana Maria, Lopez. A
  middle name stays with the first, for a last name with too much in it no longer finds its like.
* A last name begins at its particle: `Ludwig van Beethoven`, `Ana dos Santos Lima`, `Omar bin Said`.
* `Lopez, Ana` is turned round. `y` and `e` join two last names.
* `Jr.`, `III` stay behind the last name, since they tell father from son. Titles (`Dr.`), degrees
  (`PhD`) and nicknames (`"Johnny"`, `(Jo)`) go; such rows are marked, so that the whole text is kept.
* One word is a first name, or, behind a title (`Mrs. Reyes`), a last name. The other stays null: a
  lead without one is a person's to complete.
* `Иванов Иван Иванович` begins with the family, as the patronymic at its end tells.
* Chinese, Japanese and Korean names begin with the family. Without a space between: of two characters
  one each; of three the family has one (in a feed of region JP two); of four two; Korean families
  have one syllable, of four syllables two. Other lengths and kana are not guessed at. Names from
  elsewhere are written with a dot between, and given name first.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.cells.parsed import put
from flows.cells.text import parse_text

_EAST_ASIAN: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー々"

# Two words of letters: nearly all cells.
_LETTER: Final = rf"[\p{{L}}\p{{M}}'’\-&&[^{_EAST_ASIAN}]]"
_PLAIN: Final = rf"^{_LETTER}{{2,}} {_LETTER}{{2,}}$"

# `Don` and `Lord` are names as well, so they are none of these; `M.` and `Ing.` are titles with a dot only.
_TITLE: Final = (
    r"(?:(?:mr|mrs|ms|miss|mx|dr|drs|prof|professor|rev|sir|madam|hon|herr|frau|hr|fr|sig|sigra|sr|sra|srta|"
    r"dra|mme|mlle|shri|smt|dhr|mevr|pan|pani|dott|dottssa)\.?|(?:m|ing|eng|lic|arq|capt|col|gen|lt|sgt|"
    r"sig\.ra|dott\.ssa|dipl\.-ing|inż)\.)"
)
_TITLES: Final = rf"(?i)^(?:{_TITLE}\s+(?:(?:and|und|y|et|e|&)\s+{_TITLE}\s+)?)+"
_GENERATION: Final = r"(?:(?i:jr|sr)\.?|II|III|IV|(?i:2nd|3rd)|(?i:junior|senior))"
_DEGREE: Final = (
    r"(?:(?i:ph\.?\s?d|m\.d|m\.b\.a|mba|esq|esquire|c\.?p\.?a|d\.d\.s|j\.d|dds|dvm|llm|llb|m\.?sc|b\.?sc|m\.a|b\.a)"
    r"|MD|JD|RN|CFA|CFP|PMP|PE|PMP)"
)
_DEGREES: Final = rf"(?:(?:\s*,\s*|\s+){_DEGREE}\.?)+$"
_GENERATION_AT_END: Final = rf"^(?<name>.+?)(?:\s*,\s*|\s+)(?<generation>{_GENERATION})$"
_TURNED_ROUND: Final = r"^(?<last>[^,，、،]+?) ?[,，、،] ?(?<first>.+)$"
_NICKNAME: Final = r"""(?:^|\s+)(?:"[^"]*"|“[^”]*”|«[^»]*»|\([^)]*\)|\[[^\]]*\])"""
# With the joiners that make one picture of several; between letters a joiner is spelling.
_PICTOGRAMS: Final = r"(?:[\p{So}\x{FE0F}\x{1F3FB}-\x{1F3FF}]\x{200D}?)+"
_ODD_WORD: Final = rf"(?i)^{_TITLE} | (?:{_GENERATION}|{_DEGREE})\.?$"

_PARTICLE: Final = (
    r"(?:(?i:van|von|vom|zu|zur|zum|de|del|della|dello|delle|degli|di|da|do|dos|das|du|des|der|den|ter|ten|"
    r"af|av|bin|ibn|bint|binti|al|el|ap|abu|st\.)|la|le|las|los|lo|te|op|'t|d')"
)
# Russian forms are written family name first, and a patronymic behind the given name tells so.
_PATRONYMIC_LAST: Final = r"^(?<last>\S+) (?<first>\S+ \S+(?:ович|евич|овна|евна|ична))$"
_AT_PARTICLE: Final = rf"^(?<first>.+?) (?<last>{_PARTICLE} .+)$"
_JOINED_NAMES: Final = r"^(?<first>.+?) (?<last>[^ ]+ (?:y|e|i) [^ ]+)$"

_EAST_ASIAN_ONLY: Final = rf"^[{_EAST_ASIAN} ・·]+$"
_EAST_ASIAN_TITLE: Final = r"\s*(?:様|さま|さん|殿|先生|女士|小姐|氏|님|씨)$"
# `田中様`: who is addressed by two characters and a title is addressed by the family's name.
_TITLED_FAMILY: Final = rf"^([{_EAST_ASIAN}]{{1,2}}){_EAST_ASIAN_TITLE}"
_DOTTED: Final = r"^(?<first>.+)[・·](?<last>[^・·]+)$"
_FAMILY_AND_GIVEN: Final = r"^(?<last>[^ ]+) (?<first>.+)$"
_FAMILY_BY_SCRIPT: Final = (
    r"^(?<last>\p{Han})(?<first>\p{Han})$",
    r"^(?<last>[\p{Han}々]{2})(?<first>[\p{Han}々]{2})$",
    r"^(?<last>\p{Hangul}{2})(?<first>\p{Hangul}{2})$",
    r"^(?<last>\p{Hangul})(?<first>\p{Hangul}{1,2})$",
)
_THREE_CHINESE: Final = r"^(?<last>\p{Han})(?<first>\p{Han}{2})$"
_THREE_JAPANESE: Final = r"^(?<last>[\p{Han}々]{2})(?<first>[\p{Han}々])$"


@dataclass(frozen=True)
class SplitNames:
    """First and last names, one per cell, and which cells say more than the two.

    A blank cell gives two blank ones, an absent cell two absent ones.
    """

    first: pl.Series
    last: pl.Series
    says_more: pl.Series


def split_full_names(cells: pl.Series, region: str) -> SplitNames:
    """Split full names; `region` is the feed's, for East Asian names without a space."""
    is_plain = (cells.str.contains(_PLAIN) & ~cells.str.contains(_ODD_WORD)).fill_null(False)
    parts = cells.str.split_exact(" ", 1).struct.rename_fields(["first", "last"]).struct.unnest()
    first, last = parts["first"], parts["last"]
    says_more = pl.Series(values=[False], dtype=pl.Boolean).new_from_index(0, cells.len())
    index = (~is_plain & cells.is_not_null()).arg_true()
    if index.len():
        odd = _split_odd(cells.gather(index), region)
        first = put(first, index, odd.first)
        last = put(last, index, odd.last)
        says_more = put(says_more, index, odd.says_more)
    return SplitNames(first, last, says_more)


def _split_odd(texts: pl.Series, region: str) -> SplitNames:
    pictured = _places(texts, _PICTOGRAMS)
    texts = put(texts, pictured, texts.gather(pictured).str.replace_all(_PICTOGRAMS, " "))
    shown = parse_text(texts).values
    first, last = _split_word_by_word(shown)
    east_asian = _places(shown, _EAST_ASIAN_ONLY)
    if east_asian.len():
        own_first, own_last = _split_east_asian(shown.gather(east_asian), region)
        first, last = put(first, east_asian, own_first), put(last, east_asian, own_last)
    says_more = _says_more(shown, first, last)
    return SplitNames(first.set(shown.is_null(), ""), last.set(shown.is_null(), ""), says_more)


def _places(texts: pl.Series, pattern: str) -> pl.Series:
    return texts.str.contains(pattern).fill_null(False).arg_true()


def _says_more(texts: pl.Series, first: pl.Series, last: pl.Series) -> pl.Series:
    """Tell which texts hold letters that are in neither name."""
    frame = pl.DataFrame({"text": texts, "first": first, "last": last}).with_columns(
        pl.concat_str("first", "last", separator=" ", ignore_nulls=True).alias("names")
    )
    # Letters are counted only where something is missing, since counting is slow.
    is_shorter = frame["names"].str.len_bytes() < texts.str.len_bytes()
    places = is_shorter.fill_null(False).arg_true()
    shorter = frame.select(pl.col("text", "names").gather(places).str.count_matches(r"[\p{L}\p{N}]"))
    says_more = pl.Series(values=[False], dtype=pl.Boolean).new_from_index(0, texts.len())
    return put(says_more, places, shorter["text"] > shorter["names"])


def _extracted(texts: pl.Series, pattern: str) -> tuple[pl.Series, pl.DataFrame]:
    """Return the places of the texts that fit and what the groups of the pattern hold there.

    Groups are costly, asking whether a pattern fits is not, and few texts fit most patterns.
    """
    places = _places(texts, pattern)
    return places, texts.gather(places).str.extract_groups(pattern).struct.unnest()


def _split_east_asian(names: pl.Series, region: str) -> tuple[pl.Series, pl.Series]:
    three = _THREE_JAPANESE if region == "JP" else _THREE_CHINESE
    family = names.str.extract(_TITLED_FAMILY)
    first = names.str.replace(_EAST_ASIAN_TITLE, "")
    last = pl.Series(values=[None], dtype=pl.String).new_from_index(0, names.len())
    for pattern in (_DOTTED, _FAMILY_AND_GIVEN, *_FAMILY_BY_SCRIPT, three):
        found, parts = _extracted(first.set(last.is_not_null(), None), pattern)
        first, last = put(first, found, parts["first"]), put(last, found, parts["last"])
    return first.set(family.is_not_null(), None), family.fill_null(last)


def _split_word_by_word(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return first and last names of tidied texts; a single word is a first name."""
    bare, generation = _without_additions(names)
    family = pl.Series(values=[None], dtype=pl.String).new_from_index(0, names.len())
    turned, parts = _extracted(bare, _TURNED_ROUND)
    bare, family = put(bare, turned, parts["first"]), put(family, turned, parts["last"])
    titled = _places(bare, _TITLES)
    bare = put(bare, titled, bare.gather(titled).str.replace(_TITLES, ""))
    first, last = _split_at_last_word(bare)
    for pattern in (_JOINED_NAMES, _AT_PARTICLE, _PATRONYMIC_LAST):
        places, parts = _extracted(bare, pattern)
        first, last = put(first, places, parts["first"]), put(last, places, parts["last"])
    if titled.len():
        is_single = last.gather(titled).is_null()
        single = titled.filter(is_single)
        last = put(last, single, bare.gather(single))
        first = put(first, single, pl.Series(values=[None], dtype=pl.String).new_from_index(0, single.len()))
    first = first.zip_with(family.is_null(), bare)
    last = last.zip_with(family.is_null(), family)
    if generation is not None:
        both = pl.DataFrame({"last": last, "generation": generation})
        last = both.select(
            pl.when(pl.col("generation").is_not_null() & pl.col("last").is_not_null())
            .then(pl.concat_str(["last", "generation"], separator=" "))
            .otherwise("last")
            .alias("last")
        )["last"]
    return first, last


def _without_additions(names: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Return names without nicknames, degrees and generation, and the generations if there are any."""
    nicknamed = _places(names, _NICKNAME)
    rest = names.gather(nicknamed).str.replace_all(_NICKNAME, "").str.strip_chars()
    # A name that stands in quotes as a whole is no nickname.
    bare = put(names, nicknamed, rest.zip_with(rest != "", names.gather(nicknamed)))
    learned = _places(bare, _DEGREES)
    bare = put(bare, learned, bare.gather(learned).str.replace(_DEGREES, ""))
    bare = bare.str.strip_chars(" ,")
    ended, parts = _extracted(bare, _GENERATION_AT_END)
    if not ended.len():
        return bare, None
    nobody = pl.Series(values=[None], dtype=pl.String).new_from_index(0, names.len())
    return put(bare, ended, parts["name"]), put(nobody, ended, parts["generation"])


def _split_at_last_word(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    last = names.str.split(" ").list.last()
    last = last.set((last == names).fill_null(True), None)
    frame = pl.DataFrame({"name": names, "last": last})
    ahead = pl.col("name").str.len_chars() - pl.col("last").str.len_chars() - 1
    first = frame.select(pl.col("name").str.head(ahead).alias("first"))["first"]
    return first.zip_with(last.is_not_null(), names), last
