/*
 * What keys are called and what they mean.  One table of meanings; the bar,
 * help, the cheat sheet and the manual page are printed from it.
 *
 * Ctrl-S, Ctrl-Q (flow control), Ctrl-] (telnet), Ctrl-A (screen, minicom)
 * and Ctrl-B (tmux) never have a meaning: they may not arrive.
 */
#include "press.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/utf8.h"

#include "text_press.def"

#define KEYS_MAX	2

struct act_row {
	const char	*label, *help;
	enum press_code	 keys[KEYS_MAX];	/* in lists and in fields */
	const char	*letters;		/* in lists only */
	char		 ctrl;
};

static const struct act_row act_rows[ACT_COUNT] = {
	[ACT_NONE] = { "", "", { PRESS_NONE }, "", 0 },
	[ACT_HELP] = { T_ACT_HELP, T_ACT_HELP_LONG, { PRESS_F1 }, "?", 0 },
	[ACT_REFRESH] = { T_ACT_REFRESH, T_ACT_REFRESH_LONG, { PRESS_F2 },
	    "", 0 },
	[ACT_BACK] = { T_ACT_BACK, T_ACT_BACK_LONG, { PRESS_F3, PRESS_ESC },
	    "q", 0 },
	[ACT_VALUES] = { T_ACT_VALUES, T_ACT_VALUES_LONG, { PRESS_F4 }, "",
	    0 },
	[ACT_RESET] = { T_ACT_RESET, T_ACT_RESET_LONG, { PRESS_F5 }, "", 0 },
	[ACT_COMMAND] = { T_ACT_COMMAND, T_ACT_COMMAND_LONG, { PRESS_F6 },
	    "", 0 },
	[ACT_MARK] = { T_ACT_MARK, T_ACT_MARK_LONG, { PRESS_F7 }, " ", 0 },
	[ACT_PREVIEW] = { T_ACT_PREVIEW, T_ACT_PREVIEW_LONG, { PRESS_F8 },
	    "", 0 },
	[ACT_JOBS] = { T_ACT_JOBS, T_ACT_JOBS_LONG, { PRESS_F9 }, "", 0 },
	[ACT_LEAVE] = { T_ACT_LEAVE, T_ACT_LEAVE_LONG, { PRESS_F10 }, "", 0 },
	[ACT_SEARCH] = { T_ACT_SEARCH, T_ACT_SEARCH_LONG, { PRESS_NONE },
	    "/", 0 },
	[ACT_NEXT] = { T_ACT_NEXT, T_ACT_NEXT_LONG, { PRESS_NONE }, "n", 0 },
	[ACT_PREVIOUS] = { T_ACT_PREVIOUS, T_ACT_PREVIOUS_LONG,
	    { PRESS_NONE }, "N", 0 },
	[ACT_PALETTE] = { T_ACT_PALETTE, T_ACT_PALETTE_LONG, { PRESS_NONE },
	    ":", 0 },
	[ACT_SORT] = { T_ACT_SORT, T_ACT_SORT_LONG, { PRESS_NONE }, "s", 0 },
	[ACT_FOLLOW] = { T_ACT_FOLLOW, T_ACT_FOLLOW_LONG, { PRESS_NONE },
	    "f", 0 },
	[ACT_NEXT_FIELD] = { T_ACT_NEXT_FIELD, T_ACT_NEXT_FIELD_LONG,
	    { PRESS_TAB }, "", 'N' },
	[ACT_PREVIOUS_FIELD] = { T_ACT_PREVIOUS_FIELD,
	    T_ACT_PREVIOUS_FIELD_LONG, { PRESS_BACK_TAB }, "", 'P' },
	[ACT_REPAINT] = { T_ACT_REPAINT, T_ACT_REPAINT_LONG, { PRESS_NONE },
	    "", 'L' },
	[ACT_DUMP] = { T_ACT_DUMP, T_ACT_DUMP_LONG, { PRESS_F12 }, "", 'O' },
	[ACT_OPEN] = { T_ACT_OPEN, T_ACT_OPEN_LONG, { PRESS_ENTER }, "", 0 },
	[ACT_UP] = { T_ACT_UP, T_ACT_UP_LONG, { PRESS_UP }, "", 0 },
	[ACT_DOWN] = { T_ACT_DOWN, T_ACT_DOWN_LONG, { PRESS_DOWN }, "", 0 },
	[ACT_LEFT] = { T_ACT_LEFT, T_ACT_LEFT_LONG, { PRESS_LEFT }, "", 0 },
	[ACT_RIGHT] = { T_ACT_RIGHT, T_ACT_RIGHT_LONG, { PRESS_RIGHT }, "",
	    0 },
	[ACT_PAGE_UP] = { T_ACT_PAGE_UP, T_ACT_PAGE_UP_LONG,
	    { PRESS_PAGE_UP }, "", 0 },
	[ACT_PAGE_DOWN] = { T_ACT_PAGE_DOWN, T_ACT_PAGE_DOWN_LONG,
	    { PRESS_PAGE_DOWN }, "", 0 },
	[ACT_FIRST] = { T_ACT_FIRST, T_ACT_FIRST_LONG, { PRESS_HOME }, "",
	    0 },
	[ACT_LAST] = { T_ACT_LAST, T_ACT_LAST_LONG, { PRESS_END }, "", 0 }
};

static const char *const key_names[] = {
	[PRESS_UP] = "Up", [PRESS_DOWN] = "Down", [PRESS_LEFT] = "Left",
	[PRESS_RIGHT] = "Right", [PRESS_HOME] = "Home", [PRESS_END] = "End",
	[PRESS_PAGE_UP] = "PgUp", [PRESS_PAGE_DOWN] = "PgDn",
	[PRESS_ENTER] = "Enter", [PRESS_TAB] = "Tab",
	[PRESS_BACK_TAB] = "BackTab", [PRESS_BACKSPACE] = "Backspace",
	[PRESS_DELETE] = "Del", [PRESS_INSERT] = "Ins", [PRESS_ESC] = "Esc",
	[PRESS_F1] = "F1", [PRESS_F2] = "F2", [PRESS_F3] = "F3",
	[PRESS_F4] = "F4", [PRESS_F5] = "F5", [PRESS_F6] = "F6",
	[PRESS_F7] = "F7", [PRESS_F8] = "F8", [PRESS_F9] = "F9",
	[PRESS_F10] = "F10", [PRESS_F11] = "F11", [PRESS_F12] = "F12",
	[PRESS_EOF] = "EOF"
};

#define CTRL_NAME	"Ctrl-"
#define SPACE_NAME	"Space"

/* --- one key ------------------------------------------------------------ */

void
press_fini(struct press *p)
{
	/* It may have been a password. */
	if (p->paste != NULL)
		explicit_bzero(p->paste, strlen(p->paste));
	free(p->paste);
	explicit_bzero(p->text, sizeof(p->text));
	p->paste = NULL;
}

void
press_name(const struct press *p, struct buf *out)
{
	if (p->code == PRESS_TEXT)
		buf_puts(out, strcmp(p->text, " ") == 0 ? SPACE_NAME :
		    p->text);
	else if (p->code == PRESS_CTRL)
		buf_printf(out, CTRL_NAME "%c", p->text[0]);
	else if (p->code < LENGTH(key_names) && key_names[p->code] != NULL)
		buf_puts(out, key_names[p->code]);
}

static bool
is_name(const char *name, size_t len, const char *known)
{
	return strlen(known) == len && strncasecmp(name, known, len) == 0;
}

static bool
parse_text(const char *name, size_t len, struct press *p)
{
	if (is_name(name, len, SPACE_NAME)) {
		name = " ";
		len = 1;
	}
	if (len == 0 || len >= sizeof(p->text))
		return false;
	p->code = PRESS_TEXT;
	memcpy(p->text, name, len);
	return (unsigned char)p->text[0] >= 0x20 && p->text[0] != 0x7f &&
	    utf8_cluster(p->text) == len;
}

bool
press_parse(const char *name, size_t len, struct press *p)
{
	size_t	 ctrl = strlen(CTRL_NAME), i;
	char	 letter;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < LENGTH(key_names); i++)
		if (key_names[i] != NULL && is_name(name, len,
		    key_names[i])) {
			p->code = (enum press_code)i;
			return true;
		}
	if (len != ctrl + 1 || strncasecmp(name, CTRL_NAME, ctrl) != 0)
		return parse_text(name, len, p);
	letter = name[ctrl];
	p->code = PRESS_CTRL;
	p->text[0] = letter >= 'a' && letter <= 'z' ?
	    (char)(letter - 'a' + 'A') : letter;
	return p->text[0] >= 'A' && p->text[0] <= 'Z';
}

/* --- what it means ------------------------------------------------------ */

/* Letters are the same in both cases, but for n and N. */
static bool
is_letter_of(const struct act_row *row, const char *text)
{
	char c = text[0];

	if (c == '\0' || text[1] != '\0')
		return false;
	if (c >= 'A' && c <= 'Z' && c != 'N')
		c = (char)(c - 'A' + 'a');
	return strchr(row->letters, c) != NULL;
}

static bool
is_key_of(const struct act_row *row, const struct press *p,
    enum press_place place)
{
	size_t i;

	if (p->code == PRESS_TEXT)
		return place == PLACE_LIST && is_letter_of(row, p->text);
	if (p->code == PRESS_CTRL)
		return row->ctrl != 0 && row->ctrl == p->text[0];
	for (i = 0; i < KEYS_MAX; i++)
		if (p->code != PRESS_NONE && row->keys[i] == p->code)
			return true;
	return false;
}

enum act
press_act(const struct press *p, enum press_place place)
{
	enum act act;

	for (act = ACT_HELP; act < ACT_COUNT; act++)
		if (is_key_of(&act_rows[act], p, place))
			return act;
	return ACT_NONE;
}

const char *
act_help(enum act act)
{
	return act_rows[act].help;
}

const char *
act_label(enum act act)
{
	return act_rows[act].label;
}

static bool
is_function_key(enum press_code code)
{
	return code >= PRESS_F1 && code <= PRESS_F10;
}

/* ESC and a digit; 0 is F10. */
static int
function_digit(enum press_code code)
{
	return (int)(code - PRESS_F1 + 1) % 10;
}

static void
letter_name(char letter, struct buf *out)
{
	if (letter == ' ')
		buf_puts(out, SPACE_NAME);
	else
		buf_putc(out, letter);
}

void
act_key(enum act act, bool has_function_keys, struct buf *out)
{
	const struct act_row	*row = &act_rows[act];
	enum press_code		 code = row->keys[0];

	if (is_function_key(code) && !has_function_keys)
		buf_printf(out, "Esc%d", function_digit(code));
	else if (code != PRESS_NONE && (has_function_keys ||
	    row->ctrl == 0))
		buf_puts(out, key_names[code]);
	else if (row->ctrl != 0)
		buf_printf(out, CTRL_NAME "%c", row->ctrl);
	else if (row->letters[0] != '\0')
		letter_name(row->letters[0], out);
}

static void
or_key(struct buf *out, size_t start)
{
	if (out->len > start)
		buf_puts(out, " / ");
}

void
act_keys_all(enum act act, struct buf *out)
{
	const struct act_row	*row = &act_rows[act];
	size_t			 start = out->len, i;
	const char		*c;

	for (i = 0; i < KEYS_MAX; i++) {
		if (row->keys[i] == PRESS_NONE)
			continue;
		or_key(out, start);
		buf_puts(out, key_names[row->keys[i]]);
		if (is_function_key(row->keys[i]))
			buf_printf(out, " / Esc %d",
			    function_digit(row->keys[i]));
	}
	for (c = row->letters; *c != '\0'; c++) {
		or_key(out, start);
		letter_name(*c, out);
	}
	if (row->ctrl != 0) {
		or_key(out, start);
		buf_printf(out, CTRL_NAME "%c", row->ctrl);
	}
}

bool
press_is_common_letter(char letter)
{
	const char	 text[2] = { letter, '\0' };
	enum act	 act;

	for (act = ACT_HELP; act < ACT_COUNT; act++)
		if (is_letter_of(&act_rows[act], text))
			return true;
	return false;
}
