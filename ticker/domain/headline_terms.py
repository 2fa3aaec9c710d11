"""The significant words of a headline, in a form in which inflected forms of a word are equal.

Made for comparing headlines of one language: Arabic articles, joined particles and endings are
removed (after Larkey, Ballesteros and Connell, "Light Stemming for Arabic", 2007), and plural
endings of other languages. Words that say nothing about the subject are left out.
"""

from __future__ import annotations

import re

from ticker.domain.similar_headlines import comparable

WORDS_MAX = 40
"""Words of a headline that are examined; headlines are at most 280 characters."""

_ARABIC = re.compile("[\u0621-\u064a]")
_SAME_LETTER = str.maketrans({"ٱ": "ا", "ى": "ي"})
"""Letters written in two ways; ``comparable`` has removed hamza and vowels."""
_ARTICLES = ("وبال", "وال", "بال", "كال", "فال", "ولل", "ال", "لل")
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي")
_ARABIC_MIN = 3
"""Letters that remain of an Arabic word, of which most roots have three."""
_LATIN_MIN = 4
"""Letters of a word in another script; a shorter one is seldom a subject."""

_ENGLISH = (
    "about after again against ahead amid announce announced announces another around before "
    "being between both call called calls close could days deal does down during each face faces "
    "fall falls first five four from give gives goes government have head here hold holds hour "
    "hours into just last late lead leader leaders less life live make makes many meet meets "
    "minister month months more most much near news next nine open opens other over part party "
    "people percent plan plans president report reported reports rise rises same says second "
    "seek seeks seven several shows since some start starts still such take takes talks tell "
    "tells than that their them then there these they third this those three through time "
    "times today told tomorrow under until update urge urges very want wants warn warns week "
    "weeks were what when where which while will with without world would year years yesterday "
    "your million billion thousand hundred dead killed officials official"
)
_SPANISH = (
    "ademas ahora algo ante antes anos anuncia aunque ayer bajo cada como contra cual cuando "
    "cuatro cinco cerca desde despues dice dicen dijo dias donde durante ellos entre esta estas "
    "este estos gobierno hace hacen hacia hasta hora horas jefe jueves lunes martes miercoles "
    "viernes sabado domingo manana mayor mejor menos mientras mil millon millones ministro "
    "ministra mundo mucho muere mueren muertos muertas mismo misma nuevo nueva nuevos nuevas otra "
    "otro otras otros pais para parte pero personas pide piden poder podria porque presidente "
    "presidenta primer primera puede pueden quien segun seis siete ocho nueve diez semana semanas "
    "sera seran sido siguen sigue sobre solo tendra tiene tienen toda todas todo todos tras "
    "tres ultima ultimas ultimo ultimos unos unas vuelve"
)
_ARABIC_COMMON = (
    "في من على عن الى مع بعد قبل خلال حتى منذ بين تحت فوق ضد حول نحو عند لدى دون هذا هذه ذلك تلك "
    "التي الذي الذين كان كانت يكون تكون ليس لم لن لا ما هو هي هم قد كل بعض غير اكثر اقل اول ثاني "
    "ثلاثة اربعة خمسة قال قالت يقول تقول اعلن اعلنت يعلن تعلن اكد اكدت يؤكد تؤكد رئيس رئيسة وزير "
    "وزيرة وزارة حكومة وزراء مسؤول مسؤولون شخص اشخاص مليون مليار الف مئة يوم ايام شهر عام اسبوع "
    "ساعة ساعات اليوم امس غدا جديد جديدة عاجل عقب اثر بسبب عبر بشان ان انه انها او ثم لكن قتلى "
    "قتيل عشرات مئات الاف بلاد دولة دول عالم"
)


def significant_words(headline: str) -> frozenset[str]:
    """Return the words of ``headline`` that may name its subject, stemmed."""
    words = comparable(headline).split()[:WORDS_MAX]
    return frozenset(stem for word in words if word not in _COMMON and (stem := _stem(word)))


def _stem(word: str) -> str:
    """Return the stem of a comparable word; empty if too little of it is left."""
    if _ARABIC.search(word) is not None:
        return _arabic_stem(word)
    if len(word) < _LATIN_MIN or word.isdecimal():
        return ""
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if len(word) > _LATIN_MIN and word[-1] in "aeo":
        word = word[:-1]  # "inundado", "inundada", "inundados": one word
    return word


def _arabic_stem(word: str) -> str:
    word = word.translate(_SAME_LETTER)
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _ARABIC_MIN:
            word = word[len(article) :]
            break
    if word in _COMMON:
        return ""
    for ending in _ENDINGS * 2:  # "فيضانات" has two
        if word.endswith(ending) and len(word) - len(ending) >= _ARABIC_MIN:
            word = word[: -len(ending)]
    return word if len(word) >= _ARABIC_MIN else ""


_COMMON = frozenset(
    comparable(f"{_ENGLISH} {_SPANISH} {_ARABIC_COMMON}").translate(_SAME_LETTER).split()
)
