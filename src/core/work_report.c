/*
 * What calls tell while they run.  A thread that reports never waits for
 * whoever listens: of progress the latest is kept, and of lines the newest.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/work_maker.h"

#include "work_pool.h"

void
pool_item_put(struct pool_item *item)
{
	struct pool	*p = item->call->pool;
	uint64_t	 one = 1;
	ssize_t		 ignored = 0;

	if (item->is_queued)
		return;
	item->is_queued = true;
	item->next = NULL;
	if (p->head == NULL)
		ignored = write(p->event_fd, &one, sizeof(one));
	(void)ignored;
	*p->tail = item;
	p->tail = &item->next;
}

/* Words that outlive the thread that reported them. */
static const char *
keep(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from != NULL ? from : "");
	/* A cut in the middle of a character is no JSON string. */
	if (from != NULL && strlen(from) >= size)
		str_cut(to, size - 5);
	return to;
}

static bool
is_same_piece(const struct pool_progress *k, const struct progress_event *ev)
{
	return k != NULL && k->ev.step == ev->step && str_equal(k->job,
	    ev->job) && str_equal(k->phase, ev->phase);
}

/* Where the event goes; the latest takes the place of its own piece. */
static struct pool_progress *
progress_slot(struct pool_call *c, const struct progress_event *ev)
{
	struct pool_progress *k;

	if (is_same_piece(c->progress_last, ev) ||
	    c->progress_count == POOL_PROGRESS_MAX)
		return c->progress_last;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return c->progress_last;
	if (c->progress_last != NULL)
		c->progress_last->next = k;
	else
		c->progress = k;
	c->progress_last = k;
	c->progress_count++;
	return k;
}

void
pool_progress_report(void *arg, const struct progress_event *ev)
{
	struct pool_call	*c = arg;
	struct pool_progress	*k;

	pthread_mutex_lock(&c->pool->lock);
	k = progress_slot(c, ev);
	if (k != NULL) {
		k->ev = *ev;
		k->ev.job = keep(k->job, sizeof(k->job), ev->job);
		k->ev.title = keep(k->title, sizeof(k->title), ev->title);
		k->ev.phase = keep(k->phase, sizeof(k->phase), ev->phase);
		k->ev.unit = keep(k->unit, sizeof(k->unit), ev->unit);
		pool_item_put(&c->items[WORK_PROGRESS]);
	}
	pthread_mutex_unlock(&c->pool->lock);
}

static json_t *
progress_take(struct pool_call *c)
{
	struct pool_progress	*k = c->progress;
	json_t			*j = work_progress_json(&k->ev);

	c->progress = k->next;
	if (c->progress == NULL)
		c->progress_last = NULL;
	c->progress_count--;
	free(k);
	return j;
}

void
pool_progress_free(struct pool_call *c)
{
	while (c->progress != NULL)
		json_decref(progress_take(c));
}

void
pool_line_report(void *arg, const char *line)
{
	struct pool_call	*c = arg;
	struct pool_lines	*l;
	char			*copy = strdup(line), **slot;

	pthread_mutex_lock(&c->pool->lock);
	l = c->lines;
	if (copy == NULL) {
		l->lost++;
	} else if (l->count < POOL_LINES_MAX) {
		l->line[(l->first + l->count++) % POOL_LINES_MAX] = copy;
	} else {
		slot = &l->line[l->first];
		free(*slot);
		*slot = copy;
		l->first = (l->first + 1) % POOL_LINES_MAX;
		l->lost++;
	}
	pool_item_put(&c->items[WORK_LINES]);
	pthread_mutex_unlock(&c->pool->lock);
}

void
pool_partial_report(void *arg, json_t *result)
{
	struct pool_call *c = arg;

	pthread_mutex_lock(&c->pool->lock);
	json_decref(c->partial);
	c->partial = result;
	pool_item_put(&c->items[WORK_PARTIAL]);
	pthread_mutex_unlock(&c->pool->lock);
}

void
pool_lines_free(struct pool_lines *l)
{
	size_t i;

	for (i = 0; l != NULL && i < l->count; i++)
		free(l->line[(l->first + i) % POOL_LINES_MAX]);
	free(l);
}

static json_t *
lines_take(struct pool_lines *l)
{
	json_t	*list = json_array(), *text;
	size_t	 i;
	char	*line;

	for (i = 0; i < l->count; i++) {
		line = l->line[(l->first + i) % POOL_LINES_MAX];
		text = json_lossy(line, strlen(line));
		if (json_array_append_new(list, text) < 0)
			l->lost++;
		free(line);
	}
	text = json_pack("{s:o, s:I}", "lines", list, "lost",
	    (json_int_t)l->lost);
	l->first = l->count = l->lost = 0;
	return text;
}

static void
call_forget(struct pool_call *c)
{
	struct pool_call **at = &c->pool->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	pool_call_free(c);
}

static void
item_remove(struct pool *p, struct pool_item *item)
{
	uint64_t	 count;
	ssize_t		 ignored;

	p->head = item->next;
	item->is_queued = false;
	if (p->head != NULL)
		return;
	p->tail = &p->head;
	ignored = read(p->event_fd, &count, sizeof(count));
	(void)ignored;
}

bool
pool_item_take(struct pool *p, struct work_event *ev)
{
	struct pool_item	*item = p->head;
	struct pool_call	*c = item != NULL ? item->call : NULL;

	if (item == NULL)
		return false;
	ev->kind = item->kind;
	ev->id = c->id;
	if (item->kind == WORK_PROGRESS) {
		ev->data = progress_take(c);
		/* More of it stays in front of the answer. */
		if (c->progress == NULL)
			item_remove(p, item);
		return true;
	}
	item_remove(p, item);
	if (item->kind == WORK_LINES) {
		ev->data = lines_take(c->lines);
	} else if (item->kind == WORK_PARTIAL) {
		ev->data = json_pack("{s:o}", "result", TAKE(c->partial));
	} else {
		ev->data = TAKE(c->answer);
		call_forget(c);
	}
	return true;
}
