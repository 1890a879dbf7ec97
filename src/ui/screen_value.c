/*
 * One value of a screen file each: what it may be, and where it goes.
 */
#include <ctype.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "press.h"
#include "screen_parse.h"
#include "text_screen.def"

bool
screen_read_text(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const char **out = at;

	(void)count;
	if (!yaml_node_is(n, YAML_KIND_TEXT, l->e))
		return false;
	*out = arena_dup(l->s->arena, n->text, strlen(n->text));
	if (*out == NULL)
		return err_nomem(l->e);
	return screen_note(l, *out, n);
}

/* An id, or a name that is given. */
bool
screen_read_name(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return screen_read_text(l, n, at, count) && (screen_is_name(n->text) ||
	    yaml_node_err(n, l->e, T_SCREEN_NAME, n->text));
}

bool
screen_read_bool(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)count;
	return yaml_node_bool(n, at, l->e);
}

bool
screen_read_int(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	int64_t v;

	(void)count;
	if (!yaml_node_is(n, YAML_KIND_TEXT, l->e))
		return false;
	if (!str_to_int(n->text, 0, 86400, &v))
		return yaml_node_err(n, l->e, T_SCREEN_INT, n->key, n->text);
	*(int *)at = (int)v;
	return true;
}

bool
screen_read_key(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)count;
	if (!yaml_node_is(n, YAML_KIND_TEXT, l->e))
		return false;
	if (strlen(n->text) != 1 || (!islower((unsigned char)*n->text) &&
	    !isdigit((unsigned char)*n->text)))
		return yaml_node_err(n, l->e, T_SCREEN_KEY, n->text);
	/* "b" is back where one types lines. */
	if (press_is_common_letter(*n->text) || *n->text == 'b')
		return yaml_node_err(n, l->e, T_SCREEN_KEY_COMMON, n->text);
	*(char *)at = *n->text;
	return true;
}

static const char *const kind_words[] = {
	[SCREEN_MENU] = "menu", [SCREEN_TABLE] = "table",
	[SCREEN_PANEL] = "panel", [SCREEN_FORM] = "form",
	[SCREEN_WIZARD] = "wizard", [SCREEN_TEXT] = "text"
};
static const char *const format_words[] = {
	[FORMAT_TEXT] = "text", [FORMAT_NUMBER] = "number",
	[FORMAT_BYTES] = "bytes", [FORMAT_AGE] = "age",
	[FORMAT_TIME] = "time", [FORMAT_YESNO] = "yesno",
	[FORMAT_HASH] = "hash"
};
static const char *const role_words[] = { "viewer", "operator", "admin" };

const char *
screen_kind_name(enum screen_kind kind)
{
	return kind_words[kind];
}

bool
screen_read_kind(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	size_t i;

	(void)count;
	if (!yaml_node_word(n, kind_words, LENGTH(kind_words), &i, l->e))
		return false;
	*(enum screen_kind *)at = (enum screen_kind)i;
	return true;
}

bool
screen_read_format(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	size_t i;

	(void)count;
	if (!yaml_node_word(n, format_words, LENGTH(format_words), &i, l->e))
		return false;
	*(enum screen_format *)at = (enum screen_format)i;
	return true;
}

bool
screen_read_role(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	size_t i;

	(void)count;
	if (!yaml_node_word(n, role_words, LENGTH(role_words), &i, l->e))
		return false;
	*(enum role *)at = (enum role)(i + ROLE_VIEWER);
	return true;
}

bool
screen_read_schema(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)at;
	(void)count;
	return yaml_node_is(n, YAML_KIND_TEXT, l->e) &&
	    (strcmp(n->text, "1") == 0 ||
	    yaml_node_err(n, l->e, T_SCREEN_SCHEMA, n->text));
}

/* The file says which screen it is, so that a copy is not mistaken. */
bool
screen_read_screen(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)at;
	(void)count;
	return yaml_node_is(n, YAML_KIND_TEXT, l->e) &&
	    (strcmp(n->text, l->s->name) == 0 ||
	    yaml_node_err(n, l->e, T_SCREEN_OTHER, n->text, l->s->name));
}

bool
screen_read_open(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	AUTO_JSON json_t	*names = NULL;
	const char		*near[512];
	size_t			 i;

	if (!screen_read_name(l, n, at, count))
		return false;
	if (screen_exists(l->paths, n->text))
		return true;
	names = screen_names(l->paths, l->e);
	if (names == NULL)
		return false;
	for (i = 0; i < json_array_size(names) && i < LENGTH(near); i++)
		near[i] = json_string_value(json_array_get(names, i));
	yaml_node_err(n, l->e, T_SCREEN_NO_SCREEN, n->text);
	return screen_hint(l->e, n->text, near, i);
}

bool
screen_read_verb(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const struct registry	*r = l->registry;
	const char		*names[512];
	size_t			 i, k, have = 0;

	if (!screen_read_text(l, n, at, count))
		return false;
	if (registry_verb(r, n->text) != NULL)
		return true;
	for (i = 0; i < r->count; i++)
		for (k = 0; k < r->services[i]->verb_count; k++)
			if (have < LENGTH(names))
				names[have++] = r->services[i]->verbs[k].name;
	yaml_node_err(n, l->e, T_SCREEN_NO_VERB, n->text);
	return screen_hint(l->e, n->text, names, have);
}

/* --- maps and lists of values ------------------------------------------- */

static const char *const mark_words[] = {
	[MARK_NONE] = "none", [MARK_OK] = "ok", [MARK_LOOK] = "look",
	[MARK_BROKEN] = "broken", [MARK_UNKNOWN] = "unknown",
	[MARK_BUSY] = "busy"
};
static const char *const from_words[] = {
	[FROM_VALUE] = "value", [FROM_COLUMN] = "column",
	[FROM_FIELD] = "field", [FROM_GIVEN] = "given"
};

/* param: { column: id } */
static bool
read_with_one(struct screen_loader *l, const struct yaml_node *n,
    struct screen_with *w)
{
	const struct yaml_node	*source = n->children;
	size_t			 i;

	if (!yaml_node_known(n, from_words, LENGTH(from_words), l->e))
		return false;
	if (n->count != 1)
		return yaml_node_err(n, l->e, T_SCREEN_WITH_ONE, n->key);
	for (i = 0; strcmp(from_words[i], source->key) != 0; i++)
		;
	w->from = (enum screen_from)i;
	w->type = PARAM_TEXT;
	w->param = arena_dup(l->s->arena, n->key, strlen(n->key));
	return w->param != NULL ? screen_note(l, w, n) &&
	    screen_read_text(l, source, &w->what, NULL) : err_nomem(l->e);
}

bool
screen_read_with(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const struct yaml_node	*child;
	struct screen_with	*with;
	size_t			 i = 0;

	if (!yaml_node_is(n, YAML_KIND_MAP, l->e))
		return false;
	with = arena_take(l->s->arena, sizeof(*with) * (n->count + 1));
	if (with == NULL)
		return err_nomem(l->e);
	for (child = n->children; child != NULL; child = child->next)
		if (!read_with_one(l, child, &with[i++]))
			return false;
	*(struct screen_with **)at = with;
	*count = n->count;
	return true;
}

bool
screen_read_given(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const struct yaml_node	*child;
	struct screen_given	*given;
	size_t			 i = 0, len;
	char			*name;

	if (!yaml_node_is(n, YAML_KIND_LIST, l->e))
		return false;
	given = arena_take(l->s->arena, sizeof(*given) * (n->count + 1));
	if (given == NULL)
		return err_nomem(l->e);
	for (child = n->children; child != NULL; child = child->next, i++) {
		len = strlen(child->text);
		if (len > 0 && child->text[len - 1] == '?') {
			given[i].is_optional = true;
			len--;
		}
		name = arena_dup(l->s->arena, child->text, len);
		if (name == NULL)
			return err_nomem(l->e);
		if (!screen_is_name(name))
			return yaml_node_err(child, l->e, T_SCREEN_NAME,
			    child->text);
		given[i].name = name;
	}
	*(struct screen_given **)at = given;
	*count = n->count;
	return true;
}

bool
screen_read_marks(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const struct yaml_node	*child;
	struct screen_marks	*marks;
	size_t			 i = 0, word;

	if (!yaml_node_is(n, YAML_KIND_MAP, l->e))
		return false;
	marks = arena_take(l->s->arena, sizeof(*marks) * (n->count + 1));
	if (marks == NULL)
		return err_nomem(l->e);
	for (child = n->children; child != NULL; child = child->next, i++) {
		if (!yaml_node_word(child, mark_words, LENGTH(mark_words),
		    &word, l->e))
			return false;
		marks[i].mark = (enum screen_mark)word;
		marks[i].value = arena_dup(l->s->arena, child->key,
		    strlen(child->key));
		if (marks[i].value == NULL)
			return err_nomem(l->e);
		if (!screen_note(l, &marks[i], child))
			return false;
	}
	*(struct screen_marks **)at = marks;
	*count = n->count;
	return true;
}

bool
screen_read_ways(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	const struct yaml_node	*child;
	struct screen_way	*ways;
	size_t			 i = 0;

	if (!yaml_node_is(n, YAML_KIND_MAP, l->e))
		return false;
	ways = arena_take(l->s->arena, sizeof(*ways) * (n->count + 1));
	if (ways == NULL)
		return err_nomem(l->e);
	for (child = n->children; child != NULL; child = child->next, i++) {
		ways[i].value = arena_dup(l->s->arena, child->key,
		    strlen(child->key));
		if (ways[i].value == NULL)
			return err_nomem(l->e);
		if (!screen_note(l, &ways[i], child) ||
		    !screen_read_open(l, child, &ways[i].open, NULL))
			return false;
	}
	*(struct screen_way **)at = ways;
	*count = n->count;
	return true;
}
