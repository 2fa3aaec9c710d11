/** A picture that cannot be loaded leaves its description instead of the browser's broken icon. */

addEventListener("error", ({ target }) => target instanceof HTMLImageElement && fail(target), true);
for (const image of document.querySelectorAll("img")) if (image.complete && !image.naturalWidth && image.currentSrc) fail(image);

/** @param {HTMLImageElement} image */
function fail(image) {
  const figure = image.closest(".picture");
  if (!figure) return;
  figure.classList.add("failed");
  if (!figure.matches(".lead .picture, .item .picture") || !image.alt) return; // the style sheet hides it
  const text = document.createElement("p");
  text.textContent = image.alt;
  image.replaceWith(text);
}
