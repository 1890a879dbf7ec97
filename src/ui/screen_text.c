/*
 * Labels and help of a screen: sections of LANG/NAME.txt.  A translation that
 * lacks one falls back on English, an override of one section on the rest of
 * the vendor's file.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "screen_parse.h"
#include "text_screen.def"

#define TEXT_SIZE_MAX	(1u << 18)
#define MARKER		"== "
#define EMPTY		"empty"

struct reader {
	struct arena		*arena;
	const char		*file;		/* for errors */
	struct screen_section	*own;		/* first of this file */
	struct screen_section	*last;
	struct buf		 help;
	struct err		*e;
};

/*
 * Lines of a paragraph are joined, so that each screen breaks them at its own
 * width; lines that begin with a blank are an example and stay.
 */
static void
help_join(const char *s, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] == '\n' && s[i + 1] != '\n' && s[i + 1] != ' ' &&
		    i > 0 && s[i - 1] != '\n')
			buf_putc(out, ' ');
		else
			buf_putc(out, s[i]);
}

/* The help that was collected belongs to the section before. */
static bool
section_end(struct reader *r)
{
	AUTO_BUF struct buf	 joined = BUF_INIT;
	size_t			 from = 0, len = r->help.len;
	const char		*s = buf_str(&r->help);

	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == ' '))
		len--;
	while (from < len && s[from] == '\n')
		from++;
	help_join(s + from, len - from, &joined);
	if (!buf_ok(&r->help, r->e) || !buf_ok(&joined, r->e))
		return false;
	if (r->last != NULL)
		r->last->text.help = arena_dup(r->arena, buf_str(&joined),
		    joined.len);
	buf_reset(&r->help);
	return r->last == NULL || r->last->text.help != NULL ||
	    err_nomem(r->e);
}

size_t
screen_lead(const char *help)
{
	size_t n;

	for (n = 0; help[n] != '\0' && help[n] != '\n'; n++)
		if (help[n] == '.' && (help[n + 1] == ' ' ||
		    help[n + 1] == '\n' || help[n + 1] == '\0'))
			return n;
	return n;
}

static bool
section_is_new(const struct reader *r, const char *id, unsigned line)
{
	const struct screen_section *s;

	for (s = r->own; s != NULL; s = s->next)
		if (strcmp(s->id, id) == 0)
			return err_set(r->e, ERR_YAML, 0,
			    T_SCREEN_SECTION_TWICE, r->file, line, id,
			    s->line);
	return true;
}

/* "== id: Label" */
static bool
section_begin(struct reader *r, const char *line, size_t len, unsigned number)
{
	const char		*colon = memchr(line, ':', len);
	struct screen_section	*s;
	char			*id, *label;
	size_t			 from;

	if (!section_end(r))
		return false;
	from = colon != NULL ? (size_t)(colon - line) + 1 : len;
	while (from < len && line[from] == ' ')
		from++;
	if (colon == NULL || from == len)
		return err_set(r->e, ERR_YAML, 0, T_SCREEN_SECTION, r->file,
		    number);
	id = arena_dup(r->arena, line + strlen(MARKER),
	    (size_t)(colon - line) - strlen(MARKER));
	label = arena_dup(r->arena, line + from, len - from);
	s = arena_take(r->arena, sizeof(*s));
	if (id == NULL || label == NULL || s == NULL)
		return err_nomem(r->e);
	if (!screen_is_name(id))
		return err_set(r->e, ERR_YAML, 0, T_SCREEN_SECTION, r->file,
		    number);
	if (!section_is_new(r, id, number))
		return false;
	*s = (struct screen_section){ .id = id, .text = { label, "" },
	    .file = r->file, .line = number };
	if (r->last != NULL)
		r->last->next = s;
	if (r->own == NULL)
		r->own = s;
	r->last = s;
	return true;
}

static bool
line_read(struct reader *r, const char *line, size_t len, unsigned number)
{
	if (len >= strlen(MARKER) && strncmp(line, MARKER,
	    strlen(MARKER)) == 0)
		return section_begin(r, line, len, number);
	if (r->own == NULL && len > 0)
		return err_set(r->e, ERR_YAML, 0, T_SCREEN_SECTION, r->file,
		    number);
	buf_add(&r->help, line, len);
	buf_putc(&r->help, '\n');
	return true;
}

static bool
lines_read(struct reader *r, const struct buf *text)
{
	const char	*at = buf_str(text), *end;
	unsigned	 number = 1;

	if (strlen(at) != text->len || !str_is_utf8(at, text->len))
		return err_set(r->e, ERR_YAML, 0, T_SCREEN_UTF8, r->file);
	for (; *at != '\0'; number++, at = *end == '\n' ? end + 1 : end) {
		end = strchrnul(at, '\n');
		if (!line_read(r, at, (size_t)(end - at), number))
			return false;
	}
	return section_end(r);
}

bool
screen_sections_parse(struct arena *a, const char *file,
    const struct buf *text, const struct screen_section **first,
    struct err *e)
{
	struct reader	 r = { .arena = a, .file = file, .e = e };
	bool		 ok;

	ok = lines_read(&r, text);
	buf_fini(&r.help);
	if (!ok || r.own == NULL)
		return ok;
	while (*first != NULL)
		first = &((struct screen_section *)(uintptr_t)*first)->next;
	*first = r.own;
	return true;
}

/* A file that is not there has no sections. */
static bool
file_sections(struct arena *a, const char *dir, const char *lang,
    const char *name, const struct screen_section **first, struct err *e)
{
	AUTO_FREE char		*path = str_format("%s/%s/%s.txt", dir, lang,
	    name);
	AUTO_BUF struct buf	 text = BUF_INIT;
	char			*file;

	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	file = arena_dup(a, path, strlen(path));
	if (file == NULL)
		return err_nomem(e);
	return file_read(AT_FDCWD, path, TEXT_SIZE_MAX, &text, e) &&
	    screen_sections_parse(a, file, &text, first, e);
}

bool
screen_sections_read(struct arena *a, const struct screen_paths *p,
    const char *name, const struct screen_section **first, struct err *e)
{
	const char	*langs[] = { p->lang, "en" };
	const char	*dirs[] = { p->override_dir, p->dir };
	bool		 ok = true;
	size_t		 i, k;

	*first = NULL;
	for (i = str_equal(p->lang, "en") || p->lang == NULL; i < 2; i++)
		for (k = 0; k < LENGTH(dirs); k++)
			if (ok && dirs[k] != NULL)
				ok = file_sections(a, dirs[k], langs[i], name,
				    first, e);
	return ok;
}

const struct screen_section *
screen_section_find(const struct screen_section *first, const char *id)
{
	for (; first != NULL; first = first->next)
		if (strcmp(first->id, id) == 0)
			return first;
	return NULL;
}

#define EACH(list, n) \
	for (i = 0; i < s->n; i++) \
		if (!each(arg, s->list[i].id, &s->list[i].text)) \
			return false;

bool
screen_parts_each(const struct screen *s, bool (*each)(void *arg,
    const char *id, const struct screen_text *text), void *arg)
{
	size_t i;

	if (!each(arg, "title", &s->text) || (s->ask != NULL &&
	    !each(arg, s->ask, &s->ask_text)))
		return false;
	EACH(columns, column_count)
	EACH(items, item_count)
	EACH(actions, action_count)
	EACH(fields, field_count)
	EACH(steps, step_count)
	return true;
}

struct giver {
	struct screen_loader	*l;
	const struct screen_section *first;
	const char		*seen[256];
	size_t			 count;
};

static bool
give(void *arg, const char *id, const struct screen_text *text)
{
	struct giver			*g = arg;
	const struct screen_section	*section;
	size_t				 i;

	for (i = 0; i < g->count; i++)
		if (strcmp(g->seen[i], id) == 0)
			return screen_fail(g->l, id, T_SCREEN_ID_TWICE, id);
	if (g->count == LENGTH(g->seen))
		return screen_fail(g->l, id, T_SCREEN_MANY);
	g->seen[g->count++] = id;
	section = screen_section_find(g->first, id);
	if (section == NULL)
		return screen_fail(g->l, id, T_SCREEN_NO_SECTION, id,
		    g->l->s->name);
	/* The screen is still being made, in memory of its own. */
	*(struct screen_text *)(uintptr_t)text = section->text;
	return true;
}

bool
screen_text_all(struct screen_loader *l)
{
	struct giver			 g = { .l = l, .seen = { EMPTY },
					    .count = 1 };
	const struct screen_section	*empty;

	if (!screen_sections_read(l->s->arena, l->paths, l->s->name,
	    &g.first, l->e) || !screen_parts_each(l->s, give, &g))
		return false;
	empty = screen_section_find(g.first, EMPTY);
	l->s->empty = empty != NULL ? empty->text :
	    (struct screen_text){ "", "" };
	return true;
}
