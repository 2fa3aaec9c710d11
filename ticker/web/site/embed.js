/**
 * The configurator of /embed: the form sets the attributes of a live preview, and writes the two snippets to
 * copy. Without this script, the page shows the snippets of its edition.
 */

const form = /** @type {HTMLFormElement} */ (document.getElementById("embed"));
const stage = /** @type {HTMLElement} */ (document.getElementById("embed-stage"));
const ticker = /** @type {HTMLElement} */ (stage.querySelector("news-ticker"));
const { base = location.origin, copied = "" } = form.dataset;
const NAMES = ["edition", "section", "layout", "theme", "lang", "count"];
/** @type {Record<string, number>} Heights of frames, in pixels. */
const HEIGHTS = { bar: 120, list: 600, toast: 200, crawl: 60, screen: 600 };

/** @param {string} id @param {string} text */
function write(id, text) {
  const node = document.getElementById(id);
  if (node) node.textContent = text;
}

function update() {
  const data = new FormData(form);
  const chosen = NAMES.map((name) => [name, String(data.get(name) ?? "")]).filter(([, value]) => value);
  for (const name of NAMES) {
    const value = String(data.get(name) ?? "");
    if (!value) ticker.removeAttribute(name);
    else if (ticker.getAttribute(name) !== value) ticker.setAttribute(name, value);
  }
  const { layout } = Object.fromEntries(chosen);
  const attributes = chosen.map(([name, value]) => ` ${name}="${value}"`).join("");
  const query = new URLSearchParams([...chosen, ["frame", "yes"]]);
  write(
    "embed-script",
    `<news-ticker${attributes}></news-ticker>\n<script type="module" src="${base}/widget.js"></script>`,
  );
  write(
    "embed-frame",
    `<iframe src="${base}/v1/embed?${query}" title="${document.title}" width="100%" height="${HEIGHTS[layout]}"></iframe>`,
  );
}

form.addEventListener("input", update);
form.addEventListener("submit", (event) => event.preventDefault());
update();

for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".embed-widths"))) {
  row.hidden = false;
  row.addEventListener("click", ({ target }) => {
    const width = target instanceof HTMLElement && target.dataset.width;
    if (!width) return;
    stage.dataset.width = width;
    for (const button of row.children) button.ariaPressed = `${button === target}`;
  });
}

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".embed-copy"))) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies ?? "")?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      /** @type {Element} */ (button.nextElementSibling).textContent = copied;
    } catch {
      // Not allowed: the reader can select the text.
    }
  });
}

export {};
