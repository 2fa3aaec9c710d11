/**
 * The layouts that few pages need: the widget loads them on demand. The number in the file's name is the
 * version of the interface between the two files, `Stage` and `Motion`.
 *
 * @import { Motion, Stage } from "./controller.js"
 */

import { crawl } from "./crawl.js";
import css from "./layouts.css";
import { screen } from "./screen.js";
import { toast } from "./toast.js";

/** @type {Record<string, (stage: Stage) => Motion>} */
export const layouts = { crawl, screen, toast };

export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
