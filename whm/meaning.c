/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/meaning.h"

#include <string.h>

#include "osmd/model/options.h"
#include "whm/field.h"

/* As much of a stranger's path as a sentence bears. */
#define TARGET_MAX 120

/* cPanel's effects: docs/osm.conf.5, ACTIONS. */
static const struct meaning rows[] = {
	{"email", "Mail the report", MEANING_NOBODY, false, "", ""},
	{"store", "Store the report", MEANING_NOBODY, false, "", ""},
	{"custom", "Run the custom program", MEANING_NOBODY, false, "", ""},
	{"hold", "Hold mail", MEANING_EITHER, false,
	 "Its mail to other servers waits in Exim's queue until you undo this. Nothing is lost.",
	 "The mail that waits in Exim's queue goes out, and new mail is sent at once again."},
	{"block_mailbox", "Block sending of the mailbox", MEANING_MAILBOX, false,
	 "Exim refuses its mail to other servers until you undo this; it can still log in and read. "
	 "What waits in the queue is lost at the next attempt.",
	 "The mailbox may send to other servers again. What was refused meanwhile is not sent."},
	{"block_login", "Block the login", MEANING_MAILBOX, false,
	 "It can't log in any more, neither to send nor to read. A session that is open already may go "
	 "on until it is closed.",
	 "The mailbox can log in again, with the same password: have a stolen one changed first."},
	{"block_account", "Block sending of the account", MEANING_ACCOUNT, false,
	 "Exim refuses the mail that the account and all its mailboxes send to other servers, until you "
	 "undo this. What waits in the queue is lost at the next attempt.",
	 "The account may send mail to other servers again. What was refused meanwhile is not sent."},
	{"suspend_mailbox", "Suspend the mailbox", MEANING_MAILBOX, true,
	 "It can neither log in nor send. Mail for it still comes in. What waits in the queue is lost at "
	 "the next attempt.",
	 "The mailbox can log in and send again, with the same password: have a stolen one changed "
	 "first."},
	{"suspend_account", "Suspend the account", MEANING_ACCOUNT, true,
	 "Its sites, mail and logins go down at once and its processes are ended: all its customers "
	 "notice. Nothing is deleted.",
	 "The panel gives the account its sites, mail and logins back."},
	{"block_smtp", "Block the account's own SMTP", MEANING_ACCOUNT, false,
	 "What its programs connect to other mail servers themselves is refused at once. What Exim "
	 "delivers for it goes on.",
	 "Its programs may connect to other mail servers again."},
	{"firewall", "Block the address", MEANING_ADDRESS, true,
	 "It can't connect to this server any more, for FIREWALL_TTL seconds; its open connections end. "
	 "Others may share the address.",
	 "It can connect to this server again."},
	{"rename_path", "Rename the directory", MEANING_PATH, true,
	 "It gets another name (RENAME_SUFFIX) and nobody may read it: what runs in it stops working. "
	 "Nothing is deleted.",
	 "It gets its name and its rights back, if nothing new has the name."},
	{"rename_script", "Rename the script", MEANING_SCRIPT, true,
	 "It gets another name (RENAME_SUFFIX) and nobody may read it: it can't be run any more. Nothing "
	 "is deleted.",
	 "It gets its name and its rights back, if nothing new has the name."},
};

size_t meaning_count(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}

const struct meaning *meaning_row(size_t i)
{
	return &rows[i];
}

static const struct meaning *find(const char *action)
{
	for (size_t i = 0; i < meaning_count(); i++)
		if (strcmp(rows[i].action, action) == 0)
			return &rows[i];
	return NULL;
}

const char *meaning_name(const char *action)
{
	const struct meaning *m = find(action);

	return m ? m->name : action;
}

void meaning_undo(struct page *p, const char *action, const char *target)
{
	const struct meaning *m = find(action);

	page_foreign(p, target, TARGET_MAX);
	page_textf(p, ": %s", m && m->undone[0] ? m->undone : "It is as it was before.");
}

void meaning_select(struct page *p, const char *chosen)
{
	struct field_choice actions[ACTION_COUNT + 1] = {{"", "any action"}};

	for (int a = 0; a < ACTION_COUNT; a++) {
		const char *name = action_name((enum action_id)a);

		actions[a + 1] = (struct field_choice){name, meaning_name(name)};
	}
	field_select(p, "Action", "action", chosen, actions, ACTION_COUNT + 1);
}
