// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// A stolen mailbox and a hacked script are seen, understood and undone on the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { close, configure, faces, fresh, inlab, looks, open, osm, reachable, root, send, sound, until } from "./lab.mjs";

const box = "info@bobs-garage.example";
const held = () => readFileSync(`${root}/etc/outgoing_mail_hold_users`, "utf8").split("\n").includes(box);
const queued = () => Number(inlab("exim4", "-bpc"));

before(async () => {
  fresh();
  configure({ LOGLINE_LIMIT: 20, LOGLINE_INTERVAL: 600, LOGLINE_ACTIONS: "email,store,hold",
    CWDCHECK_CWD_LIMIT: 20, CWDCHECK_LIMIT: 0, LOGLINE_SUBJECT_LIMIT: 0 });
  osm("start");
  send("mailbox", box, "30");
  send("script", "osmalice", "25", "--subject", "You have won");
  await until(() => osm("reports").reports.length >= 3, "three reports");
  await until(held, "the mailbox is held");
});
after(close);

test("overview says that osmd runs, what is near its limit, what was reported", async () => {
  const page = await open();
  await page.go();
  assert.match(await page.title(), /^Overview/);
  await page.getByText("osmd is enabled and running").waitFor();
  const top = page.locator("section", { hasText: "Nearest to their limits" }).locator("tbody tr");
  assert.ok((await top.count()) > 0);
  assert.match(await top.first().innerText(), /\d+ of 20/);
  const latest = page.locator("section", { has: page.getByRole("heading", { name: "Reports", exact: true }) });
  assert.equal(await latest.locator("tbody tr").count(), 3);
  assert.match(await page.locator(".checks").innerText(), /things are as they should be/);
  await sound(page, "overview");
});

test("the overview draws mail, connections and reports of a day and a week, and says the same in a table", async () => {
  const page = await open();
  const captions = async () => (await page.go(), (await page.locator("figure figcaption").allInnerTexts()));
  const wanted = ["Mail: 55 messages, 25 calls of Exim by programs", "SMTP connections that programs made themselves: 0 connections",
    "Reports: 3 reports"];
  await until(async () => (await captions())[0] === wanted[0], "the watcher has written its hours");
  assert.deepEqual(await captions(), [...wanted, ...wanted], "the last 24 hours, the last 7 days");
  for (const [name, span] of [["Mail, the last 24 hours", "1 h"], ["Mail, the last 7 days", "3 h"]])
    await page.getByRole("img", { name, exact: false }).and(page.locator(`svg:has(desc:has-text("bars of ${span} each"))`)).waitFor();
  const drawn = await page.locator("figure").first().locator("rect").evaluateAll((all) =>
    all.map((r) => [r.getAttribute("class"), r.querySelector("title").textContent]));
  const sum = (of) => drawn.filter(([c]) => c === of).reduce((n, [, t]) => n + Number(/: (\d+) /.exec(t)[1]), 0);
  assert.deepEqual([sum(null), sum("second")], [55, 25]);
  for (const table of ["The last 24 hours as a table", "The last 7 days as a table"]) {
    await page.getByText(table).click();
    const rows = await page.locator("details", { hasText: table }).locator("tbody tr").evaluateAll((all) =>
      all.map((r) => [...r.cells].slice(1).map((c) => Number(c.textContent))));
    assert.ok(rows.length > 0 && rows.every((r) => r.some((n) => n > 0)), "what is empty is left out");
    assert.deepEqual(rows.reduce((a, r) => a.map((n, i) => n + r[i])), [55, 25, 0, 3], table);
  }
  await sound(page, "overview with open tables");
  osm("stop");
  osm("start");
  assert.deepEqual(await captions(), [...wanted, ...wanted], "a restart counts nothing again");
  await until(async () => (await page.go(), (await page.locator(".callout").first().innerText()).includes("running")), "osmd runs");
});

test("the list is narrowed by word, account, trigger, action and time", async () => {
  const page = await open();
  const rows = () => page.locator("tbody tr").count();
  await page.go("?page=reports");
  assert.equal(await rows(), 3);
  await page.getByLabel("Word in it").fill("GARAGE");
  await page.getByRole("button", { name: "Search" }).click();
  assert.equal(await rows(), 1);
  assert.equal(await page.getByLabel("Word in it").inputValue(), "GARAGE");
  await page.getByLabel("Word in it").fill("");
  await page.getByLabel("Account").fill("osmalice");
  await page.getByLabel("Trigger").selectOption("cwdcheck:cwd");
  await page.getByRole("button", { name: "Search" }).click();
  assert.equal(await rows(), 1);
  assert.match(await page.locator("tbody tr").innerText(), /plugins\/forms/);
  await page.getByLabel("Account").fill("");
  await page.getByLabel("Trigger").selectOption("");
  await page.getByLabel("Action").selectOption("hold");
  await page.getByLabel("Time").selectOption("3600");
  await page.getByRole("button", { name: "Search" }).click();
  assert.equal(await rows(), 2);
  await page.getByLabel("Action").selectOption("block_account");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No report fits this.").waitFor();
  await sound(page, "an empty list");
});

test("a report shows its evidence, and can be downloaded", async () => {
  const page = await open();
  await page.go("?page=reports");
  await page.getByRole("link", { name: box }).click();
  const text = await page.locator("main").innerText();
  assert.match(text, /21 messages within 10 min; the limit is 20 \(1 over, 105 %\)/);
  assert.match(text, /203\.0\.113\.10/);
  assert.match(text, /Invoice 0/);
  assert.match(text, /21 confirmed/);
  assert.match(text, /A=dovecot_(plain|login):info@bobs-garage\.example/);
  assert.match(await page.locator("figure svg desc").textContent(), /21 events/);
  await sound(page, "evidence");
  for (const format of ["JSON", "XML", "YAML", "PERL"]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: `Download as ${format}` }).click(),
    ]);
    const id = osm("reports", "--limit", "3").reports.find((r) => r.key === box).id;
    assert.ok(download.suggestedFilename().startsWith(`osm-report-${id.slice(0, 12)}.`));
    const text = readFileSync(await download.path(), "utf8");
    assert.equal(text, inlab("osm", "show", "--format", format.toLowerCase(), id), format);
    if (format === "JSON") assert.equal(JSON.parse(text).count, 21);
  }
  assert.equal((await page.goto(`${faces.bare}?page=export&format=pdf&id=0`)).status(), 400);
});

test("undo lets the waiting mail go, by keyboard alone", async () => {
  const page = await open({ script: false });
  assert.ok(queued() > 0, "mail waits");
  await page.go("?page=reports");
  const press = async (name) => {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      const now = await page.evaluate(() => {
        const e = document.activeElement;
        return e.getAttribute("aria-label") || e.innerText || "";
      }).catch(() => page.locator(":focus").evaluate((e) => e.getAttribute("aria-label") || e.innerText));
      if (now.trim() === name) {
        await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
        return;
      }
    }
    assert.fail(`the keyboard does not reach "${name}"`);
  };
  await press(box);
  await press(`Undo: Hold mail of ${box}`);
  assert.match(await page.locator("main").innerText(), new RegExp(`Hold mail of ${box}: undone`));
  await until(() => !held(), "the mailbox is free");
  await until(() => queued() <= 5, "the waiting mail went out", 40);
  await page.goBack();
  assert.equal(osm("inforce").actions.filter((a) => a.target === box).length, 0);
});

test("hold and block by hand, and undo them", async () => {
  const page = await open({ face: "whm" });
  await page.go("?page=reports&q=" + encodeURIComponent(box));
  await page.getByRole("link", { name: box }).click();
  await page.getByRole("button", { name: `Hold mail: ${box}` }).click();
  await page.getByText(/Hold mail of .*: done/).waitFor();
  await until(held, "the mailbox is held");
  await page.goBack();
  await page.getByRole("button", { name: "Block sending of the account: osmbob" }).click();
  await page.getByText(/Block sending of the account of .*: done/).waitFor();
  assert.equal(osm("inforce").actions.filter((a) => a.account === "osmbob").length, 2);
  for (const a of osm("inforce").actions) osm("undo", String(a.id));
});

test("every page is sound: narrow and wide, dark and light, alone and in WHM's frame", async () => {
  // each with each of the others once; in the dark, what the dark can change
  for (const [face, dark, narrow] of [["bare", false, false], ["bare", true, true], ["whm", false, true], ["whm", true, false]]) {
    const rules = dark ? looks : null;
    const page = await open({ face, dark, narrow });
    const what = `${face}${dark ? " dark" : ""}${narrow ? " narrow" : ""}`;
    await page.go();
    for (const name of await page.locator(".tabs a").allInnerTexts()) {
      await page.locator(".tabs a", { hasText: name }).click();
      await sound(page, `${name} ${what}`, rules);
    }
    await page.go("?page=reports");
    await page.locator("td.key a").first().click();
    await sound(page, `evidence ${what}`, rules);
    for (const path of ["?page=nonsense", "?page=undo", "?page=checks", `?page=held&mailbox=${box}&account=osmbob`, "?page=whatif&job=0"]) {
      await page.go(path);
      await sound(page, `${path} ${what}`, rules);
    }
    await page.context().close();
  }
});

test("everything is reached by the keyboard, and one sees where one is", async () => {
  const page = await open();
  await page.go();
  for (const name of await page.locator(".tabs a").allInnerTexts()) {
    await page.locator(".tabs a", { hasText: name }).click();
    await reachable(page, name);
  }
  await page.go("?page=reports");
  await page.locator("td.key a").first().click();
  await reachable(page, "evidence");
});
