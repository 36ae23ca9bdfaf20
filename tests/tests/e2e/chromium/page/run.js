// Runs all cases in turn and reports the outcome of each to the test.

const CASE_MILLISECONDS = 30000;

const post = (path, body) => fetch(path, { method: "POST", body: JSON.stringify(body) });

let cases = {};
try {
  for (const name of ["libraries", "requests", "uploads", "errors", "origins"]) {
    const { default: more } = await import(`/${name}.js`);
    for (const title of Object.keys(more)) {
      if (title in cases) throw new Error(`two cases: ${title}`);
    }
    cases = { ...cases, ...more };
  }
  await post("/cases", Object.keys(cases));
} catch (error) {
  await post("/failure", String(error.stack ?? error));
}

for (const [name, run] of Object.entries(cases)) {
  let error = null;
  try {
    await Promise.race([
      run(),
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error("no end in sight")), CASE_MILLISECONDS);
      }),
    ]);
  } catch (reason) {
    error = String(reason);
  }
  await post("/outcome", { name, error });
}
