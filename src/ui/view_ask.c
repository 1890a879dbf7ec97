/*
 * Questions over the screen: a few answers to choose from, or one line.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "edit_keys.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/utf8.h"
#include "view_text.h"

#include "stconsole/msg.h"
#include "text.def"

#define ANSWERS_MAX	6
#define QUESTION_ROWS	2
#define INPUT_MAX	4096

struct view_ask {
	struct view	 view;
	char		*question;
	char		*label[ANSWERS_MAX];
	size_t		 count, focus;
	void		(*done)(void *arg, int answer);
	void		*arg;
};

static struct view_ask *
self(const struct view *v)
{
	return (struct view_ask *)(uintptr_t)v;
}

static void
ask_free(struct view *v)
{
	struct view_ask	*q = self(v);
	size_t		 i;

	for (i = 0; i < q->count; i++)
		free(q->label[i]);
	free(q->question);
	free(q);
}

/* The question on the rows above its answers. */
static int
question_paint(const char *question, struct canvas *c, struct area a)
{
	const char	*s = question;
	size_t		 used, n;
	int		 row = 0;

	canvas_blank(c, a, LOOK_TEXT);
	while (*s != '\0' && row < a.rows - 1) {
		AUTO_FREE char *line = NULL;

		n = utf8_fit(s, (size_t)(a.cols > 4 ? a.cols - 4 : 1), &used);
		while (s[n] != '\0' && n > 0 && s[n] != ' ')
			n--;
		if (n == 0)
			n = utf8_fit(s, (size_t)a.cols, &used);
		line = strndup(s, n);
		if (line == NULL || n == 0)
			break;
		canvas_put(c, a.row + row++, a.col + 2, a.cols - 2,
		    LOOK_TITLE, line);
		s += n + (s[n] == ' ');
	}
	return row;
}

static void
ask_paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_ask	*q = self(v);
	int		 row = question_paint(q->question, c, a), i;

	for (i = 0; i < (int)q->count && row + i < a.rows; i++) {
		bool has_focus = (size_t)i == q->focus;
		char number[] = { (char)('1' + i), ' ', '\0' };

		if (has_focus)
			canvas_put(c, a.row + row + i, a.col, 1, LOOK_FOCUS,
			    ">");
		canvas_put(c, a.row + row + i, a.col + 2, 2, LOOK_KEY,
		    number);
		canvas_put(c, a.row + row + i, a.col + 4, a.cols - 4,
		    has_focus ? LOOK_FOCUS : LOOK_TEXT, q->label[i]);
		if (has_focus)
			canvas_cursor(c, a.row + row + i, a.col);
	}
}

static void
ask_end(struct view *v, int answer)
{
	struct view_ask	*q = self(v);
	void		(*done)(void *, int) = q->done;
	void		*arg = q->arg;

	app_close(v->app, v);
	done(arg, answer);
}

static bool
ask_press(struct view *v, const struct press *p)
{
	int answer;

	if (p->code != PRESS_TEXT || !isdigit((unsigned char)p->text[0]))
		return false;
	answer = p->text[0] - '1';
	if (answer < 0 || (size_t)answer >= self(v)->count)
		return false;
	ask_end(v, answer);	/* the view is gone now */
	return true;
}

static bool
ask_act(struct view *v, enum act act)
{
	struct view_ask *q = self(v);

	if (act == ACT_UP || act == ACT_LEFT || act == ACT_PREVIOUS_FIELD)
		q->focus = (q->focus + q->count - 1) % q->count;
	else if (act == ACT_DOWN || act == ACT_RIGHT ||
	    act == ACT_NEXT_FIELD)
		q->focus = (q->focus + 1) % q->count;
	else if (act == ACT_OPEN)
		ask_end(v, (int)q->focus);
	else if (act == ACT_BACK)
		ask_end(v, -1);
	else
		return false;
	return true;
}

static void
ask_bar(const struct view *v, struct bar *bar)
{
	(void)v;
	bar_act_as(bar, ACT_OPEN, T_BAR_CHOOSE);
	bar_act(bar, ACT_BACK);
}

static void
ask_say(const struct view *v, struct buf *out)
{
	buf_printf(out, "%s\n", self(v)->question);
}

static size_t
ask_count(const struct view *v)
{
	return self(v)->count;
}

static void
ask_item(const struct view *v, size_t i, struct buf *out)
{
	buf_puts(out, self(v)->label[i]);
}

static void
ask_focus(struct view *v, size_t i)
{
	self(v)->focus = i;
}

static const struct view_ops ask_ops = {
	.free = ask_free, .paint = ask_paint, .press = ask_press,
	.act = ask_act, .bar = ask_bar, .say = ask_say,
	.item_count = ask_count, .item_say = ask_item, .item_focus = ask_focus
};

struct view *
view_ask_new(struct app *app, const char *question,
    const char *const *labels, void (*done)(void *arg, int answer),
    void *arg, struct err *e)
{
	struct view_ask *q = calloc(1, sizeof(*q));

	if (q == NULL || !view_init(&q->view, &ask_ops, app, "", NULL)) {
		free(q);
		err_nomem(e);
		return NULL;
	}
	q->done = done;
	q->arg = arg;
	q->question = strdup(question);
	while (q->count < ANSWERS_MAX && labels[q->count] != NULL) {
		q->label[q->count] = strdup(labels[q->count]);
		if (q->label[q->count++] == NULL)
			break;
	}
	if (q->question == NULL || q->label[q->count - 1] == NULL) {
		view_free(&q->view);
		err_nomem(e);
		return NULL;
	}
	q->view.rows_over = QUESTION_ROWS + (int)q->count;
	return &q->view;
}

/* --- one line ----------------------------------------------------------- */

struct view_input {
	struct view	 view;
	char		*question;
	struct edit	*edit;
	void		(*done)(void *arg, const char *text);
	void		*arg;
};

static struct view_input *
input(const struct view *v)
{
	return (struct view_input *)(uintptr_t)v;
}

static void
input_free(struct view *v)
{
	free(input(v)->question);
	edit_free(input(v)->edit);
	free(v);
}

static void
input_paint(struct view *v, struct canvas *c, struct area a)
{
	struct view_input	*in = input(v);
	int			 row = question_paint(in->question, c, a);

	canvas_put(c, a.row + row, a.col, 1, LOOK_FOCUS, ">");
	edit_paint(in->edit, c, a.row + row, a.col + 2, a.cols - 4, true);
}

static enum press_place
input_place(const struct view *v)
{
	(void)v;
	return PLACE_FIELD;
}

static void
input_end(struct view *v, bool is_taken)
{
	struct view_input	*in = input(v);
	void			(*done)(void *, const char *) = in->done;
	void			*arg = in->arg;
	AUTO_FREE char		*text = is_taken ?
				    strdup(edit_text(in->edit)) : NULL;

	app_close(v->app, v);
	done(arg, text);
}

static bool
input_press(struct view *v, const struct press *p)
{
	return edit_press(input(v)->edit, p);
}

static bool
input_act(struct view *v, enum act act)
{
	if (act == ACT_OPEN)
		input_end(v, true);
	else if (act == ACT_BACK)
		input_end(v, false);
	else
		return edit_act(input(v)->edit, act);
	return true;
}

static void
input_bar(const struct view *v, struct bar *bar)
{
	(void)v;
	bar_act_as(bar, ACT_OPEN, T_BAR_TAKE);
	bar_act(bar, ACT_BACK);
	bar_act(bar, ACT_RESET);
}

static void
input_say(const struct view *v, struct buf *out)
{
	buf_printf(out, "%s\n", input(v)->question);
}

static size_t
input_count(const struct view *v)
{
	(void)v;
	return 1;
}

static void
input_item(const struct view *v, size_t i, struct buf *out)
{
	(void)i;
	buf_puts(out, edit_text(input(v)->edit));
}

static void
input_focus(struct view *v, size_t i)
{
	(void)v;
	(void)i;
}

static bool
input_is_input(const struct view *v, size_t i, bool *is_secret)
{
	(void)v;
	(void)i;
	*is_secret = false;
	return true;
}

static bool
input_set(struct view *v, size_t i, const char *text, struct err *e)
{
	(void)i;
	return edit_set(input(v)->edit, text, e);
}

static const struct view_ops input_ops = {
	.free = input_free, .paint = input_paint, .place = input_place,
	.press = input_press, .act = input_act, .bar = input_bar,
	.say = input_say, .item_count = input_count, .item_say = input_item,
	.item_focus = input_focus, .item_is_input = input_is_input,
	.item_set = input_set
};

struct view *
view_input_new(struct app *app, const char *question, const char *initial,
    void (*done)(void *arg, const char *text), void *arg, struct err *e)
{
	static const struct edit_options	 options = { .max = INPUT_MAX };
	struct view_input			*in = calloc(1, sizeof(*in));

	if (in == NULL || !view_init(&in->view, &input_ops, app, "", NULL)) {
		free(in);
		err_nomem(e);
		return NULL;
	}
	in->done = done;
	in->arg = arg;
	in->view.rows_over = QUESTION_ROWS + 1;
	in->question = strdup(question);
	in->edit = edit_new(&options, e);
	if (in->question != NULL && in->edit != NULL &&
	    edit_set(in->edit, initial != NULL ? initial : "", e))
		return &in->view;
	view_free(&in->view);
	err_nomem(e);
	return NULL;
}

/* --- a new file --------------------------------------------------------- */

bool
view_file_write(const char *path, const char *text, struct err *e)
{
	AUTO_CLOSE int	 fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
			    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, T_FILE_NEW, path);
	if (file_write_all(fd, text, strlen(text), e))
		return true;
	/* A part of a command or a plan is worse than none. */
	(void)unlink(path);
	return false;
}
