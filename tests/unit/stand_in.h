/*
 * Stands in for the app: one view under test on a canvas, verbs called at
 * once, and what the view opened kept to be looked at.  Keys are dispatched
 * as app_press does.  Screens are made in C, since no file is needed here.
 */
#ifndef TESTS_STAND_IN_H
#define TESTS_STAND_IN_H

#include "../../src/ui/app.h"
#include "../../src/ui/screen.h"
#include "../../src/ui/view.h"

struct app *stand_in_new(const struct registry *r, int rows, int cols);
/* Closes all views first. */
void	 stand_in_free(struct app *app);
/* The ctx that calls get; for the test to change. */
struct ctx *stand_in_ctx(struct app *app);
/* Another size of the screen. */
void	 stand_in_resize(struct app *app, int rows, int cols);
void	 stand_in_time_add(struct app *app, int64_t ms);

/* Names parted by blanks: "Tab F8 a Ctrl-Z"; Space is "Space". */
void	 stand_in_keys(struct app *app, const char *names);
/* Each character as a key. */
void	 stand_in_type(struct app *app, const char *text);
void	 stand_in_paste(struct app *app, const char *text);
/* Gives the answers of calls to their views. */
void	 stand_in_answer(struct app *app);

/* What is on the screen, as canvas_dump; malloc'd. */
char	*stand_in_screen(struct app *app, bool marks);
/* One row of it; malloc'd. */
char	*stand_in_row(struct app *app, int row);
/* The line of hints: what was said, else the view's own. */
const char *stand_in_hint(struct app *app);
char	*stand_in_command(struct app *app);

/* The last preview that was opened: verb, parameters, a secret's value. */
const char *stand_in_plan_verb(const struct app *app);
const json_t *stand_in_plan_params(const struct app *app);
const char *stand_in_plan_secret(const struct app *app, const char *name);
/* The choices that were opened (array), and choosing one (NULL: back). */
const json_t *stand_in_choices(const struct app *app);
void	 stand_in_choose(struct app *app, const char *value);
/* The last screen that was opened by name, or NULL; what was given. */
const char *stand_in_screen_opened(const struct app *app);
const json_t *stand_in_screen_given(const struct app *app);
/* How many calls were started. */
unsigned stand_in_calls(const struct app *app);

/* A screen that screen_free frees; strings are borrowed. */
struct screen *stand_in_form(const char *verb,
	     const struct screen_field *fields, size_t count,
	     const struct screen_with *with, size_t with_count);

#endif
