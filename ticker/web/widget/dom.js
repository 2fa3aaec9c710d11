/** Create DOM nodes without markup: text is never parsed as HTML, so Trusted Types need no exception. */

/**
 * Create an element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] Its class, and its `part` for the page's styles.
 * @param {(Node|string|null|undefined|false)[]} children Strings become text nodes.
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) {
    node.className = name;
    node.setAttribute("part", name);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/** @type {Record<string, string>} SVG paths in a view box of 20 × 20. */
export const ICONS = {
  previous: "M12 4l-6 6 6 6",
  next: "M8 4l6 6-6 6",
  pause: "M7 5v10M13 5v10",
  resume: "M7 4v12l9-6z",
  dismiss: "M5 5l10 10M15 5L5 15",
  more: "M4 8l6 6 6-6",
};

/**
 * Create a button with an icon and an accessible name.
 *
 * @param {string} name Key in `ICONS`.
 * @param {() => void} onClick
 * @param {string} [text] Accessible name; `setLabel` changes it.
 */
export function button(name, onClick, text = "") {
  const node = element("button", `button ${name}`);
  for (const tag of ["svg", "path"]) {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
    (node.firstChild ?? node).appendChild(shape);
    shape.setAttribute("viewBox", "0 0 20 20");
  }
  node.append(element("span"));
  node.addEventListener("click", onClick);
  setLabel(node, text, ICONS[name]);
  return node;
}

/** Set a button's accessible name and icon. @param {HTMLElement} node @param {string} text @param {string} path */
export function setLabel(node, text, path) {
  node.querySelector("path")?.setAttribute("d", path);
  /** @type {Element} */ (node.lastElementChild).textContent = node.ariaLabel = text;
}

/**
 * Return the absolute address if its scheme is HTTP or HTTPS, else null: a `javascript:` link must never
 * become an `href`.
 *
 * @param {string|null} link
 */
export function webAddress(link) {
  try {
    const { protocol, href } = new URL(link ?? "about:blank", document.baseURI);
    return /^http/.test(protocol) ? href : null;
  } catch {
    return null; // not a valid address
  }
}
