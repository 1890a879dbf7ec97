/*
 * A screen against the verbs: what it calls exists and gets what it must
 * have, what it shows is in the result.  The rest of the loader only knows
 * the form of the file.
 */
#include <ctype.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "screen_parse.h"
#include "text_screen.def"

/* --- members ------------------------------------------------------------ */

static bool
check_columns(struct screen_loader *l, const json_t *shape)
{
	struct screen_column	*c = SCREEN_MUTABLE(struct screen_column,
	    l->s->columns);
	const json_t		*at;
	size_t			 i;

	for (i = 0; i < l->s->column_count; i++, c++) {
		if (c->from == NULL)
			c->from = c->id;
		if (c->priority == 0)
			c->priority = (int)i + 1;
		at = screen_shape_at(shape, c->from);
		if (at == NULL)
			return screen_no_member(l, c, c->from, shape);
		if (!screen_shape_fits(at, c->format))
			return screen_fail(l, c, T_SCREEN_FORMAT, c->from);
	}
	return true;
}

/* Every value of an "=a|b" has a mark: the day it occurs is a bad day. */
static bool
marks_are_all(struct screen_loader *l, const json_t *shape)
{
	char		 word[512], value[128];
	const char	*leaf = screen_shape_leaf(shape, word, sizeof(word));
	size_t		 i, n;

	if (leaf != NULL && strcmp(leaf, "bool") == 0)
		leaf = "=true|false";
	if (leaf == NULL || *leaf != '=')
		return true;
	for (leaf++;; leaf += n + 1) {
		n = strcspn(leaf, "|");
		memcpy(value, leaf, n < sizeof(value) ? n : 0);
		value[n < sizeof(value) ? n : 0] = '\0';
		for (i = 0; i < l->s->marks_count; i++)
			if (strcmp(l->s->marks[i].value, value) == 0)
				break;
		if (i == l->s->marks_count)
			return screen_fail(l, l->s->mark, T_SCREEN_UNMARKED,
			    value);
		if (leaf[n] == '\0')
			return true;
	}
}

static bool
check_marks(struct screen_loader *l, const json_t *row)
{
	const struct screen	*s = l->s;
	const json_t		*at;
	size_t			 i;

	if (s->mark == NULL && s->marks == NULL)
		return true;
	if (s->mark == NULL || s->marks == NULL)
		return screen_fail(l, s->mark, T_SCREEN_TOGETHER, "mark",
		    "marks");
	at = screen_shape_at(row, s->mark);
	if (at == NULL)
		return screen_no_member(l, s->mark, s->mark, row);
	for (i = 0; i < s->marks_count; i++)
		if (!screen_shape_can_be(at, s->marks[i].value))
			return screen_fail(l, &s->marks[i], T_SCREEN_NEVER,
			    s->mark, s->marks[i].value);
	return marks_are_all(l, at);
}

static bool
check_ways(struct screen_loader *l, const json_t *row)
{
	const struct screen	*s = l->s;
	const json_t		*at;
	size_t			 i;

	if (s->detail != NULL && screen_shape_at(row, s->detail) == NULL)
		return screen_no_member(l, s->detail, s->detail, row);
	if (s->way == NULL && s->ways == NULL)
		return true;
	if (s->way == NULL || s->ways == NULL)
		return screen_fail(l, s->way, T_SCREEN_TOGETHER, "way",
		    "ways");
	at = screen_shape_at(row, s->way);
	if (at == NULL)
		return screen_no_member(l, s->way, s->way, row);
	for (i = 0; i < s->way_count; i++)
		if (!screen_shape_can_be(at, s->ways[i].value))
			return screen_fail(l, &s->ways[i], T_SCREEN_NEVER,
			    s->way, s->ways[i].value);
	return true;
}

/* --- keys --------------------------------------------------------------- */

static bool
key_is_new(struct screen_loader *l, const void *what, char key, bool *taken)
{
	if (taken[(unsigned char)key])
		return screen_fail(l, what, T_SCREEN_KEY_TWICE, key);
	taken[(unsigned char)key] = true;
	return true;
}

/* Items without a key of their own are numbered, the tenth is 0. */
static bool
check_items(struct screen_loader *l, bool *taken)
{
	const struct screen_sources	 nothing = { 0 };
	struct screen_item		*item = SCREEN_MUTABLE(
	    struct screen_item, l->s->items);
	size_t				 i;

	for (i = 0; i < l->s->item_count; i++, item++) {
		if (item->open == NULL)
			return screen_fail(l, item, T_SCREEN_LACKS, "open");
		if (item->key == 0 && i > 9)
			return screen_fail(l, item, T_SCREEN_LACKS, "key");
		if (item->key == 0)
			item->key = i == 9 ? '0' : (char)('1' + i);
		if (!key_is_new(l, item, item->key, taken) ||
		    !screen_check_with(l, item->with,
		    item->with_count, &nothing))
			return false;
	}
	return true;
}

/* --- actions ------------------------------------------------------------ */

static bool
takes_many(const struct screen_action *a)
{
	size_t i;

	for (i = 0; i < a->call.with_count; i++)
		if (a->call.with[i].from == FROM_COLUMN &&
		    a->call.with[i].many)
			return true;
	return false;
}

static bool
check_action_call(struct screen_loader *l, const struct screen_action *a,
    const struct screen_sources *from)
{
	const struct verb *v = registry_verb(l->registry, a->call.verb);

	if (v->read != NULL)
		return screen_fail(l, a->call.verb, T_SCREEN_READS, v->name);
	/* Typed twice by mistake, the same letter must not apply. */
	if (a->key == 'a' || a->key == 'c')
		return screen_fail(l, a, T_SCREEN_KEY_APPLY, a->key);
	if (!screen_check_call(l, &a->call, from, NULL, 0))
		return false;
	return !a->takes_marks || takes_many(a) ||
	    screen_fail(l, a, T_SCREEN_MARKS_ONE, v->name);
}

static bool
check_action(struct screen_loader *l, const struct screen_action *a,
    const struct screen_sources *from)
{
	if ((a->open != NULL) + (a->call.verb != NULL) +
	    (a->show != NULL) != 1)
		return screen_fail(l, a, T_SCREEN_ACTION_ONE);
	if (!islower((unsigned char)a->key))
		return screen_fail(l, a, T_SCREEN_ACTION_KEY);
	if (a->call.verb != NULL)
		return check_action_call(l, a, from);
	if (a->takes_marks)
		return screen_fail(l, a, T_SCREEN_MARKS_ONE, a->id);
	if (a->show != NULL && l->s->kind == SCREEN_TEXT)
		return screen_fail(l, a->show, T_SCREEN_NOT_FOR, "show",
		    screen_kind_name(SCREEN_TEXT));
	if (a->show != NULL && screen_shape_at(from->row, a->show) == NULL)
		return screen_no_member(l, a->show, a->show, from->row);
	return screen_check_with(l, a->call.with, a->call.with_count, from);
}

static bool
check_actions(struct screen_loader *l, const json_t *row, bool *taken)
{
	const struct screen_sources	 from = { .row = row,
					    .ask = l->s->ask };
	const struct screen_action	*a = l->s->actions;
	bool				 has_main = false;
	size_t				 i;

	for (i = 0; i < l->s->action_count; i++, a++) {
		if (!check_action(l, a, &from) ||
		    !key_is_new(l, a, a->key, taken))
			return false;
		if (a->is_main && (has_main || l->s->way != NULL))
			return screen_fail(l, a, T_SCREEN_MAIN_TWICE);
		has_main = has_main || a->is_main;
	}
	return true;
}

/* --- the whole ---------------------------------------------------------- */

static bool
check_role(struct screen_loader *l, const char *verb)
{
	const struct verb *v = registry_verb(l->registry, verb);

	return l->s->needs >= v->role || screen_fail(l, verb,
	    T_SCREEN_NEEDS, v->name, role_name(v->role));
}

/* What a kind cannot do without. */
static bool
check_kind(struct screen_loader *l)
{
	static const struct {
		enum screen_kind kind;
		const char	*key;
	} must[] = {
		{ SCREEN_MENU, "items" }, { SCREEN_TABLE, "load" },
		{ SCREEN_TABLE, "rows" }, { SCREEN_TABLE, "columns" },
		{ SCREEN_PANEL, "load" }, { SCREEN_PANEL, "rows" },
		{ SCREEN_PANEL, "columns" }, { SCREEN_FORM, "call" },
		{ SCREEN_WIZARD, "load" }, { SCREEN_WIZARD, "rows" },
		{ SCREEN_WIZARD, "steps" }
	};
	size_t i;

	for (i = 0; i < LENGTH(must); i++)
		if (must[i].kind == l->s->kind &&
		    yaml_node_get(l->tree.root, must[i].key) == NULL)
			return screen_fail(l, NULL, T_SCREEN_KIND_LACKS,
			    screen_kind_name(l->s->kind), must[i].key);
	return true;
}

/* The shapes of the result and of what a row or the text shows. */
static bool
check_load(struct screen_loader *l, json_t **row)
{
	const struct screen_sources	 from = { .ask = l->s->ask };
	const struct verb		*v;
	AUTO_JSON json_t		*shape = NULL;

	if (l->s->load.verb == NULL)
		return l->s->columns == NULL || screen_fail(l, NULL,
		    T_SCREEN_KIND_LACKS, screen_kind_name(l->s->kind), "load");
	v = registry_verb(l->registry, l->s->load.verb);
	if (v->read == NULL)
		return screen_fail(l, l->s->load.verb, T_SCREEN_NOT_READ,
		    v->name);
	if (!check_role(l, l->s->load.verb) ||
	    !screen_check_call(l, &l->s->load, &from, NULL, 0))
		return false;
	shape = screen_shape_of(v);
	if (l->s->rows == NULL) {
		*row = TAKE(shape);
		return true;
	}
	*row = screen_shape_row(shape, l->s->rows);
	return *row != NULL || screen_no_member(l, l->s->rows, l->s->rows,
	    shape);
}

bool
screen_check(struct screen_loader *l)
{
	AUTO_JSON json_t	*row = NULL;
	bool			 taken[256] = { false };

	return check_kind(l) && check_load(l, &row) &&
	    check_columns(l, row) && check_marks(l, row) &&
	    check_ways(l, row) && check_items(l, taken) &&
	    check_actions(l, row, taken) && (l->s->call.verb == NULL ||
	    (check_role(l, l->s->call.verb) && screen_check_fields(l)));
}
