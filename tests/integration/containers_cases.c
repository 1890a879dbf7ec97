/*
 * How a change takes effect, with real containers: the cases that
 * podman_test.c and docker_test.c run.
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

#include "containers_cases.h"
#include "run.h"
#include "stconsole/cancel.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

/* The lab of this group; NULL when a part of it is missing. */
int
containers_group_start(void **state, bool docker)
{
	struct containers *c;

	if (containers_missing(docker) != NULL)
		return 0;
	c = calloc(1, sizeof(*c));
	assert_non_null(c);
	containers_start(c, docker);
	*state = c;
	return 0;
}

int
containers_group_stop(void **state)
{
	struct containers *c = *state;

	if (c != NULL)
		containers_stop(c);
	free(c);
	return 0;
}

static struct containers *
lab_up(void **state)
{
	struct containers *c = *state;

	if (c == NULL) {
		print_message("%s is not on this machine\n",
		    containers_missing(true));
		skip();
	}
	containers_up(c);
	return c;
}

#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* Applies and must be done and verified; the job's id, malloc'd. */
static char *
apply(const struct containers *c, const char *const *words)
{
	const char		*argv[16] = { "--site", c->root, "--yes" };
	AUTO_RUN struct run_result r = { 0 };
	const json_t		*job;
	size_t			 n = 3;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	r = run_json(c->state, argv, NULL);
	run_assert_exit(&r, 0);
	job = json_object_get(r.json, "job");
	assert_string_equal(json_text(job, "state"), "done");
	assert_true(json_flag(job, "verified"));
	return strdup(json_text(job, "id"));
}

static json_t *
ask(const struct containers *c, const char *const *words)
{
	const char		*argv[16] = { "--site", c->root };
	AUTO_RUN struct run_result r = { 0 };
	size_t			 n = 2;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	r = run_json(c->state, argv, NULL);
	run_assert_exit(&r, 0);
	return json_incref(json_object_get(r.json, "result"));
}

/* "nginx=running community=exited " in the order of the compose file. */
static void
states(const struct containers *c, struct buf *out)
{
	AUTO_JSON json_t	*result = ask(c, WORDS("site", "services"));
	json_t			*s;
	size_t			 i;

	buf_reset(out);
	json_array_foreach(json_object_get(result, "services"), i, s)
		buf_printf(out, "%s=%s ", json_text(s, "name"),
		    json_text(s, "state"));
}

static void
assert_states(const struct containers *c, const char *wanted)
{
	AUTO_BUF struct buf got = BUF_INIT;

	states(c, &got);
	assert_string_equal(buf_str(&got), wanted);
}

/* ---- tests; each for both ways to run a site */

void
services_are_listed_with_their_state(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_JSON json_t	*result = NULL;
	const json_t		*first;

	assert_states(c, "community=running nginx=running ");
	result = ask(c, WORDS("site", "services"));
	first = json_array_get(json_object_get(result, "services"), 0);
	assert_string_equal(json_text(first, "image"),
	    "localhost/st/chat-server:lab");
	assert_string_not_equal(json_text(first, "container"), "");
	assert_int_equal(json_text(first, "since")[4], '-');
}

void
a_changed_env_file_recreates_who_takes_it_and_undo_goes_back(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*nginx = containers_token(c, "nginx");
	AUTO_FREE char		*old = containers_id(c, "community");
	AUTO_FREE char		*new = NULL, *same = NULL, *job = NULL;
	AUTO_FREE char		*file = str_format("%s/custom.env", c->root);
	AUTO_BUF struct buf	 text = BUF_INIT;

	job = apply(c, WORDS("config", "set", "custom.env",
	    "CHANNEL_LAST_N", "7"));
	new = containers_id(c, "community");
	assert_string_not_equal(old, new);
	assert_string_equal(containers_env(c, "community",
	    "CHANNEL_LAST_N"), "7");
	same = containers_token(c, "nginx");
	assert_string_equal(nginx, same);
	free(apply(c, WORDS("job", "undo", job)));
	assert_string_equal(containers_env(c, "community",
	    "CHANNEL_LAST_N"), "3");
	assert_true(file_read(AT_FDCWD, file, 1000, &text, NULL));
	assert_string_equal(buf_str(&text),
	    "# by the customer\nCHANNEL_LAST_N=3\n");
	free(same);
	same = containers_token(c, "nginx");
	assert_string_equal(nginx, same);
}

void
a_changed_dotenv_key_recreates_only_who_takes_it(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*before = containers_token(c, "community");
	AUTO_FREE char		*after = NULL;

	free(apply(c, WORDS("config", "set", ".env", "ENABLE_HTTP_REDIRECT",
	    "0")));
	assert_string_equal(containers_env(c, "nginx",
	    "ENABLE_HTTP_REDIRECT"), "0");
	after = containers_token(c, "community");
	assert_string_equal(before, after);
}

void
a_key_that_no_service_takes_is_told_and_touches_nothing(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*before = containers_token(c, "nginx");
	AUTO_FREE char		*after = NULL;
	AUTO_RUN struct run_result r = { 0 };

	r = run_json(c->state, WORDS("--site", c->root, "--dry-run", "config",
	    "set", ".env", "JVB_PORT", "10001"), NULL);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "No service takes JVB_PORT"));
	free(apply(c, WORDS("config", "set", ".env", "JVB_PORT", "10001")));
	after = containers_token(c, "nginx");
	assert_string_equal(before, after);
}

void
a_mounted_file_that_is_put_back_restarts_its_service(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*id = NULL, *before = NULL, *after = NULL;
	AUTO_FREE char		*other = containers_token(c, "community");
	AUTO_FREE char		*still = NULL, *same = NULL;

	free(apply(c, WORDS("snapshot", "take")));
	containers_put(c, "web/site.conf", "server { broken }\n");
	id = containers_id(c, "nginx");
	before = containers_token(c, "nginx");
	free(apply(c, WORDS("snapshot", "restore", "latest")));
	same = containers_id(c, "nginx");
	after = containers_token(c, "nginx");
	still = containers_token(c, "community");
	assert_string_equal(id, same);
	assert_string_not_equal(before, after);
	assert_string_equal(other, still);
}

void
a_changed_compose_file_is_brought_up(void **state)
{
	struct containers *c = lab_up(state);

	free(apply(c, WORDS("config", "set", "docker-compose.yml",
	    "services.nginx.environment[0]", "ENABLE_HTTP_REDIRECT=8")));
	assert_string_equal(containers_env(c, "nginx",
	    "ENABLE_HTTP_REDIRECT"), "8");
	assert_states(c, "community=running nginx=running ");
}

void
a_stopped_service_is_started_by_undo(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*job = apply(c, WORDS("site", "stop",
	    "nginx"));

	assert_states(c, "community=running nginx=exited ");
	free(apply(c, WORDS("job", "undo", job)));
	assert_states(c, "community=running nginx=running ");
}

void
a_service_is_stopped_started_and_restarted(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_FREE char		*before = NULL, *after = NULL;

	free(apply(c, WORDS("site", "stop", "nginx")));
	free(apply(c, WORDS("site", "start", "nginx")));
	assert_states(c, "community=running nginx=running ");
	before = containers_token(c, "nginx");
	free(apply(c, WORDS("site", "restart", "nginx")));
	after = containers_token(c, "nginx");
	assert_string_not_equal(before, after);
}

void
a_stopped_service_is_not_started_by_a_change_of_its_file(void **state)
{
	struct containers *c = lab_up(state);

	free(apply(c, WORDS("site", "stop", "community")));
	free(apply(c, WORDS("config", "set", "custom.env", "CHANNEL_LAST_N",
	    "9")));
	assert_states(c, "community=exited nginx=running ");
}

void
an_unknown_service_is_refused_by_name(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_RUN struct run_result r = { 0 };

	r = run_json(c->state, WORDS("--site", c->root, "--yes", "site",
	    "stop", "nosuch"), NULL);
	run_assert_exit(&r, 1);
	assert_non_null(strstr(buf_str(&r.out), "nosuch"));
}

static bool
holds_line(const json_t *lines, const char *wanted)
{
	const json_t	*line;
	size_t		 i;

	json_array_foreach(lines, i, line)
		if (strcmp(json_string_value(line), wanted) == 0)
			return true;
	return false;
}

void
logs_show_both_streams_without_control_characters(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_JSON json_t	*result = ask(c, WORDS("site", "logs",
	    "community", "--since", "1h"));
	const json_t		*lines = json_object_get(result, "lines");

	assert_true(holds_line(lines, "last 3"));
	assert_true(holds_line(lines, "?[31mred"));
}

struct follower {
	struct cancel	 cancel;
	bool		 is_seen;
};

static void
end_when_seen(void *arg, const char *line)
{
	struct follower *f = arg;

	if (strcmp(line, "last 3") == 0) {
		f->is_seen = true;
		cancel_request(&f->cancel, CANCEL_ASKED);
	}
}

/* The container never ends, so neither would a log that is collected. */
void
a_followed_log_is_shown_while_it_is_written(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct follower		 f = { .is_seen = false };
	struct err		 e;

	assert_true(cancel_init(&f.cancel, NULL));
	assert_false(proc_run(&(struct proc_spec){ .argv = WORDS(run_binary(),
	    "--state", c->state, "--site", c->root, "site", "logs",
	    "community", "--follow"), .timeout_ms = 60000,
	    .cancel = &f.cancel, .line = end_when_seen, .arg = &f }, &r, &e));
	assert_int_equal(e.domain, ERR_CANCELLED);
	assert_true(f.is_seen);
	cancel_fini(&f.cancel);
}

void
a_change_of_a_site_that_is_down_says_what_to_do(void **state)
{
	struct containers	*c = lab_up(state);
	AUTO_RUN struct run_result r = { 0 };

	containers_down(c);
	r = run_json(c->state, WORDS("--site", c->root, "--dry-run", "config",
	    "set", "custom.env", "CHANNEL_LAST_N", "5"), NULL);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "up -d"));
	assert_null(strstr(buf_str(&r.out), "\"argv\""));
}
