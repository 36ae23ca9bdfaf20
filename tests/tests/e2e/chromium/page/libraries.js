// The request headers of libraries, on each method they are sent with.

import { world, call, contentPath, equal, fresh } from "/lib.js";

// Headers whose values the service reads.
const VALUES = {
  authorization: `Bearer ${world.token}`,
  "content-type": "text/plain",
  "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT",
  "if-none-match": '"none"',
  "x-tenant-id": world.tenant,
};

const METHODS = {
  GET: () => ["/api/v1/files", 200],
  PUT: () => [contentPath(fresh()), 201],
};

const cases = {};
for (const [library, names] of world.libraries) {
  for (const [method, target] of Object.entries(METHODS)) {
    cases[`${method} with the headers of ${library}`] = async () => {
      const headers = {};
      for (const name of names) headers[name] = VALUES[name] ?? "1";
      // A write would be conditional.
      if (method === "PUT") delete headers["if-none-match"];
      const [path, status] = target();
      const body = method === "PUT" ? "hello" : undefined;
      const response = await call(path, { method, headers, body });
      equal(response.status, status, `status: ${await response.clone().text()}`);
    };
  }
}

export default cases;
