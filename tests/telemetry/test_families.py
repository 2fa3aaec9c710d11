"""Plain counts, and the families that a scrape makes of them."""

from __future__ import annotations

from ticker.telemetry.families import PREFIX, Histogram, counter, gauge, histogram


def test_observations_are_counted_below_their_bound() -> None:
    seconds = Histogram((0.1, 1.0))
    seconds.observe(0.1)
    seconds.observe(0.5, times=3)
    seconds.observe(7.0)
    assert seconds.counts == [1, 3, 1]
    assert seconds.count == 5
    assert seconds.sum == 0.1 + 3 * 0.5 + 7.0


def test_families_have_the_prefix_and_values_by_labels() -> None:
    assert gauge("a", "A.", 2).values == {(): 2}
    assert gauge("a", "A.", 2).name == f"{PREFIX}a"
    by_one = counter("b_total", "B.", {"x": 1}, "kind")
    assert (by_one.kind, by_one.labels, by_one.values) == ("counter", ("kind",), {("x",): 1})
    by_two = counter("b_total", "B.", {("x", "y"): 1}, "kind", "code")
    assert by_two.values == {("x", "y"): 1}
    seconds = Histogram()
    assert histogram("c", "C.", seconds).values == {(): seconds}
    assert histogram("c", "C.", {"x": seconds}, "kind").values == {("x",): seconds}
