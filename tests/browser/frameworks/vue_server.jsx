import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { App } from "./vue_app.jsx";

export { fetchInitialHtml } from "news-ticker/server";

/** @param {any} options */
export const render = (options) => renderToString(createSSRApp(App(options)));
