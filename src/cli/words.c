/*
 * Words to a verb and raw parameter values.  Types are not looked at here but
 * for two questions: does the option take a value, and is that value a file.
 * Conversion and the rest of the checks are verb_params()'s.
 */
#include "parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"

#include "stconsole/msg.h"
#include "text.def"

#define FILE_SUFFIX	"_file"

bool
cli_verb_typed(const char *name, char *out, size_t size)
{
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < size; i++)
		out[i] = name[i] == '.' ? ' ' : name[i];
	out[i] = '\0';
	return name[i] == '\0';
}

void
cli_param_option(const struct verb_param *p, struct buf *out)
{
	const char *s = p->name;

	for (; *s != '\0'; s++)
		buf_putc(out, *s == '_' ? '-' : *s);
	if (p->type == PARAM_SECRET && !str_ends(p->name, FILE_SUFFIX))
		buf_puts(out, "-file");
}

/* lower_snake and lower-snake are one spelling. */
static bool
name_equal(const char *name, size_t name_len, const char *typed, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < name_len; i++)
		if ((typed[i] == '-' ? '_' : typed[i]) !=
		    (name[i] == '-' ? '_' : name[i]))
			return false;
	return name_len == len;
}

/* "password" was typed for a secret that is given by "--password-file". */
static bool
is_secret_inline(const struct verb_param *p, const char *typed, size_t len)
{
	size_t n = strlen(p->name);

	if (str_ends(p->name, FILE_SUFFIX))
		n -= strlen(FILE_SUFFIX);
	return p->type == PARAM_SECRET && name_equal(p->name, n, typed, len);
}

static bool
param_is_typed(const struct verb_param *p, const char *typed, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT;

	cli_param_option(p, &b);
	return name_equal(buf_str(&b), b.len, typed, len);
}

static bool
option_unknown(const struct verb *v, const char *typed, size_t len,
    struct err *e)
{
	AUTO_FREE char		 *word = strndup(typed, len);
	AUTO_FREE const char	**names = calloc(v->param_count + 1,
				    sizeof(*names));
	const char		 *near;
	char			  verb[64];
	size_t			  i;

	if (word == NULL || names == NULL)
		return err_nomem(e);
	for (i = 0; word[i] != '\0'; i++)
		if (word[i] == '-')
			word[i] = '_';
	for (i = 0; i < v->param_count; i++)
		names[i] = v->params[i].name;
	near = suggest_nearest(word, names, v->param_count);
	cli_verb_typed(v->name, verb, sizeof(verb));
	err_set(e, ERR_USAGE, 0, T_OPTION_UNKNOWN, verb, (int)len, typed);
	for (i = 0; near != NULL && i < v->param_count; i++)
		if (v->params[i].name == near) {
			AUTO_BUF struct buf b = BUF_INIT;

			cli_param_option(&v->params[i], &b);
			return err_hint(e, T_OPTION_NEAR, buf_str(&b));
		}
	return err_hint(e, T_VERB_HELP_HINT, verb);
}

static const struct verb_param *
option_param(const struct verb *v, const char *typed, size_t len,
    struct err *e)
{
	size_t i;

	for (i = 0; i < v->param_count; i++)
		if (param_is_typed(&v->params[i], typed, len))
			return &v->params[i];
	for (i = 0; i < v->param_count; i++)
		if (is_secret_inline(&v->params[i], typed, len)) {
			err_set(e, ERR_USAGE, 0, T_SECRET_INLINE, (int)len,
			    typed);
			err_hint(e, T_SECRET_INLINE_HINT, (int)len, typed);
			return NULL;
		}
	option_unknown(v, typed, len, e);
	return NULL;
}

/* Standard input can be read once. */
static bool
stdin_is_free(const json_t *files)
{
	const char	*name;
	json_t		*v;

	json_object_foreach((json_t *)(uintptr_t)files, name, v)
		if (str_equal(json_string_value(v), "-"))
			return false;
	return true;
}

static bool
param_put(struct cli_call *call, const struct verb_param *p,
    const char *value, struct err *e)
{
	bool	 is_file = p->type == PARAM_INPUT || p->type == PARAM_SECRET;
	json_t	*into = is_file ? call->files : call->given;
	json_t	*list = json_object_get(into, p->name);

	if (is_file && str_equal(value, "-") && !stdin_is_free(call->files))
		return err_set(e, ERR_USAGE, 0, T_STDIN_TWICE);
	if (list != NULL && !json_is_array(list))
		return err_set(e, ERR_USAGE, 0, T_PARAM_TWICE, p->name);
	if (p->type == PARAM_FLAG)
		return json_object_set_new(into, p->name, json_true()) == 0 ?
		    true : err_nomem(e);
	if (!p->many || is_file)
		return json_object_set_new(into, p->name,
		    json_string(value)) == 0 ? true : err_nomem(e);
	if (list == NULL) {
		list = json_array();
		if (json_object_set_new(into, p->name, list) < 0)
			return err_nomem(e);
	}
	return json_array_append_new(list, json_string(value)) == 0 ? true :
	    err_nomem(e);
}

/* An option of the verb at word[*i]; *i ends on the last word it took. */
static bool
option_put(const struct cli_words *w, size_t *i, struct cli_call *call,
    struct err *e)
{
	const char		*typed = w->word[*i] + 2;
	size_t			 len = strcspn(typed, "=");
	const struct verb_param	*p = option_param(call->verb, typed, len, e);
	const char		*value = typed[len] == '=' ? typed + len + 1 :
				    NULL;
	char			 what[64];

	if (p == NULL)
		return false;
	if (p->type == PARAM_FLAG) {
		if (value != NULL)
			return err_set(e, ERR_USAGE, 0, T_FLAG_VALUE,
			    (int)len, typed);
		return param_put(call, p, NULL, e);
	}
	if (value == NULL && *i + 1 < w->literal_from &&
	    !str_starts(w->word[*i + 1], "--"))
		value = w->word[++*i];
	if (value == NULL) {
		cli_verb_typed(call->verb->name, what, sizeof(what));
		err_set(e, ERR_USAGE, 0, T_PARAM_VALUE, (int)len, typed);
		return err_hint(e, T_VERB_HELP_HINT, what);
	}
	return param_put(call, p, value, e);
}

static bool
positional_put(const char *value, struct cli_call *call, struct err *e)
{
	const struct verb	*v = call->verb;
	char			 what[64];
	size_t			 i;

	for (i = 0; i < v->param_count; i++) {
		const struct verb_param *p = &v->params[i];

		if (!p->positional)
			continue;
		if (p->many || (json_object_get(call->given, p->name) == NULL &&
		    json_object_get(call->files, p->name) == NULL))
			return param_put(call, p, value, e);
	}
	cli_verb_typed(v->name, what, sizeof(what));
	err_set(e, ERR_USAGE, 0, T_WORD_EXTRA, what, value);
	return err_hint(e, T_VERB_HELP_HINT, what);
}

/* "-x": there are none; "-5" and "-" are values. */
static bool
is_short_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' &&
	    !isdigit((unsigned char)word[1]);
}

bool
cli_call_parse(const struct registry *r, const struct cli_words *w,
    struct cli_call *call, struct err *e)
{
	size_t i;

	*call = (struct cli_call){ 0 };
	call->verb = cli_verb_find(r, w, &i, e);
	if (call->verb == NULL)
		return false;
	call->given = json_object();
	call->files = json_object();
	if (call->given == NULL || call->files == NULL)
		return err_nomem(e);
	for (; i < w->count; i++) {
		const char *word = w->word[i];

		if (i < w->literal_from && str_starts(word, "--")) {
			if (!option_put(w, &i, call, e))
				return false;
		} else if (i < w->literal_from && is_short_option(word)) {
			err_set(e, ERR_USAGE, 0, T_OPTION_SHORT, word);
			return err_hint(e, T_OPTION_SHORT_HINT);
		} else if (!positional_put(word, call, e)) {
			return false;
		}
	}
	return true;
}

void
cli_call_fini(struct cli_call *call)
{
	json_decref(call->given);
	json_decref(call->files);
	*call = (struct cli_call){ 0 };
}
