#include "idle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "edit_keys.h"
#include "stconsole/auth.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text_idle.def"

/* PAM takes 512 bytes with the NUL. */
#define PASSWORD_MAX	511

struct idle {
	enum idle_state	 state;
	char		 person[AUTH_USER_SIZE];
	char		 said[400];
	struct edit	*edit;
	struct auth	*auth;		/* NULL: nothing is asked */
	bool		 is_warned;	/* of the jobs that would end */
};

/* --- asking ------------------------------------------------------------- */

static void
say(struct idle *l, const struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	buf_puts(&b, e->msg);
	if (e->hint[0] != '\0')
		buf_printf(&b, ". %s", e->hint);
	snprintf(l->said, sizeof(l->said), "%s", buf_str(&b));
}

static void
ask(struct idle *l, const struct secret *password)
{
	struct err e = { 0 };

	l->auth = auth_start(l->person, password, &e);
	if (l->auth != NULL) {
		l->state = password != NULL ? IDLE_CHECKS : IDLE_LOOKS;
		return;
	}
	say(l, &e);
	l->state = IDLE_ASKS;
}

static void
answered(struct idle *l, enum auth_answer answer, const struct err *why)
{
	switch (answer) {
	case AUTH_YES:
		l->state = l->state == IDLE_CHECKS ? IDLE_OPEN : IDLE_ASKS;
		break;
	case AUTH_NO_PASSWORD:
		snprintf(l->said, sizeof(l->said), T_IDLE_NO_PASSWORD,
		    l->person);
		l->state = IDLE_ENDS;
		break;
	default:
		say(l, why);
		l->state = IDLE_ASKS;
	}
}

void
idle_take(struct idle *l)
{
	struct err		 why = { 0 };
	enum auth_answer	 answer;

	if (l->auth == NULL || !auth_done(l->auth, &answer, &why))
		return;
	auth_free(l->auth);
	l->auth = NULL;
	answered(l, answer, &why);
}

static void
try(struct idle *l)
{
	AUTO_SECRET struct secret	*password = NULL;
	struct err			 e = { 0 };

	if (l->state != IDLE_ASKS || edit_len(l->edit) == 0)
		return;
	l->said[0] = '\0';
	password = edit_secret(l->edit, &e);
	if (password == NULL || !edit_set(l->edit, "", &e))
		say(l, &e);
	else
		ask(l, password);
}

void
idle_try(struct idle *l, const char *password)
{
	struct err e = { 0 };

	if (edit_set(l->edit, password, &e))
		try(l);
	else
		say(l, &e);
}

/* --- keys --------------------------------------------------------------- */

static void
leave(struct idle *l, unsigned jobs)
{
	if (jobs == 0 || l->is_warned) {
		l->state = IDLE_LEFT;
		return;
	}
	l->is_warned = true;
	snprintf(l->said, sizeof(l->said), T_IDLE_JOBS, jobs);
}

void
idle_press(struct idle *l, const struct press *p, unsigned jobs)
{
	struct err	 e = { 0 };
	enum act	 act = press_act(p, PLACE_FIELD);

	if (act == ACT_LEAVE) {
		leave(l, jobs);
		return;
	}
	l->is_warned = false;
	if (act == ACT_OPEN)
		try(l);
	else if (act == ACT_BACK && !edit_set(l->edit, "", &e))
		say(l, &e);
	else if (act == ACT_NONE)
		(void)edit_press(l->edit, p);
}

/* --- painting ----------------------------------------------------------- */

static const char *
hint(const struct idle *l)
{
	if (l->state == IDLE_LOOKS || l->state == IDLE_CHECKS)
		return T_IDLE_CHECKS;
	return l->said;
}

static void
bar_paint(struct canvas *c, int row, bool has_function_keys)
{
	AUTO_BUF struct buf b = BUF_INIT;

	act_key(ACT_OPEN, has_function_keys, &b);
	buf_printf(&b, " %s  ", T_IDLE_OPEN);
	act_key(ACT_LEAVE, has_function_keys, &b);
	buf_printf(&b, " %s", act_label(ACT_LEAVE));
	canvas_put(c, row, 0, canvas_cols(c) - 1, LOOK_BAR, buf_str(&b));
}

/* On the smallest screen the input is what stays. */
void
idle_paint(struct idle *l, struct canvas *c, const char *host,
    bool has_function_keys)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int			 rows = canvas_rows(c), cols = canvas_cols(c);
	int			 row = rows > 6 ? 4 : rows / 2, at;

	canvas_erase(c);
	if (rows > 3) {
		at = canvas_put(c, 0, 0, cols, LOOK_DIM, "stconsole");
		canvas_put(c, 0, at + 2, cols - at - 2, LOOK_TITLE, T_IDLE);
		canvas_put_right(c, 0, cols / 2, cols - cols / 2, LOOK_DIM,
		    host);
		canvas_put(c, rows - 2, 0, cols - 1, LOOK_TEXT, hint(l));
		bar_paint(c, rows - 1, has_function_keys);
	}
	if (rows > 6)
		canvas_put(c, 2, 2, cols - 3, LOOK_TEXT, T_IDLE_WHY);
	buf_printf(&b, T_IDLE_PASSWORD, l->person);
	at = canvas_put(c, row, 2, cols * 2 / 3, LOOK_LABEL, buf_str(&b));
	edit_paint(l->edit, c, row, at + 3, cols - at - 4, true);
}

/* --- life --------------------------------------------------------------- */

struct idle *
idle_new(struct err *e)
{
	static const struct edit_options options = {
		.max = PASSWORD_MAX, .is_secret = true
	};
	struct idle *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		err_nomem(e);
		return NULL;
	}
	l->edit = edit_new(&options, e);
	if (l->edit == NULL || !auth_person(l->person, e)) {
		idle_free(l);
		return NULL;
	}
	ask(l, NULL);
	return l;
}

void
idle_free(struct idle *l)
{
	if (l == NULL)
		return;
	edit_free(l->edit);
	auth_free(l->auth);
	free(l);
}

enum idle_state
idle_state(const struct idle *l)
{
	return l->state;
}

const char *
idle_person(const struct idle *l)
{
	return l->person;
}

const char *
idle_said(const struct idle *l)
{
	return l->said;
}

int
idle_fd(const struct idle *l)
{
	return l->auth != NULL ? auth_fd(l->auth) : -1;
}
