/*
 * The keys that mean the same on every screen: help and the cheat sheet,
 * the command line, the palette, the screen as a file, the notifications.
 */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "value.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

#define KEYS_COLS	22
#define HINT_SURE	48	/* shorter is never cut in its row */

/* What the bar has, whole, and then what is the same everywhere. */
static void
keys_tell(const struct view *v, struct buf *out)
{
	struct bar	 bar = { .count = 0 };
	enum act	 act;
	size_t		 i;

	v->ops->bar(v, &bar);
	buf_printf(out, "%s\n", T_KEYS_HERE);
	for (i = 0; i < bar.count; i++)
		if (bar.entry[i].act == ACT_NONE)
			buf_printf(out, "  %-*c %s\n", KEYS_COLS,
			    bar.entry[i].letter - 'a' + 'A',
			    bar.entry[i].label);
	buf_printf(out, "\n%s\n", T_KEYS_ALL);
	for (act = ACT_NONE + 1; act < ACT_COUNT; act++) {
		AUTO_BUF struct buf keys = BUF_INIT;

		act_keys_all(act, &keys);
		if (keys.len > 0)
			buf_printf(out, "  %-*s %s\n", KEYS_COLS,
			    buf_str(&keys), act_help(act));
	}
}

struct view *
app_keys_view(struct app *app, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (app->top != NULL)
		keys_tell(app->top, &text);
	return view_text_new(app, T_KEYS, buf_str(&text), e);
}

/* Help of the focus and the screen's keys below it; what was cut is whole. */
void
app_help(struct app *app)
{
	AUTO_BUF struct buf	 text = BUF_INIT, hint = BUF_INIT;
	const struct view	*v = app->top;
	const char		*help = NULL;
	struct err		 e = { 0 };

	if (v->ops->help != NULL)
		help = v->ops->help(v);
	if (v->ops->hint != NULL)
		v->ops->hint(v, &hint);
	if (hint.len > HINT_SURE && (help == NULL || !str_starts(help,
	    buf_str(&hint))))
		buf_printf(&text, "%s\n\n", buf_str(&hint));
	if (help != NULL && help[0] != '\0')
		buf_printf(&text, "%s%s\n", help, str_ends(help, "\n") ?
		    "" : "\n");
	keys_tell(v, &text);
	app_open(app, view_text_new(app, T_HELP, buf_str(&text), &e), &e);
}

void
app_command(struct app *app)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const struct view	*v = app->top;
	struct view		*shown;
	struct err		 e = { 0 };

	if (v->ops->command != NULL)
		v->ops->command(v, &text);
	if (text.len == 0) {
		app_say(app, T_COMMAND_NONE);
		return;
	}
	shown = view_text_new(app, T_COMMAND, buf_str(&text), &e);
	if (shown != NULL)
		((struct view_text *)shown)->file_name = T_FILE_COMMAND;
	app_open(app, shown, &e);
}

static void
palette_chosen(void *arg, const char *name)
{
	if (name != NULL)
		app_open_screen(arg, name, json_object());
}

void
app_palette(struct app *app)
{
	static const struct {
		const char *name, *title;
	} own[] = {
		{ "keys", T_KEYS }, { "notifications", T_NOTES },
		{ "operator", T_OPERATOR }, { "profile", T_PROFILE },
		{ "theme", T_THEME }
	};
	struct err	 e = { 0 };
	json_t		*list = screen_list(&app->o.screens, &e), *one;
	json_t		*choices = json_array();
	size_t		 i;

	json_array_foreach(list, i, one) {
		AUTO_BUF struct buf label = BUF_INIT;

		buf_printf(&label, "%-18s %s", json_text(one, "name"),
		    json_text(one, "title"));
		json_array_append_new(choices, json_pack("{s:s, s:s}",
		    "value", json_text(one, "name"), "label",
		    buf_str(&label)));
	}
	for (i = 0; i < LENGTH(own); i++) {
		AUTO_BUF struct buf label = BUF_INIT;

		buf_printf(&label, "%-18s %s", own[i].name, own[i].title);
		json_array_append_new(choices, json_pack("{s:s, s:s}",
		    "value", own[i].name, "label", buf_str(&label)));
	}
	if (list == NULL) {
		json_decref(choices);
		app_say_err(app, &e);
		return;
	}
	json_decref(list);
	app_open(app, view_choose_new(app, T_PALETTE, choices,
	    palette_chosen, app, &e), &e);
}

static void
dump_typed(void *arg, const char *path)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct app		*app = arg;
	struct canvas		*c;
	struct err		 e = { 0 };
	int			 rows = 24, cols = 80;

	if (path == NULL || path[0] == '\0')
		return;
	if (app->tty != NULL)
		tty_size(app->tty, &rows, &cols);
	c = canvas_new(rows, cols);
	if (c == NULL) {
		err_nomem(&e);
		app_say_err(app, &e);
		return;
	}
	app_paint(app, c);
	canvas_dump(c, false, &text);
	canvas_free(c);
	if (view_file_write(path, buf_str(&text), &e))
		app_say(app, T_WRITTEN, path);
	else
		app_say_err(app, &e);
}

void
app_dump(struct app *app)
{
	struct err e = { 0 };

	app_open(app, view_input_new(app, T_ASK_FILE, T_FILE_SCREEN,
	    dump_typed, app, &e), &e);
}

struct view *
app_notes_view(struct app *app, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const json_t		*note;
	size_t			 i;

	for (i = json_array_size(app->notes); i-- > 0;) {
		note = json_array_get(app->notes, i);
		value_add(json_object_get(note, "at"), FORMAT_TIME,
		    app_wall_ms(app), &text);
		buf_printf(&text, "  %s\n", json_text(note, "text"));
	}
	if (text.len == 0)
		buf_printf(&text, "%s\n", T_NOTES_NONE);
	return view_text_new(app, T_NOTES, buf_str(&text), e);
}
