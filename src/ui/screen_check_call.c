/*
 * What a screen calls or opens, against the verb's parameters and the places
 * where values may come from.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "screen_parse.h"
#include "text_screen.def"

#define NAMES_MAX	128

bool
screen_no_member(struct screen_loader *l, const void *what, const char *path,
    const json_t *shape)
{
	const char	*names[NAMES_MAX], *name;
	json_t		*value;
	size_t		 n = 0;

	json_object_foreach ((json_t *)(uintptr_t)shape, name, value)
		if (n < LENGTH(names))
			names[n++] = name;
	screen_fail(l, what, T_SCREEN_NO_MEMBER, path);
	return screen_hint(l->e, path, names, n);
}

static const struct verb_param *
param_of(struct screen_loader *l, const struct verb *v, const void *what,
    const char *name)
{
	const char	*names[NAMES_MAX];
	size_t		 i;

	for (i = 0; i < v->param_count; i++)
		if (strcmp(v->params[i].name, name) == 0)
			return &v->params[i];
	for (i = 0; i < v->param_count && i < LENGTH(names); i++)
		names[i] = v->params[i].name;
	screen_fail(l, what, T_SCREEN_NO_PARAM, v->name, name);
	screen_hint(l->e, name, names, i);
	return NULL;
}

/* A literal as the verb itself would take it. */
static bool
check_value(struct screen_loader *l, const struct screen_with *w,
    const struct verb_param *p)
{
	struct verb		 one = { .name = p->name, .params = p,
				    .param_count = 1 };
	AUTO_JSON json_t	*given = json_pack("{s:s}", p->name, w->what);
	AUTO_JSON json_t	*taken = NULL;
	struct err		 why;

	if (p->type == PARAM_FLAG)
		return strcmp(w->what, "true") == 0 ||
		    strcmp(w->what, "false") == 0 ||
		    screen_fail(l, w, T_SCREEN_FLAG, p->name, w->what);
	taken = verb_params(&one, given, &why);
	return taken != NULL || screen_fail(l, w, T_SCREEN_SAY, why.msg);
}

static bool
column_resolve(struct screen_loader *l, struct screen_with *w,
    const json_t *row)
{
	size_t i;

	if (row == NULL)
		return screen_fail(l, w, T_SCREEN_NO_ROWS, w->what);
	for (i = 0; i < l->s->column_count; i++)
		if (strcmp(l->s->columns[i].id, w->what) == 0)
			w->what = l->s->columns[i].from;
	return screen_shape_at(row, w->what) != NULL ||
	    screen_no_member(l, w, w->what, row);
}

static bool
check_source(struct screen_loader *l, struct screen_with *w,
    const struct screen_sources *from)
{
	size_t i;

	switch (w->from) {
	case FROM_COLUMN:
		return column_resolve(l, w, from->row);
	case FROM_FIELD:
		if (str_equal(from->ask, w->what))
			return true;
		for (i = 0; i < from->field_count; i++)
			if (strcmp(from->fields[i].id, w->what) == 0)
				return true;
		return screen_fail(l, w, T_SCREEN_NO_FIELD, w->what);
	case FROM_GIVEN:
		for (i = 0; i < l->s->given_count; i++)
			if (strcmp(l->s->given[i].name, w->what) == 0)
				return true;
		return screen_fail(l, w, T_SCREEN_NOT_GIVEN, w->what);
	default:
		return true;
	}
}

static bool
is_covered(const struct verb_param *p, const struct screen_call *call,
    const struct screen_field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < call->with_count; i++)
		if (strcmp(call->with[i].param, p->name) == 0)
			return true;
	for (i = 0; i < count; i++)
		if (strcmp(fields[i].param, p->name) == 0)
			return true;
	return !p->required;
}

bool
screen_check_call(struct screen_loader *l, const struct screen_call *call,
    const struct screen_sources *from, const struct screen_field *covered,
    size_t covered_count)
{
	const struct verb		*v = registry_verb(l->registry,
	    call->verb);
	struct screen_with		*w = SCREEN_MUTABLE(struct screen_with,
	    call->with);
	const struct verb_param		*p;
	size_t				 i;

	for (i = 0; i < call->with_count; i++, w++) {
		p = param_of(l, v, w, w->param);
		if (p == NULL || !check_source(l, w, from) ||
		    (w->from == FROM_VALUE && !check_value(l, w, p)))
			return false;
		w->type = p->type;
		w->many = p->many;
	}
	for (i = 0; i < v->param_count; i++)
		if (!is_covered(&v->params[i], call, covered, covered_count))
			return screen_fail(l, call->verb, T_SCREEN_PARAM_LACKS,
			    v->name, v->params[i].name);
	return true;
}

bool
screen_check_with(struct screen_loader *l, const struct screen_with *with,
    size_t count, const struct screen_sources *from)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!check_source(l, SCREEN_MUTABLE(struct screen_with,
		    &with[i]), from))
			return false;
	return true;
}
