/*
 * What the files of the screen loader share.  Private to them.
 */
#ifndef UI_SCREEN_PARSE_H
#define UI_SCREEN_PARSE_H

#include "screen.h"
#include "stconsole/arena.h"
#include "stconsole/yaml_tree.h"

/* Where something that was read stands in the file, for errors later. */
struct screen_note {
	const void		*what;	/* a string or part of the screen */
	const struct yaml_node	*node;
};

struct screen_loader {
	const struct screen_paths *paths;
	const struct registry	*registry;
	struct screen		*s;		/* being filled */
	struct yaml_tree	 tree;
	struct screen_note	*notes;
	size_t			 note_count, note_room;
	struct err		*e;
};

bool	 screen_note(struct screen_loader *l, const void *what,
	     const struct yaml_node *node);
/* ERR_YAML with the place of what was read.  Always false. */
bool	 screen_fail(struct screen_loader *l, const void *what,
	     const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The hint of *e: the nearest of the names, or all of them. */
bool	 screen_hint(struct err *e, const char *word,
	     const char *const *names, size_t count);

/* --- screen_keys.c: the keys there are ---------------------------------- */

/*
 * Reads a value into *at; count, for lists, says how many are there.  at and
 * count point into the part whose key this is.
 */
typedef bool (*screen_reader)(struct screen_loader *l,
	     const struct yaml_node *n, void *at, size_t *count);

struct screen_key {
	const char	*name;
	screen_reader	 read;
	size_t		 at, count_at;
	unsigned	 kinds;		/* bits of screen_kind; 0: of all */
	const char	*help;
};

/* One kind of map: its keys, which of them must be there. */
struct screen_map {
	const char		*name;		/* for the manual page */
	const struct screen_key	*keys;
	size_t			 count;
	const char		*id_key;	/* must be there; or NULL */
};

/* Reads the whole file's map into l->s. */
bool	 screen_read_all(struct screen_loader *l);
/* The tables, for the manual page; NULL at the end. */
const struct screen_map *screen_map_at(size_t i);

/* --- screen_value.c: readers of one value; count is for lists ----------- */

/* Into a string of the arena, which is noted: any text; an id; a screen that
 * there is; a verb that there is. */
bool	 screen_read_text(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_name(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_open(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_verb(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
/* Into a bool, an int, a char, an enum. */
bool	 screen_read_bool(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_int(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_key(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_kind(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_format(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_role(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
/* Only checked: the version, the name of the file. */
bool	 screen_read_schema(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_screen(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
/* Into a new array of struct screen_with, _given, _marks, _way. */
bool	 screen_read_with(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_given(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_marks(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);
bool	 screen_read_ways(struct screen_loader *l, const struct yaml_node *n,
	     void *at, size_t *count);

/* --- screen_text.c ------------------------------------------------------ */

struct screen_section {
	const char		*id;
	struct screen_text	 text;
	const char		*file;		/* "en/home.txt" */
	unsigned		 line;
	const struct screen_section *next;
};

/*
 * The sections of NAME in the language, then in English; of each the
 * override's first.  Into *first, in that order, owned by the arena.
 */
bool	 screen_sections_read(struct arena *a, const struct screen_paths *p,
	     const char *name, const struct screen_section **first,
	     struct err *e);
/* The same of one file's content; behind the sections there are. */
bool	 screen_sections_parse(struct arena *a, const char *file,
	     const struct buf *text, const struct screen_section **first,
	     struct err *e);
const struct screen_section *screen_section_find(
	     const struct screen_section *first, const char *id);
/* Gives every part of l->s its text. */
bool	 screen_text_all(struct screen_loader *l);
/* Then l->s->help (screen_help.c). */
bool	 screen_help_make(struct screen_loader *l);
/*
 * Calls each(arg, id, text) for the title and all parts, until it returns
 * false; the result is that.
 */
bool	 screen_parts_each(const struct screen *s,
	     bool (*each)(void *arg, const char *id,
	     const struct screen_text *text), void *arg);

/* --- screen_shape.c: members of a verb's result ------------------------- */

/* New reference to the verb's result schema, NULL when it has none. */
json_t	*screen_shape_of(const struct verb *v);
/* The shape at a path, as screen_member finds values.  Borrowed or NULL. */
const json_t *screen_shape_at(const json_t *shape, const char *path);
/* The shape of a row, as screen_rows makes them.  New reference or NULL. */
json_t	*screen_shape_row(const json_t *shape, const char *rows);
/* The one word of a leaf without "?": "string", "=a|b"; NULL: no leaf. */
const char *screen_shape_leaf(const json_t *shape, char *out, size_t size);
bool	 screen_shape_fits(const json_t *shape, enum screen_format format);
/* Whether a value (as in "marks") can occur. */
bool	 screen_shape_can_be(const json_t *shape, const char *value);

/* --- checks ------------------------------------------------------------- */

/* The screen is still being made, in memory of its own. */
#define SCREEN_MUTABLE(type, p)	((type *)(uintptr_t)(p))

/* All that can be checked once everything is read. */
bool	 screen_check(struct screen_loader *l);
bool	 screen_check_fields(struct screen_loader *l);
/* Where in this call values may come from. */
struct screen_sources {
	const json_t	*row;		/* shape, or NULL: no columns */
	const char	*ask;		/* its id, or NULL */
	const struct screen_field *fields;
	size_t		 field_count;
};
/* covered: fields that give parameters too. */
bool	 screen_check_call(struct screen_loader *l,
	     const struct screen_call *call,
	     const struct screen_sources *from,
	     const struct screen_field *covered, size_t covered_count);
/* The same for what opens a screen. */
bool	 screen_check_with(struct screen_loader *l,
	     const struct screen_with *with, size_t count,
	     const struct screen_sources *from);
/* Says that path is not in the shape, and what is.  Always false. */
bool	 screen_no_member(struct screen_loader *l, const void *what,
	     const char *path, const json_t *shape);

/* --- screen_load.c ------------------------------------------------------ */

/* screen_load of a file's content; its words are read as ever. */
struct screen *screen_parse(const struct screen_paths *paths,
	     const struct registry *registry, const char *name,
	     const char *file, const struct buf *yaml, struct err *e);
/* [a-z][a-z0-9_]*: screens and ids. */
bool	 screen_is_name(const char *s);
/* There is such a file, or a view of the program's own. */
bool	 screen_exists(const struct screen_paths *p, const char *name);
/* "DIR/NAME.yaml" of the first that is there; malloc'd, or NULL with *e. */
char	*screen_file(const struct screen_paths *p, const char *name,
	     struct err *e);
/* Names of all files, sorted, as a JSON array of strings.  NULL with *e. */
json_t	*screen_names(const struct screen_paths *p, struct err *e);

#endif
