// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// lab: the browser, the lab's two faces of the page, and questions to both. The environment
// names the lab (OSM_LAB); run.sh starts it, and this process stands in its network.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const lab = process.env.OSM_LAB;
export const root = `${lab}/root`;
const host = "http://192.0.2.10:8080";
export const faces = {
  bare: `${host}/osm.cgi`,
  whm: `${host}/cpsess0123456789/cgi/configserver/osm.cgi`,
};
export const password = { username: "root", password: "lab" };
export const basic = (user) => "Basic " + Buffer.from(`${user}:lab`).toString("base64");

const labsh = new URL("../lab/lab.sh", import.meta.url).pathname;
const call = (...words) => execFileSync(labsh, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

export const inlab = (...words) => call("run", lab, ...words);
export const send = (...words) => call("send", lab, ...words);

/** osm's JSON answer, whatever its exit status. */
export function osm(...words) {
  try {
    return JSON.parse(inlab("osm", "--json", ...words));
  } catch (e) {
    return JSON.parse(e.stdout);
  }
}

/** Until ask() is true; its last answer when it never was is the error. */
export async function until(ask, what, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) assert.fail(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

let browser;
export async function open({ face = "bare", dark = false, narrow = false, script = true } = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.OSM_CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const context = await browser.newContext({
    httpCredentials: password,
    colorScheme: dark ? "dark" : "light",
    viewport: narrow ? { width: 360, height: 780 } : { width: 1240, height: 900 },
    javaScriptEnabled: script,
  });
  const page = await context.newPage();
  page.troubles = [];
  /** All that comes later is there, too. */
  page.whole = async () => {
    await page.waitForLoadState();
    if (script) await page.locator("[data-load]").waitFor({ state: "detached" });
  };
  page.on("console", (m) => m.type() === "error" && page.troubles.push(m.text()));
  page.on("pageerror", (e) => page.troubles.push(String(e)));
  page.on("dialog", (d) => {
    page.troubles.push(`a dialog: ${d.message()}`);
    d.dismiss();
  });
  page.go = (query = "") => page.goto(faces[face] + query);
  return page;
}
export async function close() {
  await browser?.close();
  browser = undefined;
}

/** axe-core finds nothing, the page doesn't scroll sideways, nothing was said on the console. only:
 * axe's rules that another colour or width can break. */
export const looks = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"];
export async function sound(page, what, only = null) {
  await page.whole();
  await page.evaluate(axeSource); // by the debugger: no page would let it in
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document,
    { resultTypes: ["violations"], ...(rules ? { runOnly: { type: "rule", values: rules } } : {}) }), only);
  assert.deepEqual(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`),
    [], `${what}: axe-core`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${what}: ${wide} px too wide`);
  // what is refused is said there, too
  assert.deepEqual(page.troubles.filter((t) => !/responded with a status of 4\d\d/.test(t)), [], `${what}: console`);
}

/** Everything that can be pressed or filled in is reached by Tab, and one sees where one is. */
export async function reachable(page, what) {
  await page.whole();
  const wanted = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
    return [...all].filter((e) => e.checkVisibility() && !e.disabled).map((e, i) => (e.dataset.place = String(i)));
  });
  const missing = new Set(wanted);
  for (let i = 0; i < wanted.length + 20 && missing.size; i++) {
    await page.keyboard.press("Tab");
    const [place, seen] = await page.evaluate(() => {
      const e = document.activeElement, style = getComputedStyle(e);
      return [e.dataset.place, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
    });
    assert.ok(seen || place === undefined, `${what}: one can't see that the focus is on element ${place}`);
    missing.delete(place);
  }
  assert.deepEqual([...missing], [], `${what}: not reached by Tab`);
}

/** Nothing that a stranger wrote became a part of the page: no element, no address, no mark that turns text. */
export async function harmless(page, what) {
  await page.whole();
  const found = await page.evaluate(() => {
    const main = document.querySelector(".osm .main");
    const all = [...main.querySelectorAll("*")];
    const strange = all.filter((e) => /^(script|img|iframe|object|embed|link|style|base|meta|marquee|math|video)$/i.test(e.localName) ||
      [...e.attributes].some((a) => /^on|^style$|^srcdoc$/i.test(a.name)) ||
      ["href", "action", "formaction", "src"].some((a) => e.hasAttribute(a) && !/^[?#]/.test(e.getAttribute(a))));
    return {
      strange: strange.map((e) => e.outerHTML.slice(0, 200)),
      marks: main.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g),
      foot: document.querySelector(".osm > .foot")?.innerText.startsWith("osm v"),
      heads: document.querySelectorAll("h1").length,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ran: String(globalThis.ran),
    };
  });
  assert.deepEqual(found, { strange: [], marks: null, foot: true, heads: 1, wide: 0, ran: "undefined" }, what);
  assert.deepEqual(page.troubles, [], `${what}: console`);
}

export const labFile = (absolute) => root + absolute;

/** osm.conf with these settings only; nobody is spared: the actions are carried out. */
export function configure(settings) {
  const lines = Object.entries({ TESTING: 0, ACTION_MAX: 50, ...settings }).map(([k, v]) => `${k} = "${v}"`);
  writeFileSync(`${root}/etc/osm/osm.conf`, lines.join("\n") + "\n");
}

/** Nothing of an earlier test is left: no reports, nobody held, an empty queue. */
export function fresh() {
  osm("stop");
  inlab("sh", "-c", `rm -rf /var/lib/osm/* /etc/osm/* /var/log/osmd.log
    : >/etc/outgoing_mail_hold_users; : >/etc/outgoing_mail_suspended_users
    exim4 -bpr | awk '$3 ~ /-/ { print $3 }' | xargs -r exim4 -Mrm >/dev/null
    : >/var/log/exim_mainlog`);
}
