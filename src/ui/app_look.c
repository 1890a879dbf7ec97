/*
 * Theme and profile: as told, as the settings say, or by what the terminal
 * is.  Both may change while the console runs.
 */
#include "app_private.h"

#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* What was told wins over the setting; "auto" and none are NULL. */
static bool
wanted(const struct app *app, const char *told, const char *setting,
    char **out, struct err *e)
{
	struct ctx ctx;

	*out = NULL;
	if (told != NULL) {
		*out = strdup(told);
		if (*out == NULL)
			return err_nomem(e);
	} else {
		world_ctx(work_world(app->o.work), NULL, &ctx);
		if (!settings_get(&ctx, setting, out, e))
			return false;
	}
	if (str_equal(*out, "auto")) {
		free(*out);
		*out = NULL;
	}
	return true;
}

static bool
glyphs_set(struct app *app, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (!wanted(app, NULL, "ui.glyphs", &name, e))
		return false;
	app->glyphs = str_equal(name, "ascii") ? GLYPHS_ASCII :
	    str_equal(name, "acs") ? GLYPHS_ACS :
	    str_equal(name, "utf8") ? GLYPHS_UTF8 :
	    profile_glyphs(app->profile, &app->facts);
	return true;
}

static void
tty_tell(struct app *app)
{
	if (app->tty != NULL)
		tty_theme_set(app->tty, &app->theme, app->profile,
		    app->glyphs);
	app_changed(app);
}

bool
app_theme_set(struct app *app, const char *name, struct err *e)
{
	struct theme theme;

	if (name == NULL || str_equal(name, "auto"))
		name = profile_theme(app->profile, &app->facts);
	if (!theme_load(app->o.themes, app->o.themes_override, name, &theme,
	    e))
		return false;
	app->theme = theme;
	tty_tell(app);
	return true;
}

bool
app_profile_set(struct app *app, const char *name, struct err *e)
{
	if (name == NULL || str_equal(name, "auto"))
		app->profile = profile_choose(&app->facts);
	else if (!profile_parse(name, &app->profile))
		return err_set(e, ERR_USAGE, 0, T_PROFILE_UNKNOWN, name);
	if (!glyphs_set(app, e))
		return false;
	tty_tell(app);
	return true;
}

static bool
times_set(struct app *app, struct err *e)
{
	struct ctx	 ctx;
	int64_t		 esc_ms, refresh_s;

	world_ctx(work_world(app->o.work), NULL, &ctx);
	if (!settings_get_int(&ctx, "ui.esc_wait_ms", &esc_ms, e) ||
	    !settings_get_int(&ctx, "ui.refresh_s", &refresh_s, e))
		return false;
	app->esc_ms = esc_ms > 0 ? (int)esc_ms : profile_esc_ms(app->profile);
	app->refresh_ms = (int)refresh_s * 1000;
	return true;
}

int
app_refresh_ms(const struct app *app)
{
	return app->refresh_ms;
}

/* --- chosen by hand ----------------------------------------------------- */

static void
theme_chosen(void *arg, const char *name)
{
	struct err e = { 0 };

	if (name != NULL && !app_theme_set(arg, name, &e))
		app_say_err(arg, &e);
	else if (name != NULL)
		app_say(arg, T_LOOK_CHOSEN, "ui.theme", name);
}

static void
profile_chosen(void *arg, const char *name)
{
	struct err e = { 0 };

	if (name != NULL && !app_profile_set(arg, name, &e))
		app_say_err(arg, &e);
	else if (name != NULL)
		app_say(arg, T_LOOK_CHOSEN, "ui.profile", name);
}

/* The choices of a setting, "auto|mono|...", as a list. */
static json_t *
choices_of(const char *setting)
{
	const char	*all = settings_choices(setting);
	json_t		*list = json_array();
	size_t		 len;

	for (; all != NULL && *all != '\0'; all += len + (all[len] == '|')) {
		len = strcspn(all, "|");
		json_array_append_new(list, json_stringn(all, len));
	}
	return list;
}

struct view *
app_theme_view(struct app *app, struct err *e)
{
	return view_choose_new(app, T_THEME, choices_of("ui.theme"),
	    theme_chosen, app, e);
}

struct view *
app_profile_view(struct app *app, struct err *e)
{
	return view_choose_new(app, T_PROFILE, choices_of("ui.profile"),
	    profile_chosen, app, e);
}

/* A setting was changed: what it says counts from now on. */
void
app_look_again(struct app *app)
{
	AUTO_FREE char	*profile = NULL;
	AUTO_FREE char	*theme = NULL;
	struct err	 e = { 0 };

	if (!wanted(app, app->o.profile, "ui.profile", &profile, &e) ||
	    !wanted(app, app->o.theme, "ui.theme", &theme, &e) ||
	    !app_profile_set(app, profile, &e) ||
	    !app_theme_set(app, theme, &e) || !times_set(app, &e))
		app_say_err(app, &e);
}

void
app_tty_options(const struct app *app, struct tty_options *o)
{
	*o = (struct tty_options){
		.profile = app->profile, .glyphs = app->glyphs,
		.no_color = app->facts.no_color,
		.is_ascii = !app->facts.is_utf8, .esc_ms = app->esc_ms
	};
}

/* A theme that nobody asked for is no reason to have no console. */
bool
app_look_init(struct app *app, struct err *e)
{
	AUTO_FREE char	*profile = NULL;
	AUTO_FREE char	*theme = NULL;
	struct err	 why = { 0 };

	theme_plain(&app->theme);
	profile_facts_get(STDOUT_FILENO, &app->facts);
	if (!wanted(app, app->o.profile, "ui.profile", &profile, e) ||
	    !wanted(app, app->o.theme, "ui.theme", &theme, e) ||
	    !app_profile_set(app, profile, e))
		return false;
	if (!times_set(app, e))
		return false;
	if (app_theme_set(app, theme, &why))
		return true;
	if (app->o.theme != NULL)
		return err_copy(e, &why);
	app_say_err(app, &why);
	return true;
}
