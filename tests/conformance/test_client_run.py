"""A client that breaks a rule is told which."""

from __future__ import annotations

from ticker.conformance.client_case import asked
from ticker.conformance.client_cases import CLIENT_CASES
from ticker.conformance.client_run import MAX_WRONG, ClientRun, addressed, named

CASES = {one.name: one for one in CLIENT_CASES}


def test_another_cursor_is_told_and_the_case_goes_on() -> None:
    run = ClientRun(CASES["cursor-of-a-heartbeat-is-stored"])
    assert run.connect({"after": "h-9"}, 0) is run.case.connections[0]
    run.ended(1)
    assert run.connect({"after": "h-1", "last-event-id": "h-6"}, 2) is run.case.connections[1]
    run.sent()
    report = run.report()
    assert report["played"]
    assert report["wrong"] == ["connection 1: the cursor is 'h-9' instead of None"]


def test_a_client_that_does_not_stop_is_told_within_bounds() -> None:
    run = ClientRun(CASES["codes-from-4400-stop-the-client"])
    assert run.connect({}, 0) is not None
    for _ in range(MAX_WRONG * 2):
        assert run.connect({}, 1) is None
    assert set(run.wrong) == {"the client connects again after the last connection of the case"}
    assert len(run.wrong) == MAX_WRONG


def waited(seconds: float) -> list[str]:
    run = ClientRun(CASES["waits-grow-with-each-failure"])
    for number in range(len(run.case.connections)):
        assert run.connect({}, number * (1 + seconds))
        run.sent()
        run.ended(number * (1 + seconds) + 1)
    return run.wrong


def test_waits_are_judged() -> None:
    assert waited(0.4) == []
    assert "none of 200 ms or more" in waited(0.05)[0]
    assert "one of more than 31000 ms" in waited(40)[0]


def test_a_second_connection_at_once_is_told() -> None:
    run = ClientRun(CASES["reset-replaces-the-items"])
    run.connect({}, 0)
    run.connect({"after": "e-1"}, 0)
    assert run.wrong == ["connection 2 before the end of the one before it"]


def test_pages_need_a_client_that_asks_for_all() -> None:
    run = ClientRun(CASES["no-cursor-before-the-last-page"])
    run.connect({"backlog": "20"}, 0)
    assert run.wrong == ["this case is for clients that ask for backlog=all"]


def test_a_named_subscription_is_named_in_the_messages() -> None:
    assert addressed({"type": "welcome"}, 3) == {"type": "welcome", "subs": [3]}
    assert addressed({"type": "page"}, 3) == {"type": "page", "sub": 3}
    assert addressed({"type": "goodbye"}, 3) == {"type": "goodbye"}
    assert addressed({"type": "item"}, None) == {"type": "item"}


SEVERAL = CASES["a-subscription-begins-and-another-ends"]
HARBOUR, SPORTS = [("tag", "ferries")], [("section", "sports")]


def several() -> ClientRun:
    run = ClientRun(SEVERAL)
    first = run.connect({}, 0)
    assert first is not None
    run.ask({7: SPORTS, 2: HARBOUR}, first)
    return run


def test_subscriptions_are_known_by_their_filters_and_have_the_clients_ids() -> None:
    run = several()
    assert (run.ids, run.wrong) == ({"sports": 7, "harbour": 2}, [])
    told = {"type": "item", "subs": ["harbour"], "left": ["sports", "abroad"]}
    assert named(told, run.ids) == {"type": "item", "subs": [2], "left": [7]}
    assert named({"type": "page", "sub": "sports"}, run.ids) == {"type": "page", "sub": 7}


def test_a_message_that_asks_for_another_subscription_is_told() -> None:
    run = several()
    wanted = asked("subscribe", "abroad")
    assert not run.told({"type": "ping"}, wanted)
    assert not run.told({"type": "subscribe", "id": 1, "filter": {"section": ["arts"]}}, wanted)
    assert not run.told({"type": "unsubscribe", "id": 1}, asked("unsubscribe", "sports"))
    assert run.told({"type": "unsubscribe", "id": 7}, asked("unsubscribe", "sports"))
    right = {"not": {"region": "europe"}, "any": [{"level": "flash"}, {"section": "politics"}]}
    assert run.told({"type": "subscribe", "id": 1, "filter": right}, wanted)
    assert run.ids["abroad"] == 1
    assert run.wrong == ["the filter of abroad is {'section': ['arts']}"]


def test_an_address_with_other_subscriptions_is_told() -> None:
    run = ClientRun(SEVERAL)
    first = run.connect({}, 0)
    assert first is not None
    run.ask({1: HARBOUR, 2: [("region", "mena")], 3: [("level", "loud")]}, first)
    assert run.wrong == ["the address names ['harbour'] of 3 instead of ['harbour', 'sports']"]


def test_a_filter_without_the_exclusions_is_told() -> None:
    run = ClientRun(CASES["exclusions-and-alternatives-are-in-the-filter"])
    first = run.connect({}, 0)
    assert first is not None
    run.ask({0: [("edition", "en,ar")]}, first)
    assert len(run.wrong) == 1
