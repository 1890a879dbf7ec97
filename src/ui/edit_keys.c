#include "edit_keys.h"

#include "stconsole/mem.h"

static bool
control(struct edit *ed, char letter)
{
	switch (letter) {
	case 'K':
		return edit_erase(ed, EDIT_END);
	case 'U':
		return edit_replace(ed, "");
	case 'W':
		return edit_erase(ed, EDIT_WORD_LEFT);
	case 'Y':
		return edit_redo(ed);
	case 'X':
	case 'Z':	/* where no terminal makes a signal of it */
		return edit_undo(ed);
	default:
		return false;
	}
}

bool
edit_press(struct edit *ed, const struct press *p)
{
	switch (p->code) {
	case PRESS_TEXT:
		return edit_insert(ed, p->text);
	case PRESS_PASTE:
		return edit_insert(ed, p->paste);
	case PRESS_BACKSPACE:
		return edit_erase(ed, EDIT_LEFT);
	case PRESS_DELETE:
		return edit_erase(ed, EDIT_RIGHT);
	case PRESS_CTRL:
		return control(ed, p->text[0]);
	default:
		return false;
	}
}

bool
edit_act(struct edit *ed, enum act act)
{
	switch (act) {
	case ACT_LEFT:
		return edit_move(ed, EDIT_LEFT);
	case ACT_RIGHT:
		return edit_move(ed, EDIT_RIGHT);
	case ACT_FIRST:
		return edit_move(ed, EDIT_HOME);
	case ACT_LAST:
		return edit_move(ed, EDIT_END);
	case ACT_RESET:
		return edit_reset(ed);
	default:
		return false;
	}
}

void
edit_paint(struct edit *ed, struct canvas *c, int row, int col, int cols,
    bool has_focus)
{
	struct edit_window	 w;
	struct buf		 shown = BUF_INIT;

	if (cols < 1)
		return;
	edit_window(ed, (size_t)cols, &w);
	edit_window_show(ed, &w, &shown);
	canvas_blank(c, (struct area){ row, col, 1, cols }, LOOK_INPUT);
	canvas_put(c, row, col, cols, LOOK_INPUT, buf_str(&shown));
	if (has_focus)
		canvas_cursor(c, row, col + (int)w.caret);
	buf_wipe(&shown);
}
