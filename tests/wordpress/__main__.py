"""Use the plugin as an administrator, an author and a reader do; see scripts/wordpress."""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Error, Page, expect

from tests.browser.conftest import chromium
from tests.browser.newsroom import Newsroom
from tests.wordpress.installation import PASSWORD, WordPress, wordpress

PHONE, DESKTOP = 390, 1280
WAIT_MS = 15_000
SHORTCODES = """Before.

[news_ticker layout="list" theme="dark" edition="en" section="politics,health" count="3"]

[news_ticker layout="bar" edition='en"><b>' theme="evil" item-href="javascript:wrong()"]

After."""
ARABIC = '[news_ticker edition="ar" layout="list"]'
STRANGE = 'Minister: "no [news_ticker] <b>here</b>" :)'


class Check:
    """One browser, one newsroom, one WordPress. ``hosts`` are those that pages have asked."""

    def __init__(
        self, browser: Browser, newsroom: Newsroom, site: WordPress, pictures: Path | None
    ) -> None:
        self._browser = browser
        self._newsroom = newsroom
        self._site = site
        self._pictures = pictures
        self.hosts: set[str] = set()
        self.wrong: list[str] = []

    async def run(self) -> None:
        """Run all steps; AssertionError says what is wrong."""
        empty = self._site.page("Before", "Nothing yet. [news_ticker]")
        async with self._page() as page:
            await page.goto(empty)
            await expect(page.locator("news-ticker")).to_have_count(0)
            await expect(page.get_by_text("Settings → News Ticker")).to_have_count(0)
        async with self._page() as page:
            await self._log_in(page)
            await page.goto(empty)
            await expect(page.get_by_text("Set the address of your newsroom")).to_be_visible()
            await self._settings(page)
            address = await self._block(page)
        await self._reader(self._site.page("Shortcodes", SHORTCODES))
        await self._without_scripts(self._site.page("More", SHORTCODES))
        await self._blocks(address)
        await self._arabic(self._site.page("Arabic", ARABIC))
        await self._newsroom_away(self._site.page("Away", '[news_ticker layout="list" count="7"]'))
        known = {urlsplit(self._site.url).netloc, urlsplit(self._newsroom.url).netloc}
        assert self.hosts == known, self.hosts
        assert self.wrong == [], self.wrong
        assert self._site.complaints() == "", self._site.complaints()

    async def _log_in(self, page: Page) -> None:
        await page.goto(f"{self._site.url}/wp-login.php")
        await page.fill("#user_login", "editor")
        await page.fill("#user_pass", PASSWORD)
        await page.click("#wp-submit")
        await page.wait_for_url("**/wp-admin/**")

    async def _settings(self, page: Page) -> None:
        """Only an address is taken, and it is kept."""
        await page.goto(f"{self._site.url}/wp-admin/options-general.php?page=news-ticker")
        field = page.get_by_label("Address")
        for given in ("javascript:wrong()", 'https://news.example/"onload="wrong()'):
            await field.evaluate("(node) => (node.type = 'text')")
            await field.fill(given)
            await page.click("#submit")
            await expect(page.get_by_text("must be a scheme and a host")).to_be_visible()
            await expect(field).to_have_value("")
        await field.fill(f"{self._newsroom.url}/")
        await page.click("#submit")
        await expect(page.get_by_text("Settings saved.")).to_be_visible()
        await expect(field).to_have_value(self._newsroom.url)
        await expect(page.get_by_label("Items in the page")).to_be_checked()
        await self._picture(page, "settings")

    async def _block(self, page: Page) -> str:
        """Insert the block, change its settings, publish; return the page's address."""
        await page.goto(f"{self._site.url}/wp-admin/post-new.php?post_type=page")
        await page.wait_for_function("window.wp?.blocks?.getBlockType('news-ticker/ticker')")
        await page.evaluate(
            """() => {
                wp.data.dispatch("core/edit-post").toggleFeature("welcomeGuide");
                const made = wp.blocks.createBlock("news-ticker/ticker", { align: "wide" });
                wp.data.dispatch("core/editor").editPost({ title: "Block" });
                wp.data.dispatch("core/block-editor").insertBlocks([made]);
                wp.data.dispatch("core/edit-post").openGeneralSidebar("edit-post/block");
            }"""
        )
        frame = page.locator('iframe[title="News ticker"]')
        await expect(frame).to_have_attribute("src", re.compile("layout=bar"))
        await page.get_by_label("Layout", exact=True).select_option("list")
        await page.get_by_label("Colours").select_option("dark")
        await page.get_by_label("Edition", exact=True).fill("en")
        await page.get_by_label("Sections").fill("politics")
        await page.get_by_label("Lowest level").select_option("urgent")
        await page.get_by_label("Readers can close it").check()
        address = f"{self._newsroom.url}/v1/embed?frame=yes&edition=en&section=politics"
        address += "&layout=list&theme=dark&level=urgent&count=8&dismissible=yes"
        await expect(frame).to_have_attribute("src", address)
        inside = page.frame_locator('iframe[title="News ticker"]')
        await expect(inside.locator("news-ticker .list .headline").first).to_be_visible()
        await self._picture(page, "editor")
        made: str = await page.evaluate(
            """async () => {
                wp.data.dispatch("core/editor").editPost({ status: "publish" });
                await wp.data.dispatch("core/editor").savePost();
                return wp.data.select("core/editor").getPermalink();
            }"""
        )
        return made

    async def _reader(self, address: str) -> None:
        """Wrong attributes are left out, and an item comes by itself."""
        async with self._page() as page:
            await page.goto(address)
            first, second = await page.locator("news-ticker").all()
            for name, value in (
                ("server", self._newsroom.url),
                ("layout", "list"),
                ("theme", "dark"),
                ("edition", "en"),
                ("section", "politics,health"),
                ("count", "3"),
            ):
                await expect(first).to_have_attribute(name, value)
            for name in ("edition", "theme", "item-href"):
                assert await second.get_attribute(name) is None
            assert await page.locator('script[src$="/widget.js"]').count() == 1
            line = first.locator(".list .headline").first
            item = self._newsroom.publish("Harbour bridge open again", sections=["politics"])
            await expect(line).to_have_text(item["headline"])
            await expect(line.locator("a")).to_have_attribute(
                "href", f"{self._newsroom.url}/item/{item['id']}"
            )
            await self._picture(page, "shortcodes")
            self._newsroom.retract(item)
            await expect(first.get_by_text(item["headline"])).to_have_count(0)

    async def _without_scripts(self, address: str) -> None:
        """The items are in the page, as the newsroom has them."""
        async with self._page(scripts=False) as page:
            await page.goto(address)
            list = page.locator('news-ticker[layout="list"]').first
            await expect(list.locator("li")).to_have_count(3)
            await expect(list.locator("a", has_text="[news_ticker]")).to_have_count(1)

    async def _blocks(self, address: str) -> None:
        """A headline that looks like a shortcode is a headline."""
        async with self._page() as page:
            await page.goto(address)
            ticker = page.locator(".wp-block-news-ticker-ticker.alignwide news-ticker")
            await expect(ticker).to_have_attribute("level", "urgent")
            line = ticker.locator(".list .headline", has_text="[news_ticker]")
            await expect(line).to_have_text(STRANGE)
            await expect(page.locator("news-ticker")).to_have_count(1)
            await self._picture(page, "block")

    async def _arabic(self, address: str) -> None:
        async with self._page() as page:
            await page.goto(address)
            await expect(page.locator("news-ticker .list .headline").first).to_be_visible()
            await self._picture(page, "arabic")

    async def _newsroom_away(self, address: str) -> None:
        """A page does without the newsroom."""
        self._newsroom.stop()
        async with self._page(scripts=False) as page:
            await page.goto(address)
            await expect(page.locator('news-ticker[layout="list"]')).to_have_count(1)
            await expect(page.locator("news-ticker li")).to_have_count(0)

    @asynccontextmanager
    async def _page(self, *, scripts: bool = True) -> AsyncIterator[Page]:
        context = await self._browser.new_context(
            viewport={"width": DESKTOP, "height": 900}, java_script_enabled=scripts
        )
        page = await context.new_page()
        page.on("request", lambda request: self._asked(page.url, request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.set_default_timeout(WAIT_MS)
        try:
            yield page
        except (AssertionError, Error):
            await self._picture(page, "failed")
            raise
        finally:
            await context.close()

    def _asked(self, page: str, url: str) -> None:
        """Remember the host of ``url``; WordPress' own editor asks others than a reader's page."""
        address = urlsplit(url)
        if address.scheme in ("http", "https", "ws", "wss") and "/wp-admin/" not in page:
            self.hosts.add(address.netloc)

    async def _picture(self, page: Page, name: str) -> None:
        if self._pictures is None:
            return
        self._pictures.mkdir(parents=True, exist_ok=True)
        for width in (DESKTOP, PHONE):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.screenshot(path=self._pictures / f"{name}-{width}.png")
        await page.set_viewport_size({"width": DESKTOP, "height": 900})


async def check(pictures: Path | None) -> None:
    """Start everything, check, and stop it."""
    with tempfile.TemporaryDirectory() as folder:
        newsroom = Newsroom(Path(folder) / "newsroom")
        newsroom.start()
        try:
            publish(newsroom)
            with wordpress(Path(folder)) as site:
                async with chromium("chromium") as browser:
                    await Check(browser, newsroom, site, pictures).run()
        finally:
            newsroom.stop()
    print("The plugin works in WordPress.")


def publish(newsroom: Newsroom) -> None:
    """Publish what the pages show."""
    for headline, sections, level in (
        ("Finance ministers agree on a common port tariff", ["politics"], "ticker"),
        ("Clinics on the coast open at night after the storm", ["health"], "ticker"),
        (STRANGE, ["politics"], "urgent"),
        ("Court stops the harbour sale", ["politics"], "flash"),
    ):
        newsroom.publish(headline, sections=sections, level=level)
    newsroom.publish("محكمة توقف بيع الميناء", "ar", level="urgent")
    newsroom.publish("وزراء المالية يتفقون على رسوم موحدة للموانئ", "ar")


def main() -> None:
    """Check; the exit code is 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="scripts/wordpress", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="directory for pictures of the pages")
    asyncio.run(check(parser.parse_args().pictures))


if __name__ == "__main__":
    main()
