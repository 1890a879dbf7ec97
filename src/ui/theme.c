/*
 * Theme files: a closed set of keys, read strictly.  A file begins as the
 * theme that it names as its base, or as one without any attribute.
 */
#include "theme.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"
#include "stconsole/yaml_tree.h"

#include "theme_words.h"
#include "text_theme.def"

#define BASES_MAX	4

struct theme_reader {
	const char	*dirs[2];
	struct theme	 theme;
	struct err	*e;
};

static const struct {
	const char	*name;
	size_t		 offset;
	const char	*plain;
} marks[] = {
	{ "ok", offsetof(struct theme, mark_ok), "ok" },
	{ "look", offsetof(struct theme, mark_look), "!" },
	{ "broken", offsetof(struct theme, mark_broken), "x" },
	{ "unknown", offsetof(struct theme, mark_unknown), "?" },
	{ "busy", offsetof(struct theme, mark_busy), ".." }
};

#define MARK_SIZE	sizeof(((struct theme *)0)->mark_ok)
#define MARK_COLUMNS	2

static const char *const color_names[] = {
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"bright_black", "bright_red", "bright_green", "bright_yellow",
	"bright_blue", "bright_magenta", "bright_cyan", "bright_white",
	"default"
};

#define COLOR_DEFAULT	16

static const char *const attr_names[] = {
	"bold", "reverse", "underline", "dim"
};
static const unsigned attr_bits[] = {
	ATTR_BOLD, ATTR_REVERSE, ATTR_UNDERLINE, ATTR_DIM
};

static char *
mark_of(struct theme *t, size_t i)
{
	return (char *)t + marks[i].offset;
}

/* No attribute, no colour, no mark. */
static void
theme_bare(struct theme *t)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	t->has_frame = true;
	t->has_glyphs = true;
	for (i = 0; i < LOOK_COUNT; i++)
		t->look[i].fg = t->look[i].bg = -1;
}

void
theme_plain(struct theme *t)
{
	size_t i;

	theme_bare(t);
	snprintf(t->name, sizeof(t->name), "mono");
	t->select = SELECT_NAME;
	for (i = 0; i < LENGTH(marks); i++)
		snprintf(mark_of(t, i), MARK_SIZE, "%s", marks[i].plain);
	t->look[LOOK_TITLE].attr = ATTR_BOLD;
	t->look[LOOK_HEADING].attr = ATTR_BOLD;
	t->look[LOOK_FOCUS].attr = ATTR_REVERSE;
	t->look[LOOK_MARKED].attr = ATTR_BOLD;
	t->look[LOOK_INPUT].attr = ATTR_UNDERLINE;
	t->look[LOOK_KEY].attr = ATTR_BOLD;
	t->look[LOOK_WARN].attr = ATTR_BOLD;
	t->look[LOOK_ERROR].attr = ATTR_BOLD;
	t->look[LOOK_BANNER].attr = ATTR_REVERSE;
}

/* --- one entry ----------------------------------------------------------- */

static bool
read_attr(const struct yaml_node *n, unsigned *attr, struct err *e)
{
	const struct yaml_node	*child;
	size_t			 i;

	if (!yaml_node_is(n, YAML_KIND_LIST, e))
		return false;
	*attr = 0;
	for (child = n->children; child != NULL; child = child->next) {
		if (!yaml_node_word(child, attr_names, LENGTH(attr_names),
		    &i, e))
			return false;
		*attr |= attr_bits[i];
	}
	return true;
}

static bool
read_color(const struct yaml_node *n, int *color, struct err *e)
{
	size_t i;

	if (!yaml_node_word(n, color_names, LENGTH(color_names), &i, e))
		return false;
	*color = i == COLOR_DEFAULT ? -1 : (int)i;
	return true;
}

static const char *const look_keys[] = { "attr", "fg", "bg" };
static const char *const look_key_helps[] = {
	T_THEME_KEY_ATTR, T_THEME_KEY_FG, T_THEME_KEY_BG
};

/* What a look does not say stays as the base has it. */
static bool
read_look(const struct yaml_node *n, struct theme_look *look, struct err *e)
{
	const struct yaml_node		*attr, *fg, *bg;

	if (!yaml_node_known(n, look_keys, LENGTH(look_keys), e))
		return false;
	attr = yaml_node_get(n, "attr");
	fg = yaml_node_get(n, "fg");
	bg = yaml_node_get(n, "bg");
	if ((attr != NULL && !read_attr(attr, &look->attr, e)) ||
	    (fg != NULL && !read_color(fg, &look->fg, e)) ||
	    (bg != NULL && !read_color(bg, &look->bg, e)))
		return false;
	return look->fg < 0 || look->fg != look->bg ||
	    yaml_node_err(n, e, T_THEME_UNSEEN, n->key);
}

static bool
read_looks(const struct yaml_node *n, struct theme *t, struct err *e)
{
	const char		*names[LOOK_COUNT];
	const struct yaml_node	*child;
	size_t			 i;

	for (i = 0; i < LOOK_COUNT; i++)
		names[i] = look_name((enum look)i);
	if (!yaml_node_known(n, names, LENGTH(names), e))
		return false;
	for (i = 0; i < LOOK_COUNT; i++) {
		child = yaml_node_get(n, names[i]);
		if (child != NULL && !read_look(child, &t->look[i], e))
			return false;
	}
	return true;
}

static bool
read_marks(const struct yaml_node *n, struct theme *t, struct err *e)
{
	const char		*names[LENGTH(marks)];
	const struct yaml_node	*child;
	size_t			 i;

	for (i = 0; i < LENGTH(marks); i++)
		names[i] = marks[i].name;
	if (!yaml_node_known(n, names, LENGTH(names), e))
		return false;
	for (child = n->children; child != NULL; child = child->next) {
		if (!yaml_node_is(child, YAML_KIND_TEXT, e))
			return false;
		if (strlen(child->text) >= MARK_SIZE ||
		    child->text[strspn(child->text, " ")] == '\0' ||
		    utf8_columns(child->text) > MARK_COLUMNS)
			return yaml_node_err(child, e, T_THEME_MARK,
			    child->text);
		for (i = 0; strcmp(child->key, names[i]) != 0; i++)
			continue;
		snprintf(mark_of(t, i), MARK_SIZE, "%s", child->text);
	}
	return true;
}

static bool
read_select(const struct yaml_node *n, struct theme *t, struct err *e)
{
	static const char *const	 words[] = {
		[SELECT_CARET] = "caret", [SELECT_NAME] = "name",
		[SELECT_ROW] = "row"
	};
	size_t				 i;

	if (!yaml_node_word(n, words, LENGTH(words), &i, e))
		return false;
	t->select = (enum select_style)i;
	return true;
}

static bool
read_frame(const struct yaml_node *n, struct theme *t, struct err *e)
{
	return yaml_node_bool(n, &t->has_frame, e);
}

static bool
read_glyphs(const struct yaml_node *n, struct theme *t, struct err *e)
{
	static const char *const	 words[] = { "ascii", "auto" };
	size_t				 i;

	if (!yaml_node_word(n, words, LENGTH(words), &i, e))
		return false;
	t->has_glyphs = i == 1;
	return true;
}

/* "theme" and "base" are read before the others. */
static const char *const theme_keys[] = {
	"theme", "base", "select", "frame", "glyphs", "marks", "looks"
};
static bool (*const theme_readers[])(const struct yaml_node *n,
    struct theme *t, struct err *e) = {
	NULL, NULL, read_select, read_frame, read_glyphs, read_marks,
	read_looks
};
static const char *const theme_key_helps[] = {
	T_THEME_KEY_THEME, T_THEME_KEY_BASE, T_THEME_KEY_SELECT,
	T_THEME_KEY_FRAME, T_THEME_KEY_GLYPHS, T_THEME_KEY_MARKS,
	T_THEME_KEY_LOOKS
};
static const char *const look_helps[LOOK_COUNT] = {
	[LOOK_TEXT] = T_LOOK_TEXT, [LOOK_TITLE] = T_LOOK_TITLE,
	[LOOK_DIM] = T_LOOK_DIM, [LOOK_HEADING] = T_LOOK_HEADING,
	[LOOK_FOCUS] = T_LOOK_FOCUS, [LOOK_MARKED] = T_LOOK_MARKED,
	[LOOK_LABEL] = T_LOOK_LABEL, [LOOK_INPUT] = T_LOOK_INPUT,
	[LOOK_KEY] = T_LOOK_KEY, [LOOK_BAR] = T_LOOK_BAR,
	[LOOK_RULE] = T_LOOK_RULE, [LOOK_OK] = T_LOOK_OK,
	[LOOK_WARN] = T_LOOK_WARN, [LOOK_ERROR] = T_LOOK_ERROR,
	[LOOK_UNKNOWN] = T_LOOK_UNKNOWN, [LOOK_ADDED] = T_LOOK_ADDED,
	[LOOK_REMOVED] = T_LOOK_REMOVED, [LOOK_BANNER] = T_LOOK_BANNER
};

bool
theme_word(enum theme_words of, size_t i, const char **name,
    const char **help)
{
	static const struct {
		const char *const	*names, *const *helps;
		size_t			 count;
	} words[] = {
		[THEME_KEYS] = { theme_keys, theme_key_helps,
		    LENGTH(theme_keys) },
		[THEME_LOOKS] = { NULL, look_helps, LOOK_COUNT },
		[THEME_LOOK_KEYS] = { look_keys, look_key_helps,
		    LENGTH(look_keys) },
		[THEME_ATTRS] = { attr_names, NULL, LENGTH(attr_names) },
		[THEME_COLORS] = { color_names, NULL, LENGTH(color_names) },
		[THEME_MARKS] = { NULL, NULL, LENGTH(marks) }
	};

	if (i >= words[of].count)
		return false;
	if (of == THEME_LOOKS)
		*name = look_name((enum look)i);
	else
		*name = of == THEME_MARKS ? marks[i].name :
		    words[of].names[i];
	*help = words[of].helps != NULL ? words[of].helps[i] : "";
	return true;
}

/* --- the whole ----------------------------------------------------------- */

/* Meaning is never by colour alone. */
static bool
check_theme(const struct yaml_node *root, struct theme *t, struct err *e)
{
	unsigned	 seen = ATTR_REVERSE | ATTR_BOLD | ATTR_UNDERLINE;
	size_t		 i, j;

	for (i = 0; i < LENGTH(marks); i++) {
		if (mark_of(t, i)[0] == '\0')
			return yaml_node_err(root, e, T_THEME_MARKS,
			    marks[i].name);
		for (j = 0; j < i; j++)
			if (str_equal(mark_of(t, i), mark_of(t, j)))
				return yaml_node_err(root, e,
				    T_THEME_MARK_TWICE, mark_of(t, i));
	}
	return t->select == SELECT_CARET ||
	    (t->look[LOOK_FOCUS].attr & seen) != 0 ||
	    yaml_node_err(root, e, T_THEME_FOCUS);
}

static bool	 load(struct theme_reader *r, const char *name, int depth);

static bool
read_theme(struct theme_reader *r, const struct yaml_node *root,
    const char *name, int depth)
{
	const struct yaml_node	*n;
	size_t			 i;

	if (!yaml_node_known(root, theme_keys, LENGTH(theme_keys), r->e))
		return false;
	n = yaml_node_get(root, "theme");
	if (n != NULL && !str_equal(n->text, name))
		return yaml_node_err(n, r->e, T_THEME_CALLED, n->text, name);
	n = yaml_node_get(root, "base");
	if (n != NULL && depth == BASES_MAX)
		return yaml_node_err(n, r->e, T_THEME_BASE);
	if (n != NULL && !load(r, n->text, depth + 1))
		return false;
	for (i = 0; i < LENGTH(theme_keys); i++) {
		n = yaml_node_get(root, theme_keys[i]);
		if (n != NULL && theme_readers[i] != NULL &&
		    !theme_readers[i](n, &r->theme, r->e))
			return false;
	}
	snprintf(r->theme.name, sizeof(r->theme.name), "%s", name);
	return check_theme(root, &r->theme, r->e);
}

static bool
check_name(const char *name, struct err *e)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (len > 0 && name[len] == '\0' &&
	    len < sizeof(((struct theme *)0)->name))
		return true;
	err_set(e, ERR_YAML, 0, T_THEME_NAME, name);
	return err_hint(e, T_THEME_NAME_HINT);
}

static bool
load(struct theme_reader *r, const char *name, int depth)
{
	AUTO_YAML_TREE struct yaml_tree	 tree = YAML_TREE_INIT;
	AUTO_FREE char			*path = NULL;
	size_t				 i;

	if (!check_name(name, r->e))
		return false;
	for (i = 0; i < LENGTH(r->dirs); i++) {
		if (r->dirs[i] == NULL)
			continue;
		free(path);
		path = str_format("%s/%s.yaml", r->dirs[i], name);
		if (path == NULL)
			return err_nomem(r->e);
		if (access(path, F_OK) == 0 || errno != ENOENT)
			return yaml_tree_read(&tree, path, r->e) &&
			    read_theme(r, tree.root, name, depth);
	}
	err_set(r->e, ERR_YAML, 0, T_THEME_MISSING, name, r->dirs[1]);
	return err_hint(r->e, T_THEME_MISSING_HINT);
}

bool
theme_load(const char *dir, const char *override_dir, const char *name,
    struct theme *t, struct err *e)
{
	struct theme_reader r = { .dirs = { override_dir, dir }, .e = e };

	theme_bare(&r.theme);
	if (!load(&r, name, 0))
		return false;
	*t = r.theme;
	return true;
}
