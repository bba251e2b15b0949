// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// Settings, events and lists are changed on the page, and nothing is lost when they are wrong.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { close, fresh, inlab, labFile, open, osm, send, sound, until } from "./lab.mjs";

const conf = labFile("/etc/osm/osm.conf");
const shipped = `# The first line is mine
TESTING = "0"   # and so is this
LOGLINE_LIMIT="20"

# nobody may touch this comment
LOGLINE_ACTIONS = "store"
`;

before(fresh);
beforeEach(() => {
  writeFileSync(conf, shipped);
  inlab("rm", "-f", "/etc/osm/osm.accounts", "/etc/osm/osm.ignore");
  osm("start");
  osm("reload");
});
after(close);

test("every setting stands there with its comment, default and range", async () => {
  const page = await open();
  await page.go("?page=settings");
  const settings = osm("conf").settings;
  for (const { name, kind, value } of settings) {
    const field = page.locator(`[name="${name}"]:not([type=hidden])`);
    if (kind === "actions") {
      const ticked = await field.evaluateAll((all) => all.filter((e) => e.checked).map((e) => e.value));
      assert.equal(ticked.sort().join(), value.split(",").sort().join(), name);
    } else assert.equal(await field.inputValue(), value, name);
  }
  assert.equal(await page.locator(".setting").count(), settings.length);
  assert.equal(await page.locator(".comment").count(), settings.length);
  assert.equal(await page.locator(".setting.other").count(), 3);
  await sound(page, "settings");
});

test("a change keeps all other bytes, and is applied when osmd is told", async () => {
  const page = await open();
  await page.go("?page=settings");
  await page.getByLabel("LOGLINE_LIMIT", { exact: true }).fill("33");
  await page.getByRole("group", { name: "LOGLINE_ACTIONS" }).getByLabel("email").check();
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  await sound(page, "saved");
  assert.equal(readFileSync(conf, "utf8"), shipped.replace('"20"', '"33"').replace('"store"', '"email,store"'));
  await page.getByRole("button", { name: "Apply now" }).click();
  await page.getByText("osmd has the new settings").waitFor();
  await page.go("?page=settings");
  assert.equal(await page.getByLabel("LOGLINE_LIMIT", { exact: true }).inputValue(), "33");
});

test("wrong values come back with their errors beside them, and nothing is saved", async () => {
  const page = await open();
  await page.go("?page=settings");
  await page.getByLabel("LOGLINE_LIMIT", { exact: true }).fill("a lot <b>");
  await page.getByLabel("REPORT_TO", { exact: true }).fill('me"\nTESTING');
  await page.getByLabel("REPORT_DAYS", { exact: true }).fill("31");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Nothing was saved.").waitFor();
  await sound(page, "errors");
  assert.equal(readFileSync(conf, "utf8"), shipped);
  const wrong = page.getByLabel("LOGLINE_LIMIT", { exact: true });
  assert.equal(await wrong.inputValue(), "a lot <b>");
  assert.equal(await wrong.getAttribute("aria-invalid"), "true");
  assert.match(await page.locator("#LOGLINE_LIMIT-problem").innerText(), /whole number from 0 to 100000/);
  assert.ok(await page.locator("#REPORT_TO-problem").isVisible());
  assert.equal(await page.getByLabel("REPORT_DAYS", { exact: true }).inputValue(), "31");
  assert.equal(await page.locator(".problem").count(), 2);
  // corrected, all of it is saved at once
  await wrong.fill("44");
  await page.getByLabel("REPORT_TO", { exact: true }).fill("me@lab.example");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  const now = readFileSync(conf, "utf8");
  assert.ok(now.startsWith(shipped.replace('"20"', '"44"')));
  assert.match(now, /REPORT_TO = "me@lab\.example"\n/);
  assert.match(now, /REPORT_DAYS = "31"\n/);
});

test("what somebody else wrote meanwhile is not lost", async () => {
  const page = await open();
  await page.go("?page=settings");
  const theirs = shipped + "# theirs\n";
  writeFileSync(conf, theirs);
  await page.getByLabel("LOGLINE_LIMIT", { exact: true }).fill("55");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("was changed by somebody else").waitFor();
  assert.equal(readFileSync(conf, "utf8"), theirs);
  assert.equal(await page.getByLabel("LOGLINE_LIMIT", { exact: true }).inputValue(), "55");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(conf, "utf8"), theirs.replace('"20"', '"55"'));
});

test("a trigger is changed on Event Configuration, by keyboard, without script", async () => {
  const page = await open({ script: false, face: "whm" });
  await page.go("?page=events");
  await page.locator("#LOGLINE_LIMIT").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("66");
  await page.keyboard.press("Enter");
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(conf, "utf8"), shipped.replace('"20"', '"66"'));
});

test("an account gets its own limit, and it holds", async () => {
  const page = await open();
  await page.go("?page=events");
  const form = page.locator("#accounts form").first();
  await form.getByLabel("Account, mailbox or path").fill("osmcarol");
  await form.getByLabel("Trigger").selectOption("logline");
  await form.getByLabel("Limit").fill("3");
  await form.getByRole("button").click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(labFile("/etc/osm/osm.accounts"), "utf8"), "osmcarol logline 3\n");
  await page.getByRole("button", { name: "Apply now" }).click();
  await page.getByText("osmd has the new settings").waitFor();
  send("script", "osmcarol", "5", "--subject", "own limit");
  await until(() => osm("reports", "--account", "osmcarol").reports.some((r) => r.limit === 3), "carol's report");
});

test("a wrong part of a new line is told beside its field, and nothing entered is lost", async () => {
  const page = await open();
  await page.go("?page=events");
  const form = page.locator("#accounts form").first();
  await form.getByLabel("Account, mailbox or path").fill("info@bobs-garage.example");
  await form.getByLabel("Trigger").selectOption("cwdcheck");
  await form.getByLabel("Limit").fill("none");
  await form.getByLabel("Actions").fill("store");
  await form.getByRole("button").click();
  await page.getByText("Nothing was saved").waitFor();
  await sound(page, "a wrong part");
  assert.match(await page.locator("#limit-problem").innerText(), /limit must be a whole number/);
  assert.equal(await page.getByLabel("Limit").getAttribute("aria-describedby"), "limit-problem");
  assert.equal(await page.getByLabel("Account, mailbox or path").inputValue(), "info@bobs-garage.example");
  assert.equal(await page.getByLabel("Trigger").inputValue(), "cwdcheck");
  assert.equal(await page.getByLabel("Actions").inputValue(), "store");
  await page.getByLabel("Limit").fill("7");
  await page.getByRole("button", { name: "Add this limit" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(labFile("/etc/osm/osm.accounts"), "utf8"), "info@bobs-garage.example cwdcheck 7 store\n");
});

test("a form that was open for too long comes back with what was entered", async () => {
  const page = await open();
  await page.go("?page=settings");
  const old = (Math.floor(Date.now() / 1000) - 13 * 3600).toString(16);
  const now = await page.locator("form.settings [name=token]").inputValue();
  const issued = old.padStart(now.indexOf("-"), "0");
  const sum = createHmac("sha256", readFileSync(labFile("/var/lib/osm/whm.key"))).update(`osm-whm\n4\nroot\n0\n\n${old}`).digest("hex");
  await page.evaluate((t) => document.querySelector("form.settings [name=token]").value = t, `${issued}-${sum}`);
  await page.getByLabel("LOGLINE_LIMIT", { exact: true }).fill("77");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("open for more than half a day").waitFor();
  assert.equal(readFileSync(conf, "utf8"), shipped);
  assert.equal(await page.getByLabel("LOGLINE_LIMIT", { exact: true }).inputValue(), "77");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(conf, "utf8"), shipped.replace('"20"', '"77"'));
});

test("a file that can't be written is said, and what was entered stays", async () => {
  const page = await open();
  await page.go("?page=settings");
  await page.getByLabel("LOGLINE_LIMIT", { exact: true }).fill("78");
  inlab("sh", "-c", "mount -t tmpfs -o size=4k,mode=700 none /etc/osm && cat /usr/bin/env >/etc/osm/full 2>/dev/null; cp /dev/null /etc/osm/osm.conf");
  try {
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByText("was changed by somebody else").waitFor(); // it is another file system, with an empty file
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByText("No space left on device").waitFor();
    assert.equal(await page.getByLabel("LOGLINE_LIMIT", { exact: true }).inputValue(), "78");
  } finally {
    inlab("umount", "/etc/osm");
  }
  assert.equal(readFileSync(conf, "utf8"), shipped);
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("was changed by somebody else").waitFor();
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(conf, "utf8"), shipped.replace('"20"', '"78"'));
});

test("a wrong line of a list is told with its number, and the text stays", async () => {
  const page = await open();
  const ignore = labFile("/etc/osm/osm.ignore");
  writeFileSync(ignore, "# ours\nuser:osmdave\n");
  await page.go("?page=events");
  const area = page.getByLabel("Edit /etc/osm/osm.ignore");
  assert.equal(await area.inputValue(), "# ours\nuser:osmdave\n");
  await area.fill("# ours\nuser:osmdave\nplanet:mars\n");
  await page.locator("#ignore").getByRole("button", { name: "Change" }).click();
  await page.getByText("Nothing was saved").waitFor();
  assert.match(await page.locator("main").innerText(), /osm\.ignore, line 3/);
  assert.equal(await area.inputValue(), "# ours\nuser:osmdave\nplanet:mars\n");
  assert.equal(readFileSync(ignore, "utf8"), "# ours\nuser:osmdave\n");
  await sound(page, "a wrong list");
  await area.fill("# ours\nuser:osmerin\n");
  await page.locator("#ignore").getByRole("button", { name: "Change" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(ignore, "utf8"), "# ours\nuser:osmerin\n");
});

test("a report leads to its limit and to the ignore list", async () => {
  const page = await open();
  const report = osm("reports", "--account", "osmcarol").reports[0];
  await page.go(`?page=report&id=${report.id}`);
  await page.getByRole("link", { name: "Change this limit" }).click();
  assert.equal(await page.locator("#accounts #key").inputValue(), "osmcarol");
  await page.goBack();
  await page.getByRole("link", { name: "Never count this again" }).click();
  await page.locator("#ignore").getByRole("button", { name: "Ignore this" }).click();
  await page.getByText("Changes saved").waitFor();
  assert.equal(readFileSync(labFile("/etc/osm/osm.ignore"), "utf8"), "user:osmcarol\n");
});

test("a file that a browser would change is left to the shell", async () => {
  writeFileSync(labFile("/etc/osm/osm.ignore"), Buffer.from("# caf\xe9\nuser:osmdave\n", "latin1"));
  const page = await open();
  await page.go("?page=events");
  await page.getByText("Edit it at the shell").waitFor();
  assert.equal(await page.getByLabel("Edit /etc/osm/osm.ignore").count(), 0);
  assert.ok(existsSync(conf));
});

test("the triggers' table is seen whole in WHM's frame and on a phone", async () => {
  for (const [face, width] of [["whm", 1000], ["bare", 860], ["bare", 360]]) {
    const page = await open({ face });
    await page.setViewportSize({ width, height: 800 });
    await page.go("?page=events");
    const hidden = await page.evaluate(() => [...document.querySelectorAll(".triggers .wide")].map((e) => e.scrollWidth - e.clientWidth));
    assert.deepEqual(hidden, [0], `${face}, ${width} px`);
    await page.context().close();
  }
});
