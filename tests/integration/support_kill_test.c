/*
 * support bundle, killed at durable calls and denied the disk: there is no
 * half file, and after resume there is a whole one and nothing beside it.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "kill.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

struct world {
	struct site_tree	 tree;
	char			*root, *file;
	const char		*argv[10];
};

/* No container engine: the fault would be counted in its process as well. */
static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	w->root = site_tree_path(&w->tree, "site");
	w->file = site_tree_path(&w->tree, "bundle.tar.gz");
	const char *const argv[] = {
		"--site", w->root, "support", "bundle", w->file, "--yes", NULL
	};

	setenv("PATH", w->tree.dir, 1);
	memcpy(w->argv, argv, sizeof(argv));
	site_tree_put(&w->tree, "site/docker-compose.yml",
	    "services:\n  community:\n    image: st/chat-server:1\n");
	site_tree_put(&w->tree, "site/custom.env", "TURN_SECRET=s3cret-one\n");
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_tree_remove(&w->tree);
	free(w->root);
	free(w->file);
	free(w);
	return 0;
}

static void
no_file_yet(void *arg)
{
	struct world *w = arg;

	(void)unlink(w->file);
}

/* To its end, where the check sum is. */
static void
assert_whole(const char *file)
{
	gzFile	 f = gzopen(file, "rb");
	char	 piece[65536];
	int	 n;

	assert_non_null(f);
	while ((n = gzread(f, piece, sizeof(piece))) > 0)
		continue;
	assert_int_equal(n, 0);
	assert_int_equal(gzclose(f), Z_OK);
}

static void
assert_nothing_beside(const struct world *w)
{
	DIR			*dir = opendir(w->tree.dir);
	const struct dirent	*d;

	while ((d = readdir(dir)) != NULL)
		if (str_starts(d->d_name, ".stconsole-"))
			fail_msg("%s is left", d->d_name);
	closedir(dir);
}

static void
ends_with_a_whole_one(void *arg, const char *state)
{
	const struct world *w = arg;
	if (access(w->file, F_OK) == 0)
		assert_whole(w->file);
	kill_recover(state, w->argv, NULL);
	assert_whole(w->file);
	assert_nothing_beside(w);
}

static void
fault(void **state, const char *what, int step)
{
	struct world		*w = *state;
	struct kill_case	 c = {
		.what = what, .argv = w->argv, .arg = w, .setup = no_file_yet,
		.ends_well = ends_with_a_whole_one, .step = step
	};

	(void)kill_at_every_call(&c);
}

static void
killed_before_a_call_it_is_written_whole_later(void **state)
{
	fault(state, "kill-before", 2);
}

static void
killed_after_a_call_it_is_written_whole_later(void **state)
{
	fault(state, "kill-after", 3);
}

static void
a_full_disk_leaves_no_half_bundle(void **state)
{
	fault(state, "enospc", 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_before_a_call_it_is_written_whole_later),
		TEST(killed_after_a_call_it_is_written_whole_later),
		TEST(a_full_disk_leaves_no_half_bundle)
	};

	return cmocka_run_group_tests_name("support kill", tests, NULL,
	    NULL);
}
