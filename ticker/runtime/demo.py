"""A newsroom that makes up its news: for `ticker up --demo`, so that a page has something to show.

Every place, institution and event below is invented; nobody in it exists. Items expire after half
an hour. Reads where and with which key to publish from the settings of a client.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ticker.client.editor import Editor
from ticker.client.errors import ClientError, NotFound, Retracted, Unauthorised
from ticker.client.settings import client_settings
from ticker.config import load
from ticker.domain.taxonomy import Taxonomy

PAUSE = 4.0  # seconds between two lines
EXPIRES = 1_800  # seconds
CORRECT_EVERY = 6  # lines
RETRACT_EVERY = 11
REMEMBERED = 30  # lines that may still be corrected or retracted


@dataclass(frozen=True, slots=True)
class Story:
    """One invented event in several languages; ``{n}`` is a number that a correction changes."""

    name: str
    headlines: Mapping[str, str]
    sections: tuple[str, ...]
    regions: tuple[str, ...] = ()
    level: str = "ticker"
    verification: str = "confirmed"
    speaker: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    numbers: tuple[int, int] = (2, 60)
    then: tuple[Mapping[str, str], ...] = ()
    """What comes after it, one development at a time; plain lines of the same story."""
    summary: Mapping[str, str] = field(default_factory=dict)


STORIES = (
    Story(
        "orlen-bridge",
        {
            "en": "Orlen's old harbour bridge reopens after {n} months of repairs",
            "es": "El viejo puente del puerto de Orlen reabre tras {n} meses de obras",
            "ar": "إعادة فتح جسر ميناء أورلن القديم بعد {n} شهرا من أعمال الترميم",
        },
        ("miscellaneous",),
        ("europe",),
        tags=("Orlen", "bridges"),
        numbers=(11, 30),
    ),
    Story(
        "kessara-quake",
        {
            "en": "Strong earthquake felt across the Kessara valley; {n} villages without power",
            "es": "Fuerte sismo en el valle de Kessara; {n} aldeas se quedan sin electricidad",
            "ar": "زلزال قوي يضرب وادي كيسارا وانقطاع الكهرباء عن {n} قرية",
        },
        ("environment",),
        ("asia",),
        level="bulletin",
        verification="developing",
        tags=("Kessara", "earthquakes", "weather"),
        numbers=(11, 40),
        then=(
            {
                "en": "Kessara: rescue teams reach the upper villages after {n} hours",
                "es": "Kessara: los equipos de rescate llegan a las aldeas altas tras {n} horas",
                "ar": "كيسارا: فرق الإنقاذ تصل إلى القرى العليا بعد {n} ساعة",
            },
            {
                "en": "Kessara: power is back in {n} villages",
                "es": "Kessara: vuelve la luz a {n} aldeas",
                "ar": "كيسارا: عودة الكهرباء إلى {n} قرية",
            },
            {
                "en": "Kessara: schools stay closed, {n} halls open as shelters",
                "es": "Kessara: las escuelas siguen cerradas y {n} salas abren como refugio",
                "ar": "كيسارا: المدارس مغلقة و{n} قاعة تفتح أبوابها ملاجئ",
            },
        ),
    ),
    Story(
        "tamrit-vote",
        {
            "en": "Tamrit's parliament passes the water law by {n} votes",
            "es": "El parlamento de Tamrit aprueba la ley del agua por {n} votos",
            "ar": "برلمان تامريت يقر قانون المياه بفارق {n} صوتا",
        },
        ("politics",),
        ("africa",),
        level="urgent",
        tags=("Tamrit", "water"),
        numbers=(11, 60),
        then=(
            {
                "en": "Tamrit: farmers' union counts {n} districts that gain from the law",
                "es": "Tamrit: el sindicato agrario cuenta {n} distritos que ganan con la ley",
                "ar": "تامريت: اتحاد المزارعين يحصي {n} منطقة تستفيد من القانون",
            },
        ),
    ),
    Story(
        "lumbar-rates",
        {
            "en": "Central bank of Lumbar holds its rate for month number {n} in a row",
            "es": "El banco central de Lumbar mantiene su tasa por {n}.º mes consecutivo",
            "ar": "البنك المركزي في لومبار يثبت سعر الفائدة للشهر رقم {n} على التوالي",
        },
        ("economy",),
        ("latin-america",),
        tags=("Lumbar", "interest rates"),
        numbers=(3, 14),
    ),
    Story(
        "nivra-final",
        {
            "en": "Nivra win the islands cup after {n} penalties",
            "es": "Nivra gana la copa de las islas tras {n} penaltis",
            "ar": "نيفرا تحرز كأس الجزر بعد {n} ركلة ترجيح",
        },
        ("sports",),
        ("asia-pacific",),
        level="urgent",
        tags=("Nivra", "islands cup"),
        numbers=(11, 22),
    ),
    Story(
        "delphara-fever",
        {
            "en": "Delphara reports {n} cases of marsh fever",
            "es": "Delphara notifica {n} casos de fiebre de los pantanos",
            "ar": "دلفارا تسجل {n} حالة من حمى المستنقعات",
        },
        ("health",),
        ("mena",),
        verification="attributed",
        speaker={
            "en": "Delphara health office",
            "es": "Oficina de salud de Delphara",
            "ar": "مكتب الصحة في دلفارا",
        },
        tags=("Delphara", "fever"),
        numbers=(11, 90),
    ),
    Story(
        "ostrelle-museum",
        {
            "en": "Museum of Ostrelle returns {n} carved masks to their island",
            "es": "El museo de Ostrelle devuelve {n} máscaras talladas a su isla",
            "ar": "متحف أوستريل يعيد {n} قناعا منحوتا إلى جزيرتها الأصلية",
        },
        ("arts-culture",),
        ("europe", "asia-pacific"),
        tags=("Ostrelle", "museums"),
        numbers=(11, 80),
    ),
    Story(
        "corvane-cable",
        {
            "en": "Sea cable off Corvane repaired after {n} days",
            "es": "Reparado el cable submarino frente a Corvane tras {n} días",
            "ar": "إصلاح الكابل البحري قبالة كورفان بعد {n} يوما",
        },
        ("technology", "economy"),
        ("africa",),
        tags=("Corvane", "cables"),
        numbers=(11, 40),
    ),
    Story(
        "halwen-storm",
        {
            "en": "Storm closes the port of Halwen; {n} ferries wait outside",
            "es": "Una tormenta cierra el puerto de Halwen; {n} transbordadores esperan fuera",
            "ar": "عاصفة تغلق ميناء هالوين و{n} عبارة تنتظر في عرض البحر",
        },
        ("environment",),
        ("us-canada",),
        level="urgent",
        verification="developing",
        tags=("Halwen", "weather", "ferries"),
        numbers=(11, 25),
        then=(
            {
                "en": "Halwen: first of {n} ferries enters the harbour behind a tug",
                "es": "Halwen: entra en el puerto, remolcado, el primero de {n} transbordadores",
                "ar": "هالوين: أولى العبارات الـ{n} تدخل الميناء خلف قاطرة",
            },
            {
                "en": "Halwen: wind eases, the coast road reopens after {n} hours",
                "es": "Halwen: amaina el viento y reabre la carretera costera tras {n} horas",
                "ar": "هالوين: الرياح تهدأ والطريق الساحلي يُفتح بعد {n} ساعة",
            },
        ),
    ),
    Story(
        "merrow-talks",
        {
            "en": "Talks on the shared river resume in Port Merrow after {n} weeks",
            "es": "Vuelven tras {n} semanas las conversaciones sobre el río común en Port Merrow",
            "ar": "استئناف المحادثات حول النهر المشترك في بورت ميرو بعد {n} أسبوعا",
        },
        ("politics", "environment"),
        ("mena", "africa"),
        verification="attributed",
        speaker={
            "en": "River commission",
            "es": "Comisión del río",
            "ar": "مفوضية النهر",
        },
        tags=("Port Merrow", "water"),
        numbers=(11, 50),
    ),
    Story(
        "sollen-train",
        {
            "en": "First night train in {n} years leaves Sollen for the coast",
            "es": "Sale de Sollen hacia la costa el primer tren nocturno en {n} años",
            "ar": "أول قطار ليلي منذ {n} عاما ينطلق من سولن إلى الساحل",
        },
        ("miscellaneous", "economy"),
        ("latin-america",),
        tags=("Sollen", "railways"),
        numbers=(11, 45),
    ),
    Story(
        "veshti-launch",
        {
            "en": "Veshti: weather satellite reaches orbit at attempt number {n}",
            "es": "Veshti: el satélite meteorológico alcanza su órbita al intento {n}",
            "ar": "مركز فيشتي الفضائي: قمر الطقس يبلغ مداره في المحاولة رقم {n}",
        },
        ("technology",),
        ("asia",),
        level="flash",
        tags=("Veshti", "weather"),
        numbers=(2, 9),
        then=(
            {
                "en": "Veshti: satellite answers; first picture due in {n} hours",
                "es": "Veshti: el satélite responde; la primera imagen llegará en {n} horas",
                "ar": "فيشتي: القمر الصناعي يستجيب والصورة الأولى خلال {n} ساعات",
            },
            {
                "en": "Veshti: solar panels unfold at attempt number {n}",
                "es": "Veshti: los paneles solares se despliegan al intento {n}",
                "ar": "فيشتي: الألواح الشمسية تُفتح في المحاولة رقم {n}",
            },
        ),
        summary={
            "en": "It will watch the monsoon from orbit, and its pictures are to be free for all.",
            "es": "Observará el monzón desde su órbita, y sus imágenes serán libres para todos.",
            "ar": "سيراقب الرياح الموسمية من مداره، وستكون صوره متاحة للجميع.",
        },
    ),
)

CORRECTIONS = {
    "en": "An earlier version gave a wrong figure.",
    "es": "Una versión anterior daba una cifra equivocada.",
    "ar": "ورد في نسخة سابقة رقم غير صحيح.",
}


def draft(
    story: Story, edition: str, number: int, taxonomy: Taxonomy, step: int = 0
) -> dict[str, object]:
    """Return the draft of ``story`` for one edition, without what this newsroom does not know.

    ``step`` 0 is how it begins, 1 and up its developments.
    """
    headlines = story.then[step - 1] if step else story.headlines
    return {
        "headline": headlines[edition].format(n=number),
        "summary": None if step else story.summary.get(edition),
        "edition": edition,
        "level": "ticker" if step else story.level,
        "verification": story.verification,
        "speaker": story.speaker.get(edition),
        "sections": [name for name in story.sections if name in taxonomy.sections],
        "regions": [name for name in story.regions if name in taxonomy.regions],
        "story": story.name,
        "tags": ["demo", *story.tags],
        "expires_in": EXPIRES,
        "force": True,  # the same few stories come again and again
    }


async def run(editor: Editor, taxonomy: Taxonomy, chance: random.Random) -> None:
    """Publish for ever: a line every few seconds, now and then a correction or a retraction.

    It begins with one line of every story at once, so that no page is empty.
    """
    out: deque[tuple[str, str, Story]] = deque(maxlen=REMEMBERED)
    count = 0
    opening = True
    while True:
        for story, step in _programme(chance, opening):
            number = chance.randint(*story.numbers)
            for edition in (name for name in story.headlines if name in taxonomy.editions):
                line = draft(story, edition, number, taxonomy, step)
                published = await editor.publish_draft(line)
                if step == 0:
                    out.append((published.item.id, edition, story))
                if opening:
                    continue
                count += 1
                await asyncio.sleep(PAUSE)
                with suppress(NotFound, Retracted):  # the desk, or its expiry, was faster
                    await _second_thoughts(editor, chance, count, out)
        opening = False


def _programme(chance: random.Random, opening: bool) -> list[tuple[Story, int]]:
    """Return every story and its developments, in order within a story, mixed between stories."""
    stories = chance.sample(STORIES, len(STORIES))
    if opening:
        return [(story, 0) for story in stories]
    tellings = [[(story, step) for step in range(len(story.then) + 1)] for story in stories]
    longest = max(map(len, tellings))
    return [telling[n] for n in range(longest) for telling in tellings if n < len(telling)]


async def _second_thoughts(
    editor: Editor, chance: random.Random, count: int, out: deque[tuple[str, str, Story]]
) -> None:
    if count % RETRACT_EVERY == 0:
        taken = out[chance.randrange(len(out))]
        out.remove(taken)
        await editor.retract(taken[0], "demo: taken back")
    elif count % CORRECT_EVERY == 0:
        item_id, edition, story = out[chance.randrange(len(out))]
        headline = story.headlines[edition].format(n=chance.randint(*story.numbers))
        await editor.correct(item_id, CORRECTIONS[edition], headline=headline)


async def main() -> int:
    """Run the demo until it is stopped; return an exit code when it cannot go on."""
    client, taxonomy = client_settings(), load().taxonomy
    if not any(edition in taxonomy.editions for edition in STORIES[0].headlines):
        _say("this newsroom has none of the demo's editions (en, es, ar)")
        return 2
    async with Editor(client.url, client.key) as editor:
        while True:
            try:
                await run(editor, taxonomy, random.Random())
            except Unauthorised:
                _say("the key is not valid, so there is no demo")
                return 2
            except ClientError as error:
                _say(f"{error}; going on in {PAUSE:.0f} s")
                await asyncio.sleep(PAUSE)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
