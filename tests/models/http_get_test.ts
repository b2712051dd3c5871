import assert from "node:assert/strict";
import { parseSize, redirectTarget } from "../../models/http_get.ts";

const FROM = new URL("https://one.example/a/b?c");

Deno.test("redirectTarget reads absolute and relative addresses", () => {
  assert.equal(redirectTarget("https://two.example/x", FROM).href, "https://two.example/x");
  assert.equal(redirectTarget("/x", FROM).href, "https://one.example/x");
  assert.equal(redirectTarget("x", FROM).href, "https://one.example/a/x");
  assert.equal(redirectTarget("//two.example/x", FROM).href, "https://two.example/x");
});

Deno.test("redirectTarget never leaves https, and stays with http and https", () => {
  const refused = { code: "download", failure: "refused" };
  assert.throws(() => redirectTarget("http://one.example/x", FROM), { ...refused, message: /from https to http/ });
  for (const location of ["file:///etc/passwd", "data:,x", "http://", null]) {
    assert.throws(() => redirectTarget(location, FROM), refused);
  }
  assert.equal(redirectTarget("https://x.example/", new URL("http://x.example/")).protocol, "https:");
});

Deno.test("parseSize takes plain numbers of bytes only", () => {
  assert.equal(parseSize("98362432"), 98_362_432);
  for (const header of [null, "", "-1", "1.5", "1e3", "0x10", "9".repeat(30)]) {
    assert.equal(parseSize(header), undefined);
  }
});
