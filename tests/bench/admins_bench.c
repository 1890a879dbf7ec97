/*
 * Administrators and people on real servers: the lab's MongoDB with TLS and
 * 1,000 administrators, its directory with 5,000 people by ldaps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/services/directory/directory_private.h"
#include "../lab/lab.h"
#include "../unit/toy.h"
#include "bench.h"
#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define ADMINS		1000
#define FIRST		101	/* the first ones have special mails */
#define PAIRS		21
#define BARE	"bare_admin_list URL_FILE LDAPS_URI CA DN PASSWORD_FILE BASE "
#define FILE_MAX	(1u << 20)
#define TRUST		"STI__Config__STLDAP_TLS_TRUST_STORE_FILE"

static void
must(bool ok, const char *what, const struct err *e)
{
	if (!ok)
		bench_stop(what, e->msg);
}

/* One value of a file of the site. */
static void
site_edit(const struct lab *l, const char *name, const char *path,
    const char *value)
{
	AUTO_FREE char		*file = str_format("%s/%s", lab_site(l), name);
	AUTO_BUF struct buf	 text = BUF_INIT, out = BUF_INIT;
	struct doc		 doc;
	struct err		 e;

	must(file_read(AT_FDCWD, file, FILE_MAX, &text, &e), file, &e);
	must(doc_parse(&doc, doc_format_of(name), buf_str(&text), text.len,
	    &e), file, &e);
	must(doc_edit(&doc, DOC_SET, path, value, &out, NULL, &e), path, &e);
	doc_fini(&doc);
	must(file_write(AT_FDCWD, file, out.data, out.len, 0600, &e), file,
	    &e);
}

/* Exactly 1,000 administrators, all of them people of the directory. */
static void
admins_fill(struct lab *l)
{
	const char	*url = lab_secret_text(l, "mongo-root-url");
	AUTO_SECRET struct secret *secret = secret_new(url, strlen(url), NULL);
	AUTO_MONGO struct mongo	*root = NULL;
	AUTO_BUF struct buf	 insert = BUF_INIT;
	AUTO_JSON json_t	*reply = NULL, *gone = NULL;
	struct err		 e;
	int			 n;

	must(mongo_open_url(secret, MONGO_PRIMARY, 5000, &root, &e), "root",
	    &e);
	buf_puts(&insert, "{\"insert\":\"administrators\",\"documents\":[");
	for (n = 0; n < ADMINS; n++)
		buf_printf(&insert, "%s{\"_id\":\"%024x\",\"email\":"
		    "\"person%05d@corp.test\"}", n > 0 ? "," : "", n + 1,
		    n + FIRST);
	buf_puts(&insert, "]}");
	must(mongo_command(root, "meeting", "{\"delete\":\"administrators\","
	    "\"deletes\":[{\"q\":{},\"limit\":0}]}", "root", &gone, &e) &&
	    mongo_command(root, "meeting", buf_str(&insert), "root", &reply,
	    &e), "administrators", &e);
	if (json_int(reply, "n", 0) != ADMINS)
		bench_stop("administrators", "not all were inserted");
}

/* One bare program; mails: how many a search asks for. */
static void
bare_run(struct bench *b, struct lab *l, const char *mails)
{
	static const char *program;
	AUTO_FREE char	*url = str_format("%s/secrets/mongo-user-url",
	    lab_dir(l));
	AUTO_FREE char	*word = str_format("%s/secrets/ldap-bind",
	    lab_dir(l));
	AUTO_FREE char	*base = str_format("ou=people,%s", lab_ldap_base(l));
	const char	*dn = json_text(json_object_get(json_object_get(
	    l->facts, "ldap"), "bind"), "dn");

	if (program == NULL)
		program = bench_built("tests/bench/bare_admin_list");
	bench_program(b, (const char *const []){ program, url,
	    lab_ldaps_uri(l), lab_ca_file(l), dn, word, base, mails, NULL });
}

static void
list_lines(const struct bench *b, const struct bench *against)
{
	double	 wall = bench_spread(b->wall_ms, b->n).median /
	    bench_spread(against->wall_ms, against->n).median;
	double	 cpu = bench_spread(b->cpu_ms, b->n).median /
	    bench_spread(against->cpu_ms, against->n).median;

	bench_line("ratio of the medians", "wall", &wall, 1);
	bench_line("ratio of the medians", "cpu", &cpu, 1);
}

/*
 * By turns, so that all meet the same machine.  The goal is held against the
 * bare program with the very same searches; one search for all is shown.
 */
static void
list_row(struct lab *l, const char *state)
{
	struct bench	 product = { .command =
	    "stconsole --site SITE admin list" };
	struct bench	 bare = { .command = BARE "400" };
	struct bench	 one = { .command = BARE "1000" };
	const char	*program = bench_built("stconsole");
	int		 i;

	for (i = 0; i < PAIRS; i++) {
		bench_program(&product, (const char *const []){ program,
		    "--state", state, "--site", lab_site(l), "admin", "list",
		    NULL });
		bare_run(&bare, l, "400");
		bench_program(&product, (const char *const []){ program,
		    "--state", state, "--site", lab_site(l), "admin", "list",
		    NULL });
		bare_run(&one, l, "1000");
	}
	bench_row("List of 1,000 administrators", "`admin list` at most 1.3 "
	    "times the bare program, by turns",
	    bench_spread(product.wall_ms, product.n).median <=
	    1.3 * bench_spread(bare.wall_ms, bare.n).median);
	bench_lines(&product);
	bench_lines(&bare);
	list_lines(&product, &bare);
	bench_lines(&one);
	list_lines(&product, &one);
	bench_row("Memory", "peak of `admin list` with 1,000 administrators "
	    "over TLS at most 32 MB", bench_spread(product.peak_kb,
	    product.n).max * 1024 <= 32e6);
	bench_line(product.command, "peak KiB", product.peak_kb, product.n);
	bench_line(bare.command, "peak KiB", bare.peak_kb, bare.n);
}

static void
join_row(struct directory *d)
{
	AUTO_FREE char		**mails = calloc(ADMINS, sizeof(*mails));
	AUTO_FREE struct mail_match *m = calloc(ADMINS, sizeof(*m));
	struct bench		 b = { .command =
	    "directory_match_mails of 1,000 mails, connected" };
	double			 count;
	unsigned		 searches = 0;
	struct err		 e;
	size_t			 i, found = 0;
	int			 run;

	for (i = 0; i < ADMINS; i++)
		mails[i] = str_format("person%05zu@corp.test", i + FIRST);
	for (run = 0; run < PAIRS; run++) {
		double start_ms = bench_now_ms();

		must(directory_match_mails(d, (const char *const *)mails,
		    ADMINS, m, &searches, &e), "join", &e);
		bench_add(&b, bench_now_ms() - start_ms);
		for (i = 0, found = 0; i < ADMINS; i++) {
			found += m[i].count == 1;
			mail_match_fini(&m[i]);
		}
	}
	if (found != ADMINS)
		bench_stop("join", "not everybody was found");
	for (i = 0; i < ADMINS; i++)
		free(mails[i]);
	bench_row("Join", "1,000 administrators with the directory in at "
	    "most 3 searches", searches <= 3);
	count = searches;
	bench_line(b.command, "searches", &count, 1);
	bench_line(b.command, "ms", b.wall_ms, b.n);
}

/* The verb's part after connecting, and the whole program. */
static void
search_row(const struct lab *l, struct directory *d, const char *state,
    const char *part)
{
	AUTO_FREE char	*ask = str_format("directory_search of \"%s\", "
	    "connected", part);
	AUTO_FREE char	*words = str_format("stconsole --site SITE directory "
	    "search %s", part);
	struct bench	 inside = { .command = ask };
	struct bench	 whole = { .command = words };
	const char	*program = bench_built("stconsole");
	double		 hits = 0;
	struct err	 e;
	int		 run;

	for (run = 0; run < PAIRS; run++) {
		AUTO_JSON json_t *r = NULL;
		double		  start_ms = bench_now_ms();

		must(directory_search(d, part, 50, &r, &e), "search", &e);
		bench_add(&inside, bench_now_ms() - start_ms);
		hits = (double)json_array_size(json_object_get(r, "people"));
		bench_program(&whole, (const char *const []){ program,
		    "--state", state, "--site", lab_site(l), "directory",
		    "search", part, NULL });
	}
	if (hits == 0)
		bench_stop(part, "nobody was found");
	bench_row("Search by a part of the name", "among 5,000 people, at "
	    "most 50 hits, in at most 50 ms",
	    bench_spread(inside.wall_ms, PAIRS).median <= 50);
	bench_line(inside.command, "hits", &hits, 1);
	bench_line(inside.command, "ms", inside.wall_ms, inside.n);
	bench_lines(&whole);
}

/* What is measured inside this program: a site and a connection. */
static void
inside_rows(const struct lab *l, struct toy *t)
{
	AUTO_DIRECTORY struct directory *d = NULL;
	struct ctx	 ctx = t->ctx;
	struct err	 e;

	ctx.site_wanted = lab_site(l);
	ctx.site_id[0] = '\0';
	must(directory_open(&ctx, &d, &e), "directory", &e);
	join_row(d);
	search_row(l, d, t->dir, "van");
	search_row(l, d, t->dir, "Kim");
	search_row(l, d, t->dir, "1234");
	directory_close(TAKE(d));
	site_free(ctx.site);
}

int
main(void)
{
	struct lab	 lab = LAB_INIT;
	struct toy	 t;
	struct err	 e;

	bench_heading();
	must(lab_start(&lab, &(struct lab_options){ .without = "api" }, &e),
	    "lab", &e);
	site_edit(&lab, "StCommunityConfig.xml",
	    "LDAP/Connection[1]/@SSLEnabled", "1");
	site_edit(&lab, "custom.env", TRUST, "/local/notesdata/cacerts.pem");
	admins_fill(&lab);
	toy_init(&t);
	list_row(&lab, t.dir);
	inside_rows(&lab, &t);
	toy_fini(&t);
	lab_stop(&lab);
	return 0;
}
