#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
view_init(struct view *v, const struct view_ops *ops, struct app *app,
    const char *title, const char *screen)
{
	*v = (struct view){ .ops = ops, .app = app };
	v->title = strdup(title);
	if (screen != NULL)
		v->screen = strdup(screen);
	if (v->title != NULL && (screen == NULL || v->screen != NULL))
		return true;
	free(v->title);
	free(v->screen);
	return false;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	free(v->title);
	free(v->screen);
	v->ops->free(v);
}

/* What is more than the bar holds is of the least importance. */
static void
bar_add(struct bar *b, enum act act, char letter, const char *label)
{
	struct bar_entry *entry;

	if (b->count == BAR_MAX)
		return;
	entry = &b->entry[b->count++];
	*entry = (struct bar_entry){ .act = act, .letter = letter };
	snprintf(entry->label, sizeof(entry->label), "%s", label);
}

void
bar_act(struct bar *b, enum act act)
{
	bar_add(b, act, '\0', "");
}

void
bar_act_as(struct bar *b, enum act act, const char *label)
{
	bar_add(b, act, '\0', label);
}

void
bar_letter(struct bar *b, char letter, const char *label)
{
	bar_add(b, ACT_NONE, letter, label);
}
