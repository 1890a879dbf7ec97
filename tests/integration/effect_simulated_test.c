/*
 * How a change takes effect where this machine has no real peer: docker
 * compose v2, helm and kubectl.  They are simulated by this very program
 * under their names: each call is recorded, and answered as the real one
 * was seen to.  Nothing here proves what the real programs do with an argv.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_program.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

struct world {
	char	 dir[64];
	char	*root, *state, *bin, *log, *fake, *path;
};

static const char compose_text[] =
    "services:\n"
    "  community:\n    image: st/chat-server:1\n"
    "    env_file: custom.env\n"
    "  nginx:\n    image: st/meetings-web:1\n"
    "    environment:\n      - ENABLE_HTTP_REDIRECT\n"
    "    volumes:\n      - ./web:/config\n";

static void
put(const struct world *w, const char *path, const char *text)
{
	AUTO_FREE char	*full = str_format("%s/%s", w->root, path);
	AUTO_FREE char	*folder = strdup(full);

	*strrchr(folder, '/') = '\0';
	assert_true(file_make_dirs(folder, 0755, NULL));
	assert_true(file_write(AT_FDCWD, full, text, strlen(text), 0644,
	    NULL));
}

static void
program_put(const struct world *w, const char *name)
{
	AUTO_FREE char	*to = str_format("%s/%s", w->bin, name);
	char		 self[4096];
	ssize_t		 n = readlink("/proc/self/exe", self,
	    sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(symlink(self, to), 0);
}

static void
fake_state(const struct world *w, json_t *state)
{
	assert_int_equal(json_dump_file(state, w->fake, 0), 0);
	json_decref(state);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/stconsole-simulated-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->root = str_format("%s/sametime", w->dir);
	w->state = str_format("%s/state", w->dir);
	w->bin = str_format("%s/bin", w->dir);
	w->log = str_format("%s/log", w->dir);
	w->fake = str_format("%s/fake.json", w->dir);
	w->path = strdup(getenv("PATH"));
	assert_true(file_make_dirs(w->bin, 0755, NULL));
	assert_true(file_make_dirs(w->root, 0755, NULL));
	setenv("PATH", w->bin, 1);
	setenv("FAKE_STATE", w->fake, 1);
	setenv("FAKE_LOG", w->log, 1);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	setenv("PATH", w->path, 1);
	assert_true(file_remove_tree(w->dir, NULL));
	free(w->root);
	free(w->state);
	free(w->bin);
	free(w->log);
	free(w->fake);
	free(w->path);
	free(w);
	return 0;
}

static int
setup_compose(void **state)
{
	struct world *w;

	setup(state);
	w = *state;
	program_put(w, "docker");
	put(w, "docker-compose.yml", compose_text);
	put(w, "custom.env", "CHANNEL_LAST_N=3\n");
	put(w, ".env", "ENABLE_HTTP_REDIRECT=1\n");
	put(w, "web/site.conf", "server {}\n");
	fake_state(w, json_pack("{s:s, s:i, s:[{s:s,s:s,s:s,s:s,s:s},"
	    "{s:s,s:s,s:s,s:s,s:s}]}", "root", w->root, "n", 1, "containers",
	    "id", "aaa", "name", "sametime-community-1", "service",
	    "community", "status", "running", "started",
	    "2026-11-24T09:00:00Z", "id", "bbb", "name", "sametime-nginx-1",
	    "service", "nginx", "status", "running", "started",
	    "2026-11-24T09:00:00Z"));
	return 0;
}

static int
setup_kube(void **state)
{
	struct world *w;

	setup(state);
	w = *state;
	program_put(w, "kubectl");
	program_put(w, "helm");
	put(w, "helm/Chart.yaml", "name: sametime\nversion: 12.0.2\n");
	put(w, "helm/values.yaml",
	    "global:\n  # streams\n  channelLastN: 3\n");
	put(w, "helm/templates/sametime-secrets.yaml",
	    "kind: Secret\nmetadata:\n  name: sametime-global-secrets\n");
	fake_state(w, json_pack("{s:i, s:[{s:s,s:i,s:i,s:s},"
	    "{s:s,s:i,s:i,s:s}]}", "revision", 4, "deployments", "name",
	    "community", "replicas", 2, "generation", 1, "restarted", "",
	    "name", "jibri", "replicas", 0, "generation", 1, "restarted",
	    ""));
	return 0;
}

#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

static struct run_result
run(const struct world *w, const char *const *words)
{
	const char	*argv[16] = { "--site", w->root, "--yes" };
	size_t		 n = 3;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	return run_json(w->state, argv, NULL);
}

/* Done and verified; the job's id, malloc'd. */
static char *
apply(const struct world *w, const char *const *words)
{
	AUTO_RUN struct run_result r = run(w, words);
	const json_t *job;

	run_assert_exit(&r, 0);
	job = json_object_get(r.json, "job");
	assert_true(json_flag(job, "verified"));
	return strdup(json_text(job, "id"));
}

static void
assert_recorded(const struct world *w, const char *wanted)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (file_exists(AT_FDCWD, w->log))
		assert_true(file_read(AT_FDCWD, w->log, 1 << 20, &text,
		    NULL));
	assert_string_equal(buf_str(&text), wanted);
}

/* ---- tests */

static void
simulated_compose_v2_recreates_who_takes_an_env_file(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*job = apply(w, WORDS("config", "set", "custom.env",
	    "CHANNEL_LAST_N", "7"));

	free(apply(w, WORDS("job", "undo", job)));
	assert_recorded(w,
	    "docker compose -p sametime up -d --no-deps --force-recreate"
	    " community\n"
	    "docker compose -p sametime up -d --no-deps --force-recreate"
	    " community\n");
}

static void
simulated_compose_v2_finds_itself_what_a_compose_file_changes(void **state)
{
	struct world *w = *state;

	free(apply(w, WORDS("config", "set", "docker-compose.yml",
	    "services.nginx.image", "st/meetings-web:2")));
	assert_recorded(w, "docker compose -p sametime up -d\n");
}

static void
simulated_compose_v2_recreates_who_takes_a_dotenv_key(void **state)
{
	struct world *w = *state;

	free(apply(w, WORDS("config", "set", ".env", "ENABLE_HTTP_REDIRECT",
	    "0")));
	assert_recorded(w, "docker compose -p sametime up -d --no-deps"
	    " --force-recreate nginx\n");
}

static void
simulated_compose_v2_stops_and_undo_starts(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*job = apply(w, WORDS("site", "stop", "nginx"));

	free(apply(w, WORDS("job", "undo", job)));
	assert_recorded(w, "docker compose -p sametime stop nginx\n"
	    "docker compose -p sametime start nginx\n");
}

static void
simulated_kubernetes_services_say_stopped_when_scaled_to_0(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = run_json(w->state, WORDS("--site",
	    w->root, "site", "services"), NULL);
	const json_t	*list;

	run_assert_exit(&r, 0);
	list = json_object_get(json_object_get(r.json, "result"),
	    "services");
	assert_string_equal(json_text(json_array_get(list, 0), "state"),
	    "running");
	assert_string_equal(json_text(json_array_get(list, 1), "state"),
	    "stopped");
}

static void
simulated_kubernetes_stop_scales_to_0_and_undo_back(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*job = apply(w, WORDS("site", "stop", "community"));

	free(apply(w, WORDS("job", "undo", job)));
	assert_recorded(w,
	    "kubectl scale deployment community -n sametime"
	    " --current-replicas=2 --replicas=0\n"
	    "kubectl scale deployment community -n sametime"
	    " --current-replicas=0 --replicas=2\n");
}

static void
simulated_kubernetes_start_scales_to_what_is_asked(void **state)
{
	struct world *w = *state;

	free(apply(w, WORDS("site", "start", "jibri", "--replicas", "5")));
	assert_recorded(w, "kubectl scale deployment jibri -n sametime"
	    " --current-replicas=0 --replicas=5\n");
}

static void
simulated_kubernetes_restart_is_not_fooled_by_an_old_deadline(void **state)
{
	struct world *w = *state;

	free(apply(w, WORDS("site", "restart", "community")));
	assert_recorded(w, "kubectl rollout restart deployment community"
	    " -n sametime\n");
}

static void
simulated_kubernetes_unknown_service_is_kubectls_sentence(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = run(w, WORDS("site", "stop",
	    "nosuch"));

	run_assert_exit(&r, 1);
	assert_non_null(strstr(buf_str(&r.out), "NotFound"));
}

static void
simulated_kubernetes_logs_have_no_control_characters(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = run_json(w->state, WORDS("--site",
	    w->root, "site", "logs", "community", "--lines", "5"), NULL);

	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "one line ?[31mred"));
	assert_recorded(w, "kubectl logs deployment/community -n sametime"
	    " --tail=5\n");
}

static void
simulated_helm_upgrades_the_one_release_and_undo_again(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*job = apply(w, WORDS("config", "set",
	    "helm/values.yaml", "global.channelLastN", "9"));

	free(apply(w, WORDS("job", "undo", job)));
	assert_recorded(w, "helm upgrade meet ./helm -n sametime\n"
	    "helm upgrade meet ./helm -n sametime\n");
}

static void
simulated_helm_who_may_see_one_namespace_only_upgrades_there(void **state)
{
	struct world *w = *state;

	fake_state(w, json_pack("{s:i, s:b, s:[]}", "revision", 4,
	    "forbids_all", 1, "deployments"));
	free(apply(w, WORDS("config", "set", "helm/values.yaml",
	    "global.channelLastN", "9")));
	assert_recorded(w, "helm upgrade meet ./helm -n sametime\n");
}

static void
simulated_helm_without_a_release_says_what_to_do(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = { 0 };

	fake_state(w, json_pack("{s:i, s:[]}", "revision", 0,
	    "deployments"));
	r = run_json(w->state, WORDS("--site", w->root, "--dry-run",
	    "config", "set", "helm/values.yaml", "global.channelLastN", "9"),
	    NULL);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "helm upgrade RELEASE"));
	assert_recorded(w, "");
}

/* Nothing is simulated: a Windows site is files alone. */
static void
a_windows_site_names_the_service_to_restart(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_RUN struct run_result no = { 0 };

	put(w, "sametime.ini", "[Config]\nST_COMMUNITY_ID=x\n");
	put(w, "custom.env", "A=1\n");
	put(w, "traefik-windows-amd64/conf/traefik.yml",
	    "log:\n  level: INFO\n");
	r = run_json(w->state, WORDS("--site", w->root, "--dry-run",
	    "config", "set", "traefik-windows-amd64/conf/traefik.yml",
	    "log.level", "DEBUG"), NULL);
	run_assert_exit(&r, 0);
	assert_non_null(strstr(buf_str(&r.out), "ST Ingress"));
	no = run(w, WORDS("site", "restart", "nginx"));
	run_assert_exit(&no, 3);
}

#define COMPOSE(f) cmocka_unit_test_setup_teardown(f, setup_compose, teardown)
#define KUBE(f) cmocka_unit_test_setup_teardown(f, setup_kube, teardown)

static int
all_tests(void)
{
	static const struct CMUnitTest tests[] = {
		COMPOSE(simulated_compose_v2_recreates_who_takes_an_env_file),
		COMPOSE(
	    simulated_compose_v2_finds_itself_what_a_compose_file_changes),
		COMPOSE(simulated_compose_v2_recreates_who_takes_a_dotenv_key),
		COMPOSE(simulated_compose_v2_stops_and_undo_starts),
		KUBE(
	    simulated_kubernetes_services_say_stopped_when_scaled_to_0),
		KUBE(simulated_kubernetes_stop_scales_to_0_and_undo_back),
		KUBE(simulated_kubernetes_start_scales_to_what_is_asked),
		KUBE(
	    simulated_kubernetes_restart_is_not_fooled_by_an_old_deadline),
		KUBE(simulated_kubernetes_unknown_service_is_kubectls_sentence),
		KUBE(simulated_kubernetes_logs_have_no_control_characters),
		KUBE(simulated_helm_upgrades_the_one_release_and_undo_again),
		KUBE(
	    simulated_helm_who_may_see_one_namespace_only_upgrades_there),
		KUBE(simulated_helm_without_a_release_says_what_to_do),
		cmocka_unit_test_setup_teardown(
		    a_windows_site_names_the_service_to_restart, setup,
		    teardown)
	};

	return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}

/* Which program it is called as decides what it does. */
int
main(int argc, char **argv)
{
	int code;

	if (fake_program_main(argc, argv, &code))
		return code;
	return all_tests();
}
