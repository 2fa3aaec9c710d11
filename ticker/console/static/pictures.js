/** Pictures of the item that is being written. */

import { call } from "./api.js";
import { tell } from "./dialogs.js";
import { Picker } from "./picker.js";
import { one } from "./view.js";

const picker = new Picker(one("[data-picker]"), one("section.write"));

/** @returns {{ media?: { id: string }[] }} The pictures as a field of the draft, if there are any. */
export const picked = () => (picker.chosen.length ? { media: picker.chosen.map(({ id }) => ({ id })) } : {});

/** Forget the pictures: the item was sent. */
export const unpick = () => picker.clear();

// A link from the page of pictures: #picture=ID.
const linked = /^#picture=([0-9a-z_-]+)$/i.exec(location.hash)?.[1];
if (linked) {
  history.replaceState(null, "", location.pathname);
  void call("GET", `/v1/media/${linked}`).then((picture) => picker.pick(picture), tell);
}
