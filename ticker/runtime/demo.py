"""Publish invented news, for ``ticker up --demo``.

The items expire after half an hour. The address and the editor key come from the settings of a
client (``TICKER_URL``, ``TICKER_KEY``).
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import deque
from contextlib import suppress

from ticker.client.editor import Editor
from ticker.client.errors import ClientError, NotFound, Retracted, Unauthorised
from ticker.client.settings import client_settings
from ticker.config import load
from ticker.domain.taxonomy import Taxonomy
from ticker.runtime.demo_stories import CORRECTIONS, STORIES, Story

PAUSE = 4.0  # seconds between two items
EXPIRES = 1_800  # seconds
CORRECT_EVERY = 6  # items
RETRACT_EVERY = 11
REMEMBERED = 30  # items that may still be corrected or retracted


def draft(
    story: Story, edition: str, number: int, taxonomy: Taxonomy, step: int = 0
) -> dict[str, object]:
    """Return the draft of ``story`` for one edition, with sections and regions of ``taxonomy``.

    ``step`` 0 is the first item of the story, 1 and up are its developments.
    """
    headlines = story.developments[step - 1] if step else story.headlines
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
        "force": True,  # the same stories are published again and again
    }


async def run(editor: Editor, taxonomy: Taxonomy, rng: random.Random) -> None:
    """Publish an item every few seconds, and sometimes a correction or a retraction, for ever.

    Begins with one item of every story at once, so that every page has items.
    """
    published: deque[tuple[str, str, Story]] = deque(maxlen=REMEMBERED)
    count = 0
    opening = True
    while True:
        for story, step in _schedule(rng, opening):
            number = rng.randint(*story.numbers)
            for edition in (name for name in story.headlines if name in taxonomy.editions):
                result = await editor.publish_draft(draft(story, edition, number, taxonomy, step))
                if step == 0:
                    published.append((result.item.id, edition, story))
                if opening:
                    continue
                count += 1
                await asyncio.sleep(PAUSE)
                with suppress(NotFound, Retracted):  # retracted by an editor, or expired
                    await _correct_or_retract(editor, rng, count, published)
        opening = False


def _schedule(rng: random.Random, opening: bool) -> list[tuple[Story, int]]:
    """Return all stories and steps, in order within a story and interleaved between stories."""
    stories = rng.sample(STORIES, len(STORIES))
    if opening:
        return [(story, 0) for story in stories]
    sequences = [
        [(story, step) for step in range(len(story.developments) + 1)] for story in stories
    ]
    longest = max(map(len, sequences))
    return [sequence[n] for n in range(longest) for sequence in sequences if n < len(sequence)]


async def _correct_or_retract(
    editor: Editor, rng: random.Random, count: int, published: deque[tuple[str, str, Story]]
) -> None:
    if count % RETRACT_EVERY == 0:
        chosen = published[rng.randrange(len(published))]
        published.remove(chosen)
        await editor.retract(chosen[0], "Demo retraction")
    elif count % CORRECT_EVERY == 0:
        item_id, edition, story = published[rng.randrange(len(published))]
        headline = story.headlines[edition].format(n=rng.randint(*story.numbers))
        await editor.correct(item_id, CORRECTIONS[edition], headline=headline)


async def main() -> int:
    """Run the demo until it is stopped; return an exit code if it cannot run."""
    client, taxonomy = client_settings(), load().taxonomy
    if not any(edition in taxonomy.editions for edition in STORIES[0].headlines):
        _say("the demo has items for the editions en, es and ar; this newsroom has none of them")
        return 2
    async with Editor(client.url, client.key) as editor:
        while True:
            try:
                await run(editor, taxonomy, random.Random())
            except Unauthorised:
                _say("the editor key is not valid")
                return 2
            except ClientError as error:
                _say(f"{error}; retrying in {PAUSE:.0f} s")
                await asyncio.sleep(PAUSE)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
