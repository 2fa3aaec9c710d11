// sse.js needs XMLHttpRequest: a small one on fetch.
globalThis.XMLHttpRequest = class extends EventTarget {
  responseText = "";
  status = 0;
  #headers = {};
  #abort = new AbortController();
  open(method, url) {
    this.url = url;
  }
  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }
  getAllResponseHeaders() {
    return this.#received;
  }
  getResponseHeader(name) {
    return this.headers.get(name);
  }
  #received = "";
  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
  abort() {
    this.#abort.abort();
  }
  async send() {
    try {
      const response = await fetch(this.url, { headers: this.#headers, signal: this.#abort.signal });
      this.status = response.status;
      this.headers = response.headers;
      this.#received = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
      this.readyState = 2;
      this.#tell("readystatechange");
      const decoder = new TextDecoder();
      for await (const chunk of response.body) {
        this.responseText += decoder.decode(chunk, { stream: true });
        this.#tell("progress");
      }
      this.readyState = 4;
      this.#tell("load");
    } catch {
      this.#tell("error");
    }
  }
};
globalThis.XMLHttpRequest.prototype.readyState = 0;
globalThis.CustomEvent ??= Event;
const { SSE } = await import("sse.js");

const source = new SSE(`${process.argv[2]}/v1/events?backlog=0`, { autoReconnect: true, reconnectDelay: 200 });
source.addEventListener("item", ({ data }) => console.log(JSON.parse(data).item.id));
