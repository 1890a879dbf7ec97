/*
 * What is wrong in all screens together: each alone as the loader sees it,
 * then what only shows when one is held against another.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "screen_parse.h"
#include "text_screen.def"

struct linter {
	const struct screen_paths *paths;
	struct screen		**screens;	/* NULL: does not load */
	json_t			*names;
	bool			*opened;
	bool			 all_load;
	struct buf		*out;
	struct err		*e;
};

/* Opened by the program itself. */
static const char *const roots[] = { "home", "setup" };

static struct screen *
screen_named(const struct linter *l, const char *name, size_t *index)
{
	json_t	*entry;
	size_t	 i;

	json_array_foreach (l->names, i, entry)
		if (strcmp(json_string_value(entry), name) == 0) {
			*index = i;
			return l->screens[i];
		}
	return NULL;
}

static bool
load_all(struct linter *l, const struct registry *registry)
{
	size_t		 i, n = json_array_size(l->names);
	struct err	 e;

	l->screens = calloc(n + 1, sizeof(*l->screens));
	l->opened = calloc(n + 1, sizeof(*l->opened));
	if (l->screens == NULL || l->opened == NULL)
		return err_nomem(l->e);
	for (i = 0; i < n; i++) {
		err_clear(&e);
		l->screens[i] = screen_load(l->paths, registry,
		    json_string_value(json_array_get(l->names, i)), &e);
		if (l->screens[i] != NULL)
			continue;
		l->all_load = false;
		buf_printf(l->out, "%s%s%s\n", e.msg, *e.hint != '\0' ?
		    ". " : "", e.hint);
	}
	return true;
}

/* --- help and sections -------------------------------------------------- */

struct help_check {
	struct linter		*l;
	const struct screen	*s;
};

static bool
help_is_there(void *arg, const char *id, const struct screen_text *text)
{
	struct help_check *h = arg;

	if (*text->help == '\0')
		buf_printf(h->l->out, T_LINT_HELP, h->s->file, id);
	return true;
}

static bool
is_not(void *arg, const char *id, const struct screen_text *text)
{
	(void)text;
	return strcmp(arg, id) != 0;
}

/* Its label is what is said, it needs no help. */
static bool
is_empty(const struct screen *s, const char *id)
{
	return s->kind == SCREEN_TABLE && strcmp(id, "empty") == 0;
}

static void
check_sections(struct linter *l, const struct screen *s)
{
	const struct screen_section	*section = NULL;
	struct arena			*a = arena_new();

	if (a != NULL && screen_sections_read(a, l->paths, s->name, &section,
	    l->e))
		for (; section != NULL; section = section->next)
			if (!is_empty(s, section->id) &&
			    screen_parts_each(s, is_not,
			    (void *)(uintptr_t)section->id))
				buf_printf(l->out, T_LINT_SECTION,
				    section->file, section->line,
				    section->id);
	arena_free(a);
}

/* --- who opens whom ----------------------------------------------------- */

static bool
is_in(const struct screen_with *with, size_t count, const char *param)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(with[i].param, param) == 0)
			return true;
	return false;
}

static bool
is_given(const struct screen *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->given_count; i++)
		if (strcmp(s->given[i].name, name) == 0)
			return true;
	return false;
}

static void
check_opening(struct linter *l, const struct screen *s, const char *id,
    const char *open, const struct screen_with *with, size_t count)
{
	const struct screen_given	*given = screen_builtin_given(open);
	struct screen	 builtin = { .given = given,
			    .given_count = given != NULL &&
			    given->name != NULL };
	size_t		 at = json_array_size(l->names), i;
	struct screen	*target = screen_is_builtin(open) ? &builtin :
			    screen_named(l, open, &at);

	/* Opening itself is no way to it. */
	if (strcmp(open, s->name) != 0)
		l->opened[at] = true;
	if (target == NULL)
		return;
	for (i = 0; i < count; i++)
		if (!is_given(target, with[i].param))
			buf_printf(l->out, T_LINT_NOT_TAKEN, s->file, id,
			    open, with[i].param);
	for (i = 0; i < target->given_count; i++)
		if (!target->given[i].is_optional && !is_in(with, count,
		    target->given[i].name))
			buf_printf(l->out, T_LINT_NOT_GIVEN, s->file,
			    id, open, target->given[i].name);
}

static void
check_openings(struct linter *l, const struct screen *s)
{
	size_t i;

	for (i = 0; i < s->item_count; i++)
		check_opening(l, s, s->items[i].id, s->items[i].open,
		    s->items[i].with, s->items[i].with_count);
	for (i = 0; i < s->action_count; i++)
		if (s->actions[i].open != NULL)
			check_opening(l, s, s->actions[i].id,
			    s->actions[i].open, s->actions[i].call.with,
			    s->actions[i].call.with_count);
	for (i = 0; i < s->way_count; i++)
		check_opening(l, s, s->ways[i].value, s->ways[i].open, NULL,
		    0);
	for (i = 0; i < s->step_count; i++)
		if (s->steps[i].open != NULL)
			check_opening(l, s, s->steps[i].id, s->steps[i].open,
			    NULL, 0);
}

static void
check_opened(struct linter *l)
{
	const char	*name;
	size_t		 i, k;
	bool		 is_root;

	for (i = 0; i < json_array_size(l->names); i++) {
		name = json_string_value(json_array_get(l->names, i));
		is_root = false;
		for (k = 0; k < LENGTH(roots); k++)
			is_root = is_root || strcmp(roots[k], name) == 0;
		if (!is_root && !l->opened[i])
			buf_printf(l->out, T_LINT_NOT_OPENED, name);
	}
}

/* --- files -------------------------------------------------------------- */

/* Text without a screen, and files whose name no screen can have. */
static bool
check_files(struct linter *l, const char *dir, const char *suffix)
{
	DIR			*d = opendir(dir);
	struct dirent		*entry;
	AUTO_FREE char		*name = NULL;

	if (d == NULL)
		return err_sys(l->e, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		free(TAKE(name));
		if (!str_ends(entry->d_name, suffix))
			continue;
		name = strndup(entry->d_name, strlen(entry->d_name) -
		    strlen(suffix));
		if (name != NULL && (!screen_is_name(name) ||
		    screen_is_builtin(name) ||
		    !screen_exists(l->paths, name)))
			buf_printf(l->out, T_LINT_FILE, dir,
			    entry->d_name);
	}
	closedir(d);
	return true;
}

static bool
check_folders(struct linter *l)
{
	AUTO_FREE char *texts = str_format("%s/en", l->paths->dir);

	return texts != NULL ? check_files(l, l->paths->dir, ".yaml") &&
	    check_files(l, texts, ".txt") : err_nomem(l->e);
}

bool
screen_lint(const struct screen_paths *paths,
    const struct registry *registry, struct buf *complaints, struct err *e)
{
	AUTO_JSON json_t	*names = screen_names(paths, e);
	struct linter		 l = { .paths = paths, .names = names,
				    .all_load = true, .out = complaints,
				    .e = e };
	struct help_check	 help = { .l = &l };
	size_t			 i;
	bool			 ok;

	if (names == NULL)
		return false;
	ok = load_all(&l, registry) && check_folders(&l);
	for (i = 0; ok && i < json_array_size(names); i++) {
		if (l.screens[i] == NULL)
			continue;
		help.s = l.screens[i];
		screen_parts_each(help.s, help_is_there, &help);
		check_sections(&l, help.s);
		check_openings(&l, help.s);
	}
	/* What one with a mistake opens is not known. */
	if (ok && l.all_load)
		check_opened(&l);
	for (i = 0; l.screens != NULL && i < json_array_size(names); i++)
		screen_free(l.screens[i]);
	free(l.screens);
	free(l.opened);
	return ok && buf_ok(complaints, e);
}
