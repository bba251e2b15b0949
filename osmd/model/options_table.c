/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/options_table.h"

#define INITIAL "Initial Settings"
#define LOGLINE "Exim Log Processing"
#define PATHS "Path Processing"
#define PACKETS "SMTP Connections"
#define ACTIONS "Actions"
#define FIREWALL "Firewall"
#define CUSTOM "Custom Action"
#define REPORTING "Reporting Settings"
#define APACHE "Apache Status"
#define LOGGING "Logging Settings"
#define SYSTEM "OS Specific Settings"

#define LIMIT_MAX 100000
#define INTERVAL_MAX 604800

#define ROW(kind_, text_, section_, name_, field_, fallback_, help_, ...)                \
	{                                                                                \
		.row = {.name = (name_),                                                 \
			.section = (section_),                                           \
			.help = (help_),                                                 \
			.fallback = (fallback_),                                         \
			.kind = (text_)},                                                \
		.kind = (kind_), .offset = offsetof(struct config, field_), __VA_ARGS__  \
	}
#define SWITCH(section, name, field, fallback, help)                                     \
	ROW(OPTION_SWITCH, "switch", section, name, field, fallback, help,               \
	    .joined = false)
#define NUMBER(section, name, field, fallback, low, high, help)                          \
	ROW(OPTION_NUMBER, "number", section, name, field, fallback, help,               \
	    .row.min = (low), .row.max = (high))
#define PATH(section, name, field, fallback, help)                                       \
	ROW(OPTION_PATH, "path", section, name, field, fallback, help, .required = true)
#define PATH_OR_NONE(section, name, field, help)                                         \
	ROW(OPTION_PATH, "path", section, name, field, "", help, .required = false)
#define WORD(section, name, field, fallback, must, help)                                 \
	ROW(OPTION_WORD, "word", section, name, field, fallback, help, .required = (must))
#define CHOICE(section, name, field, fallback, words, help)                              \
	ROW(OPTION_CHOICE, "choice", section, name, field, fallback, help,               \
	    .row.choices = (words))

#define PORTS(section, name, field, fallback, help)                                      \
	ROW(OPTION_PORTS, "ports", section, name, field, fallback, help, .joined = false)

/* The three settings of a trigger, under one comment. */
#define TRIGGER(section, name, id, limit_, help_limit, help_actions)                     \
	ROW(OPTION_NUMBER, "number", section, name "_LIMIT", trigger[id].limit, limit_,  \
	    help_limit, .row.max = LIMIT_MAX),                                           \
		ROW(OPTION_NUMBER, "number", section, name "_INTERVAL",                  \
		    trigger[id].interval_s, "3600",                                      \
		    name                                                                 \
		    "_INTERVAL is in seconds, from 1 to 604800 (a week). The window "    \
		    "slides: every event counts for this long, there is no fixed "       \
		    "hour.\n"                                                            \
		    "Default: 3600",                                                     \
		    .row.min = 1, .row.max = INTERVAL_MAX, .joined = true),              \
		ROW(OPTION_ACTIONS, "actions", section, name "_ACTIONS",                 \
		    trigger[id].actions, "email,store", help_actions, .joined = true),    \
		ROW(OPTION_STEPS, "steps", section, name "_STEPS", trigger[id].steps, "", \
		    name "_STEPS is what the word steps of " name                        \
			 "_ACTIONS stands for; see STEPS_TIME.\nDefault: (none)",         \
		    .joined = true)

#define OVERRIDES                                                                        \
	"osm.accounts sets another limit for one account, mailbox or path, and "         \
	"osm.ignore takes "                                                              \
	"one out of the counting altogether."
#define SAME_WORDS(name)                                                                 \
	name "_ACTIONS takes the same words as LOGLINE_ACTIONS.\nDefault: email,store"

static const struct option table[] = {
	SWITCH(INITIAL, "TESTING", testing, "1",
	       "Testing flag. While it is on, osm watches, counts and decides exactly as "
	       "it will "
	       "later, and reports are mailed and stored, but nothing that touches a "
	       "customer is "
	       "done: no mail is held and no account is blocked. Each report names what "
	       "would "
	       "have been done.\n\n"
	       "osm is installed with this flag on. Read the reports of a few ordinary "
	       "days, "
	       "raise limits in osm.accounts for those who rightly send much, and only "
	       "then "
	       "switch it off.\n\n"
	       "0 = carry out the actions\n"
	       "1 = only report what would have been done\n"
	       "Default: 1"),

	SWITCH(LOGLINE, "LOGLINE_ENABLE", logline_enable, "1",
	       "Count the messages that Exim takes in to send, by reading the arrival "
	       "lines of "
	       "its log (EXIM_LOG). This feeds the LOGLINE and LOGLINE_SUBJECT triggers. "
	       "For the "
	       "subject, Exim's log_selector must hold +subject, as cPanel sets it.\n\n"
	       "0 = off: neither trigger will ever fire\n"
	       "1 = on\n"
	       "Default: 1"),
	SWITCH(LOGLINE, "COUNT_LOCAL", count_local, "0",
	       "Messages that go only to domains of this server never leave it and can't "
	       "harm "
	       "its reputation, so by default they are not counted.\n\n"
	       "0 = count only messages with at least one recipient elsewhere\n"
	       "1 = count all messages, also those between mailboxes of this server\n"
	       "Default: 0"),
	CHOICE(LOGLINE, "COUNT_UNIT", count_unit, "messages", "messages|recipients",
	       "What LOGLINE_LIMIT and LOGLINE_SUBJECT_LIMIT count. One message can go "
	       "to "
	       "hundreds of recipients at once. To count them, Exim's log_selector must "
	       "hold "
	       "+received_recipients; where the number is not logged, a message counts "
	       "as one. "
	       "Raise the limits if you switch to recipients. CWDCHECK counts "
	       "submissions "
	       "either way, since Exim's path lines name no recipients.\n\n"
	       "messages = a message counts as one\n"
	       "recipients = a message counts as many times as it has recipients\n"
	       "Default: messages"),
	WORD(LOGLINE, "LOG_IGNORE_USERS", ignore_users, "root,mailnull,mailman,cpanel",
	     false,
	     "System users whose mail is never counted: bounces, mailing lists and the "
	     "notices of "
	     "the panel are theirs. A list parted by commas, without blanks. An empty "
	     "list counts "
	     "everybody. For customers use osm.ignore, not this.\n"
	     "Default: root,mailnull,mailman,cpanel"),
	TRIGGER(LOGLINE, "LOGLINE", TRIGGER_LOGLINE, "100",
		"Mail sent after a login is counted for the mailbox that logged in; mail "
		"sent by "
		"scripts and programs on this server is counted for the account that "
		"they run "
		"as. When more than LOGLINE_LIMIT are counted within LOGLINE_INTERVAL "
		"seconds, a "
		"report is made of them, LOGLINE_ACTIONS are carried out, and the "
		"counting for "
		"that mailbox or account begins anew. A limit of 100 is exceeded by "
		"message "
		"101. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 100",
		"LOGLINE_ACTIONS says what happens then: words parted by commas, done in "
		"the order "
		"below. With an empty list nothing is done, not even reported.\n\n"
		"email = mail the report to REPORT_TO\n"
		"store = keep the report, for the page in WHM and for osm -l\n"
		"hold = hold the further mail of the mailbox (or of the account, where "
		"no mailbox "
		"is known) in Exim's queue\n"
		"block_account = have the panel refuse all mail that the account sends "
		"to other "
		"servers\n"
		"block_mailbox = have the panel refuse all mail that the mailbox sends to "
		"other servers\n"
		"block_login = keep the mailbox from logging in\n"
		"suspend_mailbox = both of these\n"
		"suspend_account = suspend the whole account: its site, its mail and its "
		"logins go down, and its processes are ended\n"
		"rename_path = rename the folder that the mail was sent from, if the "
		"report is about one, and take all rights to it away\n"
		"rename_script = the same with the script, if it is certain which one made the "
		"connections (only with packet and packet:cwd)\n"
		"firewall = block the addresses that logged in as the mailbox and sent "
		"this mail, for FIREWALL_TTL seconds; see FIREWALL for which\n"
		"block_smtp = refuse the connections that the account's own programs "
		"make to SMTP_PORTS of other servers; what Exim delivers for it goes on\n"
		"custom = run the program of CUSTOM_ACTION\n"
		"steps = the next of LOGLINE_STEPS, see STEPS_TIME\n"
		"Default: email,store"),
	TRIGGER(LOGLINE, "LOGLINE_SUBJECT", TRIGGER_LOGLINE_SUBJECT, "50",
		"The same messages, counted for each sender and subject: many messages "
		"with one "
		"subject are a bulk mailing, whatever the sender's total is. Subjects "
		"are "
		"decoded, and compared without regard to upper and lower case; messages "
		"without "
		"a subject are not counted here. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 50. Keep it below LOGLINE_LIMIT, which fires first otherwise",
		SAME_WORDS("LOGLINE_SUBJECT")),

	SWITCH(PATHS, "CWDCHECK_ENABLE", cwdcheck_enable, "1",
	       "Count how often Exim is started from a directory to send mail, by the "
	       "cwd= lines "
	       "of its log. This is how a hacked web form is found, and it feeds the "
	       "CWDCHECK "
	       "and CWDCHECK_CWD triggers. Exim's log_selector must hold +arguments, as "
	       "cPanel "
	       "sets it. Only submissions are counted: not queue runs, listings, "
	       "bounces, or "
	       "anything from the spool and the panel's own directories.\n\n"
	       "0 = off: neither trigger will ever fire\n"
	       "1 = on\n"
	       "Default: 1"),
	TRIGGER(PATHS, "CWDCHECK", TRIGGER_CWDCHECK, "100",
		"Submissions are counted for the account that owns the directory. When "
		"more than "
		"CWDCHECK_LIMIT are counted within CWDCHECK_INTERVAL seconds, a report "
		"is made "
		"of them and CWDCHECK_ACTIONS are carried out. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 100",
		SAME_WORDS("CWDCHECK")),
	TRIGGER(PATHS, "CWDCHECK_CWD", TRIGGER_CWDCHECK_CWD, "50",
		"The same submissions, counted for each directory: users of lfd know "
		"this as the "
		"script alert (LF_SCRIPT_ALERT). The directory is where the process "
		"stood, "
		"which is not always where its script lies. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 50. Keep it below CWDCHECK_LIMIT, which fires first otherwise",
		SAME_WORDS("CWDCHECK_CWD")),

	SWITCH(PACKETS, "PACKET_ENABLE", packet_enable, "1",
	       "Watch the SMTP connections that programs of this server make themselves. "
	       "A script that speaks SMTP with the world never shows in Exim's log; its "
	       "connections do. This feeds the PACKET and PACKET_CWD triggers. Connections "
	       "are counted, not messages: what is said in them is not read.\n\n"
	       "0 = off: neither trigger will ever fire\n"
	       "1 = on\n"
	       "Default: 1"),
	CHOICE(PACKETS, "PACKET_SOURCE", packet_source, "auto", "auto|bpf|nflog|pcap",
	       "Where the connections are seen. osm check and osm status say which source "
	       "is at work, and why a better one is not.\n\n"
	       "auto = the best one that works here\n"
	       "bpf = the kernel itself tells of each connection with its user, process, "
	       "program and directory at that moment, even of programs that end at once, and "
	       "of connections that a firewall here refuses. Needs a kernel with BTF (Linux "
	       "5.8 and later, most distributions) and no lockdown of it\n"
	       "nflog = a rule in a netfilter table of osm's own (inet osm-watch) tells of each "
	       "connection with its user, also of those that a firewall here refuses; the "
	       "process is looked up while it lives\n"
	       "pcap = packet capture on all interfaces; user and process is looked up while it "
	       "lives. A program that ends within a few milliseconds may stay unnamed, and "
	       "what a firewall on this server refuses is not seen\n"
	       "Default: auto"),
	PORTS(PACKETS, "SMTP_PORTS", smtp_ports, "25,465,587",
	      "The ports that are watched, and that block_smtp refuses, parted by commas; at "
	      "most 15. csf has a setting "
	      "of the same name.\n"
	      "Default: 25,465,587"),
	SWITCH(PACKETS, "PACKET_LOCALHOST", packet_localhost, "1",
	       "Count connections to this server itself, too. Mail that a program hands to "
	       "Exim over such a connection shows again in Exim's log, so these connections "
	       "are told in reports, but no action that stops mail is taken because of them: "
	       "one mail is never a ground for two.\n\n"
	       "0 = count only connections to other servers\n"
	       "1 = count all\n"
	       "Default: 1"),
	WORD(PACKETS, "PACKET_IGNORE_USERS", packet_ignore_users, "root,cpanel,mailnull",
	     false,
	     "System users whose connections are not counted: the mail server's own user "
	     "must be among them, since all mail leaves through it. A list parted by commas, "
	     "without blanks. For customers use osm.ignore, not this.\n"
	     "Default: root,cpanel,mailnull"),
	WORD(PACKETS, "PACKET_IGNORE_GROUPS", packet_ignore_groups, "mail,mailman", false,
	     "The same for processes that run with one of these groups, as csf's "
	     "SMTP_ALLOWGROUP has it.\n"
	     "Default: mail,mailman"),
	TRIGGER(PACKETS, "PACKET", TRIGGER_PACKET, "100",
		"Connections are counted for the account that owns the process. When more "
		"than PACKET_LIMIT are counted within PACKET_INTERVAL seconds, a report is "
		"made of them and PACKET_ACTIONS are carried out. Only connections whose "
		"process was known for certain count for an action that stops "
		"mail; of those block_smtp fits best: it refuses such connections and "
		"nothing else. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 100",
		SAME_WORDS("PACKET")),
	TRIGGER(PACKETS, "PACKET_CWD", TRIGGER_PACKET_CWD, "50",
		"The same connections, counted for each account and the directory in which "
		"its process stood. " OVERRIDES "\n\n"
		"0 = this trigger is off\n"
		"Default: 50. Keep it below PACKET_LIMIT, which fires first otherwise",
		SAME_WORDS("PACKET_CWD")),

	NUMBER(ACTIONS, "ACTION_MAX", action_max, "5", 0, 1000,
	       "The most actions within an hour, of all accounts together, that stop "
	       "somebody's "
	       "mail or suspend them. Beyond it osm only reports, and says so: "
	       "if more "
	       "than a few customers are to be stopped at once, the cause is more likely "
	       "a "
	       "mistake in a limit than an outbreak, and somebody should look. Reports "
	       "and "
	       "what you do by hand are not limited.\n\n"
	       "0 = never stop anybody's mail, only report\n"
	       "Default: 5"),
	NUMBER(ACTIONS, "ACTION_EXPIRE", action_expire_s, "0", 0, 31536000,
	       "Undo an action by itself after this many seconds. 14400 gives a held "
	       "mailbox "
	       "back after four hours, whether somebody looked at it or not.\n\n"
	       "0 = never: an action stays until it is undone by hand (osm -u)\n"
	       "Default: 0"),
	NUMBER(ACTIONS, "ACTION_TIMEOUT", action_timeout_s, "120", 1, 3600,
	       "Seconds that one call to the panel may take. A call that takes longer is "
	       "ended. When the panel gave no answer and nothing was done, it is asked again "
	       "30 seconds, 150 seconds and 630 seconds after the first time; until then the "
	       "action is pending and counts toward ACTION_MAX. When it says no, the action "
	       "has failed. Counting goes on meanwhile.\n"
	       "Default: 120"),

	ROW(OPTION_WORD, "word", ACTIONS, "RENAME_SUFFIX", rename_suffix, ".osm-disabled",
	    "What rename_path and rename_script put behind the name of a folder or a "
	    "script. It gets mode 0, too, until the action is undone.\n"
	    "Default: .osm-disabled",
	    .required = true, .suffix = true),
	NUMBER(ACTIONS, "STEPS_TIME", steps_time_s, "86400", 60, 2592000,
	       "A trigger's actions can get harder. Its _STEPS names some of the actions "
	       "above in the order in which they are to be tried, and the word steps in its "
	       "_ACTIONS does one of them: the first for the first report of a mailbox (or of "
	       "an account, where no mailbox is known), the second for its second within "
	       "STEPS_TIME seconds, and so on; the last one for all further. Example: "
	       "LOGLINE_ACTIONS of email,store,steps with LOGLINE_STEPS of "
	       "hold,block_mailbox,suspend_account.\n\n"
	       "Only what could be acted upon is a strike, and a report whose events began "
	       "before the last strike's ended is the same one. Whoever is let go by hand, or "
	       "by a new password, begins anew.\n"
	       "Default: 86400 (a day)"),
	SWITCH(ACTIONS, "RELEASE_ON_PASSWORD", release_on_password, "0",
	       "When the password of a mailbox is changed, undo what osm did to that mailbox; "
	       "when that of an account is, what osm did to its mail as a whole. A suspended "
	       "account stays so. It needs osm's hook in cPanel (osm-hook(8)). Leave it off "
	       "where customers' own logins are stolen more often than their mailboxes: "
	       "whoever can log in to the panel can change a mailbox's password.\n\n"
	       "0 = off\n"
	       "1 = on\n"
	       "Default: 0"),

	CHOICE(FIREWALL, "FIREWALL", firewall, "auto", "auto|csf|nft|iptables|none",
	       "Which firewall the actions firewall and block_smtp, and osm -d, use. osm "
	       "check names the one in force, and why.\n\n"
	       "The action firewall blocks, for incoming packets, the addresses of a "
	       "report's confirmed messages that were sent after a login, if an address "
	       "sent at least a tenth of them: so never more than ten addresses. Never "
	       "blocked are this server's own addresses, its gateways and resolvers, "
	       "administrators who are logged in, what csf allows or ignores, "
	       "and what osm.ignore names with ip:.\n\n"
	       "auto = csf if it is installed, enabled and not in its own TESTING; else "
	       "nft; else iptables\n"
	       "csf = csf, so that csf -g, -t, -dr and -tr show and undo what osm does; "
	       "what you take out of csf, osm lets go as well\n"
	       "nft = a table of osm's own in the kernel (nf_tables)\n"
	       "iptables = chains of osm's own in the legacy tables, with ipset where "
	       "the kernel has it\n"
	       "none = nothing is ever blocked\n"
	       "Default: auto"),
	SWITCH(FIREWALL, "FIREWALL_NATIVE", firewall_native, "1",
	       "With csf: tell the kernel first, in a table of osm's own, and csf right "
	       "after. The block is then in force within a millisecond, not a quarter "
	       "of a second, and stays so while csf restarts.\n\n"
	       "0 = csf alone\n"
	       "1 = both\n"
	       "Default: 1"),
	NUMBER(FIREWALL, "FIREWALL_TTL", firewall_ttl_s, "3600", 0, 31536000,
	       "Seconds that the action firewall blocks an address. Stolen mailboxes are "
	       "used from addresses that belong to somebody else tomorrow. For osm -d "
	       "you give the time yourself.\n\n"
	       "0 = until it is undone by hand (osm -dr)\n"
	       "Default: 3600"),

	PATH_OR_NONE(CUSTOM, "CUSTOM_ACTION", custom_action,
		     "A program of your own that the action word custom runs, as root, for "
		     "each report that has enough confirmed events to act on. It gets six "
		     "arguments: the report's id, its type, the account, the key, the "
		     "count, and the format of the document that it gets on its standard "
		     "input. osm.conf(5) explains all of it.\n\n"
		     "The file and every folder above it must belong to root, nobody else "
		     "may be able to write there, and none of them may be a symlink: else "
		     "it is not run, and the report says so.\n\n"
		     "empty = none: the word custom does nothing\n"
		     "Default: empty"),
	CHOICE(CUSTOM, "CUSTOM_FORMAT", custom_format, "JSON", "JSON|XML|YAML|PERL",
	       "How the document is written. All four carry the same data, and osm show "
	       "--format prints them.\n\n"
	       "PERL = an anonymous hash that eval gives back; nothing in it "
	       "interpolates\n"
	       "Default: JSON"),
	NUMBER(CUSTOM, "CUSTOM_TIMEOUT", custom_timeout_s, "60", 1, 3600,
	       "Seconds that the program may take. Then it is killed with all that it "
	       "started, and the report says so. Counting goes on meanwhile, but the "
	       "actions of the next report wait for it.\n"
	       "Default: 60"),

	SWITCH(APACHE, "APACHESTATUS", apachestatus, "1",
	       "From half of a limit on, look at what Apache serves for the account "
	       "(mod_status, with ExtendedStatus On), and list in the report the requests, and the "
	       "script when its folder is one that mail was sent from. Behind another web "
	       "server, or without Apache, the report says that this was not possible. The "
	       "page is read at most once a second.\n\n"
	       "0 = off\n"
	       "1 = on\n"
	       "Default: 1"),
	ROW(OPTION_WORD, "word", APACHE, "APACHESTATUS_URL", apachestatus_url,
	    "http://127.0.0.1/whm-server-status",
	    "Where the page is: http:// with an address, not a name (but localhost). Without "
	    "a port it is Apache's own, as cPanel's settings have it (apache_port), also "
	    "behind ea-nginx. The key that newer cPanel hides the page behind is found by "
	    "osm itself.\n"
	    "Default: http://127.0.0.1/whm-server-status",
	    .required = true),

	SWITCH(REPORTING, "REPORT_EMAIL", report_email, "1",
	       "Mail reports. If this is off, the word email in the triggers' actions "
	       "does "
	       "nothing.\n\n"
	       "0 = mail no reports at all\n"
	       "1 = mail the reports of the triggers that have email among their "
	       "actions\n"
	       "Default: 1"),
	WORD(REPORTING, "REPORT_TO", report_to, "root", true,
	     "Who gets the reports: an address, or several parted by commas, without "
	     "blanks. root "
	     "goes where this server's mail for root goes.\n"
	     "Default: root"),
	WORD(REPORTING, "REPORT_FROM", report_from, "root", true,
	     "The sender of the reports. Use an address that your mail filters know, so "
	     "that a "
	     "report with a spammer's subjects in it isn't taken for spam.\n"
	     "Default: root"),
	SWITCH(REPORTING, "REPORT_STORE", report_store, "1",
	       "Store reports, for the page in WHM and for osm -l, osm show and osm -g. "
	       "If this "
	       "is off, the word store in the triggers' actions does nothing.\n\n"
	       "0 = store no reports at all\n"
	       "1 = store the reports of the triggers that have store among their "
	       "actions\n"
	       "Default: 1"),
	NUMBER(REPORTING, "REPORT_DAYS", report_days, "30", 1, 3650,
	       "Days that a stored report is kept.\n"
	       "Default: 30"),
	NUMBER(REPORTING, "REPORT_LINES", report_lines, "10", 1, 100,
	       "How many of the counted log lines a report shows as a sample, from 1 to "
	       "100. The "
	       "totals in it are always those of all lines.\n"
	       "Default: 10"),
	NUMBER(REPORTING, "REPORT_REPEAT", report_repeat_s, "3600", 0, INTERVAL_MAX,
	       "Seconds before the same trigger reports the same mailbox, account, "
	       "subject or "
	       "path again. The next report then says how many were counted in between. "
	       "Until then nothing is done either, unless the first report had too few "
	       "confirmed events to act on and this one has enough.\n\n"
	       "0 = report each time that the limit is exceeded\n"
	       "Default: 3600"),
	PATH_OR_NONE(REPORTING, "REPORT_JSONL", report_jsonl,
		     "A file to which every report is appended as one line of JSON, for log "
		     "shippers. Each line is what osm show --format json prints, with the "
		     "actions as they are when the report has been dealt with. Each report is "
		     "there once, also after a crash. Rotate it by renaming. Empty = none.\n"
		     "Default: none. A good place: /var/log/osm-reports.jsonl"),

	SWITCH(LOGGING, "SYSLOG", syslog, "0",
	       "Tell the system's log of every report and every action, too: to systemd's "
	       "journal with fields of their own (OSM_REPORT, OSM_TYPE, OSM_ACCOUNT, "
	       "OSM_KEY, OSM_COUNT, OSM_LIMIT, OSM_ACTION, OSM_TARGET, OSM_STATE); where "
	       "there is no journal, to syslog as name=\"value\".\n\n"
	       "0 = off\n"
	       "1 = on\n"
	       "Default: 0"),
	ROW(OPTION_WORD, "word", LOGGING, "METRICS_LISTEN", metrics_listen, "",
	     "Where osmd answers Prometheus with its counters, at /metrics: a port of "
	     "127.0.0.1, or ADDRESS:PORT. They are sums of the whole server and name no "
	     "account, since every customer can ask there. osm metrics prints the same. "
	     "Changes need a restart. Empty = nowhere.\n"
	     "Default: nowhere. Usual: 9815",
	     .place = true),
	SWITCH(LOGGING, "DEBUG", debug, "0",
	       "Write more to /var/log/osmd.log: each line of Exim's log that was not "
	       "understood, "
	       "and why an event was not counted. Strangers choose what stands in these "
	       "lines, "
	       "and there are many of them: leave it off unless you look for "
	       "something.\n\n"
	       "0 = off\n"
	       "1 = on\n"
	       "Default: 0"),

	PATH(SYSTEM, "EXIM_LOG", exim_log, "/var/log/exim_mainlog",
	     "Exim's main log. It is followed through rotation, truncation and "
	     "replacement.\n"
	     "Default: /var/log/exim_mainlog"),
	PATH(SYSTEM, "EXIM_SPOOL", exim_spool, "/var/spool/exim",
	     "Exim's spool directory. Senders can write lines into the log, but not into "
	     "the "
	     "spool, so osm looks there before it believes a line enough to act upon "
	     "it.\n"
	     "Default: /var/spool/exim"),
	PATH(SYSTEM, "SENDMAIL", sendmail, "/usr/sbin/sendmail",
	     "The program that reports are mailed with. It is called without a shell.\n"
	     "Default: /usr/sbin/sendmail"),
	NUMBER(SYSTEM, "WINDOW_KEYS", window_keys, "100000", 1000, 10000000,
	       "How many mailboxes, accounts, subjects or paths each trigger may "
	       "remember at "
	       "once. Senders can invent subjects and paths without end; at this bound "
	       "the one "
	       "not seen for longest is forgotten, and osm status shows how many were. "
	       "Each "
	       "takes about 300 bytes.\n"
	       "Default: 100000"),
	NUMBER(SYSTEM, "EVIDENCE_MB", evidence_mb, "64", 1, 4096,
	       "Megabytes of log lines that are kept in memory, to be shown in a report. "
	       "When "
	       "they are used up the oldest line goes; it still counts, but the report "
	       "can't "
	       "show it.\n"
	       "Default: 64"),
};

const struct option *option_at(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

const struct option *option_find(struct slice name)
{
	const struct option *o;

	for (size_t i = 0; (o = option_at(i)); i++)
		if (slice_eq(name, slice_str(o->row.name)))
			return o;
	return NULL;
}
