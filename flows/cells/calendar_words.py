"""Words of dates in the languages that exports come in: months, weekdays, halves of the day, zones.

Facts, no rules. All in small letters without accents (`plain_word` makes them so). Only words that mean
one thing are here: `mar` is March in English, Italian and Spanish alike, but `listopad` is October in
Croatian and November in Polish, and `IST` is the time of India, Israel and Ireland.
"""

import unicodedata
from typing import Final


def plain_word(word: str) -> str:
    """Return a word in small letters without accents."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _words(text: str) -> frozenset[str]:
    return frozenset(map(plain_word, text.split()))


def _inverted(words_of: dict[int, str]) -> dict[str, int]:
    return {word: number for number, text in words_of.items() for word in _words(text)}


# English, German, French, Spanish, Italian, Portuguese, Dutch; Scandinavian; Finnish, Polish, Czech,
# Hungarian, Romanian, Croatian; Turkish, Russian, Ukrainian, Greek, Indonesian, Filipino.
MONTHS: Final[dict[str, int]] = _inverted(
    {
        1: """jan january januar jänner janvier janv enero ene gennaio gen janeiro januari
            tammikuu tammikuuta styczeń stycznia leden ledna január ianuarie ian siječanj siječnja
            ocak oca январь января янв січень січня ιανουάριος ιανουαρίου""",
        2: """feb february februar februari février févr fév febrero febbraio fevereiro fev
            helmikuu helmikuuta luty lutego únor února február februarie veljača veljače
            şubat şub февраль февраля фев лютий лютого φεβρουάριος φεβρουαρίου pebruari pebrero peb""",
        3: """mar march märz mär mrz mars marzo março maart mrt marts
            maaliskuu maaliskuuta marzec marca březen března március martie ožujak ožujka
            mart март марта мар березень березня μάρτιος μαρτίου maret marso""",
        4: """apr april avril avr abril abr aprile
            huhtikuu huhtikuuta kwiecień kwietnia kwi duben dubna április aprilie travanj travnja
            nisan nis ni апрель апреля апр квітень квітня απρίλιος απριλίου""",
        5: """may mai mayo maggio mag maio mei maj
            toukokuu toukokuuta maja květen května május svibanj svibnja
            mayıs май мая травень травня μάιος μαΐου""",
        6: """jun june juni juin junio giugno giu junho
            kesäkuu kesäkuuta czerwiec czerwca cze červen června június iunie iun lipanj lipnja
            haziran haz июнь июня июн червень червня ιούνιος ιουνίου hunyo""",
        7: """jul july juli juillet juil julio luglio lug julho
            heinäkuu heinäkuuta lipiec lipca červenec července július iulie iul srpanj srpnja
            temmuz tem июль июля июл липень липня ιούλιος ιουλίου hulyo""",
        8: """aug august août aout agosto ago augustus augusti
            elokuu elokuuta sierpień sierpnia sie srpen srpna augusztus kolovoz kolovoza
            ağustos ağu август августа авг серпень серпня αύγουστος αυγούστου agustus agt""",
        9: """sep sept september septembre septiembre settembre sett set setembro
            syyskuu syyskuuta wrzesień września wrz září szeptember szept septembrie rujan rujna
            eylül eyl сентябрь сентября сен сент вересень вересня σεπτέμβριος σεπτεμβρίου setyembre""",
        10: """oct october oktober okt octobre octubre ottobre ott outubro out
            lokakuu lokakuuta październik października paź říjen října október octombrie
            ekim eki октябрь октября окт жовтень жовтня οκτώβριος οκτωβρίου oktubre""",
        11: """nov november novembre noviembre novembro
            marraskuu marraskuuta noiembrie noi studeni studenog studenoga studenom
            kasım kas ноябрь ноября ноя нояб νοέμβριος νοεμβρίου nobyembre""",
        12: """dec december dezember dez décembre déc diciembre dic dicembre dezembro desember des
            joulukuu joulukuuta grudzień grudnia gru prosinec prosince decembrie prosinac prosinca
            aralık ara декабрь декабря дек грудень грудня δεκέμβριος δεκεμβρίου disyembre""",
    }
)

WEEKDAYS: Final = _words(
    """mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday
        sat saturday sun sunday
        montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
        lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim
        lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
        lunedì martedì mercoledì giovedì venerdì sabato domenica gio
        segunda terça quarta quinta sexta feira
        maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
        måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag"""
)

# What stands around the parts of a date and changes nothing: `the 1st day of`, `21 de octubre de`.
FILLERS: Final = _words(
    """the of day at on year date st nd rd th o clock uhr um den der le de del di en el la las
        los a à às alle ore klo kl godz t u h hrs er år года год г p"""
)

HALVES: Final = {"am": 0, "ap": 0, "pm": 12, "ip": 12}
HOURS: Final = {"noon": 12, "midday": 12, "midi": 12, "midnight": 0, "minuit": 0}

# Hours from UTC.
ZONES: Final[dict[str, float]] = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "wet": 0,
    "west": 1,
    "bst": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "wib": 7,
    "sgt": 8,
    "jst": 9,
    "kst": 9,
    "acst": 9.5,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "hst": -10,
    "akst": -9,
    "akdt": -8,
    "pst": -8,
    "pdt": -7,
    "mst": -7,
    "mdt": -6,
    "cst": -6,
    "cdt": -5,
    "est": -5,
    "edt": -4,
    "ast": -4,
    "adt": -3,
    "brt": -3,
}
