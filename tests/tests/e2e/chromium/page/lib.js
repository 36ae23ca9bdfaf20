// Requests of a page to the service, and assertions.

/** The services, tokens and URLs of the test. */
export const world = await (await fetch("/world.json")).json();

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(actual, expected, subject) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(left === right, `${subject}: ${left} instead of ${right}`);
}

/** Sends a request with the token of the owner, or another one, or none (null). */
export function call(path, { token = world.token, base = world.api, headers = {}, ...options } = {}) {
  const credential = token ? { authorization: `Bearer ${token}` } : {};
  return fetch(base + path, { cache: "no-store", ...options, headers: { ...credential, ...headers } });
}

export const json = (body) => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

/** Requires a problem whose body and headers the page can read. */
export async function problem(response, status, code) {
  const text = await response.text();
  equal(response.status, status, `status of ${text}`);
  equal(response.headers.get("content-type"), "application/problem+json", "content type");
  const body = JSON.parse(text);
  equal(body.code, code, "code");
  check(body.request_id, "no request id in the body");
  equal(response.headers.get("x-request-id"), body.request_id, "request id");
}

/** Requires a response with readable headers. */
export function readable(response, names) {
  for (const name of names) {
    check(response.headers.get(name), `${name} is not readable: ${[...response.headers.keys()]}`);
  }
}

/** Requires that the browser hides the response. */
export async function hidden(sent) {
  let response;
  try {
    response = await sent;
  } catch (error) {
    check(error instanceof TypeError, `failed with ${error}`);
    return;
  }
  throw new Error(`the page received ${response.status}`);
}

let files = 0;
export const fresh = (ending = "txt") => `page-${++files}.${ending}`;

export const contentPath = (path) => `/api/v1/files/content?path=${encodeURIComponent(path)}`;

/** Uploads content, and returns the response. */
export async function upload(path, body = "hello", type = "text/plain") {
  const options = { method: "PUT", body, headers: { "content-type": type } };
  const response = await call(contentPath(path), options);
  equal(response.status, 201, `upload of ${path}: ${await response.clone().text()}`);
  return response;
}

/** Waits until a file is processed, and returns it. */
export async function processed(id) {
  for (;;) {
    const file = await (await call(`/api/v1/files/${id}`)).json();
    if (file.status !== "pending") return file;
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** Uploads content, and returns the processed file. */
export async function stored(path, body, type) {
  const { file_id } = await (await upload(path, body, type)).json();
  return processed(file_id);
}

/** Sends a request by XMLHttpRequest; `listen` gets the request before it is sent. */
export function xhr(method, path, { headers = {}, body, listen = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, world.api + path);
    const all = { authorization: `Bearer ${world.token}`, ...headers };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new TypeError("XMLHttpRequest failed"));
    request.onabort = () => resolve(null);
    listen(request);
    request.send(body);
  });
}
