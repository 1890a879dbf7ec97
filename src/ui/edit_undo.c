#include <stdlib.h>
#include <string.h>

#include "edit_private.h"

static struct edit_step *
step_alloc(enum edit_kind kind, size_t at, size_t removed, size_t added)
{
	struct edit_step *step = malloc(sizeof(*step) + removed + added);

	if (step == NULL)
		return NULL;
	*step = (struct edit_step){ .kind = kind, .at = at,
	    .removed = removed, .added = added };
	return step;
}

struct edit_step *
edit_step_new(const struct edit *ed, enum edit_kind kind, size_t at,
    size_t removed, size_t len)
{
	struct edit_step *step;

	if (ed->options.is_secret)
		return NULL;
	step = step_alloc(kind, at, removed, len);
	if (step == NULL)
		return NULL;
	memcpy(step->text, ed->text + at, removed);
	step->caret = ed->caret;
	return step;
}

static size_t
size_of(const struct edit_step *step)
{
	return sizeof(*step) + step->removed + step->added;
}

/* From count on: what was undone, or everything. */
static void
cut(struct edit_history *h, size_t count)
{
	while (h->count > count) {
		h->count--;
		h->bytes -= size_of(h->steps[h->count]);
		free(h->steps[h->count]);
	}
	if (h->done > count)
		h->done = count;
}

void
edit_history_forget(struct edit *ed)
{
	cut(&ed->history, 0);
}

static void
forget_oldest(struct edit_history *h)
{
	h->bytes -= size_of(h->steps[0]);
	free(h->steps[0]);
	h->count--;
	h->done--;
	memmove(h->steps, h->steps + 1, h->count * sizeof(h->steps[0]));
}

static bool
goes_on(const struct edit_step *a, const struct edit_step *b)
{
	if (a->kind != b->kind)
		return false;
	switch (b->kind) {
	case EDIT_TYPED:
		return a->at + a->added == b->at;
	case EDIT_ERASED_LEFT:
		return b->at + b->removed == a->at;
	case EDIT_ERASED_RIGHT:
		return b->at == a->at;
	case EDIT_ALONE:
		break;
	}
	return false;
}

/* Both as one, of which one half is empty; NULL without memory. */
static struct edit_step *
joined(const struct edit_step *a, const struct edit_step *b)
{
	bool			 is_left = b->kind == EDIT_ERASED_LEFT;
	const struct edit_step	*first = is_left ? b : a;
	const struct edit_step	*second = is_left ? a : b;
	size_t			 n = first->removed + first->added;
	struct edit_step	*step = step_alloc(b->kind,
				    is_left ? b->at : a->at,
				    a->removed + b->removed,
				    a->added + b->added);

	if (step == NULL)
		return NULL;
	step->caret = a->caret;
	memcpy(step->text, first->text, n);
	memcpy(step->text + n, second->text, second->removed + second->added);
	return step;
}

void
edit_history_add(struct edit *ed, struct edit_step *step)
{
	struct edit_history	*h = &ed->history;
	struct edit_step	*last, *both;

	cut(h, step != NULL ? h->done : 0);
	if (step == NULL)
		return;
	memcpy(step->text + step->removed, ed->text + step->at, step->added);
	last = h->count > 0 ? h->steps[h->count - 1] : NULL;
	if (last != NULL && !h->is_sealed && goes_on(last, step) &&
	    (both = joined(last, step)) != NULL) {
		free(step);
		step = both;
		cut(h, h->count - 1);
	}
	if (h->count == EDIT_UNDO_STEPS)
		forget_oldest(h);
	h->steps[h->count++] = step;
	h->done = h->count;
	h->bytes += size_of(step);
	h->is_sealed = false;
	while (h->bytes > EDIT_UNDO_BYTES && h->count > 1)
		forget_oldest(h);
}

bool
edit_undo(struct edit *ed)
{
	struct edit_history	*h = &ed->history;
	struct edit_step	*step;

	if (h->done == 0)
		return false;
	step = h->steps[--h->done];
	memcpy(edit_gap(ed, step->at, step->added, step->removed),
	    step->text, step->removed);
	ed->caret = step->caret;
	h->is_sealed = true;
	return true;
}

bool
edit_redo(struct edit *ed)
{
	struct edit_history	*h = &ed->history;
	struct edit_step	*step;

	if (h->done == h->count)
		return false;
	step = h->steps[h->done++];
	memcpy(edit_gap(ed, step->at, step->removed, step->added),
	    step->text + step->removed, step->added);
	ed->caret = edit_snap(ed, step->at + step->added);
	h->is_sealed = true;
	return true;
}
