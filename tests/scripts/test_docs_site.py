"""scripts/docs_site.py: links of the repository become links of the site, or the build fails."""

from __future__ import annotations

import pytest

from scripts import docs_site
from scripts.docs_site import BrokenLink, page


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("README.md", "[a](docs/guide/push.md#receipts)", "[a](guide/push.md#receipts)"),
        ("README.md", "[a](PROTOCOL.md)", "[a](reference/protocol.md)"),
        (
            "docs/guide/push.md",
            "[a](../../PROTOCOL.md#1-terms)",
            "[a](../reference/protocol.md#1-terms)",
        ),
        ("docs/guide/push.md", "[a](webhooks.md)", "[a](webhooks.md)"),
        ("PROTOCOL.md", "[a](docs/guide/push.md)", "[a](../guide/push.md)"),
        (
            "README.md",
            '<img src="docs/pictures/desktop-dark.png">',
            '<img src="pictures/desktop-dark.png">',
        ),
        ("README.md", "[the file](ticker.toml)", "the file"),
        (
            "README.md",
            "[a](https://example.org/a.md) [b](#use-it)",
            "[a](https://example.org/a.md) [b](#use-it)",
        ),
    ],
)
def test_links_lead_to_pages(source: str, text: str, expected: str) -> None:
    assert page(source, text) == expected


@pytest.mark.parametrize("text", ["`[a](b.md)`", "    [a](b.md)", "```\n[a](b.md)\n```"])
def test_code_is_left_alone(text: str) -> None:
    assert page("README.md", text) == text


def test_a_link_to_a_missing_file_is_refused() -> None:
    with pytest.raises(BrokenLink, match=r"README\.md: docs/none\.md"):
        page("README.md", "[a](docs/none.md)")


def test_every_source_has_a_page_of_its_own() -> None:
    pages = [docs_site.page_of(source) for source in docs_site.sources()]
    assert len(pages) == len(set(pages))
    assert "index.md" in pages
