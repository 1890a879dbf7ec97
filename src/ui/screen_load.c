/*
 * Finds a screen's files and reads them.  Only the screen that is opened is
 * read: which there are is told by the names of the files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"

#include "screen_parse.h"
#include "text_screen.def"

#define SUFFIX	".yaml"

/* Views of the program's own; screens open them by these names. */
static const struct {
	const char		*name;
	struct screen_given	 given;		/* name NULL: nothing */
} builtins[] = {
	{ "job", { "id", false } }, { "keys", { NULL, false } },
	{ "notifications", { NULL, false } }, { "operator", { NULL, false } },
	{ "profile", { NULL, false } }, { "theme", { NULL, false } },
	{ "use_site", { "folder", false } }
};

bool
screen_is_builtin(const char *name)
{
	return screen_builtin_given(name) != NULL;
}

const struct screen_given *
screen_builtin_given(const char *name)
{
	size_t i;

	for (i = 0; i < LENGTH(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i].given;
	return NULL;
}

bool
screen_is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return *s >= 'a' && *s <= 'z' && s[n] == '\0' && n < 64;
}

/* --- notes and errors --------------------------------------------------- */

bool
screen_note(struct screen_loader *l, const void *what,
    const struct yaml_node *node)
{
	size_t			 room = l->note_room > 0 ?
				    l->note_room * 2 : 128;
	struct screen_note	*more;

	if (l->note_count == l->note_room) {
		more = realloc(l->notes, room * sizeof(*more));
		if (more == NULL)
			return err_nomem(l->e);
		l->notes = more;
		l->note_room = room;
	}
	l->notes[l->note_count++] = (struct screen_note){ what, node };
	return true;
}

bool
screen_fail(struct screen_loader *l, const void *what, const char *fmt, ...)
{
	const struct yaml_node	*node = l->tree.root;
	char			 words[sizeof(l->e->msg)];
	va_list			 ap;
	size_t			 i;

	for (i = 0; i < l->note_count; i++)
		if (l->notes[i].what == what)
			node = l->notes[i].node;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return yaml_node_err(node, l->e, T_SCREEN_SAY, words);
}

bool
screen_hint(struct err *e, const char *word, const char *const *names,
    size_t count)
{
	const char		*near = suggest_nearest(word, names, count);
	AUTO_BUF struct buf	 all = BUF_INIT;
	size_t			 i;

	if (near != NULL)
		return err_hint(e, T_SCREEN_NEAR, near);
	for (i = 0; i < count; i++)
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
	return count > 0 ? err_hint(e, T_SCREEN_KNOWN, buf_str(&all)) : false;
}

/* --- files -------------------------------------------------------------- */

static char *
file_in(const char *dir, const char *name)
{
	AUTO_FREE char *path = NULL;

	if (dir == NULL)
		return NULL;
	path = str_format("%s/%s" SUFFIX, dir, name);
	return path != NULL && file_exists(AT_FDCWD, path) ? TAKE(path) :
	    NULL;
}

bool
screen_exists(const struct screen_paths *p, const char *name)
{
	AUTO_FREE char	*one = NULL, *two = NULL;

	if (screen_is_builtin(name))
		return true;
	one = file_in(p->override_dir, name);
	two = one == NULL ? file_in(p->dir, name) : NULL;
	return one != NULL || two != NULL;
}

static bool
names_in(const char *dir, json_t *names, struct err *e)
{
	DIR		*d = dir != NULL ? opendir(dir) : NULL;
	struct dirent	*entry;
	size_t		 len;

	if (d == NULL)
		return dir == NULL || errno == ENOENT ||
		    err_sys(e, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		len = strlen(entry->d_name);
		if (!str_ends(entry->d_name, SUFFIX))
			continue;
		entry->d_name[len - strlen(SUFFIX)] = '\0';
		if (screen_is_name(entry->d_name))
			json_object_set_new(names, entry->d_name,
			    json_true());
	}
	closedir(d);
	return true;
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *
screen_names(const struct screen_paths *p, struct err *e)
{
	AUTO_JSON json_t	*names = json_object(), *list = json_array();
	AUTO_FREE const char	**sorted = NULL;
	const char		*name;
	json_t			*value;
	size_t			 i = 0, n;

	if (!names_in(p->override_dir, names, e) ||
	    !names_in(p->dir, names, e))
		return NULL;
	n = json_object_size(names);
	sorted = calloc(n + 1, sizeof(*sorted));
	if (sorted == NULL || list == NULL) {
		err_nomem(e);
		return NULL;
	}
	json_object_foreach (names, name, value)
		sorted[i++] = name;
	qsort(sorted, n, sizeof(*sorted), name_compare);
	for (i = 0; i < n; i++)
		json_array_append_new(list, json_string(sorted[i]));
	return TAKE(list);
}

static void
no_screen(const struct screen_paths *p, const char *name, struct err *e)
{
	AUTO_JSON json_t	*names = screen_names(p, e);
	const char		*near[512];
	size_t			 i;

	if (names == NULL)
		return;
	for (i = 0; i < json_array_size(names) && i < LENGTH(near); i++)
		near[i] = json_string_value(json_array_get(names, i));
	err_set(e, ERR_YAML, 0, T_SCREEN_NO_SCREEN, name);
	if (i == 0)
		err_hint(e, T_SCREEN_NONE, p->dir);
	else
		screen_hint(e, name, near, i);
}

char *
screen_file(const struct screen_paths *p, const char *name, struct err *e)
{
	char *path = NULL;

	if (screen_is_name(name)) {
		path = file_in(p->override_dir, name);
		if (path == NULL)
			path = file_in(p->dir, name);
	}
	if (path == NULL)
		no_screen(p, name, e);
	return path;
}

/* --- one screen --------------------------------------------------------- */

static struct screen *
screen_new(const char *name, const char *file, struct err *e)
{
	struct arena	*a = arena_new();
	struct screen	*s = a != NULL ? arena_take(a, sizeof(*s)) : NULL;

	if (s != NULL) {
		s->arena = a;
		s->needs = ROLE_VIEWER;
		s->name = arena_dup(a, name, strlen(name));
		s->file = arena_dup(a, file, strlen(file));
		if (s->name != NULL && s->file != NULL)
			return s;
	}
	arena_free(a);
	err_nomem(e);
	return NULL;
}

void
screen_free(struct screen *s)
{
	if (s != NULL)
		arena_free(s->arena);
}

struct screen *
screen_load(const struct screen_paths *paths,
    const struct registry *registry, const char *name, struct err *e)
{
	AUTO_FREE char		*file = screen_file(paths, name, e);
	AUTO_BUF struct buf	 yaml = BUF_INIT;

	if (file == NULL || !file_read(AT_FDCWD, file, YAML_TREE_SIZE_MAX,
	    &yaml, e))
		return NULL;
	return screen_parse(paths, registry, name, file, &yaml, e);
}

struct screen *
screen_parse(const struct screen_paths *paths,
    const struct registry *registry, const char *name, const char *file,
    const struct buf *yaml, struct err *e)
{
	struct screen_loader	 l = { .paths = paths, .registry = registry,
				    .e = e };
	bool			 ok;

	l.s = screen_new(name, file, e);
	if (l.s == NULL)
		return NULL;
	ok = yaml_tree_parse(&l.tree, file, buf_str(yaml), yaml->len, e) &&
	    screen_read_all(&l) && screen_check(&l) && screen_text_all(&l) &&
	    screen_help_make(&l);
	yaml_tree_free(&l.tree);
	free(l.notes);
	if (ok)
		return l.s;
	screen_free(l.s);
	return NULL;
}

/* --- all of them -------------------------------------------------------- */

/* Opened by name alone: nothing must be given. */
static bool
opens_alone(const struct screen_paths *p, const char *name)
{
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	AUTO_FREE char			*file = screen_file(p, name, NULL);
	const struct yaml_node		*given;

	/* A file with mistakes is listed: opening it tells them. */
	if (file == NULL || !yaml_tree_read(&t, file, NULL))
		return true;
	given = yaml_node_get(t.root, "given");
	for (given = given != NULL ? given->children : NULL; given != NULL;
	    given = given->next)
		if (!str_ends(given->text, "?"))
			return false;
	return true;
}

static json_t *
list_entry(const struct screen_paths *p, const char *name)
{
	struct arena			*a = arena_new();
	const struct screen_section	*first = NULL, *title = NULL;
	json_t				*entry;

	if (a != NULL && screen_sections_read(a, p, name, &first, NULL))
		title = screen_section_find(first, "title");
	entry = json_pack("{s:s, s:s}", "name", name, "title",
	    title != NULL ? title->text.label : name);
	arena_free(a);
	return entry;
}

json_t *
screen_list(const struct screen_paths *paths, struct err *e)
{
	AUTO_JSON json_t	*names = screen_names(paths, e);
	AUTO_JSON json_t	*list = json_array();
	json_t			*name;
	const char		*s;
	size_t			 i;

	if (names == NULL)
		return NULL;
	json_array_foreach (names, i, name) {
		s = json_string_value(name);
		if (opens_alone(paths, s) && json_array_append_new(list,
		    list_entry(paths, s)) < 0) {
			err_nomem(e);
			return NULL;
		}
	}
	return TAKE(list);
}
