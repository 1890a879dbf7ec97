/*
 * Every config.set and config.unset that is applied and undone leaves the
 * file as it was, byte by byte, also when somebody edited another place of
 * it in between.  Through the real engine, in all four formats.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "prng.h"
#include "stconsole/file.h"
#include "stconsole/job.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/site.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define ROUNDS	16

static const struct service *const services[] = {
	&core_service, &undo_service, &site_service, &site_daily_service
};
static const struct registry registry = { services, LENGTH(services) };

/* A file, keys that it has, and keys that can be added. */
struct subject {
	const char	*file;
	const char	*text;
	const char	*keys[4];
	const char	*additions[2];
	const char	*comment;	/* a line that may stand anywhere */
	bool		 comments_out;
};

static const struct subject subjects[] = {
	{ "custom.env", "# first\r\nA=1\nB=\"two words\" # why\n#C=old\n"
	  "export D='x'\nA=3\nE=last",
	  { "A", "B", "D", "E" }, { "C", "NEW" }, "# by hand\n", true },
	{ "sametime.ini", "; first\r\n[Config]\r\nA=1\r\n B = two words\r\n"
	  "[Debug]\r\nA=2\r\n[config]\r\nC=x=y\r\n",
	  { "Config/A", "config/B", "Debug/A", "Config/C" },
	  { "Config/NEW", "Debug/Z" }, "; by hand\r\n", true },
	{ "values.yaml", "# first\nglobal:\n  a: 1   # why\n"
	  "  b: 'two words'\n  c: [x, \"y\"]\nlist:\n- one\n- two\n",
	  { "global.a", "global.b", "global.c[1]", "list[0]" },
	  { "global.new", "list[2]" }, "# by hand\n", false },
	{ "own.xml", "<!-- first -->\n<a>\n <LDAP x='1'>\n"
	  "  <Connection HostName=\"h1\" Port='389'/>\n"
	  "  <Connection  HostName=\"h2\" Base=\"o=a&amp;b\" />\n"
	  " </LDAP>\n</a>\n",
	  { "LDAP/Connection[1]/@HostName", "LDAP/Connection[1]/@Port",
	    "LDAP/Connection[2]/@Base", "LDAP/@x" },
	  { "LDAP/Connection[2]/@Port", "LDAP/@new" }, "<!-- by hand -->\n",
	  false },
};

static const char *const values[] = {
	"7", "", "three more words", "true", "a=b", "o=corp&x<y", "ümlaut"
};

struct world {
	struct site_tree	 tree;
	struct cancel		 cancel;
	struct identity		 who;
	struct ctx		 ctx;
	char			*state;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	/* No container engine: what runs on this machine is not asked. */
	setenv("PATH", w->tree.dir, 1);
	site_tree_compose(&w->tree, "");
	w->state = site_tree_path(&w->tree, "state");
	assert_true(cancel_init(&w->cancel, NULL));
	w->who.role = ROLE_ADMIN;
	w->ctx = (struct ctx){ .registry = &registry, .clock = &clock_system,
	    .cancel = &w->cancel, .who = &w->who, .site_wanted = w->tree.dir };
	w->ctx.store = store_open(w->state, NULL);
	assert_non_null(w->ctx.store);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	site_free(w->ctx.site);
	store_close(w->ctx.store);
	cancel_fini(&w->cancel);
	site_tree_remove(&w->tree);
	free(w->state);
	free(w);
	return 0;
}

static void
forget_site(struct world *w)
{
	site_free(w->ctx.site);
	w->ctx.site = NULL;
	w->ctx.site_id[0] = '\0';
}

/*
 * Plans and applies.  False with *e when the editor refuses; an empty plan
 * leaves result->id "".
 */
static bool
apply(struct world *w, const char *verb, json_t *given,
    struct job_result *result, struct err *e)
{
	AUTO_JSON json_t	*owned = given;
	const struct verb	*v = registry_verb(&registry, verb);
	struct job_options	 options = { 0 };
	struct plan		*plan = NULL, *now = NULL;
	json_t			*nothing = NULL;
	bool			 ok;

	*result = (struct job_result){ .id = "" };
	forget_site(w);
	if (!verb_call(&w->ctx, v, owned, &nothing, &plan, e))
		return false;
	ok = plan_is_empty(plan) || job_apply(&w->ctx, v, owned,
	    plan_hash(plan), &options, &now, result, e);
	if (!ok)
		fail_msg("%s: %s", verb, e->msg);
	plan_free(plan);
	plan_free(now);
	return true;
}

static void
assert_text(const struct world *w, const struct prng *p,
    const struct subject *s, const char *text, size_t len)
{
	AUTO_FREE char		*path = site_tree_path(&w->tree, s->file);
	AUTO_BUF struct buf	 is = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &is, NULL));
	if (is.len != len || memcmp(buf_str(&is), text, len) != 0)
		fail_msg("PROPERTY_SEED=%llu: %s is\n%s\nnot\n%s",
		    (unsigned long long)p->seed, s->file, buf_str(&is), text);
}

/* A change drawn at random, as verb and parameters. */
static json_t *
draw(struct prng *p, const struct subject *s, const char **verb)
{
	size_t		 n = (size_t)prng_next(p) % 6;
	const char	*key = n < 4 ? s->keys[n] : s->additions[n - 4];

	if (n < 4 && prng_next(p) % 3 == 0) {
		*verb = "config.unset";
		return json_pack("{s:s, s:s, s:b}", "file", s->file, "key",
		    key, "comment_out",
		    s->comments_out && prng_next(p) % 2 == 0);
	}
	*verb = "config.set";
	return json_pack("{s:s, s:s, s:s}", "file", s->file, "key", key,
	    "value", values[(size_t)prng_next(p) % LENGTH(values)]);
}

/* True when a change was made and taken back. */
static bool
round_trip(struct world *w, struct prng *p, const struct subject *s)
{
	struct job_result	 result, undone;
	struct err		 e = { 0 };
	const char		*verb;
	json_t			*params = draw(p, s, &verb);

	site_tree_put(&w->tree, s->file, s->text);
	/* What the editor refuses leaves the file alone. */
	if (!apply(w, verb, params, &result, &e) || result.id[0] == '\0') {
		assert_text(w, p, s, s->text, strlen(s->text));
		return false;
	}
	assert_true(apply(w, "job.undo", json_pack("{s:s}", "id",
	    result.id), &undone, &e));
	assert_text(w, p, s, s->text, strlen(s->text));
	return true;
}

static void
a_change_undone_leaves_the_bytes_as_before(void **state)
{
	struct world	*w = *state;
	struct prng	 p;
	size_t		 changes;

	for (size_t i = 0; i < LENGTH(subjects); i++) {
		changes = 0;
		for (uint64_t round = 0; round < ROUNDS; round++) {
			prng_init(&p, round);
			changes += round_trip(w, &p, &subjects[i]);
		}
		assert_true(changes > ROUNDS / 2);
	}
}

/* The same text with a comment in front. */
static void
put_edited(struct world *w, const struct subject *s, struct buf *edited)
{
	AUTO_FREE char		*path = site_tree_path(&w->tree, s->file);
	AUTO_BUF struct buf	 is = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &is, NULL));
	buf_puts(edited, s->comment);
	buf_add(edited, is.data, is.len);
	site_tree_put(&w->tree, s->file, buf_str(edited));
}

static void
undo_keeps_what_somebody_else_wrote_elsewhere(void **state)
{
	struct world	*w = *state;
	struct prng	 p = { 0, 0 };

	for (size_t i = 0; i < LENGTH(subjects); i++) {
		const struct subject	*s = &subjects[i];
		AUTO_BUF struct buf	 edited = BUF_INIT;
		AUTO_FREE char		*wanted = str_format("%s%s",
		    s->comment, s->text);
		struct job_result	 result, undone;
		struct err		 e = { 0 };

		site_tree_put(&w->tree, s->file, s->text);
		assert_true(apply(w, "config.set", json_pack(
		    "{s:s, s:s, s:s}", "file", s->file, "key", s->keys[1],
		    "value", "999"), &result, &e));
		put_edited(w, s, &edited);
		if (!apply(w, "job.undo", json_pack("{s:s}", "id",
		    result.id), &undone, &e))
			fail_msg("%s: %s", s->file, e.msg);
		assert_text(w, &p, s, wanted, strlen(wanted));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_change_undone_leaves_the_bytes_as_before, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    undo_keeps_what_somebody_else_wrote_elsewhere, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("config undo", tests, NULL, NULL);
}
