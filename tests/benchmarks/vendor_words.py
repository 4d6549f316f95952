"""What the cells of the invented vendor exports are made of. No name, company, place or number is of a real person."""

from typing import Final


def _listed(words: str) -> list[str]:
    return words.split()


FIRST_NAMES: Final = _listed("""Ada Amara Anneke Bela Birgit Callum Carmen Chidi Dana Dexter Eduardo Elif Emeka Esme Farid Fiona
    Gavin Greta Hana Harriet Ines Ivo Jolene Jorge Kai Keiko Lars Leila Linus Louise Marisol Mateo Maya Mirek Nadia Ngozi
    Noor Odette Oskar Pablo Petra Priya Quentin Rashid Renata Rosa Samuel Sanna Sunil Tamsin Thuy Tobias Uma Ursula Viktor
    Wanda Wendell Ximena Yara Yusuf Zara Zoltan Chloë Zoë José Renée Mary-Ann D'Arcy""")
SURNAME_STEMS: Final = _listed("""Al An Ash Ba Bel Ber Black Bran Bren Cal Car Chen Col Dal Dor Ed El Fair Fen Gar Glen Hal Har Hol
    Ing Jar Kar Kel Lan Lin Lor Mac Mar Mel Mor Nor Oak Or Pal Pem Quin Ran Red Ros Sal San Shel Stan Tan Thorn Tor Ul
    Van Ver Wal Wel West Win Yar Zel""")
SURNAME_ENDINGS: Final = _listed("""berg bury by croft dale den der dez don er field ford gate ham hart holm ick ing kamp ley lin
    man mann mere mond more ney nov ova ran rick ridge sen shaw son stead ston ter thorpe ton vale ville wald ward well
    wick wood worth yev""")
COMPANY_WORDS: Final = _listed("""Amber Aspen Beacon Birch Bluestem Bramble Candle Cedar Cinder Clover Copper Coral Crescent
    Cypress Driftwood Ember Fennel Foxglove Granite Harbor Hazel Heron Hollyhock Iron Ivory Juniper Kestrel Lantern
    Larkspur Linden Lumen Maple Marlow Meridian Mossy Nimbus North Oakhurst Old Olive Orchard Osprey Paragon Pebble Pine
    Quarry Raven Redwing River Rowan Sable Saffron Silver Sorrel Summit Tamarack Thistle Timber Umber Velvet Walnut
    Westmark Willow Winter Yarrow""")
TRADES: Final = _listed("""Auto_Glass Bakery Books Brewing Chiropractic Cleaners Coffee_Roasters Cycle_Works Dental_Group
    Electrical Equipment_Rental Farm_Supply Fitness Florists Furniture Gallery Garden_Center Grill Hardware Hotel
    Kitchens Landscaping Law_Office Lodge Logistics Market Music_School Noodles Optical Outfitters Pediatrics Pet_Care
    Pharmacy Plumbing Preschool Print_Shop Roofing Salon Seafood Stationers Storage Tailors Tile Toys Travel Vet_Clinic
    Winery Yarn""")
COMPANY_FORMS: Final = ("", "", "", " LLC", ", LLC", ", Inc.", " Inc", " Co.", ' "The Original"', " & Sons, Ltd.")
JOB_TITLES: Final = (
    *(
        "Owner",
        "Co-Owner",
        "General Manager",
        "Office Manager",
        "Controller",
        "CFO",
        "Bookkeeper",
        "Operations Director",
    ),
    *("Store Manager", "Practice Administrator", "VP, Finance", "owner", "proprietor", "Manager, Front of House"),
)
STREETS: Final = _listed("""Main Oak Pine Maple Cedar Elm Lake Hill Park Church Mill River Spring Ridge Walnut Center Union
    Prospect Highland Forest Jackson Lincoln Washington Franklin Jefferson""")
PLACES: Final = (
    *(("Freiburg Falls", "MN", "55021"), ("Santa Lucia", "CA", "95112"), ("New Haverhill", "NH", "03038")),
    *(("Cedar Bluffs", "NE", "68015"), ("Port Almond", "OR", "97331"), ("Winslow Heights", "AZ", "86047")),
    *(("Bay Harbor", "FL", "33154"), ("Eastwick", "PA", "19142"), ("St. Orrin", "MO", "63074")),
    *(("Lower Marsh", "NC", "28465"), ("Grand Mesa", "CO", "81643"), ("Tall Timbers", "MD", "20690")),
    *(("Kettle Springs", "WI", "53189"), ("La Paloma", "TX", "78586"), ("Quincy Point", "MA", "02169")),
    *(("Fort Nelson", "WA", "98020"), ("Silver Lake", "NY", "14549"), ("Dry Creek", "NV", "89019")),
)
INDUSTRIES: Final = ("Retail", "Restaurants", "Health Care", "Professional Services", "Home Services", "Travel", "")
PROCESSORS: Final = ("Ledgerline", "PayBarn", "Tillhouse", "Swiftcard", "none", "Own bank", "Chargewell, Inc.", "")
PRODUCTS: Final = ("Coffee, pastry", "Tires; service", "Flowers", "Dental care", "Rooms", "Tickets", "Repairs", "")
BUYING_ROLES: Final = ("Decision Maker", "Influencer", "End User", "Budget Holder", "", "")
LEAD_SOURCES: Final = ("Web Form", "Trade Show", "Partner Referral", "Paid Search", "Paid Social", "Purchased List")
STAGES: Final = ("New", "Attempted to contact", "Connected", "Open deal", "Unqualified", "Bad timing")
CAMPAIGNS: Final = ("winter_switch", "spring-terminals", "retarget_q3", "brand", "", "", "")
NOTES: Final = (
    *("Asked for a callback after 4pm, ask for the owner", "Wants a terminal for the patio", "Price sensitive"),
    *('Says "too expensive" with the present provider', "Contract ends in March; call in February"),
    *("Met at the booth, took a brochure", "Left voicemail", "Two locations, third one opens soon"),
    "First call: no answer\nSecond call: interested, send statement review",
)
AREA_CODES: Final = _listed("""201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 239 240 248
    251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319
    320 321 323 330 334 336 337 347 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425
    432 434 435 440 443 469 478 479 480 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518""")
EXCHANGES: Final = [str(number) for number in range(200, 1000) if number % 100 != 11 and number != 555]
PHONE_FORMS: Final = (
    *("({area}) {exchange}-{line}",) * 6,
    *("{area}-{exchange}-{line}",) * 4,
    *("+1{area}{exchange}{line}",) * 3,
    *("{area}{exchange}{line}",) * 2,
    *("{area}.{exchange}.{line}", "+1 {area} {exchange} {line}", "1-{area}-{exchange}-{line}"),
    *(" ({area}){exchange}-{line} ", "({area}) {exchange}-{line} x{extension}"),
)
FRENCH_FORM: Final = "+33 6 {abroad}"

EMPLOYEES: Final = ("1-10", "11-50", "51-200", "201-500", "1,001-5,000", "10,000+", "7", "12", "38", "140", "")
BOOLEANS: Final = ("Yes", "No", "yes", "no", "TRUE", "FALSE", "Y", "N", "1", "0")

# Unreadable on purpose, each for its type.
BAD_PHONES: Final = ("ask reception", "12345", "212-73", "see website", "212-736")
BAD_NUMBERS: Final = ("a few", "lots", "depends on season", "see notes")
BAD_BOOLEANS: Final = ("maybe", "later", "depends")
BAD_DATES: Final = ("2024-02-31", "13/45/2024", "soon", "last summer", "2024-00-10")
