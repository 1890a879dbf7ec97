/*
 * A server in a real container that gets the image of the next major and the
 * old one back: one that podman alone runs, and one that compose made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/services/upgrade/how_docker.h"
#include "../lab/house.h"
#include "containers.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define UP_TRIES	400
#define LOOK_MS		100

static struct {
	struct containers	 c;
	char			*state_dir;
	struct store		*store;
	struct ctx		 ctx;
	char			 member[32];
	int			 port;
} lab;

static const char *
lab_lacks(void)
{
	AUTO_FREE char *old = lab_cache_path("mongod/4.4.2/mongod");
	AUTO_FREE char *new = lab_cache_path("mongod/5.0.4/mongod");

	if (containers_missing(false) != NULL)
		return containers_missing(false);
	if (old == NULL || access(old, X_OK) < 0 || new == NULL ||
	    access(new, X_OK) < 0)
		return "mongod 4.4.2 and 5.0.4 (tests/lab/fetch)";
	return NULL;
}

static void
sh(const char *const *argv)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err e = { 0 };

	if (!proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = 120000 }, &r, &e))
		fail_msg("%s", e.msg);
}

/* The binary and what ldd names, as the facts on the lab say. */
static void
image_make(const char *version, const char *major)
{
	static const char script[] = "set -e; root=$1/root-$2; "
	    "mkdir -p $root/bin $root/lib $root/lib64 $root/data/db $root/tmp"
	    "; cp -L \"$3\" $root/bin/mongod; export LD_LIBRARY_PATH=\"$4\"; "
	    "ldd \"$3\" | sed -n 's/.*=> \\(\\/[^ ]*\\) .*/\\1/p' | "
	    "xargs -I{} cp -L {} $root/lib/; "
	    "cp -L /lib64/ld-linux-x86-64.so.2 $root/lib64/; "
	    "unset LD_LIBRARY_PATH; "
	    "tar -C $root -cf $1/image.tar .; podman import "
	    "--change 'ENTRYPOINT [\"mongod\"]' "
	    "--change 'ENV PATH=/bin' --change 'ENV LD_LIBRARY_PATH=/lib' "
	    "--change \"ENV MONGO_MAJOR=$2\" "
	    "$1/image.tar localhost/mongo:$2; "
	    "rm -rf $root $1/image.tar";
	AUTO_FREE char	*name = str_format("mongod/%s/mongod", version);
	AUTO_FREE char	*program = lab_cache_path(name);
	AUTO_FREE char	*libs = lab_cache_path("mongod/libssl1.1");

	sh((const char *const[]){ "sh", "-c", script, "sh", lab.c.dir, major,
	    program, libs, NULL });
}

static int
lab_begin(void **state)
{
	struct err e;

	(void)state;
	containers_start(&lab.c, false);
	lab.state_dir = run_state_new();
	lab.store = store_open(lab.state_dir, &e);
	assert_non_null(lab.store);
	lab.ctx = (struct ctx){ .store = lab.store, .clock = &clock_system };
	lab.port = lab_port_free();
	snprintf(lab.member, sizeof(lab.member), "localhost:%d", lab.port);
	image_make("4.4.2", "4.4");
	image_make("5.0.4", "5.0");
	return 0;
}

static int
lab_end(void **state)
{
	(void)state;
	store_close(lab.store);
	run_state_end(lab.state_dir);
	containers_stop(&lab.c);
	return 0;
}

/* ---- looking */

static json_t *
inspect(const char *name)
{
	struct how_task	 t = { .ctx = &lab.ctx };
	json_t		*c = NULL;
	struct err	 e;

	if (!how_inspect(&t, "podman", "container", name, &c, &e))
		fail_msg("%s", e.msg);
	return c;
}

static bool
has_env(const json_t *c, const char *assignment)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(json_object_get(json_object_get(c, "Config"),
	    "Env"), i, v)
		if (strcmp(json_string_value(v), assignment) == 0)
			return true;
	return false;
}

/* Its log says so; the port alone is the engine's, not the server's. */
static void
answers_as(const char *name, const char *version)
{
	const char *const argv[] = { "podman", "logs", name, NULL };
	AUTO_FREE char *words = str_format("\"version\":\"%s\"", version);

	for (int i = 0; i < UP_TRIES; i++) {
		AUTO_PROC_RESULT struct proc_result r = { 0 };
		struct err e;

		assert_true(proc_run(&(struct proc_spec){ .argv = argv,
		    .merges_err = true }, &r, &e));
		if (strstr(buf_str(&r.out), words) != NULL &&
		    strstr(buf_str(&r.out), "aiting for connections") != NULL)
			return;
		cancel_wait(NULL, LOOK_MS);
	}
	fail_msg("%s does not answer as %s", name, version);
}

static json_t *
plan(struct how_task *t, const struct how_wish *wish, struct err *e)
{
	AUTO_JSON json_t *run = mongo_run_find(&lab.ctx, lab.member, 0);
	AUTO_JSON json_t *facts = json_pack("{s:O}", "run", run);
	const struct how *how;
	json_t		*args = NULL;

	assert_string_equal(json_text(run, "by"), "podman");
	*t = (struct how_task){ .ctx = &lab.ctx, .member = lab.member,
		.from = "4.4", .to = "5.0", .facts = facts, .wish = wish };
	how = how_choose(t, &args, e);
	assert_true(how == NULL || how == &how_docker);
	t->facts = NULL;
	t->args = args;
	return args;
}

static void
twice(const struct how_task *t, bool (*act)(const struct how_task *,
    struct err *))
{
	struct err e;

	for (int i = 0; i < 2; i++)
		if (!act(t, &e))
			fail_msg("%s", e.msg);
}

static void
swapped_is(const struct how_task *t, bool expected)
{
	struct err	 e;
	bool		 yes;

	if (!how_docker.is_swapped(t, &yes, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(yes, expected);
}

/* ---- one that podman alone runs */

static void
test_a_container_is_made_again_from_the_next_image_and_back(void **state)
{
	AUTO_FREE char	*publish = str_format("127.0.0.1:%d:27017", lab.port);
	const char *const run[] = { "podman", "run", "-d", "--name", "db",
	    "-p", publish, "-v", "dbdata:/data/db", "-e", "SITE_WORD=hush",
	    "localhost/mongo:4.4", "--bind_ip_all",
	    "--wiredTigerCacheSizeGB", "0.25", NULL };
	AUTO_JSON json_t *args = NULL, *now = NULL, *kept = NULL;
	AUTO_FREE char	*text = NULL;
	struct how_task	 t;
	struct err	 e = { 0 };

	(void)state;
	sh(run);
	answers_as("db", "4.4.2");
	args = plan(&t, &(struct how_wish){ .image = NULL }, &e);
	if (args == NULL)
		fail_msg("%s", e.msg);
	text = json_dumps(args, 0);
	assert_null(strstr(text, "hush"));
	assert_string_equal(json_text(args, "image"), "localhost/mongo:5.0");
	if (!how_docker.try(&t, &e))
		fail_msg("%s", e.msg);
	twice(&t, how_docker.stop);
	swapped_is(&t, false);
	twice(&t, how_docker.swap);
	swapped_is(&t, true);
	twice(&t, how_docker.start);
	answers_as("db", "5.0.4");
	now = inspect("db");
	kept = inspect("db-before-5.0");
	assert_true(has_env(now, "SITE_WORD=hush"));
	assert_true(has_env(now, "MONGO_MAJOR=5.0"));
	assert_false(how_container_is_up(kept));
	assert_string_equal(json_text(how_container_mount(now, "/data/db"),
	    "Name"), "dbdata");
	twice(&t, how_docker.stop);
	twice(&t, how_docker.unswap);
	swapped_is(&t, false);
	twice(&t, how_docker.start);
	answers_as("db", "4.4.2");
	assert_null(inspect("db-before-5.0"));
	sh((const char *const[]){ "podman", "rm", "-f", "db", NULL });
}

static void
test_an_option_that_the_next_image_refuses_is_told(void **state)
{
	AUTO_FREE char	*publish = str_format("127.0.0.1:%d:27017", lab.port);
	const char *const run[] = { "podman", "run", "-d", "--name", "db",
	    "-p", publish, "-v", "dbdata:/data/db", "localhost/mongo:4.4",
	    "--bind_ip_all", "--enableMajorityReadConcern", "false", NULL };
	AUTO_JSON json_t *args = NULL;
	struct how_task	 t;
	struct err	 e = { 0 };

	(void)state;
	sh(run);
	answers_as("db", "4.4.2");
	args = plan(&t, &(struct how_wish){ .image =
	    "localhost/mongo:{major}" }, &e);
	if (args == NULL)
		fail_msg("%s", e.msg);
	assert_false(how_docker.try(&t, &e));
	if (strstr(e.msg, "enableMajorityReadConcern") == NULL)
		fail_msg("%s", e.msg);
	sh((const char *const[]){ "podman", "rm", "-f", "db", NULL });
}

static void
test_data_inside_the_container_is_refused(void **state)
{
	AUTO_FREE char	*publish = str_format("127.0.0.1:%d:27017", lab.port);
	const char *const run[] = { "podman", "run", "-d", "--name", "db",
	    "-p", publish, "localhost/mongo:4.4", "--bind_ip_all", NULL };
	struct how_task	 t;
	struct err	 e = { 0 };

	(void)state;
	sh(run);
	answers_as("db", "4.4.2");
	assert_null(plan(&t, &(struct how_wish){ .image = NULL }, &e));
	assert_non_null(strstr(e.msg, "no named volume"));
	sh((const char *const[]){ "podman", "rm", "-f", "db", NULL });
}

/* ---- one that compose made */

static void
test_compose_gets_the_image_in_its_file_and_back(void **state)
{
	AUTO_FREE char	*file = str_format("%s/docker-compose.yml",
	    lab.c.root);
	AUTO_FREE char	*text = str_format("version: \"3.7\"\n"
	    "services:\n  mongo:  # ours\n    image: localhost/mongo:4.4\n"
	    "    ports: [\"127.0.0.1:%d:27017\"]\n    volumes:\n"
	    "      - ./data:/data/db\n    command: [\"--bind_ip_all\"]\n",
	    lab.port);
	AUTO_FREE char	*data = str_format("%s/data", lab.c.root);
	AUTO_BUF struct buf now = BUF_INIT;
	AUTO_JSON json_t *args = NULL;
	struct how_task	 t;
	struct err	 e = { 0 };

	(void)state;
	containers_put(&lab.c, "docker-compose.yml", text);
	assert_int_equal(mkdir(data, 0755), 0);
	sh((const char *const[]){ "podman-compose", "-f", file, "up", "-d",
	    NULL });
	args = plan(&t, &(struct how_wish){ .image =
	    "localhost/mongo:{major}" }, &e);
	if (args == NULL)
		fail_msg("%s", e.msg);
	answers_as(json_text(args, "container"), "4.4.2");
	twice(&t, how_docker.stop);
	twice(&t, how_docker.swap);
	swapped_is(&t, true);
	twice(&t, how_docker.start);
	answers_as(json_text(args, "container"), "5.0.4");
	twice(&t, how_docker.stop);
	twice(&t, how_docker.unswap);
	twice(&t, how_docker.start);
	answers_as(json_text(args, "container"), "4.4.2");
	assert_true(file_read(AT_FDCWD, file, 65536, &now, &e));
	assert_string_equal(buf_str(&now), text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	    test_a_container_is_made_again_from_the_next_image_and_back),
		cmocka_unit_test(
		    test_an_option_that_the_next_image_refuses_is_told),
		cmocka_unit_test(test_data_inside_the_container_is_refused),
		cmocka_unit_test(
		    test_compose_gets_the_image_in_its_file_and_back),
	};

	if (lab_lacks() != NULL) {
		print_message("SKIPPED: %s is not on this machine\n",
		    lab_lacks());
		return 0;
	}
	return cmocka_run_group_tests(tests, lab_begin, lab_end);
}
