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
 * one for the screen, each column, field, item, action and ask.  Rights
 * belong to the verb, never to the screen (architecture.md; facts tui.md 4.3).
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
	const char	*what;
};

struct screen_call {
	const char		*verb;		/* NULL: none */
	const struct screen_with *with;
	size_t			 with_count;
};

enum screen_format {
	FORMAT_TEXT, FORMAT_NUMBER, FORMAT_BYTES, FORMAT_AGE, FORMAT_TIME,
	FORMAT_YESNO, FORMAT_HASH, FORMAT_SPARK
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
	struct screen_call	 call;		/* or a verb */
	bool			 is_main;	/* Enter on a row does it */
	bool			 takes_marks;	/* the marked rows, if any */
	struct screen_text	 text;
};

struct screen_field {
	const char		*id;
	const char		*param;		/* of the form's verb */
	const char		*initial;	/* literal, or NULL */
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
	struct screen_call	 load;
	int			 refresh_s;	/* 0: when asked only */
	const char		*rows;		/* member that is the array */
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
/* The names of all screens, sorted, and their titles, for the palette. */
json_t	*screen_list(const struct screen_paths *paths, struct err *e);
/*
 * Everything that is wrong in all screens, a line each, for make lint: also
 * screens that nothing opens, help that is missing, letters bound twice.
 */
bool	 screen_lint(const struct screen_paths *paths,
	     const struct registry *registry, struct buf *complaints,
	     struct err *e);
const char *screen_kind_name(enum screen_kind kind);

#endif
