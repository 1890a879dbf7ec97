/*
 * One field of a form: text with a caret, a flag, or one of a few choices.
 */
#include "form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_form.def"

#define LINE_MAX_BYTES	4096
#define NUMBER_MAX_BYTES 40
#define LONG_MAX_BYTES	65536	/* many values, keys and certificates */
#define BETWEEN		" \t\r\n,;"	/* many values */
#define STARS		8	/* by lines: the length is not told */

static size_t
max_of(const struct verb_param *p)
{
	if (p->many || p->type == PARAM_SECRET)
		return LONG_MAX_BYTES;
	return p->type == PARAM_INT || p->type == PARAM_DURATION ?
	    NUMBER_MAX_BYTES : LINE_MAX_BYTES;
}

static bool
has_edit(const struct verb_param *p)
{
	return p->type != PARAM_FLAG && p->type != PARAM_CHOICE;
}

bool
field_init(struct form_field *f, const struct screen_field *def,
    const struct verb_param *param, struct err *e)
{
	bool				 is_secret = param->type ==
	    PARAM_SECRET;
	const struct edit_options	 o = { .max = max_of(param),
	    .multi_line = is_secret, .is_secret = is_secret };

	*f = (struct form_field){ .def = def, .param = param };
	if (!has_edit(param))
		return true;
	f->edit = edit_new(&o, e);
	if (f->edit != NULL && is_secret)
		f->again = edit_new(&o, e);
	return f->edit != NULL && (!is_secret || f->again != NULL);
}

void
field_fini(struct form_field *f)
{
	edit_free(f->edit);
	edit_free(f->again);
	explicit_bzero(f, sizeof(*f));
}

struct edit *
field_edit(const struct form_field *f, bool is_again)
{
	return is_again ? f->again : f->edit;
}

/* --- choices ------------------------------------------------------------- */

static const char *
choice_at(const struct form_field *f, size_t n, size_t *len)
{
	const char *c = f->param->choices;

	for (; n > 1 && c != NULL; n--) {
		c = strchr(c, '|');
		c = c != NULL ? c + 1 : NULL;
	}
	*len = c != NULL ? strcspn(c, "|") : 0;
	return n == 0 || *len == 0 ? NULL : c;
}

char *
field_choice(const struct form_field *f, size_t n)
{
	size_t		 len;
	const char	*c = choice_at(f, n, &len);

	return c != NULL ? strndup(c, len) : NULL;
}

static size_t
choice_count(const struct form_field *f)
{
	size_t n = 0, len;

	while (choice_at(f, n + 1, &len) != NULL)
		n++;
	return n;
}

/* The number of a choice, 0 when it is none. */
static size_t
choice_of(const struct form_field *f, const char *text)
{
	size_t		 n, len;
	const char	*c;

	for (n = 1; (c = choice_at(f, n, &len)) != NULL; n++)
		if (strlen(text) == len && strncmp(c, text, len) == 0)
			return n;
	return 0;
}

void
field_step(struct form_field *f, bool is_back)
{
	size_t count, first;

	if (f->param->type == PARAM_FLAG) {
		f->flag = !f->flag;
		return;
	}
	/* What must be chosen goes without "none" once it is chosen. */
	count = choice_count(f) + 1;
	first = f->param->required ? 1 : 0;
	f->choice = (f->choice + (is_back ? count - 1 : 1)) % count;
	if (f->choice < first)
		f->choice = is_back ? count - 1 : first;
}

bool
field_letter(struct form_field *f, const char *letter)
{
	size_t		 n, k, len, count = choice_count(f);
	const char	*c;

	if (strcmp(letter, " ") == 0) {
		field_step(f, false);
		return true;
	}
	if (f->param->type == PARAM_FLAG) {
		n = strncasecmp(letter, T_FORM_YES, 1) == 0;
		if (n == 0 && strncasecmp(letter, T_FORM_NO, 1) != 0)
			return false;
		f->flag = n == 1;
		return true;
	}
	for (n = 1; n <= count; n++) {
		k = (f->choice + n - 1) % count + 1;
		c = choice_at(f, k, &len);
		if (c != NULL && strncasecmp(c, letter, strlen(letter)) == 0) {
			f->choice = k;
			return true;
		}
	}
	return false;
}

/* --- values by text ------------------------------------------------------ */

static bool
flag_parse(const char *text, bool *flag)
{
	*flag = str_equal_nocase(text, "true") ||
	    str_equal_nocase(text, T_FORM_YES) ||
	    (text[0] != '\0' && text[1] == '\0' &&
	    strncasecmp(text, T_FORM_YES, 1) == 0);
	return *flag || text[0] == '\0' || str_equal_nocase(text, "false") ||
	    str_equal_nocase(text, T_FORM_NO) || (text[1] == '\0' &&
	    strncasecmp(text, T_FORM_NO, 1) == 0);
}

/* What is none of its values leaves the field as it is. */
static bool
small_parse(struct form_field *f, const char *text, struct err *e)
{
	bool	 flag;
	size_t	 choice;

	if (f->param->type == PARAM_FLAG) {
		if (!flag_parse(text, &flag))
			return err_set(e, ERR_USAGE, 0, T_FORM_FLAG, text);
		f->flag = flag;
		return true;
	}
	choice = choice_of(f, text);
	if (choice == 0 && text[0] != '\0')
		return err_set(e, ERR_USAGE, 0, T_FORM_CHOICE, text,
		    f->param->choices);
	f->choice = choice;
	return true;
}

bool
field_begin(struct form_field *f, const char *text, struct err *e)
{
	if (f->edit != NULL)
		return edit_set(f->edit, text, e);
	if (!small_parse(f, text, e))
		return false;
	f->flag_begin = f->flag;
	f->choice_begin = f->choice;
	return true;
}

bool
field_type(struct form_field *f, bool is_again, const char *text,
    struct err *e)
{
	struct edit *ed = field_edit(f, is_again);

	if (f->edit == NULL)
		return small_parse(f, text, e);
	return edit_replace(ed, text) || strcmp(edit_text(ed), text) == 0 ||
	    err_set(e, ERR_USAGE, 0, T_FORM_LONG, max_of(f->param));
}

/* A pasted text ends with a newline, which is none of the value. */
static size_t
trimmed(const char **text, size_t len, bool is_text)
{
	const char *blanks = is_text ? "\r\n" : BETWEEN;

	while (!is_text && len > 0 && strchr(blanks, (*text)[0]) != NULL) {
		++*text;
		len--;
	}
	while (len > 0 && strchr(blanks, (*text)[len - 1]) != NULL)
		len--;
	return len;
}

static json_t *
words_of(const char *text)
{
	json_t	*list = json_array();
	size_t	 n;

	for (text += strspn(text, BETWEEN); *text != '\0';
	    text += n + strspn(text + n, BETWEEN)) {
		n = strcspn(text, BETWEEN);
		json_array_append_new(list, json_stringn(text, n));
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *
field_given(const struct form_field *f)
{
	const char	*text = f->edit != NULL ? edit_text(f->edit) : "";
	AUTO_FREE char	*choice = NULL;
	size_t		 len;

	if (f->param->type == PARAM_FLAG)
		return f->flag ? json_true() : NULL;
	if (f->param->type == PARAM_CHOICE) {
		choice = field_choice(f, f->choice);
		return choice != NULL ? json_string(choice) : NULL;
	}
	if (f->param->type == PARAM_SECRET)
		return text[0] != '\0' ? verb_secret_ref(f->param->name) :
		    NULL;
	if (f->param->many)
		return words_of(text);
	len = trimmed(&text, strlen(text), f->param->type == PARAM_TEXT ||
	    f->param->type == PARAM_INPUT);
	return len > 0 ? json_stringn(text, len) : NULL;
}

json_t *
field_word(const struct form_field *f)
{
	if (f->param->type == PARAM_FLAG)
		return json_string(f->flag ? "true" : "false");
	return field_given(f);
}

void
field_tell(const struct form_field *f, bool is_again, struct buf *out)
{
	AUTO_FREE char	*choice = NULL;
	struct edit	*ed = field_edit(f, is_again);
	size_t		 i;

	if (f->param->type == PARAM_FLAG) {
		buf_puts(out, f->flag ? T_FORM_YES : T_FORM_NO);
	} else if (f->param->type == PARAM_CHOICE) {
		choice = field_choice(f, f->choice);
		buf_puts(out, choice != NULL ? choice : T_FORM_NONE);
	} else if (f->param->type == PARAM_SECRET) {
		for (i = 0; i < STARS && edit_len(ed) > 0; i++)
			buf_putc(out, '*');
	} else {
		buf_puts(out, edit_text(ed));
	}
}

bool
field_is_dirty(const struct form_field *f)
{
	if (f->edit == NULL)
		return f->flag != f->flag_begin ||
		    f->choice != f->choice_begin;
	return edit_is_dirty(f->edit) ||
	    (f->again != NULL && edit_len(f->again) > 0);
}

void
field_reset(struct form_field *f)
{
	f->flag = f->flag_begin;
	f->choice = f->choice_begin;
	if (f->edit != NULL)
		edit_reset(f->edit);
	if (f->again != NULL)
		edit_reset(f->again);
	f->is_touched = false;
}
