/** Elements without markup: text stays text, and the strictest policy has nothing to forbid. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] Its class, and its part for the styles of the page.
 * @param {(Node|string|null|undefined|false)[]} children Strings become text, never markup.
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) {
    made.className = name;
    made.setAttribute("part", name);
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

/** @type {Record<string, string>} Drawn in a field of 20 by 20. */
export const SIGNS = {
  previous: "M12 4l-6 6 6 6",
  next: "M8 4l6 6-6 6",
  pause: "M7 5v10M13 5v10",
  resume: "M7 4v12l9-6z",
  dismiss: "M5 5l10 10M15 5L5 15",
};

/**
 * A button with a sign and a name.
 *
 * @param {string} name Which of the signs.
 * @param {() => void} onClick
 * @param {string} [text] Its accessible name; `label` may change it.
 */
export function button(name, onClick, text = "") {
  const made = element("button", `button ${name}`);
  for (const tag of ["svg", "path"]) {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", tag);
    (made.firstChild ?? made).appendChild(drawn);
    drawn.setAttribute("viewBox", "0 0 20 20");
  }
  made.append(element("span"));
  made.addEventListener("click", onClick);
  label(made, text, SIGNS[name]);
  return made;
}

/** @param {HTMLElement} made A button. @param {string} text @param {string} path */
export function label(made, text, path) {
  made.querySelector("path")?.setAttribute("d", path);
  /** @type {Element} */ (made.lastElementChild).textContent = made.ariaLabel = text;
}

/**
 * The address if it leads to the web, else null: a `javascript:` link must never reach an `href`.
 *
 * @param {string|null} link
 */
export function webAddress(link) {
  try {
    const { protocol, href } = new URL(link ?? "about:blank", document.baseURI);
    return /^http/.test(protocol) ? href : null;
  } catch {
    return null; // not an address at all
  }
}
