/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * options: every setting of osm.conf as one row of a table: name, kind, limits, default,
 * section and help. The parser, the defaults, the shipped osm.conf, the manual's check and
 * the page's form all come from this table.
 *
 * A struct config is complete and valid or it isn't made: options_load lists every problem
 * with its line and changes nothing.
 */
#ifndef OSM_MODEL_OPTIONS_H
#define OSM_MODEL_OPTIONS_H

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

/* The triggers, in the order of the reports' "type". */
enum trigger_id {
	TRIGGER_PACKET,
	TRIGGER_PACKET_CWD,
	TRIGGER_LOGLINE,
	TRIGGER_LOGLINE_SUBJECT,
	TRIGGER_CWDCHECK,
	TRIGGER_CWDCHECK_CWD,
	TRIGGER_COUNT
};

/* Do lines of the lists that name a path hold for it? A process stands where it wants, and in a
 * mount namespace of its own calls it what it wants: by a path no connection gets around the
 * limit of its account. */
static inline bool trigger_knows_paths(enum trigger_id t)
{
	return t != TRIGGER_PACKET;
}

/* Action words, as bits so that a rule is one number. Rows of later issues are added here. */
enum action_id {
	ACTION_EMAIL,
	ACTION_STORE,
	ACTION_HOLD,
	ACTION_BLOCK_ACCOUNT,
	ACTION_CUSTOM,
	ACTION_BLOCK_MAILBOX,
	ACTION_BLOCK_LOGIN,
	ACTION_SUSPEND_MAILBOX,
	ACTION_SUSPEND_ACCOUNT,
	ACTION_RENAME_PATH,
	ACTION_RENAME_SCRIPT,
	ACTION_FIREWALL,
	ACTION_BLOCK_SMTP,
	ACTION_STEPS, /* the next of the trigger's steps; never in the journal itself */
	ACTION_COUNT
};
#define ACTION_BIT(a) (1u << (a))

enum count_unit { COUNT_MESSAGES, COUNT_RECIPIENTS };

/* Who tells of outgoing connections, in the order of the words of PACKET_SOURCE. */
enum packet_source { PACKET_AUTO, PACKET_BPF, PACKET_NFLOG, PACKET_PCAP };

#define CONFIG_PORTS_MAX 15 /* as csf and iptables' multiport have it */
struct config_ports {
	uint16_t port[CONFIG_PORTS_MAX];
	size_t count;
};

#define CONFIG_PATH_MAX 1024
#define CONFIG_WORD_MAX 256

/* A ladder: what is done at the first strike, at the second, ... at the last and all further. */
#define STEPS_MAX 6
struct action_steps {
	unsigned char n, list[STEPS_MAX]; /* enum action_id */
};

struct trigger_config {
	unsigned limit;      /* 0: off; at most 100000 */
	unsigned interval_s; /* 1 .. 604800 */
	unsigned actions;    /* bits of enum action_id */
	struct action_steps steps; /* <E>_STEPS; osm.conf's only, no override has its own */
};

struct config {
	bool testing;                      /* TESTING: decide everything, do nothing */
	char exim_log[CONFIG_PATH_MAX];    /* EXIM_LOG, /var/log/exim_mainlog */
	char exim_spool[CONFIG_PATH_MAX];  /* EXIM_SPOOL, /var/spool/exim */
	char sendmail[CONFIG_PATH_MAX];    /* SENDMAIL, /usr/sbin/sendmail */
	bool logline_enable;               /* LOGLINE_ENABLE */
	bool cwdcheck_enable;              /* CWDCHECK_ENABLE */
	bool packet_enable;                /* PACKET_ENABLE */
	enum packet_source packet_source;  /* PACKET_SOURCE = auto|... */
	struct config_ports smtp_ports;    /* SMTP_PORTS, "25,465,587" */
	bool packet_localhost;             /* PACKET_LOCALHOST: count those to this server */
	char packet_ignore_users[CONFIG_WORD_MAX];  /* PACKET_IGNORE_USERS */
	char packet_ignore_groups[CONFIG_WORD_MAX]; /* PACKET_IGNORE_GROUPS */
	bool count_local;                  /* COUNT_LOCAL: also mail for local domains only; 0 */
	enum count_unit count_unit;        /* COUNT_UNIT = messages|recipients */
	char ignore_users[CONFIG_WORD_MAX]; /* LOG_IGNORE_USERS, "root,mailnull,mailman,cpanel" */
	struct trigger_config trigger[TRIGGER_COUNT]; /* <E>_LIMIT, <E>_INTERVAL, <E>_ACTIONS */
	bool apachestatus;                 /* APACHESTATUS, 1 */
	char apachestatus_url[CONFIG_WORD_MAX]; /* APACHESTATUS_URL */
	bool report_email;                 /* REPORT_EMAIL */
	char report_to[CONFIG_WORD_MAX];   /* REPORT_TO */
	char report_from[CONFIG_WORD_MAX]; /* REPORT_FROM */
	bool report_store;                 /* REPORT_STORE */
	unsigned report_days;              /* REPORT_DAYS, 30 */
	unsigned report_lines;             /* REPORT_LINES, 10 */
	unsigned report_repeat_s;          /* REPORT_REPEAT, 3600 */
	unsigned action_max;               /* ACTION_MAX disruptive actions an hour, 5 */
	unsigned action_expire_s;          /* ACTION_EXPIRE, 0: never */
	unsigned action_timeout_s;         /* ACTION_TIMEOUT of one panel call, 120 */
	unsigned steps_time_s;             /* STEPS_TIME, 86400: how long a strike counts */
	bool release_on_password;          /* RELEASE_ON_PASSWORD, 0 */
	char rename_suffix[CONFIG_WORD_MAX]; /* RENAME_SUFFIX, ".osm-disabled"; at most 32 bytes */
	unsigned firewall;                 /* FIREWALL: the word's place in the row's choices */
	bool firewall_native;              /* FIREWALL_NATIVE, 1 */
	unsigned firewall_ttl_s;           /* FIREWALL_TTL of a blocked address, 3600; 0: no end */
	char custom_action[CONFIG_PATH_MAX]; /* CUSTOM_ACTION, "": none */
	unsigned custom_format;            /* CUSTOM_FORMAT: enum format_id of act/format.h */
	unsigned custom_timeout_s;         /* CUSTOM_TIMEOUT, 60 */
	char report_jsonl[CONFIG_PATH_MAX]; /* REPORT_JSONL, "": none */
	bool syslog;                       /* SYSLOG, 0 */
	char metrics_listen[CONFIG_WORD_MAX]; /* METRICS_LISTEN, "": none */
	unsigned window_keys;              /* WINDOW_KEYS: keys a trigger may hold, 100000 */
	unsigned evidence_mb;              /* EVIDENCE_MB: raw lines kept in memory, 64 */
	bool debug;                        /* DEBUG */
};

typedef void (*options_problem_fn)(unsigned line, const char *text, void *ctx);

void options_defaults(struct config *c);
/* Read osm.conf's text over the defaults. Every problem (unknown key, out of range, wrong
 * word, repeated) is told with its line; returns their number and fills *c only if 0. */
size_t options_load(struct slice text, struct config *c, options_problem_fn problem, void *ctx);
/* The osm.conf that is shipped: sections, comments, defaults, as csf.conf looks. */
void options_template(struct buf *out);
/* An osm.conf with every setting that it lacks put in behind its neighbours, with its comment and
 * its default; every other byte stays. added is told each name. Text that has all of them comes
 * out as it was. false: no memory, or out is full. */
bool options_merge(struct slice text, struct buf *out,
		   void (*added)(const char *name, void *ctx), void *ctx);

/* One row, for the page, the manual's check and `osm check`. */
struct option_row {
	const char *name, *section, *help, *fallback; /* static text; fallback: the default */
	const char *kind;                             /* "switch", "number", "path", "word", "choice", "actions", "ports", "steps" */
	unsigned min, max;                            /* number only */
	const char *choices;                          /* choice only: "messages|recipients" */
};
size_t options_count(void);
const struct option_row *options_row(size_t i); /* NULL past the end */

/* "logline:subject" ...; static text. trigger_find: -1 when unknown. */
const char *trigger_name(enum trigger_id t);
int trigger_find(struct slice name);
const char *action_name(enum action_id a);
int action_find(struct slice name);
/* "email,store,hold" -> bits; names the first unknown word in e. */
bool actions_parse(struct slice list, unsigned *bits, struct err *e);

#endif
