"""The worst news day of the year as a plan: fifty reports, what happens to each, and its end.

The plan is the same in every run. The three editors work at once, so the order is not: a step is
taken when those that it needs have been.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

CONSOLE, CLI, API = "Iva Moor", "Ola Rey", "Noor Kim"
"""The editors, by what they work with."""
RACED = f"{CLI} or {API}"
"""Of a report that two editors send in the same moment: one of them publishes it."""
EDITIONS = ("en", "ar", "es")
SEED = 14
HOURS = 5
"""The day has so many hours. In each of them the editors work at once, on the reports of the hour,
and the next one begins when all of it is done: no editor has finished long before another."""

Verb: TypeAlias = Literal["publish", "draft", "approve", "correct", "accept", "retract", "pin"]

_EVENTS = {
    "en": (
        ("Kessara", "Port Almar", "Marrow Island"),
        (
            "Power is out across {}",
            "No trains stop at {} today",
            "The hospital of {} asks for blood",
            "Schools in {} open as shelters",
            "Two bridges near {} are closed",
            "Tap water in {} is safe to drink",
        ),
    ),
    "ar": (
        ("كيسارا", "ألمار", "مارو"),
        (
            "انقطاع التيار الكهربائي في أنحاء {}",
            "القطارات لا تتوقف اليوم في محطة {}",
            "مستشفى {} يدعو إلى التبرع بالدم",
            "مدارس {} تفتح أبوابها ملاجئ",
            "إغلاق جسرين بالقرب من {}",
            "مياه الشرب في {} سليمة",
        ),
    ),
    "es": (
        ("Kessara", "Puerto Almar", "Isla Marrow"),
        (
            "Corte de luz en toda la zona de {}",
            "Ningún tren para hoy en {}",
            "El hospital de {} pide donantes de sangre",
            "Las escuelas de {} abren como refugios",
            "Cerrados dos puentes cerca de {}",
            "El agua del grifo en {} es potable",
        ),
    ),
}
_MORE = {"en": "{} (new figures)", "ar": "{} (أرقام جديدة)", "es": "{} (cifras nuevas)"}
_WRONG = {
    "en": "An earlier version named the wrong place.",
    "ar": "ذكرت نسخة سابقة مكانا غير صحيح.",
    "es": "Una versión anterior nombraba otro lugar.",
}
_COUNTS = {"en": 17, "ar": 17, "es": 16}


@dataclass
class Report:
    """One report, and who does what to it. ``id`` is known once it is published or drafted."""

    name: str
    edition: str
    headline: str
    by: str
    level: str = "ticker"
    push: bool = False
    approved_by: str | None = None
    break_glass: str | None = None
    corrected_by: str | None = None
    accepted_by: str | None = None
    """Who approves the correction, where the level needs a second person."""
    retracted_by: str | None = None
    pinned_by: str | None = None
    id: str = field(default="", compare=False)

    @property
    def later_headline(self) -> str:
        """Return the headline at the end of the day."""
        changed = self.corrected_by is not None
        return _MORE[self.edition].format(self.headline) if changed else self.headline

    @property
    def correction(self) -> str | None:
        return _WRONG[self.edition] if self.corrected_by is not None else None

    @property
    def reason(self) -> str:
        """Return why it is retracted."""
        return f"The source of {self.name} withdraws it"

    def steps(self) -> Iterator[Step]:
        """Yield the steps in their order; each needs the one before it."""
        done: list[tuple[Verb, str]] = []
        if self.approved_by is None:
            done.append(("publish", self.by))
        else:
            done += [("draft", self.by), ("approve", self.approved_by)]
        changes: tuple[tuple[Verb, str | None], ...] = (
            ("pin", self.pinned_by),
            ("correct", self.corrected_by),
            ("accept", self.accepted_by),
            ("retract", self.retracted_by),
        )
        done += [(verb, by) for verb, by in changes if by is not None]
        for version, (verb, by) in enumerate(done, 1):
            yield Step(verb, by, self, version)

    def public(self) -> list[tuple[str, int]]:
        """Return the events that readers get: actions with the item's versions."""
        found = []
        for step in self.steps():
            waits = step.verb == "correct" and self.accepted_by is not None
            action = {"approve": "publish", "accept": "correct"}.get(step.verb, step.verb)
            if step.verb != "draft" and not waits:
                found.append((action, step.version))
        return found

    def audited(self) -> list[tuple[str, str, int, str, str | None]]:
        """Return its entries in the audit: action, editor, version, state and reason."""
        found: list[tuple[str, str, int, str, str | None]] = []
        for step in self.steps():
            waits = step.verb == "correct" and self.accepted_by is not None
            action = {"accept": "approve"}.get(step.verb, "propose" if waits else step.verb)
            state = {"draft": "draft", "retract": "retracted"}.get(step.verb, "live")
            reason = {"publish": self.break_glass, "retract": self.reason}.get(step.verb)
            found.append((action, step.by, step.version, state, reason))
        return found

    @property
    def versions(self) -> int:
        """Return how many versions it has at the end."""
        return sum(1 for _ in self.steps())

    @property
    def live(self) -> bool:
        """Tell whether it is live at the end of the day."""
        return self.retracted_by is None


@dataclass(frozen=True)
class Step:
    """One thing that one editor does; ``version`` is the item's after it."""

    verb: Verb
    by: str
    report: Report
    version: int


def day() -> list[Report]:
    """Return the fifty reports."""
    chosen = random.Random(SEED)
    reports = {}
    for edition, count in _COUNTS.items():
        places, events = _EVENTS[edition]
        texts = [event.format(place) for event in events for place in places]
        for number, headline in enumerate(texts[:count]):
            name = f"{edition}{number}"
            by = chosen.choice((API, API, API, CLI, CLI, CLI, CONSOLE))
            level = chosen.choice(("ticker", "ticker", "urgent"))
            reports[name] = Report(name, edition, headline, by, level)

    def of(name: str, **fields: object) -> None:
        for key, value in fields.items():
            setattr(reports[name], key, value)

    # Levels that need a second person: one report of each editor, one of them alone at night.
    of("en0", level="flash", by=API, approved_by=CLI, push=True)
    of("en0", corrected_by=CLI, accepted_by=CONSOLE)
    of("en1", level="flash", by=CONSOLE, break_glass="Night shift, nobody answers", push=True)
    of("ar0", level="bulletin", by=CLI, approved_by=CONSOLE, push=True)
    of("es0", level="bulletin", by=CONSOLE, approved_by=API, push=True)
    # Alerts that are wrong, or false.
    of("en2", level="urgent", by=API, push=True, corrected_by=CLI, retracted_by=CONSOLE)
    of("ar1", level="urgent", by=API, push=True, retracted_by=CLI)
    of("es1", level="urgent", by=API, push=True, corrected_by=CONSOLE)
    of("ar2", level="urgent", by=CONSOLE, push=True, corrected_by=API)
    # Two editors send the same report, and one puts a report on top.
    of("en3", by=RACED)
    of("en4", pinned_by=CLI)
    for name, by in {
        "en5": CONSOLE,
        "en6": API,
        "en7": CLI,
        "ar3": CLI,
        "ar4": API,
        "ar5": CONSOLE,
        "es2": API,
        "es3": CLI,
    }.items():
        of(name, corrected_by=by)
    return list(reports.values())


def steps_of(by: str, reports: list[Report], hour: int) -> list[Step]:
    """Return the steps of one editor in an hour, in an order of the seed's choosing."""
    chosen = [step for one in reports[hour::HOURS] for step in one.steps()]
    found = [step for step in chosen if by in step.by.split(" or ")]
    random.Random(f"{SEED} {hour} {by}").shuffle(found)
    return found
