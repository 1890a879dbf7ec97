/*
 * A million random keys in one console, as tests/screen/roam.h presses them:
 * memory and descriptors do not grow.  And the filter of a long list.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/ui/table.h"
#include "../property/prng.h"
#include "../screen/roam.h"
#include "bench.h"
#include "stconsole/all.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define KEYS		1000000
#define WARM		50000
#define GROWTH_MAX	(64 * 1024)
#define HOMES		500	/* keys from one look at home to the next */
#define ROWS		50000
#define ROUNDS		7

static double
descriptors(void)
{
	DIR	*d = opendir("/proc/self/fd");
	double	 n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

static void
press(struct roam *r, struct prng *p, long keys)
{
	AUTO_BUF struct buf	 name = BUF_INIT;
	uint64_t		 step;
	long			 i;

	for (i = 1; i <= keys; i++) {
		step = prng_next(p);
		if (!roam_step(r, step) || (i % HOMES == 0 &&
		    !roam_home(r))) {
			roam_name(step, &name);
			bench_stop(buf_str(&name), r->complaint);
		}
	}
}

/* What is held at home, in one console that is never left. */
static double
memory(struct roam *r)
{
	if (!roam_home(r))
		bench_stop("home", r->complaint);
	console_resize(&r->c, 24, 80);
	(void)console_text(&r->c, true);
	return (double)mallinfo2().uordblks;
}

static void
keys_row(void)
{
	const char	*wanted = getenv("CONSOLE_KEYS");
	long		 keys = wanted != NULL ? strtol(wanted, NULL, 0) :
			    KEYS;
	double		 grown, more, took, left;
	struct roam	 r;
	struct prng	 p;

	prng_init(&p, 0);
	roam_open(&r);
	r.stays = true;
	press(&r, &p, WARM);
	grown = -memory(&r);
	more = -descriptors();
	took = bench_now_ms();
	press(&r, &p, keys);
	took = (bench_now_ms() - took) / (double)keys;
	grown += memory(&r);
	more += descriptors();
	left = (double)r.left;
	bench_row("Random keys", "1,000,000: at most 64 KiB and no descriptor "
	    "more", grown <= GROWTH_MAX && more <= 0);
	bench_line("random keys", "bytes grown", &grown, 1);
	bench_line("random keys", "descriptors", &more, 1);
	bench_line("random keys", "ms a key", &took, 1);
	bench_line("random keys", "times left", &left, 1);
	roam_close(&r);
}

/* --- a long list -------------------------------------------------------- */

static json_t *
rows_make(void)
{
	json_t	*rows = json_array();
	int	 i;

	for (i = 0; i < ROWS; i++) {
		AUTO_FREE char *mail = str_format("person%05d@corp.test", i);
		AUTO_FREE char *name = str_format("Person Number %d of %s", i,
		    i % 3 == 0 ? "K\xc3\xb6ln" : "Oslo");

		json_array_append_new(rows, json_pack("{s:s, s:s, s:s}",
		    "email", mail, "name", name, "directory", "found"));
	}
	return rows;
}

/* One key: the median of some, since others want the processor, too. */
static double
filter_ms(struct table *t, const char *before, const char *typed)
{
	double	 ms[ROUNDS], start;
	int	 i;

	for (i = 0; i < ROUNDS; i++) {
		if (!table_filter(t, before))
			bench_stop(before, "is not filtered");
		start = bench_now_ms();
		if (!table_filter(t, typed))
			bench_stop(typed, "is not filtered");
		ms[i] = bench_now_ms() - start;
	}
	return bench_spread(ms, ROUNDS).median;
}

static void
filter_row(void)
{
	static const char *const typed[] = {
		"p", "pe", "per", "pers", "person", "person 1", "person 12",
		"person 123", "person 12", "k", "k\xc3\xb6", "k\xc3\xb6ln 4",
		"", "4", "42", "421", "4217 oslo", "zzz", ""
	};
	struct screen_paths	 paths = { NULL, "screens", "en" };
	struct err		 e = { 0 };
	struct screen		*s = screen_load(&paths, &all_registry,
				    "admins", &e);
	struct table		*t = s != NULL ? table_new(s) : NULL;
	AUTO_JSON json_t	*rows = rows_make();
	double			 ms[LENGTH(typed)];
	size_t			 i;

	if (t == NULL || !table_fill(t, rows, 0))
		bench_stop("a table", e.msg);
	for (i = 0; i < LENGTH(typed); i++)
		ms[i] = filter_ms(t, i > 0 ? typed[i - 1] : "", typed[i]);
	bench_row("Filter of a list", "50,000 rows in at most 16 ms a key",
	    bench_spread(ms, LENGTH(typed)).max <= 16);
	bench_line("table_filter, typed and taken back", "ms", ms,
	    LENGTH(typed));
	bench_line("table_filter, the first letter", "ms", ms, 1);
	table_free(t);
	screen_free(s);
}

int
main(void)
{
	bench_heading();
	filter_row();
	keys_row();
	return 0;
}
