/* The second reader is libyaml alone: the events before and after. */
#include <yaml.h>

#include "tree_fuzz.h"

#define EVENTS_MAX	4000

struct events {
	char	*line[EVENTS_MAX];
	size_t	 n;
};

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
events_read(const struct buf *text, struct events *ev)
{
	yaml_parser_t	 p;
	yaml_event_t	 e;
	bool		 ok = true;
	int		 type = YAML_NO_EVENT;
	size_t		 bom = text->len >= 3 && memcmp(text->data,
	    "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	ev->n = 0;
	MUST(yaml_parser_initialize(&p));
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p,
	    (const unsigned char *)buf_str(text) + bom, text->len - bom);
	while (ok && type != YAML_STREAM_END_EVENT) {
		AUTO_BUF struct buf line = BUF_INIT;

		ok = yaml_parser_parse(&p, &e) && ev->n < EVENTS_MAX;
		if (!ok)
			break;
		type = e.type;
		buf_printf(&line, "%d ", type);
		if (type == YAML_SCALAR_EVENT)
			buf_puts(&line, (char *)e.data.scalar.value);
		if (type == YAML_ALIAS_EVENT)
			buf_puts(&line, (char *)e.data.alias.anchor);
		ev->line[ev->n++] = buf_take(&line);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return ok;
}

static void
events_free(struct events *ev)
{
	while (ev->n > 0)
		free(ev->line[--ev->n]);
}

/* One value differs, or one run of events is more or less. */
static void
events_hold(const struct buf *before, const struct buf *after,
    enum doc_change change, bool was_there)
{
	static struct events	 b, a;
	size_t			 head = 0, tail = 0, most;

	if (before->len > 20000)
		return;
	if (events_read(before, &b)) {
		MUST(events_read(after, &a) || a.n == EVENTS_MAX);
		most = a.n < b.n ? a.n : b.n;
		while (head < most && strcmp(a.line[head], b.line[head]) == 0)
			head++;
		while (tail < most - head && strcmp(a.line[a.n - 1 - tail],
		    b.line[b.n - 1 - tail]) == 0)
			tail++;
		if (change == DOC_SET && was_there)
			MUST(a.n == b.n && head + tail >= a.n - 1);
		else if (change == DOC_SET)
			MUST(head + tail == b.n && a.n > b.n && a.n <= b.n + 2);
		else
			MUST(head + tail == a.n && a.n < b.n);
	}
	events_free(&b);
	events_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return tree_fuzz(&doc_yaml, data, size, events_hold);
}
