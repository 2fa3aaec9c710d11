"""A sample channel: three editions, text that looks like markup, a retraction."""

from __future__ import annotations

from tests.support.in_memory import EPOCH, InMemoryNewsroom
from ticker.domain.cursor import ZERO
from ticker.domain.event import LaneEvent
from ticker.domain.filter import EVERYTHING, Filter
from ticker.feeds.formats.channel import Channel, FeedTexts, read_item, retractions
from ticker.stream.replay import Lane

BASE = "https://newsroom.example"
HUB = "https://hub.example/?a=1&b=2"
MARKUP = 'Harbour <b>&" opens <!--late--> ]]> & "ferry" </title>'
ARABIC = "عاجل: افتتاح «جسر نهرين» \u200fللمشاة"
SPANISH = "Reabre el túnel de Valdemora: ¿cuándo?"
SECRET = "Wrongful zebra accusation"


def lane_of(*events: LaneEvent) -> Lane:
    lane = Lane(1_000, EPOCH, ZERO, ZERO)
    for event in events:
        lane.advance(event)
    return lane


def sample() -> Lane:
    """Return a lane with three live items, newest first SPANISH, ARABIC, MARKUP; one retracted."""
    news = InMemoryNewsroom()
    events = [
        news.publish(
            MARKUP,
            summary="Fewer < than & planned",
            sections=["politics"],
            regions=["mena"],
            tags=["a&b <c>"],
            story="harbour",
            link="https://reports.example/a?b=1&c=é",
            source="Harbour & Co",
            level="flash",
            media=[{"href": "https://reports.example/ü.jpg", "alt": "A <quay>", "credit": "R&D"}],
            expires_in=3_600,
        ),
        news.publish(ARABIC, edition="ar", story="harbour", level="urgent"),
        news.publish(SPANISH, edition="es", speaker="Ana Ribalta"),
    ]
    events.append(news.change(events[0].item_id, correction="It was two quays, not <three>"))
    wrong = news.publish(SECRET, summary=SECRET, sections=["politics"])
    return lane_of(*events, wrong, news.retract(wrong.item_id))


def channel_of(lane: Lane, filter: Filter = EVERYTHING, language: str | None = None) -> Channel:
    return Channel(
        base=BASE,
        site="Harbour & <Coast>",
        title="Harbour & <Coast>: all",
        home=f"{BASE}/",
        feed=f"{BASE}/v1/feed.x?section=politics&region=mena",
        language=language,
        hubs=(HUB,),
        items=tuple(read_item(event) for event in lane.current_items.select(filter, 50)),
        retractions=retractions(lane, filter),
        texts={"es": FeedTexts("Corregido"), "en": FeedTexts("Corrected", {"mena": "MENA"})},
    )
