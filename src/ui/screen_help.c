/*
 * Help of a screen as a whole: its own words, then what its columns mean and
 * what can be done, so that no help of a part is out of reach.
 */
#include <ctype.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "screen_parse.h"
#include "text_screen.def"

static void
part_tell(struct buf *out, char key, const struct screen_text *text)
{
	if (key != '\0')
		buf_printf(out, "%c ", toupper((unsigned char)key));
	buf_printf(out, "%s: %s\n\n", text->label, text->help);
}

static void
columns_tell(const struct screen *s, struct buf *out)
{
	size_t i;

	if (s->column_count > 0)
		buf_printf(out, "%s\n\n", T_SCREEN_HELP_COLUMNS);
	for (i = 0; i < s->column_count; i++)
		part_tell(out, '\0', &s->columns[i].text);
}

static void
actions_tell(const struct screen *s, struct buf *out)
{
	size_t i;

	if (s->action_count + s->item_count > 0)
		buf_printf(out, "%s\n\n", T_SCREEN_HELP_ACTIONS);
	for (i = 0; i < s->action_count; i++)
		part_tell(out, s->actions[i].key, &s->actions[i].text);
	for (i = 0; i < s->item_count; i++)
		part_tell(out, s->items[i].key, &s->items[i].text);
}

bool
screen_help_make(struct screen_loader *l)
{
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct screen		*s = l->s;

	buf_printf(&out, "%s\n\n", s->text.help);
	columns_tell(s, &out);
	actions_tell(s, &out);
	if (!buf_ok(&out, l->e))
		return false;
	s->help = arena_dup(s->arena, buf_str(&out), out.len - 1);
	return s->help != NULL || err_nomem(l->e);
}
