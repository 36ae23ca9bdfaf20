// Errors of each layer of the service, which the page must be able to read.

import {
  call, check, contentPath, equal, fresh, json, problem, readable, stored, world, xhr,
} from "/lib.js";

const MIB = 1 << 20;
const large = () => new Blob([new Uint8Array(8 * MIB)]);

const login = (base, fill = "") => call("/api/v1/auth/login", {
  base, method: "POST", token: null, ...json({ identifier: `nobody${fill}`, password: "wrong horse" }),
});

const form = () => {
  const data = new FormData();
  data.append("file", large(), fresh("bin"));
  return data;
};

export default {
  "400 of a value": async () => {
    const response = await call("/api/v1/files?limit=x");
    await problem(response, 400, "validation_failed");
  },

  "400 of a path that is not UTF-8": async () => {
    await problem(await call("/api/v1/files/%ff"), 400, "malformed_request");
  },

  "400 of a body that is no JSON": async () => {
    const headers = { "content-type": "application/json" };
    const options = { method: "POST", body: "{", headers };
    await problem(await call("/api/v1/projects", options), 400, "malformed_request");
  },

  "401 without a token": async () => {
    const response = await call("/api/v1/files", { token: null });
    readable(response, ["www-authenticate"]);
    await problem(response, 401, "missing_jwt_token");
  },

  "401 with a wrong token": async () => {
    await problem(await call("/api/v1/files", { token: "nonsense" }), 401, "unauthorized");
  },

  "401 of a large upload": async () => {
    const options = { method: "PUT", body: large(), token: "nonsense" };
    await problem(await call(contentPath(fresh()), options), 401, "unauthorized");
  },

  "403 of a changed presigned URL": async () => {
    await problem(await fetch(`${world.download}0`), 403, "access_denied");
  },

  "403 of a large upload to a changed presigned URL": async () => {
    const headers = { "if-none-match": "*" };
    const options = { method: "PUT", body: large(), headers };
    await problem(await fetch(`${world.download}0`, options), 403, "access_denied");
  },

  "404 of a file": async () => {
    const id = "0197b5a0-0000-7000-8000-000000000000";
    await problem(await call(`/api/v1/files/${id}`), 404, "file_not_found");
  },

  "404 of a route": async () => {
    await problem(await call("/nothing"), 404, "not_found");
  },

  "405 of a method": async () => {
    const response = await call("/api/v1/files", { method: "DELETE" });
    readable(response, ["allow"]);
    await problem(response, 405, "method_not_allowed");
  },

  "409 of a path in use": async () => {
    const path = fresh();
    await stored(path);
    const data = new FormData();
    data.append("path", path);
    data.append("file", new Blob(["hello"]), "a.txt");
    const response = await call("/api/v1/files", { method: "POST", body: data });
    equal(response.status, 409, "status");
    readable(response, ["x-request-id"]);
  },

  "412 of a stale entity tag": async () => {
    const file = await stored(fresh());
    const { body, headers } = json({ tags: {} });
    const options = { method: "PATCH", body, headers: { ...headers, "if-match": '"stale"' } };
    const response = await call(`/api/v1/files/${file.id}`, options);
    await problem(response, 412, "precondition_failed");
  },

  "413 of a JSON body": async () => {
    const options = { method: "POST", ...json({ name: "x".repeat(MIB) }) };
    await problem(await call("/api/v1/projects", options), 413, "request_too_large");
  },

  "413 of a sign-in": async () => {
    await problem(await login(world.api, "x".repeat(MIB)), 413, "request_too_large");
  },

  "413 of an upload": async () => {
    const response = await call(contentPath(fresh()), { method: "PUT", body: large() });
    await problem(response, 413, "file_too_large");
  },

  "413 of a form": async () => {
    const response = await call("/api/v1/files", { method: "POST", body: form() });
    await problem(response, 413, "file_too_large");
  },

  "413 of an upload with progress": async () => {
    let loaded = 0;
    const request = await xhr("POST", "/api/v1/files", {
      body: form(),
      listen: ({ upload }) => { upload.onprogress = (event) => { loaded = event.loaded; }; },
    });
    equal(request.status, 413, "status");
    check(loaded > 0, "no progress");
    equal(JSON.parse(request.responseText).code, "file_too_large", "code");
  },

  "415 of a compressed body": async () => {
    const headers = { "content-encoding": "gzip" };
    const options = { method: "PUT", body: large(), headers };
    await problem(await call(contentPath(fresh()), options), 415, "unsupported_media_type");
  },

  "415 of a body that must be JSON": async () => {
    const options = { method: "POST", body: "a=b", headers: { "content-type": "text/plain" } };
    await problem(await call("/api/v1/projects", options), 415, "unsupported_media_type");
  },

  "416 of a range": async () => {
    const file = await stored(fresh());
    const headers = { range: "bytes=900-" };
    const response = await call(`/api/v1/files/${file.id}/content`, { headers });
    equal(response.headers.get("content-range"), "bytes */5", "range");
    await problem(response, 416, "range_not_satisfiable");
  },

  "429 of sign-ins": async () => {
    let response;
    for (let attempt = 0; attempt < 4; attempt += 1) response = await login(world.limited);
    const names = ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
    readable(response, names);
    await problem(response, 429, "rate_limited");
  },

  "431 of a header": async () => {
    const headers = { baggage: "x".repeat(40000) };
    await problem(await call("/api/v1/files", { headers }), 431, "headers_too_large");
  },

  "431 of a query": async () => {
    const response = await call(`/api/v1/files?path=${"x".repeat(40000)}`);
    await problem(response, 431, "headers_too_large");
  },

  "503 of a service with too many requests": async () => {
    await fetch("/overload", { method: "POST" });
    try {
      for (const path of ["/api/v1/files", "/transfers/default/t/a/b?expires=1&signature=2"]) {
        const response = await call(path);
        readable(response, ["retry-after"]);
        await problem(response, 503, "busy");
      }
    } finally {
      await fetch("/calm", { method: "POST" });
    }
    equal((await call("/api/v1/files")).status, 200, "status after the load");
  },
};
