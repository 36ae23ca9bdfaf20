// Reads, conditional requests, downloads and credentials.

import {
  world, call, check, contentPath, equal, fresh, json, processed, readable, stored, upload,
} from "/lib.js";

const content = (file) => `/api/v1/files/${file.id ?? file.file_id}/content`;

export default {
  "a list is read with a token": async () => {
    const response = await call("/api/v1/files");
    equal(response.status, 200, "status");
    check(Array.isArray((await response.json()).files ?? []), "no list");
    readable(response, ["x-request-id"]);
  },

  "public responses are read by a simple request": async () => {
    const response = await call("/health", { token: null });
    equal(response.status, 200, "status");
    equal(response.type, "cors", "type");
  },

  "cookies may accompany requests": async () => {
    const response = await call("/api/v1/files", { credentials: "include" });
    equal(response.status, 200, "status");
  },

  "location and entity tag of an upload are readable": async () => {
    const response = await upload(fresh());
    readable(response, ["etag", "location", "x-request-id"]);
    const file = await call(response.headers.get("location"));
    equal(file.status, 200, "the file at Location");
  },

  "name and size of a download are readable": async () => {
    const file = await stored("größe 測.txt");
    const response = await call(content(file));
    readable(response, ["etag", "content-disposition", "accept-ranges", "content-length"]);
    equal(await response.text(), "hello", "content");
    const name = response.headers.get("content-disposition");
    check(name.includes(encodeURIComponent("größe 測.txt")), name);
  },

  "a part of a file is downloaded": async () => {
    const file = await stored(fresh(), "0123456789");
    const whole = await call(content(file), { method: "HEAD" });
    const headers = { range: "bytes=2-4", "if-range": whole.headers.get("etag") };
    const response = await call(content(file), { headers });
    equal(response.status, 206, "status");
    equal(response.headers.get("content-range"), "bytes 2-4/10", "range");
    equal(await response.text(), "234", "content");
  },

  "an unchanged file is not sent again": async () => {
    const file = await stored(fresh());
    const first = await call(content(file));
    const headers = { "if-none-match": first.headers.get("etag") };
    const response = await call(content(file), { headers });
    equal(response.status, 304, "status");
  },

  "the cache of the browser revalidates": async () => {
    const path = fresh();
    const file = await stored(path);
    for (let round = 0; round < 2; round += 1) {
      const response = await call(content(file), { cache: "default" });
      equal([response.status, await response.text()], [200, "hello"], "first version");
    }
    const headers = { "content-type": "text/plain" };
    const changed = await call(contentPath(path), { method: "PUT", body: "again", headers });
    equal(changed.status, 200, "change");
    await processed(file.id);
    const response = await call(content(file), { cache: "default" });
    equal(await response.text(), "again", "second version");
  },

  "a metadata change is conditional": async () => {
    const file = await stored(fresh());
    const read = await call(`/api/v1/files/${file.id}`);
    const { body, headers } = json({ tags: { kind: "invoice" } });
    const tag = { ...headers, "if-match": read.headers.get("etag") };
    const path = `/api/v1/files/${file.id}`;
    const changed = await call(path, { method: "PATCH", body, headers: tag });
    equal(changed.status, 200, `change: ${await changed.clone().text()}`);
    readable(changed, ["etag"]);
  },

  "a file is deleted": async () => {
    const file = await stored(fresh());
    const response = await call(`/api/v1/files/${file.id}`, { method: "DELETE" });
    equal(response.status, 204, "status");
  },

  "a download is read in pieces and abandoned": async () => {
    const file = await stored(fresh("bin"), new Blob([new Uint8Array(1 << 19)]), "");
    const reader = (await call(content(file))).body.getReader();
    const { value } = await reader.read();
    check(value.length > 0, "no piece");
    await reader.cancel();
    equal((await call("/api/v1/files")).status, 200, "next request");
  },

  "an image is shown from an object URL": async () => {
    const canvas = document.createElement("canvas");
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const file = await stored(fresh("png"), blob, "image/png");
    equal(file.status, "ready", "status");
    const image = new Image();
    image.src = URL.createObjectURL(await (await call(content(file))).blob());
    await image.decode();
  },

  "a presigned URL is downloaded without a token": async () => {
    const response = await fetch(world.download);
    equal([response.status, await response.text()], [200, "ten bytes!"], "response");
    readable(response, ["etag", "content-disposition", "accept-ranges"]);
  },

  "a presigned URL is downloaded in part": async () => {
    const response = await fetch(world.download, { headers: { range: "bytes=0-2" } });
    equal([response.status, await response.text()], [206, "ten"], "response");
    equal(response.headers.get("content-range"), "bytes 0-2/10", "range");
  },

  "sign-in reports its limit": async () => {
    const body = json({ identifier: world.email, password: world.password });
    const response = await call("/api/v1/auth/login", { method: "POST", token: null, ...body });
    equal(response.status, 200, "status");
    readable(response, ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]);
  },

  "a worker of the page sends requests": async () => {
    const code = `onmessage = async ({ data: { url, token } }) => {
      const headers = { authorization: "Bearer " + token, traceparent: "1" };
      try { postMessage((await fetch(url, { headers })).status); }
      catch (error) { postMessage(String(error)); }
    };`;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const status = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
    worker.postMessage({ url: `${world.api}/api/v1/files`, token: world.token });
    equal(await status, 200, "status");
    worker.terminate();
  },
};
