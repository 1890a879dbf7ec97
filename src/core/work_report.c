/*
 * What calls tell while they run.  A thread that reports never waits for
 * whoever listens: only the latest progress is kept, and of lines the newest.
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

void
pool_progress_report(void *arg, const struct progress_event *ev)
{
	struct pool_call	*c = arg;
	struct pool_progress	*k = &c->progress;

	pthread_mutex_lock(&c->pool->lock);
	k->ev = *ev;
	k->ev.job = keep(k->job, sizeof(k->job), ev->job);
	k->ev.title = keep(k->title, sizeof(k->title), ev->title);
	k->ev.phase = keep(k->phase, sizeof(k->phase), ev->phase);
	k->ev.unit = keep(k->unit, sizeof(k->unit), ev->unit);
	pool_item_put(&c->items[WORK_PROGRESS]);
	pthread_mutex_unlock(&c->pool->lock);
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

bool
pool_item_take(struct pool *p, struct work_event *ev)
{
	struct pool_item	*item = p->head;
	uint64_t		 count;
	ssize_t			 ignored;

	if (item == NULL)
		return false;
	p->head = item->next;
	if (p->head == NULL) {
		p->tail = &p->head;
		ignored = read(p->event_fd, &count, sizeof(count));
		(void)ignored;
	}
	item->is_queued = false;
	ev->kind = item->kind;
	ev->id = item->call->id;
	if (item->kind == WORK_PROGRESS) {
		ev->data = work_progress_json(&item->call->progress.ev);
	} else if (item->kind == WORK_LINES) {
		ev->data = lines_take(item->call->lines);
	} else {
		ev->data = TAKE(item->call->answer);
		call_forget(item->call);
	}
	return true;
}
