// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// A corpus of hostile texts goes in by every way that a stranger has, and by some that only
// osm.db, root's files or an address have, and is looked at on every page.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { close, configure, fresh, harmless, inlab, labFile, open, osm, root, send, sound, until } from "./lab.mjs";

const corpus = [
  "<script>ran=1</script>", "<ScRiPt\n>ran=1</ScRiPt >", "\"><script>ran=1</script>", "'><img src=x onerror=ran=1>",
  "<svg/onload=ran=1>", "<svg><script>ran=1</script></svg>", "<math><a xlink:href=javascript:ran=1>x</a></math>",
  "</title></style></textarea></pre></td></table><script>ran=1</script>", "</bdi></div></div><h1>osm</h1><div class=foot>",
  "\" onmouseover=ran=1 autofocus onfocus=ran=1 x=\"", "' style='position:fixed;inset:0' x='", "` onfocus=ran=1 x=`",
  "javascript:ran=1", "data:text/html,<script>ran=1</script>", "//evil.example/", "&lt;script&gt;ran=1&lt;/script&gt;",
  "&#60;script&#62;ran=1&#60;/script&#62;", "<!--", "-->", "]]>", "<![CDATA[<script>ran=1</script>]]>", "<?xml version=\"1.0\"?>",
  "<base href=//evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example/>", "<iframe srcdoc=\"<script>ran=1</script>\">",
  "{{constructor.constructor('ran=1')()}}", "${ran=1}", "%s%n%x", "\u202eturned\u202c \u2066isolate\u2069 \u200fmark\u200b\u2060\ufeff",
  "e\u0301\u0327\u0323".repeat(200), "\u0085\u009b31mC1\u007f", "x".repeat(1000), "\u{1f4a9}\u{e0041}\u{fffe}", "a\tb\rc",
];
const sane = corpus.map((text) => text.replace(/[\n\r]/g, " "));
const quote = (text) => `'${String(text).replaceAll("'", "''")}'`;

/** A report as osm stores it, with the text wherever a text can be. */
function hostileReport(like, text, n) {
  const share = [{ value: text, count: 3 }];
  const id = n.toString(16).padStart(32, "0");
  return { ...like, id, key: text, account: text, mailbox: text, domain: text, owner: text, host: text, confidence: text,
    unit: "messages", notes: [text], lines: [text, text], paths: share, subjects: share, senders: share, source_ips: share,
    scripts: share, destinations: share, processes: share, requests: share, message_ids: [text], wanted: [text], actions: [] };
}

before(async () => {
  fresh();
  configure({ LOGLINE_LIMIT: 3, LOGLINE_ACTIONS: "store", LOGLINE_SUBJECT_LIMIT: 2, LOGLINE_SUBJECT_ACTIONS: "store",
    CWDCHECK_CWD_LIMIT: 2, CWDCHECK_CWD_ACTIONS: "store", CWDCHECK_LIMIT: 0 });
  osm("start");
  // by mail: subjects, a directory, a greeting
  const letters = sane.map((s) => `for i in 1 2 3; do printf '%s\\n' "From: a@b.example" "To: p@ok1.example" \
"Subject: $(printf %s ${Buffer.from(s).toString("base64")} | base64 -d)" "" x | /usr/sbin/sendmail -t -i -odq; done`);
  writeFileSync(`${root}/home/osmalice/corpus.sh`, letters.join("\n") + "\n");
  const folder = "/home/osmalice/public_html/'\"><img src=x onerror=ran=1>";
  inlab("sh", "-c", `mkdir -p "$1" && chown osmalice "$1" && cd "$1" && setpriv --reuid=61001 --regid=61001 --clear-groups sh /home/osmalice/corpus.sh`,
    "sh", folder);
  send("mailbox", "info@bobs-garage.example", "5", "--helo", "<script>ran=1</script>", "--ips", "1");
  await until(() => osm("reports", "--limit", "200").reports.filter((r) => r.type === "logline:subject").length >= 20,
    "the subjects are reported");
  // by the store: whatever a report and an action can hold
  const like = osm("show", osm("reports").reports[0].id);
  const now = Math.floor(Date.now() / 1000);
  const sql = ["PRAGMA busy_timeout=10000;", "BEGIN;"];
  corpus.forEach((text, i) => {
    const r = hostileReport(like, text, i + 1);
    sql.push(`INSERT INTO report (id,time,type,kind,account,mailbox,key,count,level,last) VALUES
      (${[r.id, now, "cwdcheck:cwd", "limit", text, text, text].map(quote)},4,3,${now});`,
    `INSERT INTO document SELECT n, ${quote(JSON.stringify(r))} FROM report WHERE id = ${quote(r.id)};`,
    `INSERT INTO action (report_id,action,account,target,state,created,changed,expires,detail,before) VALUES
      (${quote(r.id)},'hold',${quote(text)},${quote(text)},'done',${now},${now},0,${quote(text)},'free');`);
  });
  writeFileSync(labFile("/etc/osm/corpus.sql"), sql.concat("COMMIT;").join("\n"));
  inlab("sqlite3", "/var/lib/osm/osm.db", ".read /etc/osm/corpus.sql");
});
after(close);

test("from mail: every report, the lists, the overview", async () => {
  const page = await open();
  for (const path of ["", "?page=reports", "?page=reports&type=logline:subject", "?page=reports&account=osmalice"]) {
    await page.go(path);
    await harmless(page, path);
  }
  const all = [];
  // the store's test looks at each text in each place: here, what the way through the log makes of them
  const reports = osm("reports", "--limit", "200").reports.filter((r) => r.account.startsWith("osm"));
  for (const r of reports.filter((r, i) => r.type !== "logline:subject" || i % 3 === 0)) {
    await page.go(`?page=report&id=${r.id}`);
    await harmless(page, `the report of ${r.key}`);
    all.push(await page.locator(".main").innerText());
  }
  const text = all.join("\n");
  assert.ok(text.includes("H=(<script>ran=1</script>)") || text.includes("<script>ran=1</script>"), "the greeting is shown as it was");
  assert.match(text, /'"><img src=x onerror=ran=1>/);
});

test("from the store: every report, what is in force, and undoing it", async () => {
  const page = await open();
  for (let i = 1; i <= corpus.length; i++) {
    await page.go(`?page=report&id=${i.toString(16).padStart(32, "0")}`);
    await harmless(page, `a report of ${corpus[i - 1]}`);
  }
  await page.go("?page=inforce");
  assert.ok((await page.locator("tbody tr").count()) >= corpus.length);
  await harmless(page, "in force");
  await sound(page, "in force");
  await page.go("?page=reports");
  await sound(page, "reports");
  await page.go("?page=inforce");
  await page.getByRole("link", { name: "Tick all of this list" }).click();
  await page.getByRole("button", { name: "Undo all that are ticked" }).click();
  await page.locator(".callout").first().waitFor();
  await harmless(page, "undone");
});

test("from the address: every field that a page takes up again", async () => {
  for (const face of ["bare", "whm"]) {
    const page = await open({ face });
    for (const [i, text] of corpus.entries()) {
      const v = encodeURIComponent(text);
      // one page in one face, the next in the other
      for (const path of [`?page=reports&q=${v}&account=${v}&type=${v}&action=${v}&span=${v}&offset=${v}`,
        `?page=events&key=${v}&event=${v}&limit=${v}&interval=${v}&actions=${v}&kind=${v}&value=${v}&until=${v}`,
        `?page=inforce&q=${v}&action=${v}&order=${v}&offset=${v}&tick=${v}`].slice((i + (face === "whm" ? 1 : 0)) % 3).slice(0, 1)) {
        if (path.length > 7000) continue;
        await page.go(path);
        await harmless(page, path);
      }
    }
    for (const path of ["?page=%3Cscript%3E", `?page=report&id=${encodeURIComponent(corpus[2])}`,
      `?page=export&format=${encodeURIComponent(corpus[2])}`, `?page=whatif&job=${encodeURIComponent(corpus[2])}`,
      `?page=held&mailbox=${encodeURIComponent(corpus[2])}&account=${encodeURIComponent(corpus[3])}`,
      `?page=controls&lines=${encodeURIComponent(corpus[2])}`]) {
      await page.go(path);
      page.troubles = page.troubles.filter((t) => !/status of 4\d\d/.test(t)); // as it should be
      await harmless(page, path);
    }
    await page.context().close();
  }
});

test("from root's files: settings, lists, log, a program's words", async () => {
  const page = await open();
  const conf = readFileSync(labFile("/etc/osm/osm.conf"), "utf8");
  const values = sane.filter((s) => !s.includes('"') && s.length < 200);
  appendFileSync(labFile("/var/log/osmd.log"), corpus.join("\n") + "\n");
  await page.go("?page=controls&lines=1000");
  await harmless(page, "the log");
  for (const text of values.slice(0, 12)) {
    writeFileSync(labFile("/etc/osm/osm.conf"), `${conf}REPORT_FROM = "${text}"\nLOGLINE_ACTIONS = "${text}"\n${text} = "1"\n`);
    await page.go("?page=settings");
    await harmless(page, `settings with ${text}`);
    await page.go("?page=events");
    await harmless(page, `events with ${text}`);
  }
  writeFileSync(labFile("/etc/osm/osm.conf"), conf);
  writeFileSync(labFile("/etc/osm/osm.ignore"), corpus.join("\n") + "\n");
  await page.go("?page=events");
  await harmless(page, "a hostile list");
  await page.getByText("Edit it at the shell").waitFor();
  const plain = sane.filter((s) => /^[\x20-\x7e]*$/.test(s)).join("\n") + "\n";
  writeFileSync(labFile("/etc/osm/osm.ignore"), plain);
  await page.go("?page=events");
  await harmless(page, "a hostile list in its editor");
  assert.equal(await page.getByLabel("Edit /etc/osm/osm.ignore").inputValue(), plain);
  await page.locator("#ignore").getByRole("button", { name: "Change" }).click();
  await page.getByText("Nothing was saved").waitFor();
  await harmless(page, "its wrong lines");
  inlab("rm", "/etc/osm/osm.ignore");
  writeFileSync(labFile("/etc/osm/mine.sh"), `#!/bin/sh\ncat <<'END'\n${corpus.slice(0, 12).join("\n")}\nEND\n`);
  inlab("chmod", "755", "/etc/osm/mine.sh");
  await page.go("?page=custom");
  await page.getByLabel("CUSTOM_ACTION", { exact: true }).fill("/etc/osm/mine.sh");
  await page.getByRole("button", { name: "Run it now" }).click();
  await page.getByText("The program ran with the sample").waitFor();
  await harmless(page, "a program's words");
});

test("from the log: what would have happened", async () => {
  const page = await open();
  await page.go("?page=events");
  await page.locator("#LOGLINE_SUBJECT_LIMIT").fill("1");
  await page.getByRole("button", { name: "Try it on the log" }).click();
  await page.getByText(/reports? would have been made/).waitFor();
  await harmless(page, "the trial");
  await sound(page, "the trial");
  assert.match(await page.locator(".main").innerText(), /<script>ran=1<\/script>/);
});
