/*
 * The keys of a screen file, one table for each kind of map: the loader and
 * the manual page stconsole-screen(5) are both made from them.  A new key is
 * one entry here and one member in screen.h.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "screen_parse.h"
#include "text_screen.def"

#define BIT(kind)	(1u << SCREEN_##kind)
#define LISTS		(BIT(TABLE) | BIT(PANEL))
#define LOADS		(LISTS | BIT(WIZARD) | BIT(TEXT))

/* --- lists and maps ----------------------------------------------------- */

static bool
kind_may(struct screen_loader *l, const struct screen_key *key,
    const struct yaml_node *n)
{
	return key->kinds == 0 || (key->kinds & 1u << l->s->kind) != 0 ||
	    yaml_node_err(n, l->e, T_SCREEN_NOT_FOR, key->name,
	    screen_kind_name(l->s->kind));
}

static const struct screen_key *
key_find(const struct screen_map *map, const char *name)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		if (strcmp(map->keys[i].name, name) == 0)
			return &map->keys[i];
	return NULL;
}

static bool
read_map(struct screen_loader *l, const struct yaml_node *n,
    const struct screen_map *map, void *into)
{
	const struct yaml_node	*child;
	const struct screen_key	*key;
	const char		*names[64];
	size_t			 i;

	for (i = 0; i < map->count; i++)
		names[i] = map->keys[i].name;
	if (!yaml_node_known(n, names, map->count, l->e))
		return false;
	if (map->id_key != NULL && yaml_node_get(n, map->id_key) == NULL)
		return yaml_node_err(n, l->e, T_SCREEN_LACKS, map->id_key);
	for (child = n->children; child != NULL; child = child->next) {
		key = key_find(map, child->key);
		if (!kind_may(l, key, child) || !key->read(l, child,
		    (char *)into + key->at,
		    (size_t *)(void *)((char *)into + key->count_at)))
			return false;
	}
	return true;
}

/* A list of maps into a new array of parts of this size. */
static bool
read_list(struct screen_loader *l, const struct yaml_node *n,
    const struct screen_map *map, size_t size, void *at, size_t *count)
{
	const struct yaml_node	*child;
	char			*parts;
	size_t			 i = 0;

	if (!yaml_node_is(n, YAML_KIND_LIST, l->e))
		return false;
	parts = arena_take(l->s->arena, size * (n->count + 1));
	if (parts == NULL)
		return err_nomem(l->e);
	for (child = n->children; child != NULL; child = child->next, i++)
		if (!screen_note(l, parts + i * size, child) ||
		    !read_map(l, child, map, parts + i * size))
			return false;
	*(void **)at = parts;
	*count = n->count;
	return true;
}

#define AT(type, member)	.at = offsetof(struct type, member)
#define LIST(type, member, n)	.at = offsetof(struct type, member), \
	.count_at = offsetof(struct type, n)
#define MAP(word, table, id)	{ .name = (word), .keys = (table), \
	.count = LENGTH(table), .id_key = (id) }

/* --- the tables --------------------------------------------------------- */

static const struct screen_key column_keys[] = {
	{ "id", screen_read_name, AT(screen_column, id),
	  .help = T_KEY_COLUMN_ID },
	{ "from", screen_read_text, AT(screen_column, from),
	  .help = T_KEY_COLUMN_FROM },
	{ "format", screen_read_format, AT(screen_column, format),
	  .help = T_KEY_COLUMN_FORMAT },
	{ "width", screen_read_int, AT(screen_column, width),
	  .help = T_KEY_COLUMN_WIDTH },
	{ "priority", screen_read_int, AT(screen_column, priority),
	  .help = T_KEY_COLUMN_PRIORITY }
};
static const struct screen_map column_map = MAP("columns", column_keys, "id");

static const struct screen_key item_keys[] = {
	{ "id", screen_read_name, AT(screen_item, id), .help = T_KEY_ITEM_ID },
	{ "key", screen_read_key, AT(screen_item, key),
	  .help = T_KEY_ITEM_KEY },
	{ "open", screen_read_open, AT(screen_item, open), .help = T_KEY_OPEN },
	{ "with", screen_read_with, LIST(screen_item, with, with_count),
	  .help = T_KEY_WITH }
};
static const struct screen_map item_map = MAP("items", item_keys, "id");

static const struct screen_key action_keys[] = {
	{ "id", screen_read_name, AT(screen_action, id),
	  .help = T_KEY_ACTION_ID },
	{ "key", screen_read_key, AT(screen_action, key),
	  .help = T_KEY_ACTION_KEY },
	{ "open", screen_read_open, AT(screen_action, open),
	  .help = T_KEY_OPEN },
	{ "call", screen_read_verb, AT(screen_action, call.verb),
	  .help = T_KEY_ACTION_CALL },
	{ "show", screen_read_text, AT(screen_action, show),
	  .help = T_KEY_ACTION_SHOW },
	{ "with", screen_read_with, LIST(screen_action, call.with,
	  call.with_count),
	  .help = T_KEY_WITH },
	{ "main", screen_read_bool, AT(screen_action, is_main),
	  .help = T_KEY_ACTION_MAIN },
	{ "marks", screen_read_bool, AT(screen_action, takes_marks),
	  .help = T_KEY_ACTION_MARKS }
};
static const struct screen_map action_map = MAP("actions", action_keys, "id");

/* These three are maps inside a field, read into the field itself. */
static const struct screen_key visible_keys[] = {
	{ "field", screen_read_name, AT(screen_field, visible_field),
	  .help = T_KEY_VISIBLE_FIELD },
	{ "is", screen_read_text, AT(screen_field, visible_is),
	  .help = T_KEY_VISIBLE_IS }
};
static const struct screen_map visible_map = MAP("visible_when",
    visible_keys, "field");

static const struct screen_key initial_keys[] = {
	{ "verb", screen_read_verb, AT(screen_field, initial_call.verb),
	  .help = T_KEY_READ_VERB },
	{ "with", screen_read_with, LIST(screen_field, initial_call.with,
	  initial_call.with_count), .help = T_KEY_WITH },
	{ "member", screen_read_text, AT(screen_field, initial_member),
	  .help = T_KEY_INITIAL_MEMBER }
};
static const struct screen_map initial_map = MAP("initial_from",
    initial_keys, "verb");

static const struct screen_key values_keys[] = {
	{ "verb", screen_read_verb, AT(screen_field, values.verb),
	  .help = T_KEY_READ_VERB },
	{ "with", screen_read_with, LIST(screen_field, values.with,
	  values.with_count), .help = T_KEY_WITH },
	{ "rows", screen_read_text, AT(screen_field, values_rows),
	  .help = T_KEY_ROWS },
	{ "member", screen_read_text, AT(screen_field, values_member),
	  .help = T_KEY_VALUES_MEMBER }
};
static const struct screen_map values_map = MAP("values", values_keys,
    "verb");

static bool
read_visible(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)count;
	return read_map(l, n, &visible_map, at);
}

static bool
read_initial_from(struct screen_loader *l, const struct yaml_node *n,
    void *at, size_t *count)
{
	(void)count;
	return read_map(l, n, &initial_map, at);
}

static bool
read_values(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	(void)count;
	return read_map(l, n, &values_map, at);
}

static const struct screen_key field_keys[] = {
	{ "id", screen_read_name, AT(screen_field, id),
	  .help = T_KEY_FIELD_ID },
	{ "param", screen_read_text, AT(screen_field, param),
	  .help = T_KEY_FIELD_PARAM },
	{ "initial", screen_read_text, AT(screen_field, initial),
	  .help = T_KEY_FIELD_INITIAL },
	{ "initial_given", screen_read_name, AT(screen_field, initial_given),
	  .help = T_KEY_FIELD_INITIAL_GIVEN },
	{ "initial_from", read_initial_from, .help = T_KEY_INITIAL_FROM },
	{ "visible_when", read_visible, .help = T_KEY_VISIBLE_WHEN },
	{ "values", read_values, .help = T_KEY_VALUES }
};
static const struct screen_map field_map = MAP("fields", field_keys, "id");

static const struct screen_key step_keys[] = {
	{ "id", screen_read_name, AT(screen_step, id), .help = T_KEY_STEP_ID },
	{ "open", screen_read_open, AT(screen_step, open), .help = T_KEY_OPEN }
};
static const struct screen_map step_map = MAP("steps", step_keys, "id");

static bool
read_columns(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return read_list(l, n, &column_map, sizeof(struct screen_column), at,
	    count);
}

static bool
read_items(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return read_list(l, n, &item_map, sizeof(struct screen_item), at,
	    count);
}

static bool
read_actions(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return read_list(l, n, &action_map, sizeof(struct screen_action), at,
	    count);
}

static bool
read_fields(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return read_list(l, n, &field_map, sizeof(struct screen_field), at,
	    count);
}

static bool
read_steps(struct screen_loader *l, const struct yaml_node *n, void *at,
    size_t *count)
{
	return read_list(l, n, &step_map, sizeof(struct screen_step), at,
	    count);
}

static const struct screen_key screen_keys[] = {
	{ "schema", screen_read_schema, .help = T_KEY_SCHEMA },
	{ "screen", screen_read_screen, .help = T_KEY_SCREEN },
	{ "kind", screen_read_kind, AT(screen, kind), .help = T_KEY_KIND },
	{ "needs", screen_read_role, AT(screen, needs), .help = T_KEY_NEEDS },
	{ "given", screen_read_given, LIST(screen, given, given_count),
	  .help = T_KEY_GIVEN },
	{ "load", screen_read_verb, AT(screen, load.verb), .kinds = LOADS,
	  .help = T_KEY_LOAD },
	{ "call", screen_read_verb, AT(screen, call.verb), .kinds = BIT(FORM),
	  .help = T_KEY_CALL },
	{ "with", screen_read_with, LIST(screen, load.with, load.with_count),
	  .kinds = LOADS | BIT(FORM), .help = T_KEY_WITH },
	{ "refresh", screen_read_int, AT(screen, refresh_s), .kinds = LOADS,
	  .help = T_KEY_REFRESH },
	{ "rows", screen_read_text, AT(screen, rows),
	  .kinds = LISTS | BIT(WIZARD),
	  .help = T_KEY_ROWS },
	{ "ask", screen_read_name, AT(screen, ask), .kinds = BIT(TABLE),
	  .help = T_KEY_ASK },
	{ "mark", screen_read_text, AT(screen, mark),
	  .kinds = LISTS | BIT(WIZARD),
	  .help = T_KEY_MARK },
	{ "marks", screen_read_marks, LIST(screen, marks, marks_count),
	  .kinds = LISTS | BIT(WIZARD), .help = T_KEY_MARKS },
	{ "detail", screen_read_text, AT(screen, detail),
	  .kinds = LISTS | BIT(WIZARD), .help = T_KEY_DETAIL },
	{ "way", screen_read_text, AT(screen, way), .kinds = LISTS,
	  .help = T_KEY_WAY },
	{ "ways", screen_read_ways, LIST(screen, ways, way_count),
	  .kinds = LISTS,
	  .help = T_KEY_WAYS },
	{ "columns", read_columns, LIST(screen, columns, column_count),
	  .kinds = LISTS | BIT(TEXT), .help = T_KEY_COLUMNS },
	{ "items", read_items, LIST(screen, items, item_count),
	  .kinds = BIT(MENU) | BIT(PANEL), .help = T_KEY_ITEMS },
	{ "actions", read_actions, LIST(screen, actions, action_count),
	  .kinds = LISTS | BIT(TEXT) | BIT(WIZARD),
	  .help = T_KEY_ACTIONS },
	{ "fields", read_fields, LIST(screen, fields, field_count),
	  .kinds = BIT(FORM), .help = T_KEY_FIELDS },
	{ "steps", read_steps, LIST(screen, steps, step_count),
	  .kinds = BIT(WIZARD), .help = T_KEY_STEPS }
};
static const struct screen_map top_map = MAP("screen", screen_keys, "schema");

const struct screen_map *
screen_map_at(size_t i)
{
	static const struct screen_map *const maps[] = {
		&top_map, &column_map, &item_map, &action_map, &field_map,
		&visible_map, &initial_map, &values_map, &step_map
	};

	return i < LENGTH(maps) ? maps[i] : NULL;
}

/* The kind first: it says which of the other keys there may be. */
bool
screen_read_all(struct screen_loader *l)
{
	static const char *const must[] = { "screen", "kind" };
	const struct yaml_node	*root = l->tree.root, *kind;
	size_t			 i;

	if (!yaml_node_is(root, YAML_KIND_MAP, l->e))
		return false;
	kind = yaml_node_get(root, "kind");
	if (kind != NULL && !screen_read_kind(l, kind, &l->s->kind, NULL))
		return false;
	if (!read_map(l, root, &top_map, l->s))
		return false;
	for (i = 0; i < LENGTH(must); i++)
		if (yaml_node_get(root, must[i]) == NULL)
			return yaml_node_err(root, l->e, T_SCREEN_LACKS,
			    must[i]);
	if (l->s->kind == SCREEN_FORM) {
		l->s->call.with = l->s->load.with;
		l->s->call.with_count = l->s->load.with_count;
		l->s->load = (struct screen_call){ 0 };
	}
	return true;
}
