/*
 * The screens that are shipped, against the verbs that are shipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/screen.h"
#include "stconsole/all.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

static const struct screen_paths paths = { NULL, "screens", "en" };

static void
every_screen_is_without_a_mistake(void **state)
{
	AUTO_BUF struct buf	 complaints = BUF_INIT;
	struct err		 e;

	(void)state;
	if (!screen_lint(&paths, &all_registry, &complaints, &e))
		fail_msg("%s", e.msg);
	if (complaints.len > 0)
		fail_msg("\n%s", buf_str(&complaints));
}

/* What a member of a line of "status" can be, "a|b|c". */
static char *
status_words(const char *member, const char *below)
{
	AUTO_JSON json_t	*shape = json_loads(registry_verb(
	    &all_registry, "status")->schema, 0, NULL);
	const json_t		*at = json_array_get(json_object_get(shape,
	    "lines"), 0);

	at = json_object_get(at, member);
	if (below != NULL)
		at = json_object_get(at, below);
	assert_true(json_is_string(at));
	assert_int_equal(*json_string_value(at), '=');
	return strdup(json_string_value(at) + 1);
}

static void
every_line_of_home_leads_somewhere(void **state)
{
	AUTO_FREE char	*names = status_words("fix", "screen");
	struct screen	*home;
	char		*name, *rest;
	struct err	 e;

	(void)state;
	home = screen_load(&paths, &all_registry, "home", &e);
	assert_non_null(home);
	for (name = strtok_r(names, "|", &rest); name != NULL;
	    name = strtok_r(NULL, "|", &rest)) {
		AUTO_JSON json_t *row = json_pack("{s:{s:s}}", "fix",
		    "screen", name);

		if (screen_row_way(home, row) == NULL)
			fail_msg("%s leads nowhere", name);
	}
	screen_free(home);
}

static bool
is_listed(const json_t *list, const char *name)
{
	json_t	*entry;
	size_t	 i;

	json_array_foreach (list, i, entry)
		if (strcmp(json_text(entry, "name"), name) == 0)
			return true;
	return false;
}

/* "status" tells programs which screen mends a line. */
static void
the_screens_that_status_names_can_be_opened_by_name(void **state)
{
	AUTO_FREE char		*names = status_words("fix", "screen");
	AUTO_JSON json_t	*list = NULL;
	char			*name, *rest;
	struct err		 e;

	(void)state;
	list = screen_list(&paths, &e);
	assert_non_null(list);
	for (name = strtok_r(names, "|", &rest); name != NULL;
	    name = strtok_r(NULL, "|", &rest))
		if (!is_listed(list, name))
			fail_msg("%s is no screen", name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_screen_is_without_a_mistake),
		cmocka_unit_test(every_line_of_home_leads_somewhere),
		cmocka_unit_test(
		    the_screens_that_status_names_can_be_opened_by_name)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
