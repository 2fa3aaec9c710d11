import { createSSRApp } from "vue";
import { App } from "./vue_app.jsx";

const options = JSON.parse(document.getElementById("options")?.textContent ?? "");
createSSRApp(App(options)).mount("#app");
