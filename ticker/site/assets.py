"""Files that the site's pages load, at addresses that change with their content.

The style sheet is made of the parts in ``ticker/web/site/styles`` when the server starts, so there
is nothing to build after a change. The scripts are built by ``scripts/web.mjs``. An address has a
hash of the content: browsers keep the file for a year, and a page never gets one of another
release.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.browser_bundles import PINNED_CACHE, Bundle
from ticker.api.routing import Operation, Param
from ticker.api.static_files import TYPES, WEB
from ticker.domain.errors import NotFound

STYLES = (
    "fonts",
    *("base", "masthead", "alerts", "topics", "bar"),
    *(
        "items",
        "front",
        "latest",
        "pages",
        "item",
        "share",
        "corrections",
        "archive",
        "story",
        "following",
        "embed",
        "footer",
        "contrast_print",
    ),
)
"""Parts of the style sheet, in order: a later part overrides an earlier one."""

ARABIC_SCRIPT = ("ar", "fa", "ur")
"""Languages that the style sheet sets in the Arabic fonts."""
LATIN = ("serif-latin.woff2", "sans-latin.woff2")
ARABIC = (
    *("naskh-arabic.woff2", "sans-arabic-400.woff2", "sans-arabic-600.woff2"),
    *("naskh-digits.woff2", "sans-arabic-digits-400.woff2", "sans-arabic-digits-600.woff2"),
)

_FONT = re.compile(r'url\("([a-z0-9-]+\.woff2)"\)')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENT = re.compile(r"\n\s*")


class SiteAssets:
    """The assets of this release, in memory."""

    def __init__(self, root: Path = WEB) -> None:
        folder = root / "site" / "styles"
        style = "\n".join((folder / f"{part}.css").read_text() for part in STYLES)
        fonts = {
            path.name: Bundle(path.read_bytes(), TYPES[".woff2"])
            for path in sorted((root / "fonts").glob("*.woff2"))
        }
        self._fonts = {
            name: f"/assets/{name.removesuffix('.woff2')}-{font.tag}.woff2"
            for name, font in fonts.items()
        }
        self._style = self._style_sheet(style)
        self.style_path = f"/assets/site-{self._style.tag}.css"
        # A display is loaded once and stays: it waits for its fonts.
        fonts_of_screen = (folder / "fonts.css").read_text().replace(": optional", ": swap")
        screen = self._style_sheet(fonts_of_screen + (root / "site" / "screen.css").read_text())
        self.screen_style_path = f"/assets/screen-{screen.tag}.css"
        scripts = {
            name: Bundle((root / "dist" / f"{name}.js").read_bytes()) for name in ("site", "alerts")
        }
        self.script_path = f"/assets/site-{scripts['site'].tag}.js"
        self.alerts_path = f"/assets/alerts-{scripts['alerts'].tag}.js"
        self._assets = {
            self.style_path: self._style,
            self.screen_style_path: screen,
            self.script_path: scripts["site"],
            self.alerts_path: scripts["alerts"],
        }
        self._assets |= {self._fonts[name]: font for name, font in fonts.items()}

    def _style_sheet(self, text: str) -> Bundle:
        text = _FONT.sub(lambda found: f'url("{self._fonts[found[1]]}")', text)
        return Bundle(_compact(text).encode(), TYPES[".css"])

    def preloaded(self, language: str) -> Sequence[str]:
        """Return the addresses of the fonts that a page in this language needs at once."""
        arabic = language.lower().partition("-")[0] in ARABIC_SCRIPT
        return [self._fonts[name] for name in (ARABIC if arabic else LATIN)]

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "GET",
                "/assets/{name}",
                "asset",
                "Get a file of the site's pages, which never changes",
                self.asset,
                "Pages",
                text="Pages contain its current address.",
                params=(Param("name", "path", "Name and hash of the file."),),
                response_type="*/*",
                problems=(NotFound,),
            ),
        ]

    async def asset(self, request: Request) -> Response:
        """Handle ``GET /assets/{name}``. Raises NotFound for an asset of another release."""
        found = self._assets.get(request.scope["path"])
        if found is None:
            raise NotFound("unknown asset; reload the page for the current one")
        return found.respond(request, PINNED_CACHE)


@cache
def release_assets() -> SiteAssets:
    """Return the assets of this release; a process reads them once."""
    return SiteAssets()


def _compact(css: str) -> str:
    """Return a style sheet without comments and indentation. No string in it may contain them."""
    return _INDENT.sub("\n", _COMMENT.sub("", css)).strip() + "\n"
