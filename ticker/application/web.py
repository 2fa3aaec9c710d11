"""The application of the web role: API, site, feeds, embed and documentation."""

from __future__ import annotations

import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import Lifespan

from ticker.api.audience import AudienceRoutes, AudienceSource
from ticker.api.audit import AuditRoutes
from ticker.api.auth import Auth
from ticker.api.browser_bundles import release_bundles
from ticker.api.bulk_import import BulkImportRoutes
from ticker.api.current_lane import ReadView
from ticker.api.docs_routes import DocsRoutes
from ticker.api.editing import EditingRoutes
from ticker.api.feeds import FeedRoutes
from ticker.api.item_acts import ItemActRoutes
from ticker.api.item_ids import IdRoutes
from ticker.api.item_pictures import ItemPictures
from ticker.api.key_management import KeyRoutes
from ticker.api.live_items import LiveItems
from ticker.api.locks import LockRoutes
from ticker.api.media import MediaRoutes
from ticker.api.media_files import MediaFileRoutes
from ticker.api.monitoring import HealthCheck, MonitoringRoutes
from ticker.api.older_items import OlderItems
from ticker.api.openid_sign_in import OpenIdRoutes
from ticker.api.own_account import AccountRoutes
from ticker.api.own_sessions import OwnSessionRoutes
from ticker.api.people import PeopleRoutes
from ticker.api.preview import PreviewRoutes
from ticker.api.public_address import base_of
from ticker.api.push_operations import PushOperationsRoutes
from ticker.api.push_registration import PushRegistrationRoutes
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.readership import ReadershipRoutes
from ticker.api.reading import ReadingRoutes
from ticker.api.receipts import ReceiptRoutes
from ticker.api.render_faults import RenderFaults
from ticker.api.request_metrics import RequestMetrics
from ticker.api.request_rights import RequestRights
from ticker.api.retraction_places import Hub, RetractionPlaces
from ticker.api.search import SearchRoutes
from ticker.api.search_engines import SearchEngineRoutes
from ticker.api.service_worker import ServiceWorkerRoutes
from ticker.api.sessions import SessionRoutes
from ticker.api.sign_in_audit import SignInAudit
from ticker.api.static_files import StaticFiles
from ticker.api.stories import StoryRoutes
from ticker.api.story_text_cache import StoryTextCache
from ticker.api.story_texts import StoryTextRoutes
from ticker.api.templates import TemplateRoutes
from ticker.api.webhooks import WebhookRoutes
from ticker.api.wires import WireRoutes
from ticker.application.resources import Application, application
from ticker.archive.store import ArchiveReader
from ticker.config import Settings
from ticker.console.routes import ConsoleRoutes
from ticker.console.sign_in import SignInPage
from ticker.console.views import ViewRoutes
from ticker.domain.budgets import Budgets
from ticker.media.service import MediaService
from ticker.openid.provider import Provider
from ticker.people.account_passkeys import AccountPasskeys
from ticker.people.accounts import Accounts
from ticker.people.passkeys import Site
from ticker.people.passwords import Passwords
from ticker.people.sessions import Sessions
from ticker.people.sign_in import SignIn
from ticker.publishing.audit_log import AuditLog
from ticker.publishing.service import ItemService
from ticker.publishing.story_store import StoryStore
from ticker.publishing.template_store import TemplateStore
from ticker.push.store.operations import PushOperations
from ticker.push.store.subscriptions import Subscriptions
from ticker.reader_access.judge import Judge
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.site.addresses import Addresses
from ticker.site.assets import release_assets
from ticker.site.cards.routes import CardRoutes
from ticker.site.embed import EmbedRoutes
from ticker.site.pages import Pages
from ticker.site.routes import FRONT, SiteRoutes
from ticker.storage.editor_keys import Editors
from ticker.stream.process_store import ProcessStore
from ticker.webhooks.endpoints import Webhooks
from ticker.wires.store import Wires


def build(
    settings: Settings,
    *,
    items: ItemService,
    editor_keys: Editors,
    sessions: Sessions,
    accounts: Accounts,
    read_view: ReadView,
    health: HealthCheck,
    read_counter: ReadCounter,
    ranking_cache: RankingCache,
    subscriptions: Subscriptions,
    push_operations: PushOperations,
    audience: AudienceSource,
    live_receipts: LiveReceiptStore,
    processes: ProcessStore,
    templates: TemplateStore,
    websub_hubs: Mapping[str, Hub],
    audit: AuditLog,
    webhooks: Webhooks,
    wires: Wires,
    story_store: StoryStore,
    story_texts: StoryTextCache,
    request_metrics: RequestMetrics,
    budgets: Budgets,
    passwords: Passwords,
    judge: Judge | None = None,
    render_faults: RenderFaults | None = None,
    archive: ArchiveReader | None = None,
    media: MediaService | None = None,
    vapid_public_key: str = "",
    openid: Provider | None = None,
    lifespan: Lifespan[Application] | None = None,
) -> Application:
    """Return the application of the web role. It does no I/O before ``lifespan`` is entered.

    ``request_metrics`` counts its requests, ``render_faults`` the items that cannot be rendered.
    ``judge`` judges readers' tokens; None protects nothing.
    Without ``vapid_public_key`` there is no Web Push, without ``media`` no store of pictures.
    With the provider ``openid`` people may sign in. The caller closes it and ``passwords``.
    """
    taxonomy = settings.taxonomy

    def secure(request: Request) -> bool:
        return base_of(request, settings).startswith("https")

    def opened(request: Request) -> Site:
        return Site(base_of(request, settings))

    auth = Auth(editor_keys, budgets, sessions=sessions, secure=secure)
    passkeys = AccountPasskeys(accounts, settings.site_name)
    sign_in = SignIn(accounts, passwords, time.time)
    sign_in_audit = SignInAudit(audit.record, accounts, budgets, time.monotonic)
    live_items = LiveItems(read_view, items, render_faults)
    older = OlderItems(live_items, items, archive)
    static_files = StaticFiles()
    bundles = release_bundles()
    pictures = ItemPictures(media, settings)
    assets = release_assets()
    operations = [
        *EditingRoutes(
            *(items, auth, read_view, taxonomy, settings.max_body, pictures)
        ).operations(),
        *ItemActRoutes(items, auth, read_view, settings.max_body, pictures).operations(),
        *LockRoutes(items, auth, settings.max_body).operations(),
        *ReadingRoutes(live_items, items, older, auth, taxonomy).operations(),
        *IdRoutes(older, items, auth).operations(),
        *SearchRoutes(older, auth, taxonomy).operations(),
        *StoryRoutes(live_items, taxonomy).operations(),
        *StoryTextRoutes(
            story_store, story_texts, live_items, auth, taxonomy, settings.max_body
        ).operations(),
        *ReadershipRoutes(live_items, read_counter, ranking_cache, taxonomy).operations(),
        *KeyRoutes(editor_keys, auth, taxonomy, settings.max_body).operations(),
        *SessionRoutes(
            *(auth, editor_keys, sessions, sign_in, sign_in_audit, passkeys),
            site=opened,
            secure=secure,
            max_body=settings.max_body,
        ).operations(),
        *AccountRoutes(
            *(auth, sessions, accounts, passwords, sign_in, sign_in_audit),
            passkeys=passkeys,
            site=opened,
            newsroom=settings.site_name,
            secure=secure,
            max_body=settings.max_body,
        ).operations(),
        *OwnSessionRoutes(auth, sessions, secure).operations(),
        *OpenIdRoutes(
            *(openid, settings, auth, accounts, sessions, sign_in_audit, time.time)
        ).operations(),
        *PeopleRoutes(accounts, passwords, auth, taxonomy, settings.max_body).operations(),
        *AuditRoutes(audit, auth).operations(),
        *AudienceRoutes(
            audience,
            auth,
            settings.audience_public,
            lambda: live_items.lane().current_items.stories,
        ).operations(),
        *PushRegistrationRoutes(settings, subscriptions, vapid_public_key, budgets).operations(),
        *FeedRoutes(live_items, settings).operations(),
        *SearchEngineRoutes(live_items, settings).operations(),
        *BulkImportRoutes(
            *(items, auth, read_view, taxonomy, settings.max_import_body, settings.max_body),
            pictures,
        ).operations(),
        *MediaRoutes(media, items, auth, read_view, settings).operations(),
        *MediaFileRoutes(media).operations(),
        *PushOperationsRoutes(push_operations, auth, settings).operations(),
        *TemplateRoutes(templates, auth, settings).operations(),
        *PreviewRoutes(
            *(items, auth, read_view, audience, subscriptions, pictures, settings)
        ).operations(),
        *ReceiptRoutes(
            *(items, auth, push_operations, live_receipts, audience),
            RetractionPlaces(
                *(items, read_view, processes, live_receipts, webhooks, websub_hubs, archive)
            ),
        ).operations(),
        *WebhookRoutes(
            webhooks, auth, taxonomy, settings.max_body, settings.outbound_private_networks
        ).operations(),
        *WireRoutes(
            wires, items, auth, taxonomy, settings.max_body, settings.outbound_private_networks
        ).operations(),
        *MonitoringRoutes(health).operations(),
        *bundles.operations(),
        *assets.operations(),
        *ServiceWorkerRoutes(settings.site_name, bundles).operations(),
    ]
    sign_in_page = SignInPage(accounts, settings)
    operations += ConsoleRoutes(items, auth, settings, sign_in_page).operations()
    operations += ViewRoutes(auth, settings, sign_in_page).operations()
    addresses = Addresses.beside(operation.path for operation in operations)
    operations += EmbedRoutes(live_items, settings, bundles, addresses).operations()
    operations += CardRoutes(live_items, settings, addresses).operations()
    pages = Pages(
        live_items,
        older,
        story_texts,
        settings,
        bundles,
        assets,
        addresses,
        static_files.serve,
        vapid_public_key,
    )
    site = SiteRoutes(pages, static_files.serve)
    operations += DocsRoutes([*operations, *site.operations()]).operations()
    operations += site.operations()  # last: the pattern of an edition's address matches many paths
    fallbacks = {FRONT: site.front}
    rights = (
        None
        if judge is None
        else RequestRights(judge, lambda request: auth.editor(request, "read"))
    )
    return application(
        operations,
        request_metrics,
        budgets,
        lifespan,
        fallbacks,
        site.static_file,
        rights,
        audit.record,
    )
