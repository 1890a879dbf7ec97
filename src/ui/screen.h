/*
 * A screen as its YAML file says (stconsole-screen(5)): which verb fills it,
 * what is shown of the result, what can be done from it.  The schema is
 * closed: an unknown key, a verb, parameter, member or key that does not
 * exist is an error with file and line.  There is no logic in it beyond
 * visible_when, no coordinates and no words: labels and help are sections of
 * screens/LANG/NAME.txt,
 *
 *   == title: Administrators
 *   Who may open the pages of administration.
 *   == mail: Mail
 *   The address by which Sametime knows the person.
 *
 * one for the screen, each column, field, item, action, step and the ask;
 * help goes to the next "==".  A table may have "== empty: Nothing is locked"
 * for when it has no rows.  A paragraph of help is one line in memory,
 * however it is broken in the file.  Rights belong to the verb, never to the
 * screen (architecture.md; facts tui.md 4.3).
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "stconsole/verb.h"

enum screen_kind {
	SCREEN_MENU,		/* items */
	SCREEN_TABLE,		/* rows of a verb's result, actions on them */
	SCREEN_PANEL,		/* rows with marks that refresh, and items */
	SCREEN_FORM,		/* the parameters of one changing verb */
	SCREEN_WIZARD,		/* steps, each a screen; rows say their state */
	SCREEN_TEXT		/* members of a result as text */
};

enum screen_mark { MARK_NONE, MARK_OK, MARK_LOOK, MARK_BROKEN, MARK_UNKNOWN,
	MARK_BUSY };

/* Label and help; "" when the section has none.  Owned by the screen. */
struct screen_text {
	const char	*label, *help;
};

/* Where the value of a parameter comes from. */
enum screen_from {
	FROM_VALUE,		/* { value: text }: as written */
	FROM_COLUMN,		/* { column: id }: the focused or marked rows */
	FROM_FIELD,		/* { field: id }: typed here (form, ask) */
	FROM_GIVEN		/* { given: name }: by who opened the screen */
};

struct screen_with {
	const char	*param;		/* of the verb or the opened screen */
	enum screen_from from;
	/* FROM_COLUMN: the member's path; a column's id was put for it. */
	const char	*what;
	enum param_type	 type;		/* of the verb's parameter, or TEXT */
	bool		 many;		/* all marked rows, as an array */
};

/* What who opens the screen must (or may) say: given: [ mail, file? ]. */
struct screen_given {
	const char	*name;
	bool		 is_optional;
};

struct screen_call {
	const char		*verb;		/* NULL: none */
	const struct screen_with *with;
	size_t			 with_count;
};

enum screen_format {
	FORMAT_TEXT, FORMAT_NUMBER, FORMAT_BYTES, FORMAT_AGE, FORMAT_TIME,
	FORMAT_YESNO, FORMAT_HASH
};

struct screen_column {
	const char		*id;
	const char		*from;		/* "directory.state" */
	enum screen_format	 format;
	int			 width;		/* wanted, in columns; 0: all */
	int			 priority;	/* 1 stays longest */
	struct screen_text	 text;
};

/* A value of the mark member and the mark that it gets. */
struct screen_marks {
	const char		*value;
	enum screen_mark	 mark;
};

/* A row whose member has this value opens that screen. */
struct screen_way {
	const char	*value;
	const char	*open;
};

struct screen_item {
	const char		*id;
	char			 key;		/* digit or letter, 0: number */
	const char		*open;		/* a screen */
	const struct screen_with *with;
	size_t			 with_count;
	struct screen_text	 text;
};

struct screen_action {
	const char		*id;
	char			 key;		/* letter, lower case */
	const char		*open;		/* a screen, or NULL */
	const char		*show;		/* a member, as text; or NULL */
	/* Or a verb that changes or steers; its with is also open's. */
	struct screen_call	 call;
	bool			 is_main;	/* Enter on a row does it */
	bool			 takes_marks;	/* the marked rows, if any */
	struct screen_text	 text;
};

struct screen_field {
	const char		*id;
	const char		*param;		/* of the form's verb */
	const char		*initial;	/* literal, or NULL */
	const char		*initial_given;	/* or what was given */
	struct screen_call	 initial_call;	/* or a verb's */
	const char		*initial_member;
	const char		*visible_field;	/* visible_when, or NULL */
	const char		*visible_is;
	/* F4: the rows of a verb's result, and which member is the value. */
	struct screen_call	 values;
	const char		*values_rows, *values_member;
	struct screen_text	 text;
};

struct screen_step {
	const char	*id;		/* the value of the rows' "id" */
	const char	*open;		/* a screen, or NULL: only told */
	struct screen_text text;
};

struct screen {
	const char		*name, *file;
	enum screen_kind	 kind;
	enum role		 needs;
	struct screen_text	 text;		/* title */
	const char		*help;		/* with that of its parts */
	struct screen_text	 empty;		/* TABLE: maybe; no rows */
	const struct screen_given *given;
	size_t			 given_count;
	struct screen_call	 load;		/* TEXT: may have none */
	int			 refresh_s;	/* 0: when asked only */
	const char		*rows;		/* member; screen_rows */
	const char		*ask;		/* an input above: its id */
	struct screen_text	 ask_text;
	const char		*mark;		/* member of a row */
	const struct screen_marks *marks;
	size_t			 marks_count;
	const char		*detail;	/* member shown for the focus */
	const char		*way;		/* member that chooses below */
	const struct screen_way	*ways;
	size_t			 way_count;
	const struct screen_column *columns;
	size_t			 column_count;
	const struct screen_item *items;
	size_t			 item_count;
	const struct screen_action *actions;
	size_t			 action_count;
	struct screen_call	 call;		/* FORM: the changing verb */
	const struct screen_field *fields;
	size_t			 field_count;
	const struct screen_step *steps;
	size_t			 step_count;
	struct arena		*arena;		/* owns all of the above */
};

/* Where screens are looked for, first to last. */
struct screen_paths {
	const char	*override_dir;	/* /etc/stconsole/screens */
	const char	*dir;		/* share/stconsole/screens */
	const char	*lang;		/* "en" */
};

/*
 * Reads NAME.yaml and LANG/NAME.txt ("en" when the language has none) and
 * checks all that can be checked against the verbs.  NULL with ERR_YAML.
 */
struct screen *screen_load(const struct screen_paths *paths,
	     const struct registry *registry, const char *name,
	     struct err *e);
void	 screen_free(struct screen *s);
/*
 * [{"name","title"}] of the screens that can be opened by name alone, sorted,
 * for the palette.
 */
json_t	*screen_list(const struct screen_paths *paths, struct err *e);
/* A view of the program's own that screens open by name: job keys ... */
bool	 screen_is_builtin(const char *name);
/* What it must be given (name NULL: nothing); NULL when it is none. */
const struct screen_given *screen_builtin_given(const char *name);
/*
 * Everything that is wrong in all screens, a line each, for make lint: also
 * screens that nothing opens, help that is missing, letters bound twice.
 */
bool	 screen_lint(const struct screen_paths *paths,
	     const struct registry *registry, struct buf *complaints,
	     struct err *e);
const char *screen_kind_name(enum screen_kind kind);
/* How much of a help is its first sentence, without the full stop. */
size_t	 screen_lead(const char *help);

/* --- a screen and a result ---------------------------------------------- */

/*
 * The rows of a result as an array of objects, new reference, NULL: memory.
 * Where the member is an object with any names, a row has its name as "*";
 * where a row is no object, it is the row's member ".".  A member that is
 * missing or null makes no rows.
 */
json_t	*screen_rows(const struct screen *s, const json_t *result);
/*
 * The value at a path ("fix.screen"); of an array on the way, an array of the
 * values of its entries.  New reference, NULL when there is none.
 */
json_t	*screen_member(const json_t *of, const char *path);
/*
 * As text: an array's entries with ", " between, an object's values with a
 * space, true and false as yes and no, null as nothing.
 */
void	 screen_value_text(const json_t *value, struct buf *out);
/* The mark of a row by its mark member; MARK_NONE when none is set. */
enum screen_mark screen_row_mark(const struct screen *s, const json_t *row);
/* The screen that a row leads to by its way member, or NULL. */
const char *screen_row_way(const struct screen *s, const json_t *row);

/* Where the values of a "with" come from; any may be NULL. */
struct screen_values {
	const json_t	*rows;		/* array: marked, or the focused one */
	const json_t	*fields;	/* object: form's fields, ask's input */
	const json_t	*given;		/* object */
};

/*
 * Parameters for a call or for the opened screen: a new object, NULL: memory.
 * What has no value is left out.
 */
json_t	*screen_with_fill(const struct screen_with *with, size_t count,
	     const struct screen_values *values);

#endif
