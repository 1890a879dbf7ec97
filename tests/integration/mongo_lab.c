/*
 * The servers, accounts and site are those of tests/lab; what is added here
 * is the choice of versions and kinds, and that servers are found and ended
 * whoever started them.
 */
#include "mongo_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../lab/mongod.h"
#include "mongo_lab_parts.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

/* Which of the cache is meant by a major; the newest for binaries/. */
static const struct {
	const char	*name;
	const char	*cached;
	const char	*newest;
} versions[] = {
	{ "4.2", "4.2.6", "4.2.6" },
	{ "4.4", "4.4.2", "4.4.2" },
	{ "5.0", "5.0.4", "5.0.4" },
	{ "6.0", "6.0.5", "6.0.27" },
};

void
mongo_lab_ok_at(bool ok, const struct err *e, const char *file, int line)
{
	if (ok)
		return;
	print_error("%s\n", e->msg);
	_fail(file, line);
}

static char *
program_of(const char *version)
{
	for (size_t i = 0; i < LENGTH(versions); i++) {
		if (str_equal(version, versions[i].name))
			version = versions[i].cached;
	}
	return lab_mongod_cached(version);
}

bool
mongo_lab_has(const char *version)
{
	AUTO_FREE char	*program = program_of(version);

	if (program == NULL)
		print_message("SKIPPED: no mongod %s; get it by: "
		    "tests/lab/fetch %s\n", version, version);
	return program != NULL;
}

/* A link of its own to the program: /proc/PID/exe is a path below DIR. */
static void
binary_put(const struct mongo_lab *l, const char *major, const char *version)
{
	AUTO_FREE char	*program = lab_mongod_cached(version);
	AUTO_FREE char	*dir = str_format("%s/%s/bin", l->binaries, major);
	AUTO_FREE char	*path = str_format("%s/mongod", dir);
	struct err	 e;

	if (program == NULL)
		return;
	mongo_lab_ok(file_make_dirs(dir, 0755, &e), &e);
	if (link(program, path) != 0 && symlink(program, path) != 0)
		fail_msg("%s: %s", path, strerror(errno));
}

/* The model is every version that it is linked as. */
static void
models_make(const struct mongo_lab *l)
{
	static const char *const majors[] = {
		"4.4", "5.0", "6.0", "7.0", "8.0", "8.2", "8.3", "9.0",
	};
	AUTO_FREE char	*model = str_format("%s-mongod-model", run_binary());
	struct err	 e;

	for (size_t i = 0; i < LENGTH(majors); i++) {
		AUTO_FREE char	*dir = str_format("%s/%s/bin", l->binaries,
		    majors[i]);
		AUTO_FREE char	*path = str_format("%s/mongod", dir);

		mongo_lab_ok(file_make_dirs(dir, 0755, &e), &e);
		if (link(model, path) != 0)
			fail_msg("%s: %s", path, strerror(errno));
	}
}

static void
binaries_make(const struct mongo_lab *l)
{
	for (size_t i = 0; i < LENGTH(versions); i++) {
		AUTO_FREE char	*newest =
		    lab_mongod_cached(versions[i].newest);

		binary_put(l, versions[i].name, newest != NULL ?
		    versions[i].newest : versions[i].cached);
		binary_put(l, versions[i].cached, versions[i].cached);
		if (!str_equal(versions[i].newest, versions[i].cached))
			binary_put(l, versions[i].newest,
			    versions[i].newest);
	}
}

/* DIR/binaries/6.0.5/bin/mongod; malloc'd. */
static char *
binary_of(const struct mongo_lab *l, const char *version)
{
	char	*path = NULL;

	for (size_t i = 0; !l->spec.is_model && i < LENGTH(versions); i++) {
		if (str_equal(version, versions[i].name))
			version = versions[i].cached;
	}
	path = str_format("%s/%s/bin/mongod", l->binaries, version);
	if (path == NULL || access(path, X_OK) != 0)
		fail_msg("no mongod %s", version);
	return path;
}

/* The second account, kept as an administrator would. */
static void
state_make(struct mongo_lab *l)
{
	AUTO_FREE char	*url = mongo_lab_url(l, "sametimeClusterAdmin");
	const char	*argv[] = { "settings", "set", "mongo.admin_url",
	    "--value-file", "-", "--yes", NULL };

	assert_int_equal(mkdir(l->state, 0700), 0);
	if (l->spec.has_auth) {
		AUTO_RUN struct run_result	 r = run_json(l->state, argv,
		    url);

		run_assert_exit(&r, 0);
	}
}

static void
house_open(struct mongo_lab *l)
{
	struct mongo_lab_own	*own = l->own;
	struct err		 e;

	own->run = (struct lab_run){
		.dir = l->dir, .kind = "docker",
		.members = l->spec.members == 0 ? 1 : l->spec.members,
		.mongo = {
			.is_alone = l->spec.members == 0,
			.has_no_auth = !l->spec.has_auth,
			.has_no_tls = !l->spec.has_tls,
			.has_arbiter = l->spec.has_arbiter,
			.has_config_file = l->spec.has_config_file,
			.has_nurse = true,
			.has_no_data = l->spec.is_model,
			.extra = l->spec.extra,
		},
	};
	l->count = own->run.members;
	assert_true(l->count <= MONGO_LAB_MEMBERS);
	/* The house makes the folder itself. */
	assert_int_equal(rmdir(l->dir), 0);
	mongo_lab_ok(lab_house_open(&own->house, &own->run, &e), &e);
	if (l->spec.is_model)
		models_make(l);
	else
		binaries_make(l);
	own->program = binary_of(l, l->spec.version);
	own->run.mongo.program = own->program;
}

static void
names_make(struct mongo_lab *l)
{
	snprintf(l->dir, sizeof(l->dir), "/tmp/stconsole-mongo-XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->site, sizeof(l->site), "%s/site", l->dir);
	snprintf(l->state, sizeof(l->state), "%s/state", l->dir);
	snprintf(l->binaries, sizeof(l->binaries), "%s/binaries", l->dir);
}

void
mongo_lab_start(struct mongo_lab *l, const struct mongo_lab_spec *spec)
{
	struct lab_house	*h = NULL;
	struct err		 e;

	memset(l, 0, sizeof(*l));
	l->spec = *spec;
	l->own = calloc(1, sizeof(*l->own));
	assert_non_null(l->own);
	h = &l->own->house;
	mongoc_init();
	mongoc_log_set_handler(NULL, NULL);
	names_make(l);
	house_open(l);
	mongo_lab_guard_start(l);
	mongo_lab_ok(lab_tls_make(h, &e) && lab_mongod_launch(h, &e) &&
	    lab_mongod_prepare(h, &e) && lab_site_write(h, &e), &e);
	memcpy(l->ports, h->mongo_ports, sizeof(l->ports));
	state_make(l);
	if (spec->documents > 0)
		mongo_lab_fill(l);
}

void
mongo_lab_end(struct mongo_lab *l)
{
	if (l->own == NULL)
		return;
	mongo_lab_writer_kill(l);
	mongo_lab_processes_end(l);
	lab_children_end(&l->own->house, SIGKILL);
	mongo_lab_guard_end(l);
	if (l->own->house.dir != NULL)
		lab_house_close(&l->own->house);
	free(l->own->program);
	free(TAKE(l->own));
}

const char *
mongo_lab_member(const struct mongo_lab *l, int n)
{
	static char	 names[MONGO_LAB_MEMBERS][32];

	snprintf(names[n], sizeof(names[n]), "localhost:%d", l->ports[n]);
	return names[n];
}

void
mongo_lab_member_start(struct mongo_lab *l, int n, const char *version)
{
	struct lab_house	*h = &l->own->house;
	AUTO_FREE char		*program = binary_of(l, version);
	mongoc_client_t		*c = NULL;
	struct err		 e;

	/* The nurse of the one before goes with it; or another started it. */
	mongo_lab_reap(l);
	mongo_lab_ok(lab_member_launch(h, program, n, &e), &e);
	c = lab_member_client(h, n, NULL, NULL);
	assert_non_null(c);
	mongo_lab_ok(lab_member_wait(h, n, c, "ready", &e), &e);
	mongoc_client_destroy(c);
}
