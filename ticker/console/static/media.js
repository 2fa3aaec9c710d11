/** Pictures: upload by dropping, pasting or choosing, and the library with its texts. */

import { call } from "./api.js";
import { ask, showTimes, toast } from "./dialogs.js";
import { keeping, Rows } from "./rows.js";
import { addPicture, whenPictures } from "./upload.js";
import { begin, button, fillIn, h, one, Pager, time } from "./view.js";
import { settings, words } from "./words.js";

const list = new Rows(one("[data-pictures]"));
const cards = keeping(card);

const pager = new Pager("/v1/media", "pictures", {
  show: (pictures) => {
    list.replace(cards(pictures));
    showTimes(list.list);
  },
  failed: () => (one("[data-drop]").hidden = true), // as without a store of pictures
});

/** @param {any} picture */
function card(picture) {
  const { width, height } = picture.renditions;
  return h(
    "li.row.picture",
    { "data-id": picture.id, "data-name": picture.alt, tabindex: "-1" },
    h("img", { src: picture.href, alt: picture.alt, width: String(width), height: String(height), loading: "lazy" }),
    h("p.alt", {}, h("bdi", {}, picture.alt)),
    h(
      "p.meta",
      {},
      picture.credit && h("span", { dir: "auto" }, picture.credit),
      h("span", { dir: "ltr" }, `${width} × ${height}`),
      time(picture.created_at),
      h(picture.used ? "span.chip.good" : "span.chip", {}, words(picture.used ? "used" : "unused")),
    ),
    h(
      "p.acts",
      {},
      button(words("use"), () => use(picture.id), ".act.good"),
      button(words("change"), () => change(picture), ".act"),
      settings.mayPublish ? button(words("takeDown"), () => takeDown(picture), ".act.danger") : null,
    ),
  );
}

/** @param {string} id Write an item with this picture. */
function use(id) {
  location.assign(`/console#picture=${id}`);
}

/** @param {any} picture */
async function change(picture) {
  const done = await fillIn(
    "texts",
    (form) => {
      const data = new FormData(form);
      return call("PATCH", `/v1/media/${picture.id}`, { alt: String(data.get("alt")), credit: String(data.get("credit")) });
    },
    (form) => {
      /** @type {HTMLInputElement} */ (form.elements.namedItem("alt")).value = picture.alt;
      /** @type {HTMLInputElement} */ (form.elements.namedItem("credit")).value = picture.credit;
      const shown = /** @type {HTMLImageElement} */ (form.querySelector("img"));
      shown.src = picture.href;
    },
  );
  if (done) {
    toast(words("saved"));
    await pager.load();
  }
}

/** @param {any} picture */
async function takeDown(picture) {
  const done = await ask({
    title: words("takeDownTitle"),
    text: words("takeDownText"),
    quote: picture.alt,
    ok: words("takeDown"),
    alert: true,
    act: () => call("DELETE", `/v1/media/${picture.id}`),
  });
  if (done) await pager.load();
}

whenPictures(one("[data-drop]"), document.body, async (file) => {
  const added = await addPicture(file);
  if (!added) return;
  toast(words(added.created ? "uploaded" : "uploadedBefore"));
  await pager.load();
});

begin({
  load: (again) => pager.load(again),
  rows: list,
  keys: {
    n: () => /** @type {HTMLElement} */ (one("[data-drop] input")).click(),
    u: () => list.current && use(list.current),
    c: () => {
      const picture = pager.entries.find(({ id }) => id === list.current);
      if (picture) void change(picture);
    },
  },
  commands: () => [[words("upload"), () => one("[data-drop] input").click()]],
});
