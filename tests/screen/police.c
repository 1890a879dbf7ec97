#include "police.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curses.h>
#include <term.h>

#include "stconsole/mem.h"

#define TOKEN_SIZE	32
#define TOKENS_MAX	1024
#define SEQUENCE_MAX	64
#define ESC		0x1b

enum state { GROUND, ESCAPE, CSI, STRING, STRING_ESC };

struct police {
	char		 term[32];
	char		 allowed[TOKENS_MAX][TOKEN_SIZE];
	size_t		 count;
	bool		 is_learning;
	enum state	 state;
	char		 seq[SEQUENCE_MAX];	/* from ESC on */
	size_t		 len;
	int		 more;			/* bytes of a character */
	char		 complaint[128];
};

static bool
is_allowed(const struct police *p, const char *token)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (strcmp(p->allowed[i], token) == 0)
			return true;
	return false;
}

/* What is learned from terminfo is allowed later. */
static void
token(struct police *p, const char *token)
{
	if (is_allowed(p, token))
		return;
	if (p->is_learning && p->count < TOKENS_MAX)
		snprintf(p->allowed[p->count++], TOKEN_SIZE, "%s", token);
	else if (p->complaint[0] == '\0')
		snprintf(p->complaint, sizeof(p->complaint),
		    "%s has no %s", p->term, token);
}

/* Each attribute and each mode is a capability of its own. */
static void
token_each(struct police *p, const char *params, char last)
{
	char		 name[TOKEN_SIZE];
	const char	*mark = params[0] == '?' ? "?" : "";
	int		 n, kind;
	char		*end;

	params += mark[0] != '\0';
	do {
		n = (int)strtol(params, &end, 10);
		if (last == 'm' && (n == 38 || n == 48) && *end == ';') {
			kind = (int)strtol(end + 1, &end, 10);
			snprintf(name, sizeof(name), "ESC [ %d;%d;n m", n,
			    kind);
			while (*end != '\0')
				end++;
		} else
			snprintf(name, sizeof(name), "ESC [ %s%d %c", mark,
			    n, last);
		token(p, name);
		params = *end == ';' ? end + 1 : end;
	} while (*params != '\0');
}

/* seq is ESC [ parameters intermediates last; numbers do not matter. */
static void
token_csi(struct police *p)
{
	char	 last = p->seq[p->len - 1];
	char	 params[SEQUENCE_MAX], name[TOKEN_SIZE];
	char	*rest;

	snprintf(params, sizeof(params), "%.*s", (int)p->len - 3,
	    p->seq + 2);
	if (strchr("mhl", last) != NULL) {
		token_each(p, params, last);
		return;
	}
	rest = params;
	if (*rest != '\0' && strchr("<=>?", *rest) != NULL)
		rest++;
	rest += strspn(rest, "0123456789;");
	snprintf(name, sizeof(name), "ESC [ %.1sn %.4s%c",
	    params[0] >= '<' ? params : "", rest, last);
	token(p, name);
}

static void
token_escape(struct police *p)
{
	char name[TOKEN_SIZE];

	snprintf(name, sizeof(name), "ESC %.*s", (int)p->len - 1,
	    p->seq + 1);
	token(p, name);
}

static void
token_control(struct police *p, unsigned char b)
{
	char name[TOKEN_SIZE];

	snprintf(name, sizeof(name), "control %02x", b);
	token(p, name);
}

/* OSC 104: the number says what it does. */
static void
token_string(struct police *p)
{
	char name[TOKEN_SIZE];

	p->seq[p->len] = '\0';
	snprintf(name, sizeof(name), "ESC %c %d", p->seq[1],
	    (int)strtol(p->seq + 2, NULL, 10));
	token(p, name);
}

static void
add(struct police *p, unsigned char b)
{
	if (p->len < sizeof(p->seq) - 1)
		p->seq[p->len++] = (char)b;
}

/* No type has it; rep, learned with any character, is no permission. */
static void
not_utf8(struct police *p)
{
	if (!p->is_learning)
		token(p, "text that is no UTF-8");
}

static void
ground(struct police *p, unsigned char b)
{
	if (p->more > 0) {
		p->more--;
		if ((b & 0xc0) != 0x80)
			not_utf8(p);
		return;
	}
	if (b == ESC) {
		p->len = 0;
		add(p, b);
		p->state = ESCAPE;
	} else if (b < 0x20 || b == 0x7f)
		token_control(p, b);
	else if (b >= 0x80) {
		p->more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
		if (b < 0xc2 || b > 0xf4)
			not_utf8(p);
	}
}

static void
escape(struct police *p, unsigned char b)
{
	add(p, b);
	if (b >= 0x20 && b < 0x30)
		return;
	p->state = GROUND;
	if (p->len == 2 && b == '[')
		p->state = CSI;
	else if (p->len == 2 && strchr("]PX^_", b) != NULL)
		p->state = STRING;
	else
		token_escape(p);
}

static void
csi(struct police *p, unsigned char b)
{
	add(p, b);
	if (b < 0x40)
		return;
	p->state = GROUND;
	token_csi(p);
}

static void
string(struct police *p, unsigned char b)
{
	if (b == '\a' || (p->state == STRING_ESC && b == '\\')) {
		p->state = GROUND;
		token_string(p);
		return;
	}
	p->state = b == ESC ? STRING_ESC : STRING;
	add(p, b);
}

void
police_feed(struct police *p, const char *bytes, size_t len)
{
	size_t		 i;
	unsigned char	 b;

	for (i = 0; i < len; i++) {
		b = (unsigned char)bytes[i];
		switch (p->state) {
		case ESCAPE:
			escape(p, b);
			break;
		case CSI:
			csi(p, b);
			break;
		case STRING:
		case STRING_ESC:
			string(p, b);
			break;
		default:
			ground(p, b);
		}
	}
}

const char *
police_complaint(const struct police *p)
{
	return p->complaint[0] != '\0' ? p->complaint : NULL;
}

/* --- what the type has -------------------------------------------------- */

static void
learn(struct police *p, const char *bytes)
{
	const char *pad;

	while (bytes != NULL && *bytes != '\0') {
		pad = strstr(bytes, "$<");
		police_feed(p, bytes, pad != NULL ? (size_t)(pad - bytes) :
		    strlen(bytes));
		bytes = pad != NULL ? strchr(pad, '>') : NULL;
		bytes += bytes != NULL;
	}
	p->state = GROUND;
	p->more = 0;
}

/* Parameters that reach the branches of the entries that there are. */
static void
learn_with_parameters(struct police *p, const char *cap)
{
	int i;

	for (i = 0; i < 256; i++) {
		learn(p, tparm(cap, (long)i, 1L, 1L, 1L, 1L, 1L, 1L, 1L,
		    1L));
		learn(p, tparm(cap, (long)(i & 1), (long)(i >> 1 & 1),
		    (long)(i >> 2 & 1), (long)(i >> 3 & 1),
		    (long)(i >> 4 & 1), (long)(i >> 5 & 1),
		    (long)(i >> 6 & 1), (long)(i >> 7 & 1), 0L));
	}
}

/*
 * Keys are what the terminal sends.  REP is in the entry of xterm and missing
 * in many that call themselves so (mobile-shell/mosh#1064): nobody gets it.
 */
static bool
is_sent(const char *name)
{
	return name[0] != 'k' && strcmp(name, "rep") != 0;
}

static void
learn_type(struct police *p)
{
	const char *cap;
	size_t	 i;

	for (i = 0; strnames[i] != NULL; i++) {
		cap = tigetstr(strnames[i]);
		if (cap == NULL || cap == (char *)-1 ||
		    !is_sent(strnames[i]))
			continue;
		if (strchr(cap, '%') != NULL)
			learn_with_parameters(p, cap);
		else
			learn(p, cap);
	}
}

static const char *const modern[] = {
	"ESC [ ?2004 h", "ESC [ ?2004 l", "ESC [ ?2026 h", "ESC [ ?2026 l",
	"ESC [ ?n $p"
};

struct police *
police_new(const char *term, int is_modern)
{
	struct police	*p = calloc(1, sizeof(*p));
	TERMINAL	*before = cur_term;
	int		 result;
	size_t		 i;

	if (p == NULL || setupterm(term, 1, &result) != OK) {
		free(p);
		return NULL;
	}
	snprintf(p->term, sizeof(p->term), "%s", term);
	p->is_learning = true;
	learn_type(p);
	/* Every terminal since the VT100 tells where its cursor is. */
	token(p, "ESC [ n n");
	for (i = 0; is_modern && i < LENGTH(modern); i++)
		token(p, modern[i]);
	p->is_learning = false;
	del_curterm(cur_term);
	set_curterm(before);
	return p;
}

void
police_free(struct police *p)
{
	free(p);
}
