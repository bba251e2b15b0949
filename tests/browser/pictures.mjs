// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// pictures: docs/images, made of the real page with the demo's two spammers.
import { mkdirSync } from "node:fs";
import { close, configure, fresh, open, osm, send, until } from "./lab.mjs";

const out = new URL("../../docs/images/", import.meta.url).pathname;
const box = "info@bobs-garage.example";

mkdirSync(out, { recursive: true });
fresh();
configure({ LOGLINE_LIMIT: 20, LOGLINE_INTERVAL: 600, LOGLINE_ACTIONS: "email,store,hold",
  LOGLINE_SUBJECT_LIMIT: 20, CWDCHECK_LIMIT: 25, CWDCHECK_CWD_LIMIT: 20 });
osm("start");
send("background", "3");
send("mailbox", box, "30", "--rate", "0.15"); // slowly: its timeline has a bar for each minute
send("script", "osmalice", "45", "--subject", "You have won");
await until(() => osm("reports").reports.length >= 4, "the reports");
const report = `?page=report&id=${osm("reports").reports.find((r) => r.key === box).id}`;

/** from: the part of the page at the top of it; to: the part that it reaches down to. */
async function picture(name, where, { width = 860, height = 600, from = null, to = null, ...options } = {}) {
  const page = await open(options);
  await page.setViewportSize({ width, height });
  await page.go(where);
  if (from) await page.locator(from).first().evaluate((e) => e.scrollIntoView());
  if (to) {
    await page.whole();
    const box = await page.locator(to).first().boundingBox();
    await page.setViewportSize({ width, height: Math.ceil(box.y + box.height) + 2 });
  }
  await page.screenshot({ path: `${out}${name}.png` });
}

for (const dark of [false, true]) {
  await picture(dark ? "overview-dark" : "overview", "", { dark, width: 1050, to: ".charts" });
  await picture(dark ? "evidence-dark" : "evidence", report, { dark, from: "section", height: 780 });
}
await picture("events", "?page=events", { face: "whm", width: 1000, height: 760, from: "section" });
await picture("phone-dark", report, { width: 380, height: 700, dark: true });
osm("stop");
await close();
