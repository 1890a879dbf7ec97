/* What a change of a file shows, and how its undo works around others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "site_tree.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static void
put(struct buf *b, const char *text)
{
	buf_reset(b);
	buf_puts(b, text);
	assert_true(buf_ok(b, NULL));
}

static void
secrets_do_not_show_in_a_preview(void **state)
{
	static const struct {
		const char *path, *before, *after;
	} cases[] = {
		{ "custom.env", "TURN_SECRET=hush1\n", "TURN_SECRET=hush2\n" },
		{ "custom.env", "A=1\n#TURN_SECRET=hush1\n",
		  "A=2\n#TURN_SECRET=hush1\n" },
		{ "custom.env", "MONGO_URL=mongodb://u:hush@h/\n",
		  "X=1\nMONGO_URL=mongodb://u:hush@h/\n" },
		{ "custom.env", "JWT_SECRET=\"a\nhush\nb\"\nA=1\n",
		  "JWT_SECRET=\"a\nhush\nb\"\nA=2\n" },
		{ "sametime.ini", "[Config]\nSTLDAP_TLS_TRUST_STORE_PASSWORD"
		  " = hush\nA=1\n", "[Config]\nSTLDAP_TLS_TRUST_STORE_PASSWORD"
		  " = hush\nA=2\n" },
		{ "a.yaml", "environment:\n- MONGO_URL=mongodb://u:hush@h/\n"
		  "- JWT_SECRET_ENV=hush\na: 1\n", "environment:\n"
		  "- MONGO_URL=mongodb://u:hush@h/\n- JWT_SECRET_ENV=hush\n"
		  "a: 2\n" },
		{ "a.yaml", "adminPassword: |\n  hush\n  hush\na: 1\n",
		  "adminPassword: |\n  hush\n  hush\na: 2\n" },
		{ "a.xml", "<a><C BindEntryPassword='hush' p='1'/></a>\n",
		  "<a><C BindEntryPassword='hush' p='2'/></a>\n" },
		{ "helm/templates/sametime-secrets.yaml",
		  "data:\n  JwtSecret: hush\n  a: {{ .x }}\n",
		  "data:\n  JwtSecret: hush\n  a: {{ .y }}\n" },
		{ "broken.xml", "<a BindEntryPwd=\"hush\" b=\"1\"\n",
		  "<a BindEntryPwd=\"hush\" b=\"2\"\n" },
	};
	AUTO_BUF struct buf before = BUF_INIT, after = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		AUTO_BUF struct buf diff = BUF_INIT;

		put(&before, cases[i].before);
		put(&after, cases[i].after);
		assert_true(site_diff_put(cases[i].path, &(struct site_write){
		    .before = &before, .after = &after }, &diff, NULL));
		assert_true(diff.len > 0);
		if (strstr(buf_str(&diff), "hush") != NULL ||
		    strstr(buf_str(&diff), SITE_MASK) == NULL)
			fail_msg("%s", buf_str(&diff));
	}
}

static void
a_preview_shows_all_but_the_secret(void **state)
{
	AUTO_BUF struct buf before = BUF_INIT, after = BUF_INIT;
	AUTO_BUF struct buf diff = BUF_INIT;

	(void)state;
	put(&before, "MONGO_URL=mongodb://u:hush@h/?w=1\nA=1\n");
	put(&after, "MONGO_URL=mongodb://u:hush@h/?w=1\nA=2\n");
	assert_true(site_diff_put("custom.env", &(struct site_write){
	    .before = &before, .after = &after }, &diff, NULL));
	assert_non_null(strstr(buf_str(&diff), "-A=1\n+A=2\n"));
	assert_non_null(strstr(buf_str(&diff), " MONGO_URL=***"));
}

/* ---- undo around later edits */

/*
 * What is left of before, edited to after at key, and then by somebody else
 * to current; NULL when it is refused.  malloc'd.
 */
static char *
merge(const char *path, const char *key, const char *before_text,
    enum doc_change change, const char *value, const char *current_text,
    struct err *e)
{
	struct buf		 before = BUF_INIT, after = BUF_INIT;
	struct buf		 current = BUF_INIT, out = BUF_INIT;
	struct doc		 doc;
	struct doc_splice	 s = { 0 };
	AUTO_JSON json_t	*args = NULL;
	bool			 ok;

	put(&before, before_text);
	put(&current, current_text);
	assert_true(doc_parse(&doc, doc_format_of(path), buf_str(&before),
	    before.len, NULL));
	assert_true(doc_edit(&doc, change, key, value, &after, &s, NULL));
	args = json_pack("{s:s, s:s, s:{s:I, s:I, s:I}}", "path", path, "key",
	    key, "splice", "start", (json_int_t)s.start, "old_len",
	    (json_int_t)(s.end - s.start), "new_len",
	    (json_int_t)s.data.len);
	ok = site_undo_merge(args, &before, &after, &current, &out, e);
	doc_fini(&doc);
	doc_splice_fini(&s);
	buf_fini(&before);
	buf_fini(&after);
	buf_fini(&current);
	if (!ok)
		buf_fini(&out);
	return ok ? buf_take(&out) : NULL;
}

static void
undo_takes_its_own_part_back_alone(void **state)
{
	static const struct {
		const char	*before;
		enum doc_change	 change;
		const char	*value, *current, *wanted;
	} cases[] = {
		/* edited before it, behind it, and in another length */
		{ "A=1\nK=old\nZ=1\n", DOC_SET, "new",
		  "# hand\nA=1\nK=new\nZ=1\n", "# hand\nA=1\nK=old\nZ=1\n" },
		{ "A=1\nK=old\nZ=1\n", DOC_SET, "new",
		  "A=1\nK=new\nZ=12345\n", "A=1\nK=old\nZ=12345\n" },
		{ "A=12345\nK=old\nZ=1\n", DOC_SET, "longer",
		  "A=1\nK=longer\nZ=1\n", "A=1\nK=old\nZ=1\n" },
		/* edited on both sides */
		{ "A=1\nK=old\nZ=1\n", DOC_SET, "new",
		  "A=2\nK=new\nZ=2\n", "A=2\nK=old\nZ=2\n" },
		/* an addition goes, a removal comes back */
		{ "A=1\n", DOC_SET, "new", "A=2\nK=new\n", "A=2\n" },
		{ "A=1\nK=old\nZ=1\n", DOC_UNSET, NULL, "A=1\nZ=2\n",
		  "A=1\nK=old\nZ=2\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct err	 e = { 0 };
		AUTO_FREE char	*got = merge("x.env", "K", cases[i].before,
		    cases[i].change, cases[i].value, cases[i].current, &e);

		if (got == NULL)
			fail_msg("%zu: %s", i, e.msg);
		assert_string_equal(got, cases[i].wanted);
	}
}

static void
undo_is_refused_when_the_same_place_changed(void **state)
{
	static const char *const currents[] = {
		"A=1\nK=other\nZ=1\n", "A=1\nZ=1\n", "A=2\nK=news\nZ=2\n",
		"A=1\nK=new\nK=again\nZ=1\n", ""
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(currents); i++) {
		struct err	 e = { 0 };
		AUTO_FREE char	*got = merge("x.env", "K",
		    "A=1\nK=old\nZ=1\n", DOC_SET, "new", currents[i], &e);

		if (got != NULL)
			fail_msg("%zu gives %s", i, got);
		assert_int_equal(e.domain, ERR_CHANGED);
		assert_non_null(strstr(e.msg, "x.env"));
	}
}

static void
paths_that_leave_the_site_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "/etc/passwd", "..", "../x.env", "a/../../x.env", "a/..",
		"a//b.env", "dir/", "./", "./../x.env"
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (site_path_check(bad[i], &e) != NULL)
			fail_msg("%s", bad[i]);
	assert_string_equal(site_path_check("./a/b.env", &e), "a/b.env");
	assert_string_equal(site_path_check("..b.env", &e), "..b.env");
}

/* ---- contradictions */

static bool
is_told(const struct site *site, const char *words)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(site->contradictions, i, one)
		if (strstr(json_string_value(json_object_get(one, "text")),
		    words) != NULL)
			return true;
	return false;
}

static void
contradictions_are_named(void **state)
{
	static const char *const told[] = {
		"PUBLIC_URL is set in two files",
		"LONELY is set in .env, but no service takes it",
		"TURN_SECRET and TURN_CREDENTIALS differ",
		"the environment of prosody does not list it",
		"TURN_ENABLE is written 0 or 1",
		"ENABLE_LTPA is written false or true",
		"STI_Config_X has single underscores",
		"FILES_EXPIRE_IN_DAYS is set twice in custom.env",
		"LETSENCRYPT_EMAIL is not set", "HTTP_PORT is 8000",
		"no @ between password and host"
	};
	struct site_tree	 t;
	struct site		*site;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site_tree_put(&t, ".env", "BUILD_LEVEL=1\nHTTP_PORT=8000\n"
	    "PUBLIC_URL=https://b.corp.test\nLONELY=1\nENABLE_LTPA=1\n"
	    "GLOBAL_MODULES=turncredentials\nENABLE_LETSENCRYPT=1\n"
	    "COMPOSE_PROFILES=monitoring\nINNER=x\nCONFIG=./${INNER}\n");
	site_tree_put(&t, "custom.env", "PUBLIC_URL=https://a.corp.test\n"
	    "TURN_ENABLE=true\nTURN_SECRET=a\nTURN_CREDENTIALS=b\n"
	    "STI_Config_X=1\nFILES_EXPIRE_IN_DAYS=1\n"
	    "FILES_EXPIRE_IN_DAYS=2\nMONGO_URL=mongodb://u:p.h:27017/\n");
	site = site_open(t.dir, NULL);
	assert_non_null(site);
	for (size_t i = 0; i < LENGTH(told); i++)
		if (!is_told(site, told[i]))
			fail_msg("%s", told[i]);
	assert_false(is_told(site, "COMPOSE_PROFILES"));
	assert_false(is_told(site, "INNER"));
	assert_false(is_told(site, "BUILD_LEVEL"));
	site_free(site);
	site_tree_remove(&t);
}

static void
a_site_without_contradictions_has_none(void **state)
{
	struct site_tree	 t;
	struct site		*site;
	AUTO_FREE char		*text = NULL;

	(void)state;
	site_tree_make(&t);
	site_tree_compose(&t, "");
	site_tree_put(&t, "custom.env", "PUBLIC_URL=https://a.corp.test\n"
	    "MONGO_URL=mongodb://u:p@h/\n");
	site = site_open(t.dir, NULL);
	text = json_dumps(site->contradictions, 0);
	assert_string_equal(text, "[]");
	site_free(site);
	site_tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_do_not_show_in_a_preview),
		cmocka_unit_test(a_preview_shows_all_but_the_secret),
		cmocka_unit_test(undo_takes_its_own_part_back_alone),
		cmocka_unit_test(undo_is_refused_when_the_same_place_changed),
		cmocka_unit_test(paths_that_leave_the_site_are_refused),
		cmocka_unit_test(contradictions_are_named),
		cmocka_unit_test(a_site_without_contradictions_has_none),
	};

	return cmocka_run_group_tests_name("site write", tests, NULL, NULL);
}
