/** Write from a template: choose one, fill in its fields, and the form has the text. */

import { call } from "./api.js";
import { showTab, use } from "./compose.js";
import { ask, tell, toast } from "./dialogs.js";
import { pick } from "./palette.js";
import { words } from "./words.js";

const FIELD = /\{([a-z][a-z0-9_]{0,29})\}/g;
const VALUE_MAX = 200;
/** As in the newsroom's own check of a field. */

/** @returns {Promise<[string, () => void][]>} Those whose edition and level are for this editor. */
async function templates() {
  const found = await call("GET", "/v1/templates");
  return found.templates.filter(offered).map(command);
}

/** Choose a template in the palette. */
export async function writeFromTemplate() {
  try {
    if (!(await pick(templates, words("fromTemplate"), words("templateHint")))) toast(words("noTemplates"));
  } catch (error) {
    tell(error);
  }
}

/** @param {any} template */
function offered({ edition, level }) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("write"));
  const choices = /** @type {NodeListOf<HTMLOptionElement | HTMLInputElement>} */ (form.querySelectorAll("[name=edition] option, [name=level]"));
  const values = [...choices].map(({ value }) => value);
  return values.includes(edition) && values.includes(level);
}

/** @param {any} template @returns {[string, () => void]} */
function command(template) {
  const level = document.querySelector(`#write .level-${template.level} span`)?.textContent;
  return [[template.title, template.desk, level, template.edition].filter(Boolean).join(" · "), () => void fillIn(template).catch(tell)];
}

/** @param {any} template Ask for its fields, with the text as it becomes. */
async function fillIn(template) {
  showTab("write");
  /** @type {any} */
  let filled = null;
  const act = async (/** @type {Record<string, string>} */ fields) => {
    filled = await call("POST", `/v1/templates/${encodeURIComponent(template.name)}/fill`, { fields });
  };
  if (template.fields.length)
    await ask({
      title: template.title,
      quote: (values) => [template.speaker, template.headline, template.summary].filter(Boolean).map((text) => put(text, values)).join("\n"),
      ok: words("fillIn"),
      fields: template.fields.map((/** @type {string} */ name) => ({
        name,
        label: name.replaceAll("_", " "),
        required: words("fieldRequired"),
        most: VALUE_MAX,
      })),
      act,
    });
  else await act({});
  if (filled) use(filled.draft);
}

/** @param {string} text @param {Record<string, string>} values A field without a value stays as it is written. */
const put = (text, values) => text.replace(FIELD, (whole, name) => values[name] || whole);

document.querySelector("[data-template]")?.addEventListener("click", () => void writeFromTemplate());
