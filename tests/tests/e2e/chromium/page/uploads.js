// Uploads as widgets send them.

import {
  call, check, contentPath, equal, fresh, hidden, processed, readable, world, xhr,
} from "/lib.js";

const MIB = 1 << 20;
const bytes = (length) => new Blob([new Uint8Array(length)]);

/** Uploads a form of fields, the last of which is the file. */
async function form(fields, name, type, content = "hello") {
  const data = new FormData();
  for (const [field, value] of Object.entries(fields)) data.append(field, value);
  data.append("file", new File([content], name, { type }));
  const response = await call("/api/v1/files", { method: "POST", body: data });
  equal(response.status, 201, `status: ${await response.clone().text()}`);
  return response.json();
}

const cases = {
  "progress of an upload is reported": async () => {
    const events = [];
    const request = await xhr("PUT", contentPath(fresh("bin")), {
      body: bytes(MIB / 2),
      listen: ({ upload }) => upload.addEventListener("progress", (event) => events.push(event.loaded)),
    });
    equal(request.status, 201, "status");
    equal(events.at(-1), MIB / 2, "progress");
    check(request.getResponseHeader("location"), "no Location");
    check(request.getAllResponseHeaders().includes("x-request-id"), "no request id");
  },

  "progress of a form is reported": async () => {
    const data = new FormData();
    data.append("file", bytes(MIB / 2), fresh("bin"));
    let loaded = 0;
    const request = await xhr("POST", "/api/v1/files", {
      body: data,
      headers: { "x-requested-with": "XMLHttpRequest" },
      listen: ({ upload }) => { upload.onprogress = (event) => { loaded = event.loaded; }; },
    });
    equal(request.status, 201, "status");
    check(loaded > MIB / 2, `progress: ${loaded}`);
  },

  "XMLHttpRequest sends cookies": async () => {
    const request = await xhr("GET", "/api/v1/files", {
      listen: (request) => { request.withCredentials = true; },
    });
    equal(request.status, 200, "status");
  },

  "an aborted upload leaves the name free": async () => {
    const path = fresh("bin");
    const aborted = await xhr("PUT", contentPath(path), {
      body: bytes(MIB - 1),
      listen: (request) => { request.upload.onprogress = () => request.abort(); },
    });
    // The upload may have ended before its first progress.
    check(aborted === null || aborted.status === 201, `status ${aborted?.status}`);
    const response = await call(contentPath(path), { method: "PUT", body: "hello" });
    check([200, 201].includes(response.status), `status ${response.status}`);
    const file = await processed((await response.json()).file_id);
    equal(file.size_bytes, 5, "size");
  },

  "an upload aborted by its signal is not stored": async () => {
    const path = fresh("bin");
    const controller = new AbortController();
    const sent = call(contentPath(path), {
      method: "PUT", body: bytes(MIB - 1), signal: controller.signal,
    });
    controller.abort();
    const error = await sent.catch((reason) => reason.name);
    equal(error, "AbortError", "error");
    equal((await call(contentPath(path))).status, 404, "the file");
  },

  "a retried form with an idempotency key is one file": async () => {
    const name = fresh();
    const ids = new Set();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const data = new FormData();
      data.append("file", new File(["hello"], name, { type: "text/plain" }));
      const headers = { "idempotency-key": `key-${name}` };
      const response = await call("/api/v1/files", { method: "POST", body: data, headers });
      ids.add((await response.json()).file_id);
    }
    equal(ids.size, 1, "files");
  },

  "a form has its fields before its file": async () => {
    const path = `folder/${fresh()}`;
    const tags = JSON.stringify({ kind: "invoice" });
    const { file_id } = await form({ path, tags }, "ignored.txt", "text/plain");
    const file = await processed(file_id);
    equal([file.path, file.tags.kind], [path, "invoice"], "file");
  },

  "a file outlives its page (keepalive)": async () => {
    const options = { method: "PUT", body: "hello", keepalive: true };
    equal((await call(contentPath(fresh()), options)).status, 201, "status");
  },

  "an array, a view and parameters are bodies": async () => {
    const bodies = [new Uint8Array(5), new Uint8Array(5).buffer, new URLSearchParams({ a: "b" })];
    for (const body of bodies) {
      const response = await call(contentPath(fresh("bin")), { method: "PUT", body });
      equal(response.status, 201, "status");
      readable(response, ["etag"]);
    }
  },

  // The browser streams bodies over HTTP/2 with TLS alone, and refuses to send this one.
  "a streamed body requires TLS": async () => {
    const body = new Blob(["hello"]).stream();
    await hidden(call(contentPath(fresh()), { method: "PUT", body, duplex: "half" }));
  },
};

const NAMES = ["Übung.txt", "測試.txt", "a \"quoted\" name.txt", "%41.txt", "👩‍🚀.txt", "a;b=c.txt"];
for (const name of NAMES) {
  cases[`a form keeps the name ${name}`] = async () => {
    const { file_id } = await form({}, name, "text/plain");
    equal((await processed(file_id)).filename, name, "name");
  };
}

const TYPES = {
  "text/plain": "hello",
  "text/csv": "a,b\n1,2\n",
  "application/json": "{}",
  "application/pdf": "%PDF-1.4\n",
  "": "hello",
};
for (const [type, content] of Object.entries(TYPES)) {
  cases[`a form has a file of type ${type || "unknown"}`] = async () => {
    const { file_id } = await form({}, fresh(type.split("/")[1] ?? "dat"), type, content);
    equal((await processed(file_id)).status, "ready", "status");
  };
}

check(world.api !== location.origin, "the page has the origin of the service");

export default cases;
