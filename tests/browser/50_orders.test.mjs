// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// What an administrator does because of a report: held mail is released or deleted, harsh
// actions are asked once more, a program of his own is tried with a sample.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { close, configure, fresh, inlab, labFile, open, osm, send, sound, until } from "./lab.mjs";

const box = "info@bobs-garage.example";
const folder = "/home/osmalice/public_html/wp-content/plugins/forms";
const queued = () => Number(inlab("exim4", "-bpc"));
const told = async (page) => (await page.locator(".callout .state", { hasText: box }).innerText()).trim();
const held = () => osm("held", box).messages;
const reportOf = (test) => osm("reports").reports.find(test).id;

before(async () => {
  fresh();
  configure({ LOGLINE_LIMIT: 5, LOGLINE_ACTIONS: "store,hold", CWDCHECK_CWD_LIMIT: 3, CWDCHECK_CWD_ACTIONS: "store",
    CWDCHECK_LIMIT: 0, LOGLINE_SUBJECT_LIMIT: 0 });
  osm("start");
  send("mailbox", box, "6", "--subject", "reported");
  await until(() => osm("inforce").actions.some((a) => a.target === box), "the mailbox is held");
  send("mailbox", box, "3", "--subject", "held");
  send("script", "osmalice", "5");
  await until(() => osm("reports").reports.length >= 2, "two reports");
});
after(close);

test("held mail is counted, and kept while the mailbox isn't typed", async () => {
  const page = await open();
  const n = held();
  assert.ok(n >= 3);
  await page.go(`?page=report&id=${reportOf((r) => r.key === box)}`);
  await page.getByRole("link", { name: "Its held mail" }).click();
  assert.equal(await told(page), `${n} messages of ${box} wait in Exim's queue`);
  await sound(page, "held mail");
  await page.getByLabel("To go on, type the mailbox").fill("info@bobs-garage");
  await page.getByRole("button", { name: "Delete them..." }).click();
  await page.getByText("Nothing was deleted.").waitFor();
  const wrong = page.getByLabel("To go on, type the mailbox");
  assert.equal(await wrong.inputValue(), "info@bobs-garage");
  assert.equal(await wrong.getAttribute("aria-invalid"), "true");
  await sound(page, "held mail, a wrong word");
  await wrong.fill(box);
  await page.getByRole("button", { name: "Delete them..." }).click();
  await page.getByText(`${n} messages of ${box} will be deleted for ever`).waitFor();
  await sound(page, "held mail, asked again");
  await page.getByRole("link", { name: "No, keep them" }).click();
  assert.equal(await told(page), `${n} messages of ${box} wait in Exim's queue`);
  assert.equal(held(), n);
});

test("held mail is deleted when it is asked for twice", async () => {
  const page = await open({ face: "whm", script: false });
  const n = held();
  await page.go(`?page=held&mailbox=${box}&account=osmbob`);
  await page.getByLabel("To go on, type the mailbox").fill(box);
  await page.getByRole("button", { name: "Delete them..." }).click();
  await page.getByRole("button", { name: "Yes, delete them" }).click();
  assert.equal(await told(page), `${n} messages of ${box} were deleted`);
  await page.go(`?page=held&mailbox=${box}&account=osmbob`);
  assert.equal(await told(page), `0 messages of ${box} wait in Exim's queue`);
  assert.equal(await page.getByRole("button", { name: "Delete them..." }).count(), 0);
});

test("held mail is released", async () => {
  send("mailbox", box, "2", "--subject", "to be released");
  const page = await open();
  await page.go(`?page=held&mailbox=${box}&account=osmbob`);
  assert.equal(await told(page), `2 messages of ${box} wait in Exim's queue`);
  await page.getByRole("button", { name: `Release the mail of ${box}` }).click();
  await page.getByText(`Hold mail of ${box}: undone`).waitFor();
  await until(() => queued() === 0, "the mail went out", 40);
  await page.go("?page=held&mailbox=nobody@nowhere.example&account=osmbob");
  await page.locator(".callout.bad").last().waitFor();
});

test("a harsh action is asked for once more, done, and undone", async () => {
  const page = await open();
  await page.go(`?page=report&id=${reportOf((r) => r.type === "cwdcheck:cwd")}`);
  const offer = page.locator("details", { hasText: `Rename the directory: ${folder}` });
  assert.ok(!(await offer.getByRole("button").isVisible()));
  await offer.locator("summary").focus();
  await page.keyboard.press("Enter");
  await sound(page, "a harsh action");
  await offer.getByRole("button", { name: "Yes, do it" }).click();
  await page.getByText(/Rename the directory of .*: done/).waitFor();
  assert.ok(!existsSync(labFile(folder)));
  await page.go("?page=inforce");
  await page.getByRole("button", { name: `Undo: Rename the directory of ${folder}` }).click();
  await page.getByText(/Rename the directory of .*: undone/).waitFor();
  assert.ok(existsSync(labFile(folder)));
});

test("every action that osm can do by hand is offered, and no other", async () => {
  const page = await open();
  const known = inlab("sh", "-c", "osm act nothing osmbob 2>&1 || :").match(/none of: ([a-z_ ]+)/)[1].trim().split(" ");
  const offered = new Set();
  for (const r of osm("reports").reports) {
    await page.go(`?page=report&id=${r.id}`);
    for (const word of await page.locator("form[action='?page=act'] [name=do]").evaluateAll((all) => all.map((e) => e.value)))
      offered.add(word);
  }
  const scripts = known.filter((w) => w === "rename_script"); // no report names one yet
  assert.deepEqual([...offered, ...scripts].sort(), known.sort());
});

test("the custom action is tried with a sample before it is saved", async () => {
  inlab("sh", "-c", `printf '#!/bin/sh\\nid=$1\\nshift\\necho "got $* $(wc -c)" "<b>bold</b>"\\n' >/etc/osm/mine.sh; chmod 755 /etc/osm/mine.sh`);
  const before = readFileSync(labFile("/etc/osm/osm.conf"), "utf8");
  const page = await open();
  await page.go("?page=custom");
  for (const [name, begins] of [["JSON", /^\{\s+"version"/], ["XML", /^<\?xml/], ["YAML", /^---/], ["PERL", /^\+\{/]]) {
    const sample = page.locator("details", { has: page.locator("summary", { hasText: name }) });
    await sample.locator("summary").click();
    assert.match(await sample.locator("pre").innerText(), begins);
    assert.match(await sample.locator("pre").innerText(), /info@example\.com/);
  }
  await sound(page, "custom action");
  await page.getByRole("button", { name: "Run it now" }).click();
  await page.getByText("CUSTOM_ACTION is not set").waitFor();
  await page.getByLabel("CUSTOM_ACTION", { exact: true }).fill("/etc/osm/mine.sh");
  await page.getByLabel("CUSTOM_FORMAT", { exact: true }).selectOption("XML");
  await page.getByRole("button", { name: "Run it now" }).click();
  await page.getByText("The program ran with the sample").waitFor();
  assert.match(await page.locator("main").innerText(), /ended with exit code 0: got logline example info@example\.com 4 XML \d{3,} <b>bold<\/b>/);
  assert.equal(readFileSync(labFile("/etc/osm/osm.conf"), "utf8"), before, "nothing was saved");
  await sound(page, "a test run");
  await page.getByLabel("CUSTOM_ACTION", { exact: true }).fill("mine.sh");
  await page.getByRole("button", { name: "Run it now" }).click();
  await page.locator("#CUSTOM_ACTION-problem").waitFor();
  await page.getByLabel("CUSTOM_ACTION", { exact: true }).fill("/etc/osm/mine.sh");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.match(readFileSync(labFile("/etc/osm/osm.conf"), "utf8"), /CUSTOM_ACTION = "\/etc\/osm\/mine\.sh"/);
});
