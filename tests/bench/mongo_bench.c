/*
 * MongoDB copied: dump, restore and move against real 6.0 servers, beside
 * the official tools where they are in PATH.  "make bench-mongo"; not part of
 * "make bench", since it takes minutes.
 *
 * A line "written only" is mongo_dump_to alone; the lines of the program are
 * whole commands, which read the dump back and compare.  The CPU time of the
 * servers is told beside that of the client.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/mongo_lab.h"
#include "bench.h"
#include "stconsole/cancel.h"
#include "stconsole/ctx.h"
#include "stconsole/dump.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/proc.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define VERSION		"6.0.27"
#define TOTAL_BYTES	(64u * 1024 * 1024)
#define PAIRS		5
#define BATCH		1000

static struct mongo_lab	 from, to;
static char		*from_url, *to_url, *work;
static struct ctx	 ctx;
static struct cancel	 cancel;
static bool		 has_tools;

static void
must(bool ok, const char *what, const struct err *e)
{
	if (!ok)
		bench_stop(what, e->msg);
}

/* User and system time of a server in ms. */
static double
server_ms(const struct mongo_lab *l)
{
	AUTO_FREE char	*path = str_format("/proc/%d/stat",
	    (int)mongo_lab_pid(l, 0));
	AUTO_BUF struct buf b = BUF_INIT;
	unsigned long	 user = 0, system_time = 0;
	const char	*at;
	struct err	 e;

	must(file_read(AT_FDCWD, path, 4096, &b, &e), path, &e);
	at = strrchr(buf_str(&b), ')');
	if (at == NULL || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u "
	    "%*u %*u %*u %lu %lu", &user, &system_time) != 2)
		bench_stop(path, "cannot be read");
	return (double)(user + system_time) * 1000.0 /
	    (double)sysconf(_SC_CLK_TCK);
}

static struct mongo *
connected(const char *url)
{
	AUTO_SECRET struct secret *s = NULL;
	struct mongo	*m = NULL;
	struct err	 e;

	s = secret_new(url, strlen(url), &e);
	must(s != NULL && mongo_open_url(s, MONGO_PRIMARY, 10000, &m, &e),
	    url, &e);
	return m;
}

static void
dropped(const char *url)
{
	AUTO_MONGO struct mongo *m = connected(url);
	json_t		*reply = NULL;
	struct err	 e;
	size_t		 i;

	for (i = 0; mongo_sametime_databases[i] != NULL; i++) {
		must(mongo_command(m, mongo_sametime_databases[i],
		    "{\"dropDatabase\":1}", "", &reply, &e), "drop", &e);
		json_decref(reply);
	}
}

/* Words as chat has them, so that gzip finds what it finds there. */
static char *
document(unsigned n, size_t size)
{
	static const char *const words[] = { "hello", "meeting", "tomorrow",
		"thanks", "please", "the", "room", "at", "nine", "see", "you",
		"agenda", "call", "later", "document", "attached" };
	AUTO_BUF struct buf b = BUF_INIT;
	unsigned	 seed = n * 2654435761u + 1;

	buf_printf(&b, "{\"_id\":{\"$numberInt\":\"%u\"},\"text\":\"", n);
	while (b.len < size) {
		seed = seed * 1664525u + 1013904223u;
		buf_printf(&b, "%s %x ", words[seed >> 28], seed >> 20);
	}
	buf_puts(&b, "\"}");
	return buf_take(&b);
}

static void
collection_fill(struct mongo *m, const char *name, size_t size,
    unsigned count)
{
	const struct mongo_insert_spec spec = { .db = "chatlogging",
		.collection = name };
	struct buf	 docs[BATCH] = { BUF_INIT };
	struct mongo_bytes bytes[BATCH];
	struct mongo_inserted done;
	struct err	 e;
	unsigned	 n, k;

	for (n = 0; n < count; n += k) {
		for (k = 0; k < BATCH && n + k < count; k++) {
			AUTO_FREE char	*text = document(n + k, size);

			buf_reset(&docs[k]);
			must(mongo_text_bytes(text, &docs[k], &e), "fill",
			    &e);
			bytes[k] = (struct mongo_bytes){ (const uint8_t *)
			    docs[k].data, (uint32_t)docs[k].len };
		}
		must(mongo_insert_many(m, &spec, bytes, k, &done, &e),
		    "fill", &e);
	}
	for (k = 0; k < BATCH; k++)
		buf_fini(&docs[k]);
}

static void
filled(size_t size)
{
	AUTO_MONGO struct mongo *m = NULL;
	unsigned	 count = (unsigned)(TOTAL_BYTES / size / 2);

	dropped(from_url);
	m = connected(from_url);
	collection_fill(m, "EVENTS", size, count);
	collection_fill(m, "SESSIONS", size, count);
}

/* ---- what is measured */

struct dump_way {
	const char	*dir;
	bool		 gzip;
	int		 level, workers;
};

static double
dump_written(const void *arg)
{
	const struct dump_way	*w = arg;
	AUTO_SECRET struct secret *url = NULL;
	struct mongo_dump_spec	 spec = { .dir = w->dir, .gzip = w->gzip,
		.level = w->level, .workers = w->workers,
		.timeout_ms = 10000 };
	double			 begun = bench_now_ms();
	struct err		 e;

	url = secret_new(from_url, strlen(from_url), &e);
	spec.url = url;
	if (url == NULL || !mongo_dump_to(&ctx, &spec, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	return bench_now_ms() - begun;
}

static void
dump_pair(size_t size, bool gzip, int level, int workers)
{
	AUTO_FREE char	*ours = str_format("%s/ours", work);
	AUTO_FREE char	*theirs = str_format("%s/theirs", work);
	AUTO_FREE char	*uri = str_format("--uri=%s", from_url);
	AUTO_FREE char	*name = str_format("mongo dump%s%s, %d workers, "
	    "written only", gzip ? " --gzip" : "", level == 1 ?
	    " --level 1" : "", workers);
	AUTO_FREE char	*what = str_format("Dump of %zu B documents%s",
	    size, gzip ? level == 1 ? ", gzip 1" : ", gzip" : "");
	const char	*tool[] = { "mongodump", "--quiet", uri, "--db",
	    "chatlogging", "--out", theirs, gzip ? "--gzip" : NULL, NULL };
	const struct dump_way w = { ours, gzip, level, workers };
	struct bench	 a = { .command = name }, b = {
		.command = gzip ? "mongodump --gzip" : "mongodump" };
	double		 goal = !gzip ? 0.5 : level == 1 ? 0.25 : 1 / 1.8;
	double		 server[PAIRS], before;
	AUTO_FREE char	*asked = str_format("client CPU at most %.2fx of "
	    "mongodump, wall at most 1.1x", goal);
	struct err	 e;
	int		 i;

	for (i = 0; i < PAIRS; i++) {
		must(file_remove_tree(ours, &e) && file_remove_tree(theirs,
		    &e), work, &e);
		before = server_ms(&from);
		bench_child(&a, dump_written, &w);
		server[i] = server_ms(&from) - before;
		if (has_tools)
			bench_program(&b, tool);
	}
	bench_row(what, asked, has_tools && bench_spread(a.cpu_ms,
	    a.n).median <= goal * bench_spread(b.cpu_ms, b.n).median &&
	    bench_spread(a.wall_ms, a.n).median <=
	    1.1 * bench_spread(b.wall_ms, b.n).median);
	bench_lines(&a);
	bench_line("the server meanwhile", "cpu ms", server, PAIRS);
	if (has_tools)
		bench_lines(&b);
}

static void
restore_pair(size_t size)
{
	AUTO_FREE char	*dir = str_format("%s/ours", work);
	AUTO_FREE char	*uri = str_format("--uri=%s", to_url);
	AUTO_FREE char	*what = str_format("Restore of %zu B documents",
	    size);
	const char	*ours[] = { bench_built("stconsole"), "--state",
	    to.state, "--site", to.site, "mongo", "restore", "--from", dir,
	    "--drop", "chatlogging", "--yes", NULL };
	const char	*theirs[] = { "mongorestore", "--quiet", uri, "--drop",
	    dir, NULL };
	struct bench	 a = { .command = "mongo restore (whole, read before "
	    "and compared after)" }, b = { .command = "mongorestore --drop" };
	double		 goal = size <= 300 ? 1.0 / 15 : 1.0 / 5;
	double		 server[PAIRS], before;
	AUTO_FREE char	*asked = str_format("client CPU at most %.3fx of "
	    "mongorestore, wall at most 1.1x", goal);
	int		 i;

	for (i = 0; i < PAIRS; i++) {
		dropped(to_url);
		before = server_ms(&to);
		bench_program(&a, ours);
		server[i] = server_ms(&to) - before;
		if (!has_tools)
			continue;
		dropped(to_url);
		bench_program(&b, theirs);
	}
	bench_row(what, asked, has_tools && bench_spread(a.cpu_ms,
	    a.n).median <= goal * bench_spread(b.cpu_ms, b.n).median &&
	    bench_spread(a.wall_ms, a.n).median <=
	    1.1 * bench_spread(b.wall_ms, b.n).median);
	bench_lines(&a);
	bench_line("the server meanwhile", "cpu ms", server, PAIRS);
	if (has_tools)
		bench_lines(&b);
}

/* ---- server to server */

static double
copied(const void *arg)
{
	static const char *const dbs[] = { "chatlogging", NULL };
	AUTO_SECRET struct secret *source = NULL, *target = NULL;
	AUTO_MONGO struct mongo	  *m = NULL;
	AUTO_JSON json_t	  *catalog = NULL;
	struct mongo_copy_item	   items[2];
	struct mongo_copy	   c = { .workers = 2, .timeout_ms = 10000,
		.items = items };
	double			   begun = bench_now_ms();
	const json_t		  *one;
	struct err		   e;
	size_t			   i;

	(void)arg;
	memset(items, 0, sizeof(items));
	source = secret_new(from_url, strlen(from_url), &e);
	target = secret_new(to_url, strlen(to_url), &e);
	m = connected(from_url);
	if (!mongo_catalog_read(m, dbs, &catalog, &e))
		return -1;
	json_array_foreach (json_object_get(json_array_get(catalog, 0),
	    "collections"), i, one)
		if (c.count < LENGTH(items))
			items[c.count++] = (struct mongo_copy_item){
			    .db = "chatlogging", .name = json_string_value(
			    json_object_get(one, "name")), .entry = one };
	c.from = source;
	c.to = target;
	if (!mongo_copy_run(&c, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	return bench_now_ms() - begun;
}

/* mongodump --archive into mongorestore --archive. */
static double
piped(const void *arg)
{
	AUTO_FREE char	*source = str_format("--uri=%s", from_url);
	AUTO_FREE char	*target = str_format("--uri=%s", to_url);
	const char	*out[] = { "mongodump", "--quiet", source, "--db",
	    "chatlogging", "--archive", NULL };
	const char	*in[] = { "mongorestore", "--quiet", target,
	    "--archive", NULL };
	double		 begun = bench_now_ms();
	int		 pipes[2];
	pid_t		 a, b;
	int		 sa = -1, sb = -1;

	(void)arg;
	if (pipe(pipes) < 0)
		return -1;
	if ((a = fork()) == 0) {
		dup2(pipes[1], 1);
		close(pipes[0]);
		close(pipes[1]);
		execvp(out[0], (char *const *)(uintptr_t)out);
		_exit(127);
	}
	if ((b = fork()) == 0) {
		dup2(pipes[0], 0);
		close(pipes[0]);
		close(pipes[1]);
		execvp(in[0], (char *const *)(uintptr_t)in);
		_exit(127);
	}
	close(pipes[0]);
	close(pipes[1]);
	waitpid(a, &sa, 0);
	waitpid(b, &sb, 0);
	return sa == 0 && sb == 0 ? bench_now_ms() - begun : -1;
}

static void
move_pair(size_t size)
{
	AUTO_FREE char	*what = str_format("Server to server, %zu B "
	    "documents", size);
	struct bench	 a = { .command = "mongo_copy_run, 2 workers" },
		b = { .command = "mongodump --archive | mongorestore" };
	int		 i;

	for (i = 0; i < PAIRS; i++) {
		dropped(to_url);
		bench_child(&a, copied, NULL);
		if (!has_tools)
			continue;
		dropped(to_url);
		bench_child(&b, piped, NULL);
	}
	bench_row(what, "client CPU at most 0.125x of the official pipe, wall "
	    "at most 1.1x", has_tools && bench_spread(a.cpu_ms, a.n).median
	    <= 0.125 * bench_spread(b.cpu_ms, b.n).median &&
	    bench_spread(a.wall_ms, a.n).median <=
	    1.1 * bench_spread(b.wall_ms, b.n).median);
	bench_lines(&a);
	if (has_tools)
		bench_lines(&b);
}

static void
world_start(void)
{
	const struct mongo_lab_spec spec = { .version = VERSION,
		.members = 1 };
	struct err	 e;

	if (!mongo_lab_has(VERSION))
		bench_stop("mongod " VERSION, "is not in the cache");
	mongo_lab_start(&from, &spec);
	mongo_lab_start(&to, &spec);
	from_url = mongo_lab_url(&from, "labRoot");
	to_url = mongo_lab_url(&to, "labRoot");
	work = str_format("%s/bench", from.dir);
	must(file_make_dirs(work, 0700, &e), work, &e);
	must(cancel_init(&cancel, &e), "cancel", &e);
	ctx = (struct ctx){ .clock = &clock_system, .cancel = &cancel };
	ctx.store = store_open(from.state, &e);
	must(ctx.store != NULL, from.state, &e);
	has_tools = proc_exists("mongodump") && proc_exists("mongorestore");
}

/* The functions of the lab say by cmocka what went wrong. */
static void
all_is_measured(void **state)
{
	static const size_t sizes[] = { 300, 4096, 16384 };
	size_t	 i;

	(void)state;
	world_start();
	bench_heading();
	if (!has_tools)
		printf("\nmongodump and mongorestore are not in PATH: only "
		    "our own figures.\n");
	for (i = 0; i < LENGTH(sizes); i++) {
		filled(sizes[i]);
		dump_pair(sizes[i], true, 6, 2);
		dump_pair(sizes[i], true, 1, 2);
		dump_pair(sizes[i], false, 0, 1);
		dump_pair(sizes[i], false, 0, 2);
		restore_pair(sizes[i]);
		move_pair(sizes[i]);
	}
	store_close(ctx.store);
	mongo_lab_end(&to);
	mongo_lab_end(&from);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
