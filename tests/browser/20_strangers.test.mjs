// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// What isn't an administrator's own wish does nothing.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { basic, close, configure, faces, fresh, inlab, labFile, open, osm, root } from "./lab.mjs";

const held = () => readFileSync(`${root}/etc/outgoing_mail_hold_users`, "utf8");

before(() => {
  fresh();
  configure({ LOGLINE_ACTIONS: "store" });
  osm("start");
});
after(close);

/** One request, whatever it looks like: its status and body. */
function ask(face, { method = "GET", path = "", body = null, headers = {}, user = "root", end = true } = {}) {
  const url = new URL(faces[face]);
  return new Promise((done, fail) => {
    const r = http.request({ host: url.hostname, port: url.port, path: url.pathname + path, method,
      headers: { ...(user ? { Authorization: basic(user) } : {}),
        ...(body === null || headers["Transfer-Encoding"] ? {} : { "Content-Length": Buffer.byteLength(body) }),
        ...headers }, timeout: 20000 }, (a) => {
      let text = "";
      a.setEncoding("utf8").on("data", (c) => (text += c)).on("end", () => done({ code: a.statusCode, text, headers: a.headers }));
    });
    r.on("error", fail).on("timeout", () => r.destroy(new Error("too slow")));
    if (body !== null) r.write(body);
    if (end) r.end();
  });
}
const form = { "Content-Type": "application/x-www-form-urlencoded" };

async function token(face) {
  const page = await open({ face });
  await page.go("?page=controls");
  const value = await page.locator("input[name=token]").first().inputValue();
  await page.context().close();
  return value;
}

test("only root passes", async () => {
  for (const face of ["bare", "whm"]) {
    assert.equal((await ask(face)).code, 200);
    const bob = await ask(face, { user: "osmalice" });
    assert.equal(bob.code, 403);
    assert.match(bob.text, /do not have access to this feature/);
    assert.doesNotMatch(bob.text, /\?page=undo/);
    assert.equal((await ask(face, { user: null })).code, 401);
  }
});

test("a changing address changes nothing by GET, whichever it is", async () => {
  const source = readFileSync(new URL("../../whm/osm-whm.c", import.meta.url), "utf8");
  const changing = [...source.matchAll(/\{"([\w-]+)", "[^"]+", NULL, (?:CHANGES|KEEPS),/g)].map((m) => m[1]);
  assert.ok(changing.length >= 11, "the routes are found in the program's source");
  const good = await token("bare");
  const files = () => inlab("sh", "-c", "cat /etc/osm/* /etc/outgoing_mail_*; find /etc/osm /var/lib/osm/whatif 2>/dev/null | sort");
  const before = files(), pid = osm("status").pid;
  for (const name of changing) {
    const answer = await ask("bare", { path: `?page=${name}&token=${good}&id=1&do=hold&target=osmbob&account=osmbob` +
      "&file=ignore&text-ignore=user:x&TESTING=1&mailbox=info@bobs-garage.example&typed=info@bobs-garage.example&sure=delete" });
    assert.equal(answer.code, 405, name);
    assert.match(answer.text, /Nothing was changed/);
  }
  for (const verb of ["stop", "disable"]) assert.equal((await ask("bare", { path: `?page=control&do=${verb}&token=${good}` })).code, 405);
  // nor does looking
  for (const name of ["overview", "reports", "inforce", "settings", "events", "custom", "controls", "log", "whatif", "whatif-progress", "held"])
    await ask("bare", { path: `?page=${name}&do=stop&id=1&TESTING=1&token=${good}` });
  assert.equal(files(), before);
  assert.equal(osm("status").pid, pid);
});

test("who somebody is, is not taken from what he sends", async () => {
  for (const headers of [{ "Remote-User": "root" }, { "X-Remote-User": "root" }, { Remote_User: "root" }, { "X-Forwarded-User": "root" },
    { "OSM-ROOT": "/tmp" }, { Cookie: "cpsession=root; whostmgrsession=root" }, { "OSM-FRAME": "whm" }])
    for (const face of ["bare", "whm"]) {
      const answer = await ask(face, { user: "osmalice", headers });
      assert.equal(answer.code, 403, JSON.stringify(headers));
      assert.doesNotMatch(answer.text, /name="token"|\?page=undo/);
    }
  const stolen = await token("bare");
  const answer = await ask("bare", { user: "osmalice", method: "POST", path: "?page=act", headers: form,
    body: `do=hold&target=osmbob&account=osmbob&token=${stolen}` });
  assert.equal(answer.code, 403);
  assert.equal(held(), "");
});

test("a form without this session's token changes nothing", async () => {
  const good = { bare: await token("bare"), whm: await token("whm") };
  const hold = (t) => `do=hold&target=osmbob&account=osmbob${t === null ? "" : `&token=${encodeURIComponent(t)}`}`;
  const flip = (t) => t.slice(0, -1) + (t.endsWith("0") ? "1" : "0");
  for (const [face, t, why] of [
    ["bare", null, "none"], ["bare", "", "an empty one"], ["bare", flip(good.bare), "a changed one"],
    ["bare", good.whm, "another session's"], ["whm", good.bare, "another session's"],
    ["bare", good.bare + "0", "a longer one"],
  ]) {
    const answer = await ask(face, { method: "POST", path: "?page=act", body: hold(t), headers: form });
    assert.equal(answer.code, 403, why);
    assert.match(answer.text, /Nothing was changed/);
  }
  assert.equal(held(), "");
  // not even in the address
  const answer = await ask("bare", { method: "POST", path: `?page=act&token=${good.bare}`, body: hold(null), headers: form });
  assert.equal(answer.code, 403);
  // and with it, it does: the refusals above were for the token alone
  const done = await ask("bare", { method: "POST", path: "?page=act", body: hold(good.bare), headers: form });
  assert.equal(done.code, 200);
  assert.match(held(), /osmbob/);
  for (const a of osm("inforce").actions) osm("undo", String(a.id));
});

test("requests of any shape get a clear refusal", async () => {
  const t = await token("bare");
  const post = (body, headers = form) => ask("bare", { method: "POST", path: "?page=undo", body, headers });
  assert.equal((await ask("bare", { path: "?page=../../etc/passwd" })).code, 404);
  assert.equal((await ask("bare", { path: "?page=report&id=../../x" })).code, 404);
  assert.equal((await ask("bare", { path: "?page=report&id=" + "a".repeat(4000) })).code, 404);
  assert.equal((await ask("bare", { path: "?" + "a".repeat(8193) })).code, 414);
  assert.equal((await ask("bare", { path: "?q=%zz" })).code, 400);
  assert.equal((await ask("bare", { path: "?q=%00" })).code, 400);
  assert.equal((await ask("bare", { method: "PUT", body: "x" })).code, 405);
  assert.equal((await ask("bare", { method: "POST", body: "a=b", headers: form })).code, 405);
  assert.equal((await post("a=b", { ...form, "Transfer-Encoding": "chunked" })).code, 411);
  assert.equal((await post("{}", { "Content-Type": "application/json" })).code, 415);
  assert.equal((await post("a=%4")).code, 400);
  assert.equal((await post("a=b&".repeat(2001))).code, 413);
  assert.equal((await post("a=" + "b".repeat(4 * 1024 * 1024))).code, 413);
  assert.equal((await post(`id=x&token=${t}`)).code, 400);
  assert.equal((await post(`id=-1&token=${t}`)).code, 400);
  const many = await post(`token=${t}`);
  assert.equal(many.code, 200);
  assert.match(many.text, /Nothing was chosen/);
  // paths that lead elsewhere
  for (const path of ["?page=whatif&job=../../../../etc/passwd", "?page=whatif-progress&job=../whm.key", "?page=export&id=../osm.conf&format=json",
    "?page=whatif&job=" + "0".repeat(15) + "/", "?page=report&id=%2e%2e%2fosm.db", "?page=log&lines=../../../etc/shadow"]) {
    const answer = await ask("bare", { path });
    assert.doesNotMatch(answer.text, /root:|TESTING =/, path);
    assert.ok(answer.code < 500, path);
  }
  const list = (file) => ask("bare", { method: "POST", path: "?page=list-save", headers: form,
    body: `token=${t}&file=${encodeURIComponent(file)}&mark=x&text-ignore=x&text-accounts=x` });
  for (const file of ["../../etc/passwd", "/etc/passwd", "ignore/../../shadow", "osm.conf", ""]) assert.equal((await list(file)).code, 400, file);
  // words of the address never reach the program's command line
  assert.equal((await ask("bare", { path: "?--root+/tmp" })).code, 200);
});

test("a body that ends early, or never, changes nothing", async () => {
  const t = await token("bare");
  const body = `do=hold&target=osmbob&account=osmbob&token=${t}`;
  const raw = (length, sent) => new Promise((done) => {
    const url = new URL(faces.bare);
    const s = net.connect(Number(url.port), url.hostname, () => s.end(
      `POST ${url.pathname}?page=act HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic("root")}\r\nContent-Type: ${form["Content-Type"]}\r\n` +
      `Content-Length: ${length}\r\nConnection: close\r\n\r\n${sent}`));
    let text = "";
    s.on("data", (c) => (text += c)).on("close", () => done(text)).on("error", () => done(text));
  });
  for (const cut of [0, 1, body.length >> 1, body.length - 1])
    assert.doesNotMatch(await raw(body.length, body.slice(0, cut)), /^HTTP\/1\.1 200/, `${cut} bytes of it`);
  for (const length of ["-1", "0x10", "99999999999999999999", "1e3", ""])
    assert.doesNotMatch(await raw(length, body), /^HTTP\/1\.1 200/, `a length of "${length}"`);
  assert.equal(held(), "");
  assert.match(await raw(body.length, body), /^HTTP\/1\.1 200/);
  assert.match(held(), /osmbob/);
  for (const a of osm("inforce").actions) osm("undo", String(a.id));
});

test("nothing that comes with a request gets into an answer's head, or stays", async () => {
  const wanted = await ask("bare", { headers: { Host: "evil.example", "X-Forwarded-Host": "evil.example", Cookie: "token=1; cpsession=evil",
    Referer: "http://evil.example/", "User-Agent": "<script>evil" }, path: "?page=controls&token=evil" });
  assert.equal(wanted.code, 200);
  assert.doesNotMatch(wanted.text + JSON.stringify(wanted.headers), /evil/);
  assert.equal(wanted.headers["set-cookie"], undefined, "the page has no cookies");
  // a token that somebody brings along is not taken up, not even for a form of his own
  assert.notEqual(await token("bare"), "evil");
  const bad = encodeURIComponent('"\r\nX: y\r\n\r\n<b');
  const stored = () => inlab("sh", "-c", "ls /var/lib/osm/osm.db*").trim();
  const check = async (why) => {
    for (const id of [bad, "%0d%0aX:y%0d%0a%0d%0a%3cb", "%0a"]) for (const format of ["json", "xml", "yaml", "perl"]) {
      const answer = await ask("bare", { path: `?page=export&id=${id}&format=${format}` });
      assert.equal(answer.code, 404, why);
      assert.equal(answer.headers.x, undefined, why);
      assert.equal(answer.headers["content-disposition"], undefined, why);
      assert.match(answer.headers["content-type"], /^text\/html/, why);
    }
  };
  await check("no such report");
  osm("stop");
  assert.match(stored(), /osm\.db/);
  inlab("sh", "-c", "mkdir /var/lib/osm/away && mv /var/lib/osm/osm.db* /var/lib/osm/away");
  await check("no database yet");
  inlab("sh", "-c", "mv /var/lib/osm/away/* /var/lib/osm && rmdir /var/lib/osm/away");
  osm("start");
});

test("stand-alone, a strict policy is sent, and the key is root's alone", async () => {
  const { headers } = await ask("bare");
  assert.match(headers["content-security-policy"], /default-src 'none'/);
  assert.doesNotMatch(headers["content-security-policy"], /unsafe|\*|data:/);
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["cache-control"], "no-store");
  assert.ok(existsSync(labFile("/var/lib/osm/whm.key")));
  assert.equal(inlab("stat", "-c", "%a %u %s", "/var/lib/osm/whm.key").trim(), "600 0 32");
});
