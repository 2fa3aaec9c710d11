/** @import { Item } from "../client/index.js" */

/**
 * The first picture that can be shown; a stored one is this newsroom's, which may be without TLS.
 * As `_picture` in ticker/site/item_views.py.
 *
 * @param {Item} item
 */
export const pictureOf = ({ media }) =>
  media.find(({ type, href, id }) => type.startsWith("image/") && (id || href.toLowerCase().startsWith("https://")));
