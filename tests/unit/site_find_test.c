/* How the deployments of a host are found, and told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "site_tree.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

/* Finds below the tree's folder; the count. */
static size_t
find_in(const struct site_tree *t, const char *where, char ***roots)
{
	AUTO_FREE char		*folder = str_format("%s%s", t->dir, where);
	const char		*folders[] = { folder, NULL };
	struct site_places	 places = { folders, false };
	size_t			 n = 99;

	assert_true(site_find(&places, roots, &n, NULL));
	return n;
}

static void
roots_free(char **roots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(roots[i]);
	free(roots);
}

static void
a_compose_site_is_found_below_a_folder(void **state)
{
	struct site_tree	 t;
	char			**roots;
	size_t			 n;
	AUTO_FREE char		*here = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "sametime");
	site_tree_put(&t, "other/docker-compose.yml",
	    "services:\n  db:\n    image: postgres:15\n");
	site_tree_put(&t, "empty/readme", "nothing");
	n = find_in(&t, "/", &roots);
	assert_int_equal(n, 1);
	here = site_tree_path(&t, "sametime");
	assert_string_equal(roots[0], here);
	roots_free(roots, n);
	n = find_in(&t, "", &roots);
	assert_int_equal(n, 0);
	roots_free(roots, n);
	site_tree_remove(&t);
}

static void
a_link_to_a_site_is_the_same_site(void **state)
{
	struct site_tree	 t;
	char			**roots;
	size_t			 n;
	AUTO_FREE char		*link = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "sametime-12.0.2");
	link = site_tree_path(&t, "sametime");
	assert_int_equal(symlink("sametime-12.0.2", link), 0);
	n = find_in(&t, "/", &roots);
	assert_int_equal(n, 1);
	roots_free(roots, n);
	site_tree_remove(&t);
}

static void
several_sites_are_listed_in_order(void **state)
{
	struct site_tree	 t;
	char			**roots;
	size_t			 n;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "b");
	site_tree_compose(&t, "a");
	n = find_in(&t, "/", &roots);
	assert_int_equal(n, 2);
	assert_true(str_ends(roots[0], "/a"));
	assert_true(str_ends(roots[1], "/b"));
	roots_free(roots, n);
	site_tree_remove(&t);
}

static void
a_given_folder_without_sametime_is_refused(void **state)
{
	struct site_tree	 t;
	struct ctx		 ctx = { 0 };
	struct site		*site;
	struct err		 e = { 0 };

	(void)state;
	site_tree_make(&t);
	ctx.site_wanted = t.dir;
	assert_false(site_need(&ctx, &site, &e));
	assert_int_equal(e.domain, ERR_SITE);
	assert_non_null(strstr(e.msg, t.dir));
	ctx.site_wanted = "/nonexistent/folder";
	assert_false(site_need(&ctx, &site, &e));
	assert_non_null(strstr(e.msg, "/nonexistent/folder"));
	site_tree_remove(&t);
}

static void
the_id_belongs_to_the_folder(void **state)
{
	struct site_tree	 t;
	struct ctx		 one = { 0 }, two = { 0 };
	struct site		*site;
	AUTO_FREE char		*a = NULL, *b = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "a");
	site_tree_compose(&t, "b");
	one.site_wanted = a = str_format("%s/a/../a/.", t.dir);
	two.site_wanted = b = str_format("%s/b", t.dir);
	assert_true(site_need(&one, &site, NULL));
	assert_true(site_need(&two, &site, NULL));
	assert_int_equal(strlen(one.site_id), 64);
	assert_string_not_equal(one.site_id, two.site_id);
	site_free(one.site);
	one.site = NULL;
	free(TAKE(a));
	one.site_wanted = a = str_format("%s/a", t.dir);
	memcpy(two.site_id, one.site_id, sizeof(two.site_id));
	assert_true(site_need(&one, &site, NULL));
	assert_string_equal(one.site_id, two.site_id);
	site_free(one.site);
	site_free(two.site);
	site_tree_remove(&t);
}

static void
helm_and_windows_folders_are_told_apart(void **state)
{
	struct site_tree	 t;
	enum site_kind		 kind;
	char			*compose, *chart;
	AUTO_FREE char		*k = NULL, *w = NULL, *h = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_put(&t, "k/helm/values.yaml", "global: {}\n");
	site_tree_put(&t, "k/helm/Chart.yaml", "name: sametime\n");
	site_tree_put(&t, "w/sametime.ini", "[Config]\n");
	site_tree_put(&t, "w/StCommunityConfig.xml", "<a/>\n");
	site_tree_put(&t, "other/helm/values.yaml", "a: 1\n");
	site_tree_put(&t, "other/helm/Chart.yaml", "name: grafana\n");
	k = site_tree_path(&t, "k");
	w = site_tree_path(&t, "w");
	h = site_tree_path(&t, "other");
	assert_true(site_recognise(k, &kind, &compose, &chart));
	assert_int_equal(kind, SITE_KUBERNETES);
	assert_string_equal(chart, "helm");
	free(chart);
	assert_true(site_recognise(w, &kind, &compose, &chart));
	assert_int_equal(kind, SITE_WINDOWS);
	assert_false(site_recognise(h, &kind, &compose, &chart));
	site_tree_remove(&t);
}

/* Answers recorded from podman 4.3; no container is started. */
static void
a_running_project_is_found_by_its_label_simulated(void **state)
{
	struct site_tree	 t;
	const char		*folders[] = { NULL };
	struct site_places	 places = { folders, true };
	AUTO_FREE char		*old = strdup(getenv("PATH"));
	AUTO_FREE char		*script = NULL, *program = NULL, *root = NULL;
	char			**roots;
	size_t			 n;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "running");
	root = site_tree_path(&t, "running");
	script = str_format("#!/bin/sh\necho '[{\"Id\":\"1\",\"Labels\":{"
	    "\"com.docker.compose.project.working_dir\":\"%s\"}},"
	    "{\"Id\":\"2\",\"Labels\":null}]'\n", root);
	site_tree_put(&t, "bin/podman", script);
	program = site_tree_path(&t, "bin/podman");
	assert_int_equal(chmod(program, 0700), 0);
	*strrchr(program, '/') = '\0';
	setenv("PATH", program, 1);
	assert_true(site_find(&places, &roots, &n, NULL));
	assert_int_equal(n, 1);
	assert_string_equal(roots[0], root);
	assert_int_equal(site_engine_of(root), SITE_PODMAN);
	setenv("PATH", old, 1);
	roots_free(roots, n);
	site_tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compose_site_is_found_below_a_folder),
		cmocka_unit_test(a_link_to_a_site_is_the_same_site),
		cmocka_unit_test(several_sites_are_listed_in_order),
		cmocka_unit_test(a_given_folder_without_sametime_is_refused),
		cmocka_unit_test(the_id_belongs_to_the_folder),
		cmocka_unit_test(helm_and_windows_folders_are_told_apart),
		cmocka_unit_test(
		    a_running_project_is_found_by_its_label_simulated),
	};

	return cmocka_run_group_tests_name("site find", tests, NULL, NULL);
}
