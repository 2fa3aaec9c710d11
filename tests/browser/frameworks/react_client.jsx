import { hydrateRoot } from "react-dom/client";
import { App } from "./react_app.jsx";

const options = JSON.parse(document.getElementById("options")?.textContent ?? "");
hydrateRoot(/** @type {HTMLElement} */ (document.getElementById("app")), <App {...options} />);
