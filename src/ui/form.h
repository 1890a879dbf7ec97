/*
 * Private to view_form.c and its parts: a form for the parameters of one
 * changing verb.  A stop is what can have the focus: the input of a visible
 * field, and below a secret that was typed the input for typing it again.
 *
 * A value is checked by the code that checks the command line
 * (verb_param_value); nothing here knows what a mail address is.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "app.h"
#include "edit.h"
#include "screen.h"
#include "view_form.h"

struct form_field {
	const struct screen_field *def;
	const struct verb_param	*param;
	struct edit	*edit;		/* NULL: flag and choice */
	struct edit	*again;		/* of a secret */
	bool		 flag, flag_begin;
	size_t		 choice, choice_begin;	/* from 1; 0: none */
	bool		 is_touched;	/* its problem is said */
	size_t		 ask;		/* its question, from 1; 0: none */
	char		 problem[400];	/* "" when the value is fine */
};

/* One question for initial values, shared by the fields that ask the same. */
struct form_ask {
	json_t		*params;
	const char	*verb;
	unsigned	 id;		/* 0: answered */
};

struct form {
	struct view	 view;		/* first */
	struct screen	*screen;
	json_t		*given;		/* object */
	const struct verb *verb;
	struct form_field *fields;
	size_t		 count;
	size_t		 focus;		/* a field */
	bool		 on_again;
	size_t		 top;		/* first stop shown */
	int		 rows;		/* stops shown at the last paint */
	bool		 was_reset;	/* the last key: once more is all */
	struct form_ask	*asks;		/* initial values, fields in order */
	size_t		 ask_count;
	int64_t		 asked_ms;
	unsigned	 values_id;	/* F4 under way */
	size_t		 values_field;
};

struct form_stop {
	size_t	 field;
	bool	 is_again;
};

static inline struct form *
form_of(const struct view *v)
{
	return (struct form *)(uintptr_t)v;
}

/* --- form_field.c: one value --------------------------------------------- */

bool	 field_init(struct form_field *f, const struct screen_field *def,
	     const struct verb_param *param, struct err *e);
void	 field_fini(struct form_field *f);
/*
 * The value that the field begins with; text as it would be typed.  False
 * when it is no value of a flag or choice, or memory is gone.
 */
bool	 field_begin(struct form_field *f, const char *text, struct err *e);
/* As typed over what is there, one step of undo; the same failures. */
bool	 field_type(struct form_field *f, bool is_again, const char *text,
	     struct err *e);
/*
 * What was typed as a raw value for verb_params: string, array, true, or
 * {"$secret": name}; a file's path for an input.  NULL: nothing.  New.
 */
json_t	*field_given(const struct form_field *f);
/* As visible_when compares it: "true" and "false" for a flag.  New. */
json_t	*field_word(const struct form_field *f);
/* As a person reads it: secrets as stars, a flag as yes or no. */
void	 field_tell(const struct form_field *f, bool is_again,
	     struct buf *out);
bool	 field_is_dirty(const struct form_field *f);
void	 field_reset(struct form_field *f);
/* The edit that has the focus; NULL for flag and choice. */
struct edit *field_edit(const struct form_field *f, bool is_again);
/* Value "n" of a choice (from 1), malloc'd; NULL when there is none. */
char	*field_choice(const struct form_field *f, size_t n);
/* The next choice, or the other flag. */
void	 field_step(struct form_field *f, bool is_back);
/* A letter typed on a flag or choice; false when none begins so. */
bool	 field_letter(struct form_field *f, const char *letter);

/* --- form_check.c: all values -------------------------------------------- */

/* Fills f->problem; asks neither network nor disk. */
void	 form_check(const struct form *form, struct form_field *f);
bool	 form_is_visible(const struct form *form, const struct form_field *f);
/* The first visible field with a problem, or NULL; all are checked. */
struct form_field *form_first_problem(struct form *form);
/*
 * The parameters for verb_params, constants and given ones included; files
 * are named, not read.  Fields with problems are left out.  NULL: memory.
 */
json_t	*form_given(const struct form *form);
/* The parameters as the verb gets them, files read.  NULL with *e. */
json_t	*form_params(const struct form *form, struct err *e);
/* The secrets that were typed; each value is the caller's to free. */
bool	 form_secrets(const struct form *form,
	     struct ctx_secret out[CTX_SECRETS], size_t *count,
	     struct err *e);
void	 form_command(const struct view *v, struct buf *out);

/* --- form_load.c: where values come from --------------------------------- */

/* Literals and given ones at once, those of calls when they are answered. */
bool	 form_begin(struct form *form, struct err *e);
/* Asks for the calls' values again, for fields that nobody changed. */
void	 form_ask_again(struct form *form);
void	 form_arrived(struct view *v, const struct work_event *ev);
bool	 form_is_asking(const struct form *form);
int	 form_due(const struct view *v, int64_t now_ms);
void	 form_tick(struct view *v, int64_t now_ms);
/* F4: the list of values, or a secret shown and hidden. */
bool	 form_values(struct form *form);
bool	 field_has_values(const struct form_field *f);

/* --- form_stop.c: the focus ---------------------------------------------- */

size_t	 form_stops(const struct form *form);
struct form_stop form_stop_at(const struct form *form, size_t i);
size_t	 form_stop_of_focus(const struct form *form);
/* Where it begins: the first one that was not given, or the last. */
size_t	 form_stop_first(const struct form *form);
/* Leaves the field, whose problem is said from now on. */
void	 form_focus(struct form *form, size_t stop);
void	 form_focus_field(struct form *form, const struct form_field *f);
/* After a change that hid what had the focus. */
void	 form_focus_mend(struct form *form);

/* --- form_paint.c -------------------------------------------------------- */

void	 form_paint(struct view *v, struct canvas *c, struct area a);
void	 form_hint(const struct view *v, struct buf *out);
const char *form_help(const struct view *v);
/* "Mail", "Password, once more". */
void	 form_label(const struct form *form, struct form_stop s,
	     struct buf *out);

/* --- view_form.c --------------------------------------------------------- */

/* A value was put by a list or the like: checked, painted. */
void	 form_changed(struct form *form, struct form_field *f);

#endif
