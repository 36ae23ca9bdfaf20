// Origins that the service does not allow.

import { call, check, equal, hidden, json, world } from "/lib.js";

/** Runs a request in a sandboxed frame, whose origin is `null`, and returns its outcome. */
async function withoutOrigin(url, options) {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.srcdoc = `<script>onmessage = async ({ data: [url, options] }) => {
    try { parent.postMessage((await fetch(url, options)).status, "*"); }
    catch (error) { parent.postMessage(error.name, "*"); }
  };</script>`;
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  const outcome = new Promise((resolve) => {
    addEventListener("message", ({ data }) => resolve(data), { once: true });
  });
  frame.contentWindow.postMessage([url, options], "*");
  try { return await outcome; } finally { frame.remove(); }
}

/** Loads an element from a URL; returns whether it loaded. */
function loads(tag, url, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  const outcome = new Promise((resolve) => {
    element.onload = () => resolve(true);
    element.onerror = () => resolve(false);
  });
  element.src = url;
  document.body.append(element);
  return outcome;
}

export default {
  "another origin reads nothing": async () => {
    await hidden(call("/health", { base: world.closed, token: null }));
  },

  "another origin reads nothing with a token": async () => {
    await hidden(call("/api/v1/files", { base: world.closed }));
  },

  "another origin reads no errors": async () => {
    for (const path of ["/nothing", "/api/v1/files"]) {
      await hidden(call(path, { base: world.closed, token: null }));
    }
  },

  "another origin cannot write": async () => {
    await hidden(call("/api/v1/projects", { base: world.closed, method: "POST", ...json({}) }));
  },

  "another origin gets no opaque response": async () => {
    await hidden(call("/health", { base: world.closed, token: null, mode: "no-cors" }));
  },

  "another origin embeds nothing": async () => {
    for (const tag of ["img", "script"]) {
      equal(await loads(tag, `${world.closed}/openapi.json`), false, tag);
    }
  },

  "an allowed origin embeds nothing without CORS": async () => {
    equal(await loads("script", `${world.api}/openapi.json`), false, "script");
  },

  "a page without an origin reads nothing": async () => {
    const headers = { authorization: `Bearer ${world.token}` };
    equal(await withoutOrigin(`${world.api}/health`, {}), "TypeError", "simple request");
    equal(await withoutOrigin(`${world.api}/api/v1/files`, { headers }), "TypeError", "request");
    // The frame itself works.
    equal(await withoutOrigin("data:,a", {}), 200, "request without a server");
  },

  "a page is not framed": async () => {
    const frame = document.createElement("iframe");
    frame.src = `${world.api}/docs`;
    const loaded = new Promise((resolve) => { frame.onload = resolve; });
    document.body.append(frame);
    await loaded;
    check(frame.contentDocument === null, "the frame has the origin of the page");
    frame.remove();
  },
};
