from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.domain.item import Level
from ticker.push.model.topics import ALL, Topic, item_topics, matching_section, subscriber_topics

sections = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=4)


@given(sections, sections, st.sampled_from(Level), st.sampled_from(Level), st.sampled_from("xy"))
def test_a_subscriber_gets_an_item_through_exactly_one_topic(
    item: list[str], wanted: list[str], level: Level, lowest: Level, edition: str
) -> None:
    filed = subscriber_topics("x", wanted, lowest)
    asked = item_topics(edition, item, level)
    assert len(set(asked)) == len(asked)
    sent = [
        topic
        for topic in asked
        if topic in filed and matching_section(item, wanted) == topic.section
    ]
    interested = edition == "x" and level >= lowest and (not wanted or bool({*item} & {*wanted}))
    assert len(sent) == int(interested)


def test_names_are_read_back() -> None:
    for topic in item_topics("ar", ["asia-pacific", "اقتصاد"], Level.flash):
        assert Topic.parse(str(topic)) == topic
    assert str(Topic("en", ALL, Level.urgent)) == "en/*/urgent"
