/*
 * A form's fields against the verb that it calls.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "screen_parse.h"
#include "text_screen.def"

static const struct verb_param *
param_find(const struct verb *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->param_count; i++)
		if (strcmp(v->params[i].name, name) == 0)
			return &v->params[i];
	return NULL;
}

static bool
check_param(struct screen_loader *l, const struct verb *v,
    const struct screen_field *f)
{
	const struct screen_call	*call = &l->s->call;
	const char			*names[64];
	size_t				 i;

	for (i = 0; i < v->param_count && i < LENGTH(names); i++)
		names[i] = v->params[i].name;
	if (param_find(v, f->param) == NULL) {
		screen_fail(l, f, T_SCREEN_NO_PARAM, v->name, f->param);
		return screen_hint(l->e, f->param, names, i);
	}
	for (i = 0; i < call->with_count; i++)
		if (strcmp(call->with[i].param, f->param) == 0)
			return screen_fail(l, f, T_SCREEN_PARAM_TWICE,
			    f->param);
	for (i = 0; &l->s->fields[i] != f; i++)
		if (strcmp(l->s->fields[i].param, f->param) == 0)
			return screen_fail(l, f, T_SCREEN_PARAM_TWICE,
			    f->param);
	return true;
}

/* Only a field above, so that no two wait for each other. */
static bool
check_visible(struct screen_loader *l, const struct verb *v,
    const struct screen_field *f)
{
	const struct screen_field	*above;
	const struct verb_param		*p;
	AUTO_JSON json_t		*shape = NULL;

	if (f->visible_field == NULL)
		return true;
	if (f->visible_is == NULL)
		return screen_fail(l, f->visible_field, T_SCREEN_LACKS, "is");
	for (above = l->s->fields; above != f; above++)
		if (strcmp(above->id, f->visible_field) == 0)
			break;
	if (above == f)
		return screen_fail(l, f->visible_field, T_SCREEN_NO_FIELD,
		    f->visible_field);
	p = param_find(v, above->param);
	if (p->type == PARAM_FLAG)
		shape = json_string("bool");
	else if (p->type == PARAM_CHOICE)
		shape = json_sprintf("=%s", p->choices);
	return shape == NULL || screen_shape_can_be(shape, f->visible_is) ||
	    screen_fail(l, f->visible_is, T_SCREEN_NEVER, above->id,
	    f->visible_is);
}

static bool
check_reading(struct screen_loader *l, const struct screen_call *call)
{
	const struct screen_sources from = { .fields = l->s->fields,
		.field_count = l->s->field_count };

	return (registry_verb(l->registry, call->verb)->read != NULL ||
	    screen_fail(l, call->verb, T_SCREEN_NOT_READ, call->verb)) &&
	    screen_check_call(l, call, &from, NULL, 0);
}

static bool
check_initial(struct screen_loader *l, const struct screen_field *f)
{
	AUTO_JSON json_t	*shape = NULL;
	size_t			 i;

	if ((f->initial != NULL) + (f->initial_given != NULL) +
	    (f->initial_call.verb != NULL) > 1)
		return screen_fail(l, f, T_SCREEN_INITIAL_ONE);
	for (i = 0; f->initial_given != NULL && i < l->s->given_count; i++)
		if (strcmp(l->s->given[i].name, f->initial_given) == 0)
			break;
	if (f->initial_given != NULL && i == l->s->given_count)
		return screen_fail(l, f->initial_given, T_SCREEN_NOT_GIVEN,
		    f->initial_given);
	if (f->initial_call.verb == NULL)
		return true;
	if (f->initial_member == NULL)
		return screen_fail(l, f, T_SCREEN_LACKS, "member");
	shape = screen_shape_of(registry_verb(l->registry,
	    f->initial_call.verb));
	return check_reading(l, &f->initial_call) &&
	    (screen_shape_at(shape, f->initial_member) != NULL ||
	    screen_fail(l, f->initial_member, T_SCREEN_NO_MEMBER,
	    f->initial_member));
}

static bool
check_values(struct screen_loader *l, const struct screen_field *f)
{
	AUTO_JSON json_t	*shape = NULL, *row = NULL;

	if (f->values.verb == NULL)
		return true;
	if (f->values_rows == NULL || f->values_member == NULL)
		return screen_fail(l, f->values.verb, T_SCREEN_LACKS,
		    f->values_rows == NULL ? "rows" : "member");
	if (!check_reading(l, &f->values))
		return false;
	shape = screen_shape_of(registry_verb(l->registry, f->values.verb));
	row = screen_shape_row(shape, f->values_rows);
	if (row == NULL)
		return screen_fail(l, f->values_rows, T_SCREEN_NO_MEMBER,
		    f->values_rows);
	return screen_shape_at(row, f->values_member) != NULL ||
	    screen_fail(l, f->values_member, T_SCREEN_NO_MEMBER,
	    f->values_member);
}

bool
screen_check_fields(struct screen_loader *l)
{
	const struct screen_sources	 from = { 0 };
	const struct verb		*v = registry_verb(l->registry,
	    l->s->call.verb);
	struct screen_field		*f = (struct screen_field *)
	    (uintptr_t)l->s->fields;
	size_t				 i;

	if (v->read != NULL)
		return screen_fail(l, l->s->call.verb, T_SCREEN_READS,
		    v->name);
	for (i = 0; i < l->s->field_count; i++, f++) {
		if (f->param == NULL)
			f->param = f->id;
		if (!check_param(l, v, f) || !check_visible(l, v, f) ||
		    !check_initial(l, f) || !check_values(l, f))
			return false;
	}
	return screen_check_call(l, &l->s->call, &from, l->s->fields,
	    l->s->field_count);
}
