/*
 * What is typed at the prompt, and which keys it is.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "linear.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text_linear.def"

#define FOUND_MAX	20	/* lines of a search */

/* A screen's own letter comes before the short form; words are always ours. */
static const struct word {
	char		 letter;	/* or '\0' */
	const char	*name;
	enum act	 act;
	const char	*help;
} words[] = {
	{ 'b', T_WORD_BACK, ACT_BACK, T_WORD_BACK_HELP },
	{ 'p', T_WORD_PREVIEW, ACT_PREVIEW, T_WORD_PREVIEW_HELP },
	{ 'r', T_WORD_REFRESH, ACT_REFRESH, T_WORD_REFRESH_HELP },
	{ 'm', T_WORD_MARK, ACT_MARK, T_WORD_MARK_HELP },
	{ 's', T_WORD_SORT, ACT_SORT, T_WORD_SORT_HELP },
	{ 'v', T_WORD_VALUES, ACT_VALUES, T_WORD_VALUES_HELP },
	{ '\0', T_WORD_RESET, ACT_RESET, T_WORD_RESET_HELP },
	{ '\0', T_WORD_COMMAND, ACT_COMMAND, T_WORD_COMMAND_HELP },
	{ 'j', T_WORD_JOBS, ACT_JOBS, T_WORD_JOBS_HELP },
	{ 'q', T_WORD_LEAVE, ACT_LEAVE, T_WORD_LEAVE_HELP }
};

/* --- the top view ------------------------------------------------------- */

size_t
linear_items(const struct linear *l)
{
	const struct view *v = l->app->top;

	return v != NULL && v->ops->item_count != NULL &&
	    v->ops->item_say != NULL ? v->ops->item_count(v) : 0;
}

bool
linear_is_input(const struct linear *l, size_t i, bool *is_secret)
{
	const struct view *v = l->app->top;

	*is_secret = false;
	return v->ops->item_is_input != NULL && v->ops->item_set != NULL &&
	    i < linear_items(l) && v->ops->item_is_input(v, i, is_secret);
}

bool
linear_offers(const struct linear *l, enum act act, char letter)
{
	const struct view	*v = l->app->top;
	struct bar		 bar = { .count = 0 };
	size_t			 i;

	v->ops->bar(v, &bar);
	for (i = 0; i < bar.count; i++)
		if (bar.entry[i].act == act && (act != ACT_NONE ||
		    bar.entry[i].letter == letter))
			return true;
	return false;
}

bool
linear_is_plan(const struct linear *l)
{
	return l->app->top->ops->item_say == NULL &&
	    linear_offers(l, ACT_NONE, 'a');
}

static enum press_place
place(const struct linear *l)
{
	const struct view *v = l->app->top;

	return v->ops->place != NULL ? v->ops->place(v) : PLACE_LIST;
}

void
linear_focus_off(struct linear *l)
{
	struct view	*v = l->app->top;
	bool		 is_secret;
	size_t		 i;

	if (v == NULL || place(l) != PLACE_FIELD)
		return;
	for (i = 0; i < linear_items(l); i++)
		if (!linear_is_input(l, i, &is_secret)) {
			v->ops->item_focus(v, i);
			return;
		}
}

/* --- keys --------------------------------------------------------------- */

static void
press_name_do(struct linear *l, const char *name)
{
	struct press p;

	if (!press_parse(name, strlen(name), &p))
		return;
	app_press(l->app, &p);
	press_fini(&p);
}

void
linear_act(struct linear *l, enum act act)
{
	static const char *const keys[ACT_COUNT] = {
		[ACT_HELP] = "F1", [ACT_REFRESH] = "F2", [ACT_BACK] = "F3",
		[ACT_VALUES] = "F4", [ACT_RESET] = "F5",
		[ACT_COMMAND] = "F6", [ACT_MARK] = "F7",
		[ACT_PREVIEW] = "F8", [ACT_JOBS] = "F9",
		[ACT_LEAVE] = "F10", [ACT_SEARCH] = "/", [ACT_SORT] = "s",
		[ACT_OPEN] = "Enter"
	};

	press_name_do(l, keys[act]);
}

void
linear_letter(struct linear *l, char letter)
{
	struct press p = { .code = PRESS_TEXT, .text = { letter, '\0' } };

	linear_focus_off(l);
	app_press(l->app, &p);
}

void
linear_fill(struct linear *l, const char *text)
{
	struct press p = { .code = PRESS_PASTE };

	press_name_do(l, "Ctrl-U");
	l->app->said[0] = '\0';
	if (text[0] == '\0')
		return;
	p.paste = strdup(text);
	if (p.paste != NULL)
		app_press(l->app, &p);
	press_fini(&p);
}

/* --- numbers ------------------------------------------------------------ */

/* An item by its number; false, and said, when there is none. */
static bool
item_find(struct linear *l, const char *word, size_t *i)
{
	int64_t	 n;
	size_t	 count = linear_items(l);

	if (str_to_int(word, 1, (int64_t)count, &n)) {
		*i = (size_t)n - 1;
		return true;
	}
	linear_printf(l, count == 0 ? T_LINE_NO_ITEMS : T_LINE_NO_ITEM, word,
	    count);
	return false;
}

/* What the line of hints would say of it. */
static void
hint_say(struct linear *l)
{
	AUTO_BUF struct buf	 hint = BUF_INIT;
	const struct view	*v = l->app->top;

	l->app->said[0] = '\0';
	if (v->ops->hint != NULL)
		v->ops->hint(v, &hint);
	linear_put(l, hint.len > 0 ? buf_str(&hint) : T_LINE_NOTHING);
}

static void
item_open(struct linear *l, const char *word)
{
	struct view	*v = l->app->top;
	unsigned	 serial = l->app->serial;
	bool		 is_secret;
	size_t		 i;

	if (!item_find(l, word, &i))
		return;
	v->ops->item_focus(v, i);
	if (linear_is_input(l, i, &is_secret)) {
		(void)linear_ask_item(l, i);
		return;
	}
	linear_act(l, ACT_OPEN);
	if (l->app->serial == serial && l->app->top == v &&
	    l->app->said[0] != '\0' && !l->app->said_is_error)
		hint_say(l);
}

static void
items_mark(struct linear *l, char *numbers)
{
	char	*save, *word;
	size_t	 i;

	for (word = strtok_r(numbers, " ,", &save); word != NULL;
	    word = strtok_r(NULL, " ,", &save)) {
		if (!item_find(l, word, &i))
			return;
		l->app->top->ops->item_focus(l->app->top, i);
		linear_act(l, ACT_MARK);
		linear_item(l, i);
	}
	linear_said(l);
}

/* --- help --------------------------------------------------------------- */

static void
words_help(struct linear *l)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	size_t			 i;

	buf_puts(&b, T_LINE_KEYS);
	for (i = 0; i < LENGTH(words); i++) {
		if (words[i].letter != '\0' &&
		    !linear_offers(l, ACT_NONE, words[i].letter))
			buf_printf(&b, T_LINE_WORD_SHORT, words[i].letter,
			    words[i].name, words[i].help);
		else
			buf_printf(&b, T_LINE_WORD, words[i].name,
			    words[i].help);
	}
	linear_put(l, buf_str(&b));
}

static void
help(struct linear *l, const char *rest)
{
	struct view	*v = l->app->top;
	const char	*text;
	size_t		 i;

	if (str_equal_nocase(rest, "k")) {
		words_help(l);
		return;
	}
	if (*rest != '\0') {
		if (!item_find(l, rest, &i))
			return;
		v->ops->item_focus(v, i);
	}
	text = v->ops->help != NULL ? v->ops->help(v) : NULL;
	linear_put(l, text != NULL && text[0] != '\0' ? text :
	    T_LINE_HELP_NONE);
	linear_put(l, T_LINE_HELP_KEYS);
	buf_reset(&l->prompt);
}

/* --- searching ---------------------------------------------------------- */

/* Lines of a text that have the words. */
static void
text_find(struct linear *l, const char *what)
{
	const char	*s = buf_str(&l->text);
	size_t		 found = 0, len;

	for (; *s != '\0'; s += len + (s[len] == '\n')) {
		AUTO_FREE char *line = NULL;

		len = strcspn(s, "\n");
		line = strndup(s, len);
		if (line == NULL || strcasestr(line, what) == NULL)
			continue;
		if (found++ < FOUND_MAX)
			linear_put(l, line);
	}
	linear_printf(l, T_LINE_FOUND, found, what);
}

static void
search(struct linear *l, const char *what)
{
	if (linear_items(l) == 0 && l->app->top->ops->item_set == NULL &&
	    what[0] != '\0' && !linear_offers(l, ACT_SORT, '\0')) {
		text_find(l, what);
		return;
	}
	linear_focus_off(l);
	if (place(l) == PLACE_LIST) {
		linear_act(l, ACT_SEARCH);
		linear_fill(l, what);
		linear_act(l, ACT_OPEN);
	} else if (linear_offers(l, ACT_PREVIEW, '\0')) {
		linear_put(l, T_LINE_NOTHING);
	} else {
		linear_fill(l, what);
	}
	linear_say(l, false);
}

/* --- one line ----------------------------------------------------------- */

static void
go(struct linear *l, const char *name)
{
	if (*name == '\0')
		app_palette(l->app);
	else
		app_open_screen(l->app, name, json_object());
}

/* An answer to "Apply?"; false: it is something else. */
static bool
plan_answer(struct linear *l, const char *line)
{
	static const struct {
		const char	*word;
		char		 letter;	/* '\0': back */
	} answers[] = {
		{ T_LINE_YES, 'a' }, { T_LINE_YES_SHORT, 'a' },
		{ T_LINE_DRY, 'd' }, { T_LINE_DRY_SHORT, 'd' },
		{ T_LINE_UNTIL, 'c' }, { T_LINE_UNTIL_SHORT, 'c' },
		{ T_LINE_NO, '\0' }, { T_LINE_NO_SHORT, '\0' }
	};
	size_t i;

	for (i = 0; i < LENGTH(answers); i++) {
		if (!str_equal_nocase(line, answers[i].word))
			continue;
		if (answers[i].letter == '\0')
			linear_act(l, ACT_BACK);
		else
			linear_letter(l, answers[i].letter);
		if (answers[i].letter == 'd')
			l->said_serial = 0;
		return true;
	}
	return false;
}

static bool
letter_do(struct linear *l, const char *word, const char *rest)
{
	char	 letter = (char)tolower((unsigned char)word[0]);
	size_t	 i;

	linear_focus_off(l);
	if (word[1] != '\0' || !linear_offers(l, ACT_NONE, letter))
		return false;
	if (*rest != '\0') {
		if (!item_find(l, rest, &i))
			return true;
		l->app->top->ops->item_focus(l->app->top, i);
	}
	linear_letter(l, letter);
	return true;
}

static bool
word_do(struct linear *l, const char *word, char *rest)
{
	size_t i, at;

	for (i = 0; i < LENGTH(words); i++)
		if (str_equal_nocase(word, words[i].name) ||
		    (word[1] == '\0' && words[i].letter != '\0' &&
		    tolower((unsigned char)word[0]) == words[i].letter))
			break;
	if (i == LENGTH(words))
		return false;
	if (words[i].act == ACT_MARK) {
		items_mark(l, rest);
		return true;
	}
	if (*rest != '\0') {
		if (!item_find(l, rest, &at))
			return true;
		l->app->top->ops->item_focus(l->app->top, at);
	}
	if (words[i].act != ACT_LEAVE && words[i].act != ACT_BACK)
		linear_focus_off(l);
	linear_act(l, words[i].act);
	return true;
}

static void
words_do(struct linear *l, char *line)
{
	char *rest = line + strcspn(line, " ");

	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " ");
	if (isdigit((unsigned char)line[0]))
		item_open(l, line);
	else if (!letter_do(l, line, rest) && !word_do(l, line, rest))
		/* It is not repeated: it may be a password. */
		linear_put(l, T_LINE_UNKNOWN);
}

/* Nothing typed: the next page, or all of it once more. */
static void
nothing_typed(struct linear *l)
{
	if (linear_more(l))
		return;
	linear_settle(l);
	linear_say(l, false);
}

void
linear_do(struct linear *l, const char *typed)
{
	AUTO_FREE char	*copy = NULL;
	char		*line;
	size_t		 len;

	typed += strspn(typed, " \t");
	copy = strdup(typed);
	if (copy == NULL || l->app->top == NULL)
		return;
	line = copy;
	for (len = strlen(line); len > 0 && isspace((unsigned char)
	    line[len - 1]); len--)
		line[len - 1] = '\0';
	if (*line == '\0')
		nothing_typed(l);
	else if (*line == '?')
		help(l, line + 1 + strspn(line + 1, " "));
	else if (*line == '/')
		search(l, line + 1 + strspn(line + 1, " "));
	else if (*line == ':')
		go(l, line + 1 + strspn(line + 1, " "));
	else if (!linear_is_plan(l) || !plan_answer(l, line))
		words_do(l, line);
	/* It may have been a password, typed in the wrong place. */
	explicit_bzero(copy, strlen(typed));
}
