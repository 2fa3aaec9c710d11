"""A WordPress in a temporary directory: MariaDB on a unix socket, PHP's own web server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync

PLUGIN = Path(__file__).parents[2] / "examples" / "wordpress" / "news-ticker"
PACKAGE = Path("/usr/share/wordpress")
THEME = "twentytwentytwo"
PASSWORD = "wordpress"
START_SECONDS = 60

CONFIG = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_SITEURL', '{url}' );
define( 'WP_HOME', '{url}' );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{log}' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
$table_prefix = 'wp_';
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
"""

NO_EMOJI = "<?php remove_action( 'wp_head', 'print_emoji_detection_script', 7 );"
"""WordPress fetches pictures of emoji from another host."""

INSTALL = """
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = '127.0.0.1:{port}';
function wp_new_blog_notification() {{}}
require '{root}/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install( 'The Harbour Post', 'editor', 'editor@news.example', true, '', '{password}' );
switch_theme( '{theme}' );
update_option( 'show_avatars', 0 );
$wrong = activate_plugin( 'news-ticker/news-ticker.php' );
exit( is_wp_error( $wrong ) ? 1 : 0 );
"""

POST = """
$_SERVER['HTTP_HOST'] = '127.0.0.1:{port}';
require '{root}/wp-load.php';
$content = stream_get_contents( STDIN );
echo wp_insert_post( wp_slash( array(
    'post_title' => '{title}',
    'post_content' => $content,
    'post_status' => 'publish',
    'post_type' => 'page',
) ) );
"""


class WordPress:
    """An installed WordPress with the plugin."""

    def __init__(self, root: Path, port: int, log: Path) -> None:
        self._root = root
        self._port = port
        self._log = log
        self.url = f"http://127.0.0.1:{port}"

    def install(self) -> None:
        """Make the tables and activate the plugin."""
        self._php(INSTALL, theme=THEME, password=PASSWORD)

    def page(self, title: str, content: str) -> str:
        """Publish a page; return its address."""
        return f"{self.url}/?page_id={self._php(POST, content, title=title)}"

    def complaints(self) -> str:
        """Return what PHP has logged of the plugin, and what ended a request.

        (WordPress itself logs that it reaches no other host, and what PHP 8.2 calls deprecated.)
        """
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return "\n".join(line for line in lines if PLUGIN.name in line or "PHP Fatal" in line)

    def _php(self, code: str, given: str = "", **values: str) -> str:
        values |= {"root": str(self._root), "port": str(self._port)}
        done = subprocess.run(
            ["php", "-r", code.format(**values)], input=given, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def wordpress(folder: Path) -> Iterator[WordPress]:
    """Install WordPress into ``folder`` and run it."""
    root, socket, port = folder / "wordpress", folder / "mariadb.sock", free_port()
    shutil.copytree(PACKAGE, root)
    shutil.copytree(PLUGIN, root / "wp-content" / "plugins" / PLUGIN.name)
    site = WordPress(root, port, folder / "debug.log")
    must_use = root / "wp-content" / "mu-plugins"
    must_use.mkdir()
    (must_use / "emoji.php").write_text(NO_EMOJI)
    config = CONFIG.format(url=site.url, socket=socket, log=folder / "debug.log")
    (root / "wp-config.php").unlink()  # Debian's, for installations in /etc
    (root / "wp-config.php").write_text(config)
    with ExitStack() as stack:
        stack.enter_context(_database(folder, socket))
        site.install()
        serve = ["php", "-S", f"127.0.0.1:{port}", "-t", str(root)]
        stack.enter_context(_process(serve, folder / "php.log"))
        wait_until_sync(lambda: _answers(site.url), seconds=START_SECONDS)
        yield site


@contextmanager
def _database(folder: Path, socket: Path) -> Iterator[None]:
    data = folder / "mariadb"
    subprocess.run(
        [
            *("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"),
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        capture_output=True,
    )
    command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}"]
    command += ["--user=root", "--skip-networking", "--innodb-buffer-pool-size=32M"]
    with _process(command, folder / "mariadb.log"):
        client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "-e"]
        make = [*client, "CREATE DATABASE IF NOT EXISTS wordpress"]
        wait_until_sync(
            lambda: subprocess.run(make, capture_output=True).returncode == 0,
            seconds=START_SECONDS,
        )
        yield


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[None]:
    path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    with log.open("wb") as output:
        environment = {"PATH": path}
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=20).status_code == 200
    except httpx.TransportError:
        return False
