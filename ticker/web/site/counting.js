/**
 * Count anonymous reads and shares. The beacon carries no cookie and no identifier, and Global Privacy
 * Control (globalprivacycontrol.github.io/gpc-spec) turns it off.
 */

/**
 * Count a read or a share. A text body needs no CORS preflight.
 *
 * @param {string|undefined} id
 * @param {"open"|"share"} kind
 */
export function count(id, kind) {
  if (/** @type {{globalPrivacyControl?: boolean}} */ (navigator).globalPrivacyControl) return;
  if (id) navigator.sendBeacon("/v1/beacon", JSON.stringify({ id, kind }));
}

// Count reads from headlines outside the elements; the elements count their own.
addEventListener("click", ({ target }) => {
  if (!(target instanceof Element) || target.closest("news-ticker:defined, [data-page]")) return;
  /** @type {HTMLElement|null} */
  const item = target.closest("a[href]") && target.closest("[data-id]");
  count(item?.dataset.id, "open");
});
