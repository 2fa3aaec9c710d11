/**
 * The bar. On the front page, it has the other items than the lead; it is away while there are none, and on
 * a phone, where the first screen is the lead's. It is taken out, not only hidden: the toast announces
 * what is urgent to screen readers then.
 */

const place = /** @type {HTMLElement|null} */ (document.querySelector(".breaking"));
/** @type {import("../widget/element.js").NewsTicker|null|undefined} */
const bar = place?.querySelector("news-ticker");
const home = bar?.parentElement;
/** As in the style sheet, which is for pages without JavaScript. */
const phone = matchMedia("(max-width: 47.999rem)");
let wanted = !place?.hidden;

/** @param {boolean} others Whether there are other items than the lead. @param {string} lead Its id, or "". */
export function showBar(others, lead) {
  if (bar && bar.getAttribute("skip") !== lead) {
    bar.setAttribute("skip", lead);
    // It chooses its items at every event of its client. It may have done so before the page.
    bar.ticker?.dispatchEvent(new Event("status"));
  }
  wanted = others;
  arrange();
}

function arrange() {
  if (!place || !bar || !home) return;
  const shown = wanted && !phone.matches;
  place.hidden = !shown;
  if (!shown) bar.remove();
  else if (!bar.isConnected) home.append(bar);
}

/** With no items, the style sheet gives it less space. */
function measure() {
  if (bar?.ticker) place?.toggleAttribute("data-empty", bar.ticker.state.items.length === 0);
}

for (const type of ["ticker-item", "ticker-status"]) bar?.addEventListener(type, measure);

/** The front page begins. */
export function followBar() {
  arrange();
  phone.addEventListener("change", arrange);
}
