import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exampleBodies, fetchDocument, operationsOf } from "./described.ts";
import { FakeEngine } from "./fake_engine.ts";
import { appOver } from "./requests.ts";

const ORIGIN = "http://127.0.0.1:8080";

async function fetchPage(origin = ORIGIN): Promise<{ page: string; headers: Headers }> {
  const response = await appOver(new FakeEngine()).request(`${origin}/docs`);
  assert.equal(response.status, 200);
  return { page: await response.text(), headers: response.headers };
}

Deno.test("docs shows every operation with its examples", async () => {
  const { page } = await fetchPage();
  const commands = commandsOf(page);
  let shown = 0;
  for (const { method, path, operation } of operationsOf(await fetchDocument())) {
    assert.ok(page.includes(`<article id="${operation.operationId}"`), path);
    assert.ok(page.includes(`${method.toUpperCase()}</span> <code>${path}</code>`), path);
    assert.ok(page.includes(escaped(operation.summary)), path);
    for (const alias of operation["x-aliases"] ?? []) assert.ok(page.includes(`<code>${alias}</code>`), alias);
    shown += exampleBodies(operation).length;
  }
  assert.equal(commands.length, shown);
});

Deno.test("docs needs no network and no script, and its policy lets nothing but its own style in", async () => {
  const { page, headers } = await fetchPage();
  assert.match(headers.get("content-type") ?? "", /^text\/html/);
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? assert.fail("no style");
  const hash = createHash("sha256").update(style).digest("base64");
  assert.equal(
    headers.get("content-security-policy"),
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  assert.doesNotMatch(page, /<script|<link|<img|<iframe| src=| style=| on\w+=|@import|url\(/);
  const hrefs = [...page.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) => href);
  assert.ok(hrefs.length > 100);
  assert.deepEqual(hrefs.filter((href) => !href.startsWith("#") && href !== "/openapi.json"), []);
});

Deno.test("docs links lead somewhere, its ids are unique and its elements are closed", async () => {
  const { page } = await fetchPage();
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id = ""]) => id);
  assert.equal(new Set(ids).size, ids.length);
  const targets = [...page.matchAll(/(?:href="#|aria-labelledby=")([^"]*)"/g)].map(([, target = ""]) => target);
  assert.deepEqual([...new Set(targets)].filter((target) => !ids.includes(target)), []);
  const open: string[] = [];
  for (const [, slash, name = ""] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (slash === "") ["meta"].includes(name) || open.push(name);
    else assert.equal(open.pop(), name);
  }
  assert.deepEqual(open, []);
});

Deno.test("docs commands say in a shell what the document's examples say", async () => {
  // A quote and a semicolon may stand in a host's name, by the URL standard.
  for (const origin of [ORIGIN, "http://a'b;c"]) {
    const { page } = await fetchPage(origin);
    const seen = await Promise.all(commandsOf(page).map(shellArguments));
    const expected = operationsOf(await fetchDocument()).flatMap(({ operation, path }) =>
      exampleBodies(operation).map((body) => ({ body, path }))
    );
    assert.equal(seen.length, expected.length);
    for (const { body, path } of expected) {
      const found = seen.find((args) => {
        const url = args.find((arg) => arg.startsWith("http")) ?? "";
        return url.startsWith(origin) && matches(url.slice(origin.length), path) &&
          JSON.stringify(bodyOf(args)) === JSON.stringify(body);
      });
      assert.ok(found !== undefined, `${path} ${JSON.stringify(body)}`);
    }
  }
});

Deno.test("docs escapes what it quotes", async () => {
  const response = await appOver(new FakeEngine(), { version: "<b>1</b>" }).request(`${ORIGIN}/docs`);
  const page = await response.text();
  assert.ok(page.includes("&lt;b&gt;1&lt;/b&gt;") && !page.includes("<b>"));
});

Deno.test("the index page leads to the docs", async () => {
  const response = await appOver(new FakeEngine()).request(`${ORIGIN}/`);
  assert.match(await response.text(), /<a href="\/docs">/);
});

/** The commands of a page, as a reader copies them. */
function commandsOf(page: string): string[] {
  return [...page.matchAll(/<pre[^>]*class="curl"><code>([^]*?)<\/code>/g)].map(([, text = ""]) => unescaped(text));
}

/** What a shell makes of a command. */
async function shellArguments(command: string): Promise<string[]> {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  const text = new TextDecoder();
  assert.ok(success, `${command}: ${text.decode(stderr)}`);
  return text.decode(stdout).split("\0").slice(0, -1);
}

function bodyOf(args: string[]): unknown {
  const data = args.indexOf("-d");
  return data < 0 ? undefined : JSON.parse(args[data + 1] ?? "");
}

/** Whether a path, with or without a query, is one of a template. */
function matches(path: string, template: string): boolean {
  const pattern = template.replaceAll(/[.]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/?]+");
  return new RegExp(`^${pattern}(\\?.*)?$`).test(path);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("'", "&#39;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

function unescaped(text: string): string {
  return text.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
