"""Names in dates: time zones by their offset, months, and words without a meaning for the date.

The abbreviations are those that feeds use. One with several meanings has the one of RFC 822
(EST to PDT), or the most frequent in feeds (BST is British summer, IST is India).
"""

from __future__ import annotations

_HOURS: dict[str, float] = {
    **dict.fromkeys(("gmt", "utc", "ut", "z", "wet", "uct", "zulu", "greenwich"), 0),
    **dict.fromkeys(("cet", "mez", "met", "west", "bst", "wat", "mewt"), 1),
    **dict.fromkeys(("cest", "mesz", "mest", "eet", "oez", "cat", "sast", "hec"), 2),
    **dict.fromkeys(("eest", "oesz", "msk", "eat", "trt", "idt", "arabia", "ksa", "syt"), 3),
    **dict.fromkeys(("cet dst", "met dst"), 2),
    "eet dst": 3,
    "irst": 3.5,
    "irdt": 4.5,
    "gst": 4,
    "msd": 4,
    "azt": 4,
    "aft": 4.5,
    "pkt": 5,
    "uzt": 5,
    "ist": 5.5,
    "npt": 5.75,
    "bdt": 6,
    "mmt": 6.5,
    "ict": 7,
    "wib": 7,
    "sgt": 8,
    "hkt": 8,
    "pht": 8,
    "awst": 8,
    "myt": 8,
    "wita": 8,
    "jst": 9,
    "kst": 9,
    "wit": 9,
    "acst": 9.5,
    "aest": 10,
    "acdt": 10.5,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "azot": -1,
    "fnt": -2,
    "ndt": -2.5,
    "nst": -3.5,
    **dict.fromkeys(("adt", "brt", "art", "clst", "uyt", "gft"), -3),
    "brst": -2,
    **dict.fromkeys(("ast", "edt", "vet", "bot", "clt", "pyt", "gyt"), -4),
    **dict.fromkeys(("est", "cdt", "cot", "pet", "ect"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "pst": -8,
    "akdt": -8,
    "akst": -9,
    "hst": -10,
    "hast": -10,
    # RFC 822's letters before "T" alone: the zone without the season, as its winter time.
    "lhst": 10.5,
    "lhdt": 11,
    "chast": 12.75,
    "chadt": 13.75,
    "fjt": 12,
    "tvt": 12,
    "tot": 13,
    "nut": -11,
    "cvt": -1,
    "srt": -3,
    "samt": 4,
    "mvt": 5,
    "tjt": 5,
    "btt": 6,
    "kgt": 6,
    "omst": 6,
    "novt": 7,
    "krat": 7,
    "irkt": 8,
    "yakt": 9,
    "vlat": 10,
    "magt": 11,
    "pett": 12,
    "et": -5,
    "ct": -6,
    "mt": -7,
    "pt": -8,
    **dict.fromkeys(("coordinated universal time", "greenwich mean time"), 0),
    **dict.fromkeys(("western european time", "western european standard time"), 0),
    **dict.fromkeys(
        ("british summer time", "western european summer time", "irish standard time"), 1
    ),
    **dict.fromkeys(("central european time", "central european standard time"), 1),
    **dict.fromkeys(("mitteleuropaische zeit", "west africa time", "middle european time"), 1),
    **dict.fromkeys(("central european summer time", "central european daylight time"), 2),
    **dict.fromkeys(("eastern european time", "eastern european standard time"), 2),
    **dict.fromkeys(
        ("south africa standard time", "central africa time", "israel standard time"), 2
    ),
    **dict.fromkeys(("eastern european summer time", "moscow standard time", "moscow time"), 3),
    **dict.fromkeys(
        ("arab standard time", "arabia standard time", "arabian time", "mecca time"), 3
    ),
    **dict.fromkeys(("east africa time", "israel daylight time", "turkey time"), 3),
    "gulf standard time": 4,
    "arabian standard time": 4,
    "iran standard time": 3.5,
    "pakistan standard time": 5,
    "india standard time": 5.5,
    "indian standard time": 5.5,
    "china standard time": 8,
    "singapore standard time": 8,
    "japan standard time": 9,
    "korea standard time": 9,
    "australian eastern standard time": 10,
    "australian eastern daylight time": 11,
    "new zealand standard time": 12,
    "newfoundland standard time": -3.5,
    "argentina standard time": -3,
    "brasilia standard time": -3,
    "atlantic standard time": -4,
    "atlantic daylight time": -3,
    "venezuela time": -4,
    "eastern standard time": -5,
    "eastern daylight time": -4,
    "eastern time": -5,
    "central standard time": -6,
    "central daylight time": -5,
    "central time": -6,
    "mountain standard time": -7,
    "mountain daylight time": -6,
    "mountain time": -7,
    "pacific standard time": -8,
    "pacific daylight time": -7,
    "pacific time": -8,
}
OFFSETS: dict[str, int] = {name: round(hours * 60) for name, hours in _HOURS.items()}
"""Minutes east of UTC by the name of the zone, in lower case."""

PLACES: dict[str, str] = {
    **dict.fromkeys(("غرينتش", "جرينتش", "غرينيتش"), "UTC"),
    **dict.fromkeys(("مكة", "الرياض", "السعودية"), "Asia/Riyadh"),
    **dict.fromkeys(("القدس", "فلسطين"), "Asia/Jerusalem"),
    "غزة": "Asia/Gaza",
    "بيروت": "Asia/Beirut",
    "دمشق": "Asia/Damascus",
    "بغداد": "Asia/Baghdad",
    "عمان": "Asia/Amman",
    "صنعاء": "Asia/Aden",
    "الدوحة": "Asia/Qatar",
    "دبي": "Asia/Dubai",
    "طهران": "Asia/Tehran",
    **dict.fromkeys(("القاهرة", "مصر"), "Africa/Cairo"),
    **dict.fromkeys(("madrid", "peninsular"), "Europe/Madrid"),
    "paris": "Europe/Paris",
    "caracas": "America/Caracas",
    "bogota": "America/Bogota",
    "lima": "America/Lima",
    "habana": "America/Havana",
}
"""Zones by the place whose time a date is in: "hora de Madrid", "بتوقيت القدس"."""

SEASONS = {
    # Greenland has moved its clocks by an hour in 2023 and 2024; the names have stayed.
    **dict.fromkeys(("wgt", "wgst"), "America/Nuuk"),
    **dict.fromkeys(("egt", "egst"), "America/Scoresbysund"),
    "est edt": "America/New_York",
    "cst cdt": "America/Chicago",
    "mst mdt": "America/Denver",
    "pst pdt": "America/Los_Angeles",
}
"""Names such as ``EST5EDT`` (POSIX TZ), without their numbers."""

_MONTHS = (
    "jan january januar janner enero ene janvier janv janeiro gennaio gen يناير январь января янв "
    "ocak oca",
    "feb february februar febrero fevrier fevr fevereiro fev febbraio فبراير февраль февраля фев "
    "subat sub",
    "mar march marz maerz marzo mars marco mrz مارس март марта мар mart",
    "apr april abril abr avril avr aprile ابريل أبريل апрель апреля апр nisan nis",
    "may mayo mai maio maggio mag مايو маи мая mayıs",
    "jun june juni junio juin junho giugno giu يونيو июнь июня июн haziran haz",
    "jul july juli julio juillet juil julho luglio lug يوليو июль июля июл temmuz tem",
    "aug august agosto ago aout اغسطس أغسطس август августа авг agustos agu",
    "sep sept september septiembre setiembre septembre setembro set settembre سبتمبر "
    "сентябрь сентября сент сен eylul eyl",
    "oct okt october oktober octubre octobre outubro out ottobre ott اكتوبر أكتوبر "
    "октябрь октября окт ekim eki",
    "nov november noviembre novembre novembro نوفمبر ноябрь ноября нояб ноя kasım kas",
    "dec dez december dezember diciembre dic decembre dezembro dicembre ديسمبر "
    "декабрь декабря дек aralık ara",
)
MONTHS: dict[str, int] = {
    name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()
}
"""Numbers of months by name: English, Spanish, French, German, Portuguese, Italian, Arabic, Russian
and Turkish, without accents."""

LEVANTINE: tuple[tuple[str, str], ...] = (
    ("كانون الثاني", " jan "),
    ("شباط", " feb "),
    ("آذار", " mar "),
    ("نيسان", " apr "),
    ("أيار", " may "),
    ("حزيران", " jun "),
    ("تموز", " jul "),
    ("آب", " aug "),
    ("أيلول", " sep "),
    ("تشرين الأول", " oct "),
    ("تشرين الثاني", " nov "),
    ("كانون الأول", " dec "),
)
"""The months of Arabic calendars in Lebanon, Palestine, Jordan, Syria and Iraq."""

_WORDS = (
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday "
    "sunday lun mar mie jue vie sab dom lunes martes miercoles jueves viernes sabado domingo "
    "lundi mardi mercredi jeudi vendredi samedi dimanche mer jeu ven sam dim "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag "
    "الاثنين الثلاثاء الاربعاء الخميس الجمعة السبت الاحد "
    "пн вт ср чт пт сб вс понедельник вторник среда четверг пятница суббота воскресенье г года в "
    "pazartesi salı carsamba persembe cuma cumartesi pazar pzt sal car per cum cmt paz saat "
    "at of on the de del um uhr a las le st nd rd th t في الساعة hrs h o"
)
WORDS = frozenset(_WORDS.split())
"""Weekdays and fillers, without accents."""
