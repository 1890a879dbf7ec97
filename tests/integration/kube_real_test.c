/*
 * A Kubernetes site with a real API server, controller manager and kubectl
 * (kube_lab.h); pods are played.  helm, which is not to be had, is simulated
 * under its name by this program, as in effect_simulated_test.c.
 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_program.h"
#include "kube_lab.h"
#include "run.h"
#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })
#define DEPLOYMENTS \
	"/apis/apps/v1/namespaces/" KUBE_NAMESPACE "/deployments/"

struct world {
	struct kube_lab	 lab;
	char		*root, *state, *bin, *path, *log, *fake;
};

/* ---- the site */

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
link_program(const struct world *w, const char *program, const char *name)
{
	AUTO_FREE char *to = str_format("%s/%s", w->bin, name);

	assert_int_equal(symlink(program, to), 0);
}

/* PATH holds kubectl alone, the one that was built. */
static int
start(void **state)
{
	struct world	*w;
	const char	*missing = kube_lab_missing();
	AUTO_FREE char	*kubectl = NULL;

	if (missing != NULL) {
		print_message("%s\n", missing);
		return 0;
	}
	w = calloc(1, sizeof(*w));
	kube_lab_start(&w->lab);
	w->root = str_format("%s/sametime", w->lab.dir);
	w->state = str_format("%s/state", w->lab.dir);
	w->bin = str_format("%s/bin", w->lab.dir);
	w->log = str_format("%s/log", w->lab.dir);
	w->fake = str_format("%s/fake.json", w->lab.dir);
	w->path = strdup(getenv("PATH"));
	assert_true(file_make_dirs(w->bin, 0755, NULL));
	put(w, "helm/Chart.yaml", "name: sametime\nversion: 12.0.2\n");
	put(w, "helm/values.yaml",
	    "global:\n  # streams\n  channelLastN: 3\n");
	put(w, "helm/templates/sametime-secrets.yaml",
	    "kind: Secret\nmetadata:\n  name: sametime-global-secrets\n");
	kubectl = str_format("%s/kubectl", w->lab.programs);
	link_program(w, kubectl, "kubectl");
	setenv("PATH", w->bin, 1);
	*state = w;
	return 0;
}

static int
stop(void **state)
{
	struct world *w = *state;

	if (w == NULL)
		return 0;
	setenv("PATH", w->path, 1);
	kube_lab_stop(&w->lab);
	free(w->root);
	free(w->state);
	free(w->bin);
	free(w->log);
	free(w->fake);
	free(w->path);
	free(w);
	return 0;
}

/* The world, with the administrator's kubeconfig. */
static struct world *
need(void **state)
{
	struct world *w = *state;

	if (w == NULL) {
		print_message("%s\n", kube_lab_missing());
		skip();
	}
	kube_lab_user(&w->lab, "admin");
	return w;
}

static struct run_result
run(const struct world *w, const char *const *words)
{
	const char	*argv[16] = { "--site", w->root };
	size_t		 n = 2;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	return run_json(w->state, argv, NULL);
}

/* Done and verified; the job's id, malloc'd. */
static char *
apply(const struct world *w, const char *const *words)
{
	const char	*argv[16] = { "--yes" };
	size_t		 n = 1;
	AUTO_RUN struct run_result r = { 0 };
	const json_t	*job;

	for (; *words != NULL && n < LENGTH(argv) - 1; words++)
		argv[n++] = *words;
	r = run(w, argv);
	run_assert_exit(&r, 0);
	job = json_object_get(r.json, "job");
	assert_string_equal(json_text(job, "state"), "done");
	assert_true(json_flag(job, "verified"));
	return strdup(json_text(job, "id"));
}

/* A row of site.services; new reference. */
static json_t *
service(const struct world *w, const char *name)
{
	AUTO_RUN struct run_result r = run(w, WORDS("site", "services"));
	const json_t	*row;
	size_t		 i;

	run_assert_exit(&r, 0);
	json_array_foreach(json_object_get(json_object_get(r.json, "result"),
	    "services"), i, row)
		if (strcmp(json_text(row, "name"), name) == 0)
			return json_incref((json_t *)(uintptr_t)row);
	fail_msg("site.services does not list %s", name);
	return NULL;
}

static void
assert_service(const struct world *w, const char *name, const char *state,
    const char *health)
{
	AUTO_JSON json_t *row = service(w, name);

	assert_string_equal(json_text(row, "state"), state);
	assert_string_equal(json_text(row, "health"), health);
}

/* Ended with code, saying both to the user. */
static void
assert_says(const struct run_result *r, int code, const char *message,
    const char *hint)
{
	const json_t *error = json_object_get(r->json, "error");

	run_assert_exit(r, code);
	if (strstr(json_text(error, "message"), message) == NULL ||
	    strstr(json_text(error, "hint"), hint) == NULL)
		fail_msg("\"%s\" (%s) does not say: %s (%s)",
		    json_text(error, "message"), json_text(error, "hint"),
		    message, hint);
}

/* ---- the deployments */

static int64_t
counter(const json_t *d, const char *name)
{
	return json_int(json_object_get(d, "status"), name, 0);
}

static bool
is_up(const json_t *d, const json_t *pods)
{
	int64_t want = json_int(json_object_get(d, "spec"), "replicas", 0);

	return counter(d, "observedGeneration") == json_int(json_object_get(d,
	    "metadata"), "generation", -1) &&
	    counter(d, "availableReplicas") == want &&
	    counter(d, "updatedReplicas") == want &&
	    counter(d, "replicas") == want &&
	    json_array_size(pods) == (size_t)want;
}

static bool
is_stuck(const json_t *d, const json_t *pods)
{
	const json_t	*c;
	size_t		 i;

	(void)pods;
	json_array_foreach(json_object_get(json_object_get(d, "status"),
	    "conditions"), i, c)
		if (strcmp(json_text(c, "reason"),
		    "ProgressDeadlineExceeded") == 0)
			return true;
	return false;
}

static bool
has_no_counter(const json_t *d, const json_t *pods)
{
	(void)pods;
	return counter(d, "observedGeneration") == json_int(json_object_get(d,
	    "metadata"), "generation", -1) && counter(d, "replicas") == 0;
}

static void
deploy_up(struct world *w, struct kube_deploy d)
{
	kube_lab_deploy(&w->lab, &d);
	kube_lab_wait(&w->lab, d.name, is_up);
}

static void
patch(struct world *w, const char *name, json_t *change)
{
	AUTO_FREE char *path = str_format(DEPLOYMENTS "%s", name);

	json_decref(kube_lab_call(&w->lab, "PATCH", path, change));
}

static void
image_set(struct world *w, const char *name, const char *image)
{
	patch(w, name, json_pack("{s:{s:{s:{s:[{s:s, s:s}]}}}}", "spec",
	    "template", "spec", "containers", "name", "main", "image",
	    image));
}

static void
scale(struct world *w, const char *name, int replicas)
{
	patch(w, name, json_pack("{s:{s:i}}", "spec", "replicas", replicas));
}

static int64_t
replicas_of(struct world *w, const char *name)
{
	AUTO_JSON json_t *d = kube_lab_deployment(&w->lab, name);

	return json_int(json_object_get(d, "spec"), "replicas", -1);
}

static const char *
pod_name(const json_t *pods, size_t n)
{
	return json_text(json_object_get(json_array_get(pods, n),
	    "metadata"), "name");
}

/* ---- tests */

static void
services_are_running_stopped_or_failing_with_the_reason(void **state)
{
	struct world		*w = need(state);
	AUTO_JSON json_t	*row = NULL;

	kube_lab_deploy(&w->lab, &(struct kube_deploy){ .name = "jibri",
	    .image = "lab/jibri:12", .replicas = 0 });
	kube_lab_deploy(&w->lab, &(struct kube_deploy){ .name = "files",
	    .image = "lab/bad:1", .replicas = 1, .deadline_s = 3 });
	deploy_up(w, (struct kube_deploy){ .name = "lobby",
	    .image = "lab/lobby:12", .replicas = 2 });
	kube_lab_wait(&w->lab, "files", is_stuck);
	assert_service(w, "lobby", "running", "");
	assert_service(w, "jibri", "stopped", "");
	assert_service(w, "files", "failing", "ImagePullBackOff");
	row = service(w, "lobby");
	assert_string_equal(json_text(row, "image"), "lab/lobby:12");
	assert_true(str_starts(json_text(row, "since"), "20"));
}

static void
restart_replaces_every_pod(void **state)
{
	struct world		*w = need(state);
	AUTO_JSON json_t	*before = NULL, *after = NULL;
	size_t			 i, k;

	deploy_up(w, (struct kube_deploy){ .name = "community",
	    .image = "lab/chat:12", .replicas = 2 });
	before = kube_lab_pods(&w->lab, "community");
	free(apply(w, WORDS("site", "restart", "community")));
	kube_lab_wait(&w->lab, "community", is_up);
	after = kube_lab_pods(&w->lab, "community");
	assert_int_equal(json_array_size(after), 2);
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			assert_string_not_equal(pod_name(before, i),
			    pod_name(after, k));
}

static void
stop_leaves_no_pod_and_undo_brings_all_back(void **state)
{
	struct world		*w = need(state);
	AUTO_JSON json_t	*pods = NULL;
	AUTO_FREE char		*job = NULL;

	deploy_up(w, (struct kube_deploy){ .name = "proxy",
	    .image = "lab/proxy:12", .replicas = 3 });
	job = apply(w, WORDS("site", "stop", "proxy"));
	pods = kube_lab_pods(&w->lab, "proxy");
	assert_int_equal(json_array_size(pods), 0);
	assert_service(w, "proxy", "stopped", "");
	free(apply(w, WORDS("job", "undo", job)));
	assert_int_equal(replicas_of(w, "proxy"), 3);
	kube_lab_wait(&w->lab, "proxy", is_up);
	assert_service(w, "proxy", "running", "");
}

static void
start_brings_up_as_many_as_asked(void **state)
{
	struct world *w = need(state);

	deploy_up(w, (struct kube_deploy){ .name = "mux",
	    .image = "lab/mux:12", .replicas = 0 });
	free(apply(w, WORDS("site", "start", "mux", "--replicas", "2")));
	assert_int_equal(replicas_of(w, "mux"), 2);
	assert_service(w, "mux", "running", "");
}

static void
finalizer_put(struct world *w, const char *path, json_t *finalizers)
{
	json_decref(kube_lab_call(&w->lab, "PATCH", path, json_pack(
	    "{s:{s:o}}", "metadata", "finalizers", finalizers)));
}

/* No counter shows such a pod, and the conditions say "available". */
static void
a_pod_that_is_still_ending_is_not_stopped_yet(void **state)
{
	struct world		*w = need(state);
	AUTO_JSON json_t	*pods = NULL;
	AUTO_FREE char		*path = NULL;

	deploy_up(w, (struct kube_deploy){ .name = "slow",
	    .image = "lab/slow:12", .replicas = 1 });
	pods = kube_lab_pods(&w->lab, "slow");
	path = str_format("/api/v1/namespaces/" KUBE_NAMESPACE "/pods/%s",
	    pod_name(pods, 0));
	finalizer_put(w, path, json_pack("[s]", "lab.test/hold"));
	scale(w, "slow", 0);
	kube_lab_wait(&w->lab, "slow", has_no_counter);
	assert_service(w, "slow", "stopping", "");
	finalizer_put(w, path, json_array());
	kube_lab_wait(&w->lab, "slow", is_up);
	assert_service(w, "slow", "stopped", "");
}

static void
restart_that_is_stuck_fails_with_the_reason(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	deploy_up(w, (struct kube_deploy){ .name = "auth",
	    .image = "lab/auth:12", .replicas = 1, .deadline_s = 4 });
	image_set(w, "auth", "lab/bad:2");
	r = run(w, WORDS("--yes", "site", "restart", "auth"));
	assert_says(&r, 1, "auth does not come up: the pod auth-",
	    "name and tag of the image");
	assert_says(&r, 1, "ImagePullBackOff: Back-off pulling image "
	    "\"lab/bad:2\"", "pull secret");
	assert_string_equal(json_text(json_object_get(r.json, "job"),
	    "state"), "failed");
}

/* The condition of the rollout before is still there when ours begins. */
static void
restart_is_not_fooled_by_the_deadline_of_the_rollout_before(void **state)
{
	struct world	*w = need(state);

	kube_lab_deploy(&w->lab, &(struct kube_deploy){ .name = "catalog",
	    .image = "lab/bad:3", .replicas = 1, .deadline_s = 3 });
	kube_lab_wait(&w->lab, "catalog", is_stuck);
	kube_lab_registry(&w->lab, true);
	free(apply(w, WORDS("site", "restart", "catalog")));
	kube_lab_registry(&w->lab, false);
	assert_service(w, "catalog", "running", "");
}

static void
start_with_an_invalid_image_name_fails_at_once(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	deploy_up(w, (struct kube_deploy){ .name = "recordings",
	    .image = "lab/Recordings:12", .replicas = 0 });
	r = run(w, WORDS("--yes", "site", "start", "recordings"));
	assert_says(&r, 1, "InvalidImageName: Failed to apply default image",
	    "name and tag of the image");
}

static void
who_scales_between_preview_and_apply_is_noticed(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result shown = { 0 };
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char	*yes = NULL;

	deploy_up(w, (struct kube_deploy){ .name = "location",
	    .image = "lab/location:12", .replicas = 1 });
	shown = run(w, WORDS("--dry-run", "site", "stop", "location"));
	run_assert_exit(&shown, 0);
	yes = str_format("--yes=%s", json_text(json_object_get(shown.json,
	    "plan"), "hash"));
	scale(w, "location", 2);
	r = run(w, WORDS(yes, "site", "stop", "location"));
	run_assert_exit(&r, 4);
	assert_int_equal(replicas_of(w, "location"), 2);
}

static void
a_user_without_rights_is_told_whom_to_ask(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	kube_lab_user(&w->lab, "viewer");
	r = run(w, WORDS("site", "services"));
	assert_says(&r, 1, "The cluster does not permit this: Error from "
	    "server (Forbidden): ", "cluster's administrator");
	assert_says(&r, 1, "User \"viewer\" cannot list resource",
	    "KUBECONFIG");
}

static void
a_user_who_may_only_read_sees_all_and_changes_nothing(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result stopped = { 0 };
	AUTO_RUN struct run_result restarted = { 0 };

	deploy_up(w, (struct kube_deploy){ .name = "admin",
	    .image = "lab/admin:12", .replicas = 1 });
	kube_lab_user(&w->lab, "reader");
	assert_service(w, "admin", "running", "");
	stopped = run(w, WORDS("--yes", "site", "stop", "admin"));
	assert_says(&stopped, 1, "User \"reader\" cannot ",
	    "cluster's administrator");
	restarted = run(w, WORDS("--yes", "site", "restart", "admin"));
	assert_says(&restarted, 1, "User \"reader\" cannot ",
	    "cluster's administrator");
	assert_int_equal(replicas_of(w, "admin"), 1);
}

static void
a_user_whom_the_cluster_does_not_know_is_told_to_log_in(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	kube_lab_user(&w->lab, "nobody");
	r = run(w, WORDS("site", "services"));
	assert_says(&r, 1, "does not accept this user", "Log in");
}

static void
an_unknown_service_is_named_with_where_to_look(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = run(w, WORDS("--yes", "site",
	    "restart", "nosuch"));

	assert_says(&r, 1, "deployments.apps \"nosuch\" not found",
	    "site services");
}

static void
logs_without_a_kubelet_say_that_the_node_is_silent(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	deploy_up(w, (struct kube_deploy){ .name = "activity",
	    .image = "lab/activity:12", .replicas = 1 });
	r = run(w, WORDS("site", "logs", "activity"));
	assert_says(&r, 1, "does not hand out its log", "node is ready");
	assert_says(&r, 1, "connection refused", "10250");
}

static void
logs_of_a_stopped_service_say_that_there_is_no_pod(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };

	deploy_up(w, (struct kube_deploy){ .name = "jvb",
	    .image = "lab/jvb:12", .replicas = 0 });
	r = run(w, WORDS("site", "logs", "jvb"));
	assert_says(&r, 1, "There is no pod whose log could be shown",
	    "site services");
}

/* helm is simulated, the deployments it would have changed are real. */
static void
simulated_helm_upgrade_waits_for_the_deployments_of_its_release(void **state)
{
	struct world		*w = need(state);
	AUTO_JSON json_t	*fake = json_pack("{s:i}", "revision", 4);
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*helm = str_format("%s/helm", w->bin);
	char			 self[4096];
	ssize_t			 n = readlink("/proc/self/exe", self,
	    sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	setenv("FAKE_STATE", w->fake, 1);
	setenv("FAKE_LOG", w->log, 1);
	assert_int_equal(json_dump_file(fake, w->fake, 0), 0);
	link_program(w, self, "helm");
	deploy_up(w, (struct kube_deploy){ .name = "turn",
	    .image = "lab/turn:12", .replicas = 1, .release = "meet" });
	free(apply(w, WORDS("config", "set", "helm/values.yaml",
	    "global.channelLastN", "9")));
	assert_true(file_read(AT_FDCWD, w->log, 1 << 20, &text, NULL));
	assert_string_equal(buf_str(&text),
	    "helm upgrade meet ./helm -n sametime\n");
	assert_int_equal(unlink(helm), 0);
}

/* Until a job of this state folder has restarted; step 1 is the snapshot. */
static void
restarted_wait(const char *state)
{
	AUTO_FREE char	*pattern = str_format("%s/jobs/*/journal", state);
	int64_t		 last = clock_mono_ms(&clock_system) + 60000;
	bool		 is_done = false;
	glob_t		 found;

	while (!is_done) {
		AUTO_BUF struct buf text = BUF_INIT;

		assert_true(clock_mono_ms(&clock_system) < last);
		cancel_wait(NULL, 20);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		assert_true(file_read(AT_FDCWD, found.gl_pathv[0], 1 << 20,
		    &text, NULL));
		is_done = strstr(buf_str(&text),
		    "\"step\":\"2\",\"phase\":\"done\"") != NULL;
		globfree(&found);
	}
}

/* The node sleeps until the server is back, so the job has to wait. */
static void
restart_waits_while_the_api_server_is_restarted(void **state)
{
	struct world	*w = need(state);
	struct world	 own = *w;
	AUTO_FREE char	*folder = str_format("%s/own", w->lab.dir);
	pid_t		 job;
	int		 status;

	own.state = folder;
	deploy_up(w, (struct kube_deploy){ .name = "click2call",
	    .image = "lab/click2call:12", .replicas = 1 });
	kill(w->lab.node, SIGSTOP);
	job = fork();
	if (job == 0)
		_exit(run(&own, WORDS("--yes", "site", "restart",
		    "click2call")).exit_code);
	restarted_wait(folder);
	kube_lab_api_kill(&w->lab);
	kube_lab_api_start(&w->lab);
	kill(w->lab.node, SIGCONT);
	assert_int_equal(waitpid(job, &status, 0), job);
	assert_int_equal(WEXITSTATUS(status), 0);
	kube_lab_wait(&w->lab, "click2call", is_up);
}

static void
a_server_that_is_down_does_not_answer_and_comes_back(void **state)
{
	struct world	*w = need(state);
	AUTO_RUN struct run_result r = { 0 };
	AUTO_RUN struct run_result again = { 0 };

	kube_lab_api_kill(&w->lab);
	r = run(w, WORDS("site", "services"));
	assert_says(&r, 1, "The cluster does not answer: The connection to "
	    "the server", "kubectl cluster-info");
	kube_lab_api_start(&w->lab);
	again = run(w, WORDS("site", "services"));
	run_assert_exit(&again, 0);
}

static int
all_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    services_are_running_stopped_or_failing_with_the_reason),
		cmocka_unit_test(restart_replaces_every_pod),
		cmocka_unit_test(stop_leaves_no_pod_and_undo_brings_all_back),
		cmocka_unit_test(start_brings_up_as_many_as_asked),
		cmocka_unit_test(
		    a_pod_that_is_still_ending_is_not_stopped_yet),
		cmocka_unit_test(restart_that_is_stuck_fails_with_the_reason),
		cmocka_unit_test(
	    restart_is_not_fooled_by_the_deadline_of_the_rollout_before),
		cmocka_unit_test(
		    start_with_an_invalid_image_name_fails_at_once),
		cmocka_unit_test(
		    who_scales_between_preview_and_apply_is_noticed),
		cmocka_unit_test(a_user_without_rights_is_told_whom_to_ask),
		cmocka_unit_test(
		    a_user_who_may_only_read_sees_all_and_changes_nothing),
		cmocka_unit_test(
		    a_user_whom_the_cluster_does_not_know_is_told_to_log_in),
		cmocka_unit_test(
		    an_unknown_service_is_named_with_where_to_look),
		cmocka_unit_test(
		    logs_without_a_kubelet_say_that_the_node_is_silent),
		cmocka_unit_test(
		    logs_of_a_stopped_service_say_that_there_is_no_pod),
		cmocka_unit_test(
	    simulated_helm_upgrade_waits_for_the_deployments_of_its_release),
		cmocka_unit_test(
		    restart_waits_while_the_api_server_is_restarted),
		cmocka_unit_test(
		    a_server_that_is_down_does_not_answer_and_comes_back)
	};

	return cmocka_run_group_tests_name("kubernetes", tests, start, stop);
}

/* Called as "helm" it is one. */
int
main(int argc, char **argv)
{
	int code;

	if (fake_program_main(argc, argv, &code))
		return code;
	return all_tests();
}
