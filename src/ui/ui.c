#include "stconsole/ui.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "stconsole/file.h"
#include "stconsole/control.h"
#include "stconsole/mem.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"
#include "tty.h"

#include "stconsole/msg.h"
#include "text.def"

#define THREADS		8
#define OVERRIDES	"/etc/stconsole"

/*
 * The folder of our data files: where the program is installed, or beside it
 * in the build folder, which links to those of the tree.
 */
static char *
data_dir(const char *name)
{
	AUTO_FREE char	*relative = str_format("../share/stconsole/%s", name);
	char		*installed, *built;

	if (relative == NULL)
		return NULL;
	installed = file_beside_program(relative);
	if (installed == NULL || access(installed, R_OK | X_OK) == 0)
		return installed;
	built = file_beside_program(name);
	if (built != NULL && access(built, R_OK | X_OK) != 0) {
		free(built);
		return installed;
	}
	free(installed);
	return built;
}

static const char *
lang(void)
{
	static char	 name[3];
	const char	*value = getenv("LC_MESSAGES");

	if (value == NULL || value[0] == '\0')
		value = getenv("LANG");
	if (value == NULL || strlen(value) < 2 || value[0] < 'a')
		return "en";
	name[0] = value[0];
	name[1] = value[1];
	return name;
}

/* Why the screen is gone, where nobody asked for that. */
static void
parting_tell(const struct app *app)
{
	const char *why = app_parting(app);

	if (why == NULL)
		return;
	(void)file_write_all(STDERR_FILENO, why, strlen(why), NULL);
	(void)file_write_all(STDERR_FILENO, "\n", 1, NULL);
}

static bool
on_terminal(struct app *app, struct err *e)
{
	struct tty_options	 o;
	struct tty		*tty;
	bool			 ok;

	app_tty_options(app, &o);
	o.in = STDIN_FILENO;
	o.out = STDOUT_FILENO;
	o.owns_process = true;
	tty = tty_open(&o, app_theme(app), e);
	if (tty == NULL)
		return false;
	ok = app_run_tty(app, tty, e);
	tty_close(tty);
	parting_tell(app);
	return ok;
}

/* A terminal that can do nothing is spoken to by lines. */
static bool
is_linear(const struct ui_options *o)
{
	const char *term = getenv("TERM");

	return o->linear || term == NULL || term[0] == '\0' ||
	    str_equal(term, "dumb");
}

static bool
app_go(struct app *app, const struct ui_options *o, const struct err *why,
    struct err *e)
{
	if (!app_begin(app, o->screen != NULL ? o->screen : "home", e))
		return false;
	if (why->domain != ERR_NONE)
		app_say_err(app, why);
	if (is_linear(o))
		return app_run_linear(app, STDIN_FILENO, STDOUT_FILENO, e);
	return on_terminal(app, e);
}

/* What calls go to, and what to fall back on. */
struct face {
	const struct world	*world;
	struct work		*work;
};

static struct work *
work_alone(void *arg, struct err *e)
{
	struct face	*f = arg;
	struct work	*alone = work_local_new(f->world, THREADS, e);

	if (alone == NULL)
		return NULL;
	work_free(f->work);
	f->work = alone;
	return alone;
}

/* Where serve runs, jobs outlive this console; else it hosts them. */
static bool
work_find(struct face *f, struct err *why, struct err *e)
{
	bool is_there;

	f->work = control_attach(f->world, true, &is_there, why);
	if (f->work == NULL && !is_there)
		err_clear(why);
	if (f->work == NULL)
		f->work = work_local_new(f->world, THREADS, e);
	return f->work != NULL;
}

bool
ui_run(const struct world *w, const struct ui_options *o, struct err *e)
{
	AUTO_FREE char		*screens = data_dir("screens");
	AUTO_FREE char		*themes = data_dir("themes");
	struct app_options	 options = {
		.clock = &clock_system, .theme = o->theme,
		.profile = o->profile, .read_only = w->read_only,
		.themes = themes, .themes_override = OVERRIDES "/themes",
		.screens = { OVERRIDES "/screens", screens, lang() }
	};
	struct face		 face = { .world = w };
	struct app		*app;
	struct err		 why = { 0 };
	bool			 ok = false;

	if (screens == NULL || themes == NULL)
		return err_nomem(e);
	if (!work_find(&face, &why, e))
		return false;
	options.work = face.work;
	options.work_alone = work_alone;
	options.work_arg = &face;
	app = app_new(&options, e);
	if (app != NULL)
		ok = app_go(app, o, &why, e);
	app_free(app);
	work_free(face.work);
	return ok;
}
