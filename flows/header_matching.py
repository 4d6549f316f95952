"""Which field each header of a file means, by which rule, and how sure that is.

The rules, the surest first: what the feed says (`override`); in the CRM's export a field's own name
(`spec`); the words of the vendor whose export it is (`alias:<vendor>`); a field's own name; headers
that mean the same everywhere (`alias`); a header with its typos put right (`fuzzy`). A header is only
ever known as a whole: `Previous Job Title` holds the words of a field and is none. But for opt-outs
(`flows.preference_headers`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flows.header_aliases import Alias, Aliases
from flows.headers import corrected_words, header_key, header_words
from flows.preference_headers import channel_closed_by
from schemas.reference import Feed
from schemas.spec import spec_fields

_SPEC_NAMES: Final = {header_key(field.name): field.name for field in spec_fields()}

_SURE: Final = 1.0
_GENERIC_CONFIDENCE: Final = 0.95
_OTHER_VENDORS_CONFIDENCE: Final = 0.9
_DERIVED_CONFIDENCE: Final = 0.85

# Whose e-mail it is does not matter where all columns are about one person: `Client Email`.
_PERSON_WORDS: Final = frozenset(
    (
        "lead",
        "contact",
        "person",
        "prospect",
        "customer",
        "client",
        "user",
        "member",
        "subscriber",
        "attendee",
        "guest",
        "registrant",
        "applicant",
        "participant",
        "buyer",
        "visitor",
        "respondent",
        "your",
        "my",
        "primary",
        "main",
        "candidate",
        "student",
        "invitee",
        "delegate",
        "enquirer",
        "inquirer",
        "requester",
        "requestor",
        "submitter",
        # your
        "ihr",
        "ihre",
        "dein",
        "deine",
        "votre",
        "vos",
        "ton",
        "tu",
        "su",
        "seu",
        "sua",
        "tuo",
        "tua",
        "vostro",
        "vostra",
        "uw",
        "jouw",
        "twoj",
        "twoje",
    )
)
_PERSON_FIELDS: Final = frozenset(
    (
        "firstName",
        "lastName",
        "full_name",
        "email",
        "phone",
        "jobTitle",
        "company",
        "location",
        "notes",
        "createdAt",
        "updatedAt",
        "lastContacted",
        "imgSrc",
    )
)
_NAME_FIELDS: Final = frozenset(("firstName", "lastName", "full_name"))
# What APIs wrap a record's fields in.
_WRAPPERS: Final = frozenset(("properties", "fields", "attributes", "data", "record"))
# Forms ask in sentences: `What is your e-mail address?`, `Please enter your name`.
_QUESTION: Final = re.compile(
    r"(?:(?:and|so|hi|first|please|now|what|whats|which|is|are|s|enter|provide|share|give|tell|type|fill|in|us|may|can|"
    r"could|will|would|you|we|have|get|know|add|select|confirm|wie|lautet|ist|bitte|geben|sie|quel|quelle|est|"
    r"cual|es|qual|e|o|a|la|il|wat|jaki|jest)\s)*"
    r"(?:your|ihre?|deine?|votre|ton|tu|su|seu|sua|tuo|tua|uw|jouw|twoj|twoje)\s(?P<inner>.+)"
)
# `Best phone number to reach you`, `Which company do you work for?`
_ASIDE: Final = re.compile(
    r"(?:(?:which|what|the|name|of|best)\s)*(?P<inner>.+?)"
    r"\s(?:to (?:reach|contact|call) you(?: at| on)?|(?:do |that |which )?you (?:work|are working) (?:for|at|with))"
)
# What forms put around the fields of one question: `Full Name - First Name`, `Address (City)`.
_NAME_GROUPS: Final = (("full", "name"), ("your", "name"), ("name",))
_ADDRESS_GROUPS: Final = (("full", "address"), ("your", "address"), ("address",))
_OTHER_GROUPS: Final = tuple(
    (kind, noun)
    for kind in ("contact", "personal", "your", "basic", "lead")
    for noun in ("information", "info", "details", "data")
)
_EXPORT_REMARKS: Final = (("do", "not", "modify"),)
# Which of several it is: of the same person, so still one of theirs.
_QUALIFIERS: Final = re.compile(
    "work|business|office|corporate|professional|personal|private|direct|home|other|alternate|alternative|secondary|"
    "additional|geschaftlich|dienstlich|beruflich|privat|professionnelle?|pro|personnel|personnelle|perso|trabajo|laboral|"
    "corporativ[ao]|profesional|empresarial|profissional|pessoal|trabalho|aziendale|lavoro|personale|zakelijke?|prive|"
    "werk|sluzbow[ya]|firmowy|prywatn[ya]"
)
_PARTICLES: Final = frozenset(("de", "del", "di", "da", "do", "du"))
_FORM_REMARKS: Final = frozenset(("required", "optional", "pflichtfeld", "obligatorio", "obligatoire"))
# A lead may have several of these: `Email 3`, `emails.0.value`.
_SEVERAL_FIELDS: Final = frozenset(("email", "phone"))
# What only the CRM may say: whose a lead is, what it has logged, and which of its records it has merged.
_CRM_ONLY: Final = frozenset(("accountId", "auditLog", "merged_into", "merged_ids"))
# Words that mean one thing here and another there, and the headers beside them that tell which.
_TOLD_BY_NEIGHBOURS: Final = (
    ("cep", "postcode", frozenset(("cidade", "endereco", "bairro", "logradouro", "uf", "celular", "municipio")), ()),
    ("estado", "state", frozenset(("cidade", "cep", "endereco", "bairro", "municipio")), ()),
    ("estado", "state", frozenset(("ciudad",)), ("provincia", "comunidadautonoma", "departamento")),
)

_LAST_RANK: Final = 9
_LONGEST_TYPO_WORDS: Final = 5

# The reader's mark of a header that a file holds twice.
_REPEATED: Final = re.compile(r"(?P<header>.+) \(\d+\)")


@dataclass(frozen=True)
class HeaderMatch:
    """What one header was taken for.

    `field`: a field of the spec or one of EXTRA_TARGETS (`full_name`, `source_key`, ...), or None: the column goes to
    `extra`. `rule`: see this module; `ignored` is a column that is known but superfluous or no
    vendor's to give, `redundant` a full name beside first and last name, which goes to `extra` too, `none` an
    unknown one. `confidence`: from 0 to 1. `role`: see
    `flows.header_aliases`.
    """

    header: str
    field: str | None
    rule: str
    confidence: float
    role: str = ""

    @property
    def rank(self) -> int:
        """The place of this column among those of its field, the one to be asked first being 1."""
        if self.role == "part":
            return 2  # as `Name` is behind `Full Name`
        return int(self.role) if self.role.isdigit() else 1


def map_headers(headers: Sequence[str], feed: Feed, aliases: Aliases) -> list[HeaderMatch]:
    """Match all headers of one file, in their order; see the module for the rules."""
    keys = [key for key in map(header_key, headers) if key]
    vendor = aliases.recognise_vendor(keys) if keys else None
    matches = _match_all(headers, _Matcher(feed, aliases, vendor))
    if vendor and not any(match.field in _NAME_FIELDS for match in matches):
        # Leads have names. Where a vendor's words leave none (`name` is an id, an opportunity), the
        # file is hardly that vendor's.
        matches = [
            known if known.field in _NAME_FIELDS else match
            for match, known in zip(matches, _match_all(headers, _Matcher(feed, aliases, None)), strict=True)
        ]
    matches = _settle_keys(_settle_names(_settle_words(matches)))
    return _settle_crm(matches) if feed.origin == "crm" else matches


def _match_all(headers: Sequence[str], matcher: "_Matcher") -> list[HeaderMatch]:
    present = set(headers)
    matches = []
    for header in headers:
        repeated = _REPEATED.fullmatch(header)
        meant = repeated["header"] if repeated and repeated["header"] in present else header
        matches.append(replace(matcher.match(header, meant), header=header))
    return matches


class _Matcher:
    """Matches single headers of one file, whose vendor is known or not."""

    def __init__(self, feed: Feed, aliases: Aliases, vendor: str | None) -> None:
        self._aliases = aliases
        self._vendor = vendor
        self._is_crm = feed.origin == "crm"
        self._overrides = feed.headers
        self._overrides_by_key = {header_key(header): field for header, field in feed.headers.items()}

    def match(self, given: str, header: str) -> HeaderMatch:
        """Match `header`, which stands in the file as `given`."""
        words = header_words(header)
        by_key = self._overrides_by_key.get("".join(words)) if words else None
        field = self._overrides.get(given, self._overrides.get(header, by_key))
        if field is not None:
            return self._overridden(header, words, field)
        return self._known(header, words) or HeaderMatch(header, None, "none", 0.0)

    def _known(self, header: str, words: tuple[str, ...]) -> HeaderMatch | None:
        return (
            self._look_up(header, words)
            or self._derive(header, words)
            or _opt_out(header)
            or self._correct(header, words)
        )

    def _overridden(self, header: str, words: tuple[str, ...], field: str) -> HeaderMatch:
        if not self._is_crm:
            # A vendor's ids are its own keys, and which account a feed fills is the feed's to say.
            field = "source_key" if field == "id" else "" if field in _CRM_ONLY else field
        known = self._known(header, words)
        role = known.role if known is not None and known.field == field else ""
        return HeaderMatch(header, field or None, "override", _SURE, role)

    def _look_up(self, header: str, words: tuple[str, ...]) -> HeaderMatch | None:
        key = "".join(words)
        if not key:
            return None
        spec_name = _SPEC_NAMES.get(key)
        if self._is_crm and spec_name:
            return HeaderMatch(header, spec_name, "spec", _SURE)
        if spec_name == header != header.lower():
            # To the letter, capitals within and all: nobody else writes `leadSourceId`.
            return self._as_meant(header, Alias("", header, spec_name), "spec", _SURE)
        own = self._aliases.of_vendor(self._vendor, key)
        if own:
            return self._as_meant(header, own, f"alias:{self._vendor}", _SURE)
        alias = self._aliases.generic(key)
        if spec_name and (alias is None or alias.field == spec_name):
            meant = alias or Alias("", header, spec_name)
            return self._as_meant(header, meant, "spec", _SURE)
        if alias:
            return self._as_meant(header, alias, "alias", _GENERIC_CONFIDENCE)
        alias = self._aliases.unanimous(key)
        if alias:
            return self._as_meant(header, alias, "alias", _OTHER_VENDORS_CONFIDENCE)
        return None

    def _as_meant(self, header: str, alias: Alias, rule: str, confidence: float) -> HeaderMatch:
        if not self._is_crm and alias.field in _CRM_ONLY:
            return HeaderMatch(header, None, "ignored", confidence)
        return HeaderMatch(header, alias.field or None, rule, confidence, alias.role)

    def _derive(self, header: str, words: tuple[str, ...]) -> HeaderMatch | None:
        """Match a known header that stands in a wrapping: `properties.email`, `Client City`, `Phone 3`."""
        for inner, fields, place in _unwrapped(words):
            match = self._look_up(header, inner)
            if match is not None and match.field is not None and (fields is None or match.field in fields):
                rank = min(match.rank + place, _LAST_RANK)
                role = str(rank) if place else match.role
                return replace(match, rule="alias", confidence=min(match.confidence, _DERIVED_CONFIDENCE), role=role)
        return None

    def _correct(self, header: str, words: tuple[str, ...]) -> HeaderMatch | None:
        if len(words) > _LONGEST_TYPO_WORDS:
            return None
        if words[:1] == ("e",) and len(words) > 1:
            words = ("e" + words[1], *words[2:])
        right = corrected_words(words, self._aliases.common_words, self._aliases.is_known_word)
        if right is None:
            return None
        match = self._look_up(header, right[0]) or self._derive(header, right[0])
        if match is None or match.field is None:
            return None
        return replace(match, rule="fuzzy", confidence=round(right[1], 2))


def _opt_out(header: str) -> HeaderMatch | None:
    channel = channel_closed_by(header)
    return None if channel is None else HeaderMatch(header, "opt_out", "alias", _DERIVED_CONFIDENCE, channel)


def _unwrapped(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], frozenset[str] | None, int]]:
    """Yield what a header may be wrapped around: its words, the fields that then count, its place.

    The place is how many values of the same kind stand before it.
    """
    plain = tuple(word for word in words if word not in _FORM_REMARKS)
    if plain != words and plain:
        yield plain, None, 0
    if len(plain) > 1 and plain[0] in _WRAPPERS:
        yield plain[1:], None, 0
    for groups, fields in (
        (_NAME_GROUPS, _NAME_FIELDS),
        (_ADDRESS_GROUPS, frozenset(("location",))),
        (_OTHER_GROUPS, _PERSON_FIELDS),
        (_EXPORT_REMARKS, None),
    ):
        for group in groups:
            if plain[: len(group)] == group and len(plain) > len(group):
                yield plain[len(group) :], fields, 0
    sentence = " ".join(plain)
    for pattern in (_QUESTION, _ASIDE):
        asked = pattern.fullmatch(sentence)
        if asked:
            yield tuple(asked["inner"].split(" ")), None, 0
    if len(plain) > 1:
        if _QUALIFIERS.fullmatch(plain[0]):
            yield plain[1:], _SEVERAL_FIELDS, 1
        if _QUALIFIERS.fullmatch(plain[-1]):
            yield plain[: -2 if plain[-2] in _PARTICLES else -1], _SEVERAL_FIELDS, 1
        if plain[-1:] == ("email",) or plain[-2:] == ("email", "address"):
            # Owners are known by their e-mail addresses.
            yield plain[: -1 if plain[-1] == "email" else -2], frozenset(("assignedTo",)), 0
    for start in range(1, min(3, len(plain))):
        if all(word in _PERSON_WORDS or word in _WRAPPERS for word in plain[:start]):
            yield plain[start:], _PERSON_FIELDS, 0
    numbered = plain[:-1] if plain[-1:] in (("value",), ("address",)) else plain
    if len(numbered) > 1 and re.fullmatch(r"[0-9]", numbered[-1]):
        place = max(int(numbered[-1]) - 1, 0)
        yield numbered[:-1], _SEVERAL_FIELDS, place
        if numbered[0] in _PERSON_WORDS | _WRAPPERS and len(numbered) > 2:
            yield numbered[1:-1], _SEVERAL_FIELDS, place


def _settle_words(matches: list[HeaderMatch]) -> list[HeaderMatch]:
    """Read words that differ from language to language by the headers beside them."""
    keys = {header_key(match.header) for match in matches}
    for key, role, neighbours, others in _TOLD_BY_NEIGHBOURS:
        if key in keys and not neighbours.isdisjoint(keys) and keys.isdisjoint(others):
            matches = [
                replace(match, field="location", role=role)
                if header_key(match.header) == key and match.rule == "alias"
                else match
                for match in matches
            ]
    return matches


def unwrapped_headers(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield what the words of a header may be wrapped around: `client ssn` and `properties ssn` are `ssn`."""
    for inner, _, _ in _unwrapped(words):
        yield inner


def _settle_names(matches: list[HeaderMatch]) -> list[HeaderMatch]:
    """Take each name once: a full name is superfluous beside first and last name."""
    fields = {match.field for match in matches}
    for wanted, other in (("firstName", "lastName"), ("lastName", "firstName")):
        if wanted not in fields and other in fields:
            part = next((match for match in matches if _is_name_part(match)), None)
            if part is not None:
                matches = [replace(match, field=wanted, role="") if match is part else match for match in matches]
                fields.add(wanted)
    if not {"firstName", "lastName"} <= fields:
        return matches
    return [_redundant(match) if match.field == "full_name" else match for match in matches]


def _is_name_part(match: HeaderMatch) -> bool:
    return match.field == "full_name" and match.role == "part"


def _settle_keys(matches: list[HeaderMatch]) -> list[HeaderMatch]:
    """Take one column as the record's key: two would mix the ids of two kinds of things."""
    keys = [match for match in matches if match.field == "source_key"]
    # Of equal rank the feed's own choice, then the first.
    best = min(keys, key=lambda match: (match.rule != "override", match.rank), default=None)
    return [_ignored(match) if match in keys and match is not best else match for match in matches]


def _settle_crm(matches: list[HeaderMatch]) -> list[HeaderMatch]:
    """Believe the CRM's own columns alone, and take its record id under any name if none is called `id`.

    A blank cell of the CRM withdraws its value; no custom column may speak for it.
    """
    if not any(match.field == "id" for match in matches):
        matches = [replace(match, field="id", role="") if match.field == "source_key" else match for match in matches]
    own = {match.field for match in matches if match.rule in ("spec", "override")} - _SEVERAL_FIELDS
    own.add("source_key")
    return [_ignored(match) if match.field in own and match.rule != "spec" else match for match in matches]


def _redundant(match: HeaderMatch) -> HeaderMatch:
    """Say what a column is that goes to `extra` all the same; a word that is only a part says nothing alone."""
    if match.rule == "override":
        return match
    if match.role == "part":
        return _ignored(match)
    return replace(match, rule="redundant")


def _ignored(match: HeaderMatch) -> HeaderMatch:
    if match.rule == "override":
        return match
    return replace(match, field=None, rule="ignored", role="")
