"""Headers of opt-outs that no alias names: `SMS Opted Out`, `Do Not Call List`, `Email_Opt_Out__c`.

All other headers are known as a whole or not at all. These are known by their parts too, for who is overlooked here is
called though they asked not to be: words for "out", the channels that are meant, and nothing that says something else
(`Unsubscribe Reason`, `Opt Out of Fax`, `Unsubscribe Link`).
"""

import re
from collections.abc import Mapping
from typing import Final

from flows.headers import header_words

_OUT: Final = re.compile(
    r"\b(?:opt(?:ed)? ?out|unsub(?:scribed?|scription)?|dnc|dnd|(?:black|block) ?list(?:ed)?|suppress(?:ed|ions?)|"
    r"(?:do not|dont|don t|never) "
    r"(?:call|phone|telephone|email|contact|text|sms|message|disturb|market|solicit|send|allow))\b"
)
_CHANNEL_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("email", "emails", "mailing", "mailings", "newsletter", "newsletters"), "email"),
    **dict.fromkeys(("call", "calls", "phone", "phones", "telephone", "calling"), "phone"),
    **dict.fromkeys(("sms", "text", "texts", "texting", "mms", "whatsapp", "whats"), "sms"),
}
# What neither narrows nor turns what the others say. A mobile may be called and texted.
_BESIDE: Final = """a all and any app at communication communications contact date direct flag for from general global
    has have hs in is list marketing material materials message messages mobile national of on or person promotional
    registry send solicitation status the time to work"""
_WORDS_BESIDE: Final = frozenset(_BESIDE.split())
# What a managed package, and every field that is the customer's own, is called in Salesforce.
_CUSTOM_FIELD: Final = re.compile(r"(?:[A-Za-z0-9]+__)?(?P<name>\w+?)__c", re.IGNORECASE)


def channel_closed_by(header: str) -> str | None:
    """Return the channel that a column of this header closes, '' for all of them, or None where it closes none."""
    custom = _CUSTOM_FIELD.fullmatch(header.strip())
    # Of HubSpot's kinds of mail each has a column of its own: `Opted out of email: Newsletter`.
    name, _, _ = (custom["name"] if custom else header).partition(":")
    told = " ".join(header_words(name))
    out = _OUT.search(told)
    if out is None:
        return None
    beside = [word for word in (told[: out.start()] + told[out.end() :]).split() if not word.isdigit()]
    if any(word not in _CHANNEL_WORDS and word not in _WORDS_BESIDE for word in beside):
        return None
    channels = {_CHANNEL_WORDS[word] for word in told.split() if word in _CHANNEL_WORDS}
    return channels.pop() if len(channels) == 1 else ""
