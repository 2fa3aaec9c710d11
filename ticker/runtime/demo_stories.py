"""Invented news for ``ticker up --demo``: stories, their developments, and corrections.

All places, institutions and events are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Story:
    """One invented event in several languages. ``{n}`` is a number that a correction changes."""

    name: str
    headlines: Mapping[str, str]
    sections: tuple[str, ...]
    regions: tuple[str, ...] = ()
    level: str = "ticker"
    verification: str = "confirmed"
    speaker: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    numbers: tuple[int, int] = (2, 60)
    developments: tuple[Mapping[str, str], ...] = ()
    """Headlines of later items of the story, in order."""
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
        developments=(
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
        developments=(
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
        developments=(
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
            "en": "Veshti: weather satellite reaches orbit on attempt {n}",
            "es": "Veshti: el satélite meteorológico alcanza su órbita al intento {n}",
            "ar": "مركز فيشتي الفضائي: قمر الطقس يبلغ مداره في المحاولة رقم {n}",
        },
        ("technology",),
        ("asia",),
        level="flash",
        tags=("Veshti", "weather"),
        numbers=(2, 9),
        developments=(
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
