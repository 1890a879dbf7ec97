/*
 * Parameters against the verb table: every value that reaches a service has
 * passed here, from the command line as from a screen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/verb.h"

#include "core.h"
#include "text.def"

#define DURATION_MAX_S	(INT64_C(3650) * 86400)	/* ten years */

static const char *const param_type_names[] = {
	[PARAM_TEXT] = "text", [PARAM_MAIL] = "mail", [PARAM_INT] = "int",
	[PARAM_FLAG] = "flag", [PARAM_CHOICE] = "choice",
	[PARAM_DURATION] = "duration", [PARAM_INPUT] = "input",
	[PARAM_SECRET] = "secret"
};

const char *
param_type_name(enum param_type type)
{
	return param_type_names[type];
}

static const struct verb_param *
param_find(const struct verb *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->param_count; i++)
		if (strcmp(v->params[i].name, name) == 0)
			return &v->params[i];
	return NULL;
}

static json_t *
to_int(const struct verb_param *p, const json_t *given, struct err *e)
{
	const char	*s = json_string_value(given);
	int64_t		 min = p->min, max = p->max, v;

	if (min == max) {
		min = INT64_MIN;
		max = INT64_MAX;
	}
	if (json_is_integer(given)) {
		v = json_integer_value(given);
		if (v >= min && v <= max)
			return json_integer(v);
	} else if (s != NULL && str_to_int(s, min, max, &v)) {
		return json_integer(v);
	}
	err_set(e, ERR_USAGE, 0, T_PARAM_INT, p->name, (long long)min,
	    (long long)max, s != NULL ? s : "?");
	return NULL;
}

static json_t *
to_duration(const struct verb_param *p, const json_t *given, struct err *e)
{
	static const struct {
		char	unit;
		int64_t	seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const char	*s = json_string_value(given);
	char		 digits[16];
	int64_t		 v, factor = 1;
	size_t		 len, i;

	if (json_is_integer(given) && json_integer_value(given) >= 0 &&
	    json_integer_value(given) <= DURATION_MAX_S)
		return json_integer(json_integer_value(given));
	len = s != NULL ? strlen(s) : 0;
	for (i = 0; len > 1 && i < LENGTH(units); i++)
		if (s[len - 1] == units[i].unit)
			factor = units[i].seconds;
	if (len > 1 && strchr("smhd", s[len - 1]) != NULL)
		len--;
	if (len > 0 && len < sizeof(digits)) {
		snprintf(digits, sizeof(digits), "%.*s", (int)len, s);
		if (str_to_int(digits, 0, DURATION_MAX_S / factor, &v))
			return json_integer(v * factor);
	}
	err_set(e, ERR_USAGE, 0, T_PARAM_DURATION, p->name,
	    s != NULL ? s : "?");
	return NULL;
}

/* One @ with something on both sides and nothing that breaks a line. */
static bool
is_mail(const char *s)
{
	const char *at = strrchr(s, '@');

	if (at == NULL || at == s || at[1] == '\0' || strlen(s) > 254)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == ',' ||
		    *s == ';' || *s == '<' || *s == '>')
			return false;
	return true;
}

static bool
is_choice(const char *choices, const char *s)
{
	size_t n, len = strlen(s);

	for (;; choices += n + 1) {
		n = strcspn(choices, "|");
		if (n == len && strncmp(choices, s, n) == 0)
			return true;
		if (choices[n] == '\0')
			return false;
	}
}

static json_t *
to_text(const struct verb_param *p, const json_t *given, struct err *e)
{
	const char *s = json_string_value(given);

	if (s == NULL || strlen(s) != json_string_length(given)) {
		err_set(e, ERR_USAGE, 0, T_PARAM_TEXT, p->name);
		return NULL;
	}
	if (p->type == PARAM_MAIL && !is_mail(s)) {
		err_set(e, ERR_USAGE, 0, T_PARAM_MAIL, p->name, s);
		return NULL;
	}
	if (p->type == PARAM_CHOICE && !is_choice(p->choices, s)) {
		err_set(e, ERR_USAGE, 0, T_PARAM_CHOICE, p->name, p->choices,
		    s);
		return NULL;
	}
	return json_string(s);
}

static json_t *
to_secret(const struct verb_param *p, const json_t *given, struct err *e)
{
	if (json_str(given, "$secret") != NULL)
		return json_deep_copy(given);
	err_set(e, ERR_USAGE, 0, T_PARAM_SECRET, p->name);
	err_hint(e, T_PARAM_SECRET_HINT);
	return NULL;
}

json_t *
param_convert(const struct verb_param *p, const json_t *given, struct err *e)
{
	switch (p->type) {
	case PARAM_INT:
		return to_int(p, given, e);
	case PARAM_DURATION:
		return to_duration(p, given, e);
	case PARAM_FLAG:
		return json_boolean(json_is_true(given));
	case PARAM_SECRET:
		return to_secret(p, given, e);
	default:
		return to_text(p, given, e);
	}
}

json_t *
verb_param_value(const struct verb_param *p, const json_t *given,
    struct err *e)
{
	AUTO_JSON json_t	*list = NULL;
	json_t			*item, *one;
	size_t			 i;

	if (!p->many)
		return param_convert(p, given, e);
	list = json_array();
	if (!json_is_array(given)) {
		one = param_convert(p, given, e);
		return json_array_append_new(list, one) == 0 ? TAKE(list) :
		    NULL;
	}
	json_array_foreach (given, i, item) {
		one = param_convert(p, item, e);
		if (one == NULL || json_array_append_new(list, one) < 0)
			return NULL;
	}
	return TAKE(list);
}

static bool
all_required(const struct verb *v, const json_t *params, struct err *e)
{
	size_t i;

	for (i = 0; i < v->param_count; i++)
		if (v->params[i].required && json_object_get(params,
		    v->params[i].name) == NULL)
			return err_set(e, ERR_USAGE, 0, T_PARAM_MISSING,
			    v->name, v->params[i].name, v->params[i].help);
	return true;
}

json_t *
verb_params(const struct verb *v, const json_t *given, struct err *e)
{
	AUTO_JSON json_t		*out = json_object();
	json_t				*in = (json_t *)(uintptr_t)given;
	json_t				*value, *made;
	const struct verb_param		*p;
	const char			*name;

	if (out == NULL) {
		err_nomem(e);
		return NULL;
	}
	json_object_foreach (in, name, value) {
		p = param_find(v, name);
		if (p == NULL) {
			err_set(e, ERR_USAGE, 0, T_PARAM_UNKNOWN, v->name,
			    name);
			return NULL;
		}
		err_nomem(e);
		made = verb_param_value(p, value, e);
		if (made == NULL || json_object_set_new(out, name, made) < 0)
			return NULL;
	}
	return all_required(v, out, e) ? TAKE(out) : NULL;
}

json_t *
verb_secret_ref(const char *name)
{
	return json_pack("{s:s}", "$secret", name);
}
