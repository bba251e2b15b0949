// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// osmd is stopped, started, disabled and watched on the page; what is in force is undone, one
// or many; old logs tell what other limits would have done.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { close, configure, fresh, inlab, labFile, open, osm, send, sound, until } from "./lab.mjs";

const held = () => readFileSync(labFile("/etc/outgoing_mail_hold_users"), "utf8").split("\n").filter(Boolean);

before(() => {
  fresh();
  configure({ LOGLINE_LIMIT: 1000, LOGLINE_ACTIONS: "store", LOGLINE_SUBJECT_LIMIT: 0,
    CWDCHECK_LIMIT: 0, CWDCHECK_CWD_LIMIT: 0 });
  osm("start");
});
after(close);

test("osmd is stopped, started, restarted", async () => {
  const page = await open();
  const press = async (name, said) => {
    await page.go("?page=controls");
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByText(said).first().waitFor();
    await sound(page, name);
  };
  await press("Stop", "osmd stopped");
  await page.getByText("osmd is not running", { exact: true }).waitFor();
  assert.equal(osm("status").running, false);
  await page.go();
  await sound(page, "overview without osmd");
  await page.getByRole("button", { name: "Start osmd" }).click();
  await page.getByText("osmd is enabled and running").waitFor();
  const before = osm("status").pid;
  await press("Restart", "osmd started");
  assert.notEqual(osm("status").pid, before);
  await press("Apply settings", "osmd has the new settings");
});

test("osm is disabled and enabled", async () => {
  const page = await open({ face: "whm" });
  await page.go("?page=controls");
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await page.getByText("Disabled and stopped").waitFor();
  assert.ok(existsSync(labFile("/etc/osm/osm.disable")));
  await page.getByRole("button", { name: "Enable and start osmd" }).click();
  await page.getByText("osmd is enabled and running").waitFor();
  assert.ok(!existsSync(labFile("/etc/osm/osm.disable")));
});

test("wrong settings keep osmd from being restarted, and it says which", async () => {
  const page = await open();
  const pid = osm("status").pid;
  appendFileSync(labFile("/etc/osm/osm.conf"), 'NONSENSE = "1"\n');
  await page.go("?page=controls");
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  await page.getByText("osmd was not restarted").waitFor();
  assert.match(await page.locator("main").innerText(), /osm\.conf, line \d+: .*NONSENSE/);
  assert.equal(osm("status").pid, pid);
  inlab("sed", "-i", "/NONSENSE/d", "/etc/osm/osm.conf");
});

test("the log is shown, and followed", async () => {
  const page = await open();
  await page.go("?page=controls");
  assert.match(await page.locator("#log").innerText(), /osmd\[\d+\]: /);
  assert.match(await page.locator("details").innerText(), /All that osmd counts/);
  await page.getByRole("button", { name: "Follow" }).click();
  appendFileSync(labFile("/var/log/osmd.log"), "a line of the test <script>alert(1)</script> \u202e\n");
  await page.locator("#log", { hasText: "a line of the test <script>alert(1)</script> ⟨U+202E⟩" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Pause" }).getAttribute("aria-pressed"), "true");
  await sound(page, "controls, following");
});

test("what is in force is undone, many at once, also without osmd", async () => {
  for (const who of ["osmalice", "osmbob", "osmdave", "info@bobs-garage.example"]) {
    const answer = osm("hold", who);
    assert.ok(answer.ok, JSON.stringify(answer));
  }
  assert.equal(held().length, 4);
  const page = await open();
  await page.go("?page=inforce");
  assert.equal(await page.locator("tbody tr").count(), 4);
  await sound(page, "in force");
  const targets = () => page.locator("tbody tr td:nth-child(3)").allInnerTexts();
  const search = async (label, value) => {
    const field = page.getByLabel(label, { exact: true });
    await (label === "Word in it" ? field.fill(value) : field.selectOption(value));
    await page.getByRole("button", { name: "Search" }).click();
  };
  await search("Order", "target");
  assert.deepEqual(await targets(), ["info@bobs-garage.example", "osmalice", "osmbob", "osmdave"]);
  await search("Order", "old");
  assert.deepEqual(await targets(), ["osmalice", "osmbob", "osmdave", "info@bobs-garage.example"]);
  await search("Word in it", "BOB");
  assert.deepEqual(await targets(), ["osmbob", "info@bobs-garage.example"], "also by its account");
  await page.getByRole("link", { name: "Tick all of this list" }).click();
  assert.equal(await page.locator("tbody input:checked").count(), 2);
  await page.getByRole("link", { name: "Tick none" }).click();
  assert.equal(await page.locator("tbody input:checked").count(), 0);
  await search("Action", "block_account");
  await page.getByText("Nothing in force fits this.").waitFor();
  await page.go("?page=inforce");
  await page.getByRole("button", { name: "Undo all that are ticked" }).click();
  await page.getByText("Nothing was chosen").waitFor();
  await page.goBack();
  await page.getByRole("checkbox", { name: "Hold mail of osmalice" }).check();
  await page.getByRole("checkbox", { name: "Hold mail of info@bobs-garage.example" }).check();
  await page.getByRole("button", { name: "Undo all that are ticked" }).click();
  await page.getByText("Hold mail of osmalice: undone").waitFor();
  assert.deepEqual(held().sort(), ["osmbob", "osmdave"]);
  await page.go("?page=inforce");
  await page.getByRole("button", { name: "Undo: Hold mail of osmbob" }).click();
  await page.getByText("Hold mail of osmbob: undone").waitFor();
  osm("stop");
  await page.go("?page=inforce");
  await page.getByRole("link", { name: "Tick all of this list" }).click();
  await page.getByRole("button", { name: "Undo all that are ticked" }).click();
  await page.getByText("Hold mail of osmdave: undone").waitFor();
  assert.deepEqual(held(), []);
  await page.go("?page=inforce");
  await page.getByText("Nothing is in force.").waitFor();
  osm("start");
});

test("other limits are tried on the log before they are saved", async () => {
  send("script", "osmdave", "12", "--subject", "try me");
  send("mailbox", "dave@dave-it.example", "4");
  await until(() => osm("top").top.some((t) => t.account === "osmdave" && t.count >= 12), "dave is counted");
  const before = readFileSync(labFile("/etc/osm/osm.conf"), "utf8");
  const page = await open();
  await page.go("?page=events");
  await page.locator("#LOGLINE_LIMIT").fill("10");
  await page.getByLabel("or first see").selectOption("3600");
  await page.getByRole("button", { name: "Try it on the log" }).click();
  await page.getByText("1 report would have been made").waitFor();
  await sound(page, "the result");
  assert.match(await page.locator("tbody").innerText(), /logline\s+osmdave\s+osmdave\s+1/);
  assert.equal(readFileSync(labFile("/etc/osm/osm.conf"), "utf8"), before, "nothing is saved by it");
  assert.equal(osm("reports").reports.length, 0, "nor reported");
  await page.go("?page=events");
  await page.locator("#LOGLINE_LIMIT").fill("12");
  await page.getByRole("button", { name: "Try it on the log" }).click();
  await page.getByText("0 reports would have been made").waitFor();
  await page.go("?page=events");
  await page.locator("#LOGLINE_LIMIT").fill("twelve");
  await page.getByRole("button", { name: "Try it on the log" }).click();
  await page.getByText("1 field is wrong").waitFor();
  assert.equal(await page.locator("#LOGLINE_LIMIT").inputValue(), "twelve");
});

test("without script, a trial is looked up by its link", async () => {
  const page = await open({ script: false });
  await page.go("?page=events");
  await page.locator("#LOGLINE_LIMIT").fill("11");
  await page.getByRole("button", { name: "Try it on the log" }).click();
  await until(async () => {
    await page.getByRole("link", { name: "Show the result" }).click();
    return page.getByText("1 report would have been made").isVisible();
  }, "the result");
  await page.go("?page=whatif&job=../../../etc/pass");
  await page.getByText("There is no such trial").waitFor();
});
