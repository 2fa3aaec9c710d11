import { renderToString } from "react-dom/server";
import { App } from "./react_app.jsx";

export { fetchInitialHtml } from "news-ticker/server";

/** @param {any} options */
export const render = (options) => renderToString(<App {...options} />);
