/* The control plane that kube_lab.h describes. */
#include "kube_lab.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lab/house.h"
#include "stconsole/buf.h"
#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define RELEASE		"v1.30.14"
#define READY_MS	90000
#define POLL_MS		100

static const char tokens[] =
    "admintok,admin,1,system:masters\n"
    "readtok,reader,2\n"
    "viewtok,viewer,3\n";

static char *
in_dir(const struct kube_lab *l, const char *name)
{
	return str_format("%s/%s", l->dir, name);
}

/* ---- processes */

/* PROGRAM's output goes to DIR/PROGRAM.log; it ends when we do. */
static pid_t
start(const struct kube_lab *l, const char *const *argv)
{
	AUTO_FREE char	*log = str_format("%s/%s.log", l->dir,
	    strrchr(argv[0], '/') + 1);
	pid_t		 parent = getpid(), pid = fork();
	int		 out;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (getppid() != parent || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

static char *
etcd_path(const char *programs)
{
	AUTO_FREE char	*path = strdup(getenv("PATH"));
	char		*own = str_format("%s/etcd", programs), *dir;
	char		*save = NULL;

	for (dir = strtok_r(path, ":", &save); dir != NULL && access(own,
	    X_OK) != 0; dir = strtok_r(NULL, ":", &save)) {
		free(own);
		own = str_format("%s/etcd", dir);
	}
	if (access(own, X_OK) == 0)
		return own;
	free(own);
	return NULL;
}

static char *
programs_find(void)
{
	AUTO_FREE char	*cache = lab_cache_path("kube");
	AUTO_FREE char	*dir = str_format("%s/" RELEASE,
	    cache != NULL ? cache : "");
	AUTO_FREE char	*program = str_format("%s/kube-apiserver", dir);

	return access(program, X_OK) == 0 ? TAKE(dir) : NULL;
}

const char *
kube_lab_missing(void)
{
	AUTO_FREE char	*programs = programs_find();
	AUTO_FREE char	*etcd = NULL;

	if (programs == NULL)
		return "optional: Kubernetes " RELEASE " is not built; "
		    "\"make kube\" does it in 10 minutes";
	etcd = etcd_path(programs);
	return etcd != NULL ? NULL :
	    "optional: etcd is not here (apt-get install etcd-server)";
}

/* The certificate is its own root; its key signs account tokens too. */
static void
certificate_make(const struct kube_lab *l)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err	 e;

	if (!proc_run_ok(&(struct proc_spec){ .cwd = l->dir,
	    .argv = (const char *const[]){ "openssl", "req", "-x509",
	    "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
	    "/CN=kube-lab", "-addext",
	    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
	    "srv.key", "-out", "srv.pem", NULL }, .timeout_ms = 60000 }, &r,
	    &e))
		fail_msg("%s", e.msg);
}

static void
put(const struct kube_lab *l, const char *name, const char *text)
{
	AUTO_FREE char	*path = in_dir(l, name);
	struct err	 e;

	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, &e))
		fail_msg("%s", e.msg);
}

static void
config_put(const struct kube_lab *l, const char *user, const char *token)
{
	AUTO_FREE char	*name = str_format("%s.conf", user);
	AUTO_FREE char	*text = str_format(
	    "apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
	    "clusters:\n- name: lab\n  cluster:\n    server: %s\n"
	    "    certificate-authority: %s/srv.pem\n"
	    "users:\n- name: %s\n  user:\n    token: %s\n"
	    "contexts:\n- name: lab\n  context:\n    cluster: lab\n"
	    "    user: %s\n    namespace: " KUBE_NAMESPACE "\n", l->url,
	    l->dir, user, token, user);

	put(l, name, text);
}

void
kube_lab_user(struct kube_lab *l, const char *user)
{
	AUTO_FREE char *path = str_format("%s/%s.conf", l->dir, user);

	setenv("KUBECONFIG", path, 1);
}

static void
etcd_start(struct kube_lab *l, int peer_port)
{
	AUTO_FREE char	*program = etcd_path(l->programs);
	AUTO_FREE char	*data = in_dir(l, "etcd");
	AUTO_FREE char	*url = str_format("http://127.0.0.1:%d",
	    l->etcd_port);
	AUTO_FREE char	*peer = str_format("http://127.0.0.1:%d", peer_port);

	l->etcd = start(l, (const char *const[]){ program, "--data-dir",
	    data, "--listen-client-urls", url, "--advertise-client-urls",
	    url, "--listen-peer-urls", peer, NULL });
}

static bool
is_ready(struct kube_lab *l)
{
	AUTO_FREE char *ca = in_dir(l, "srv.pem");

	return kube_http(&(struct kube_http){ .url = l->url, .ca = ca,
	    .token = "admintok" }, "GET", "/readyz", NULL, NULL) == 200;
}

void
kube_lab_api_start(struct kube_lab *l)
{
	AUTO_FREE char	*program = str_format("%s/kube-apiserver",
	    l->programs);
	AUTO_FREE char	*etcd = str_format(
	    "--etcd-servers=http://127.0.0.1:%d", l->etcd_port);
	AUTO_FREE char	*port = str_format("--secure-port=%d", l->api_port);
	AUTO_FREE char	*cert = str_format("--tls-cert-file=%s/srv.pem",
	    l->dir);
	AUTO_FREE char	*key = str_format(
	    "--tls-private-key-file=%s/srv.key", l->dir);
	AUTO_FREE char	*check = str_format(
	    "--service-account-key-file=%s/srv.key", l->dir);
	AUTO_FREE char	*sign = str_format(
	    "--service-account-signing-key-file=%s/srv.key", l->dir);
	AUTO_FREE char	*users = str_format(
	    "--token-auth-file=%s/tokens.csv", l->dir);
	int64_t		 last = clock_mono_ms(&clock_system) + READY_MS;

	l->api = start(l, (const char *const[]){ program, etcd, port, cert,
	    key, check, sign, users, "--bind-address=127.0.0.1",
	    "--advertise-address=127.0.0.1",
	    "--endpoint-reconciler-type=none",
	    "--service-account-issuer=https://kubernetes.default.svc",
	    "--authorization-mode=RBAC",
	    "--service-cluster-ip-range=10.0.0.0/24", NULL });
	while (!is_ready(l)) {
		if (clock_mono_ms(&clock_system) > last)
			fail_msg("kube-apiserver is not ready; see %s",
			    l->dir);
		cancel_wait(NULL, POLL_MS);
	}
}

void
kube_lab_api_kill(struct kube_lab *l)
{
	end(&l->api);
}

/* Only what deployments need; no node sends a heartbeat here. */
static void
manager_start(struct kube_lab *l, int port)
{
	AUTO_FREE char	*program = str_format("%s/kube-controller-manager",
	    l->programs);
	AUTO_FREE char	*config = str_format("--kubeconfig=%s/admin.conf",
	    l->dir);
	AUTO_FREE char	*own = str_format("--secure-port=%d", port);
	AUTO_FREE char	*key = str_format(
	    "--service-account-private-key-file=%s/srv.key", l->dir);
	AUTO_FREE char	*certs = str_format("--cert-dir=%s", l->dir);

	l->kcm = start(l, (const char *const[]){ program, config, own, key,
	    certs, "--bind-address=127.0.0.1", "--leader-elect=false",
	    "--controllers=deployment,replicaset,serviceaccount,"
	    "garbagecollector", NULL });
}

static void
node_start(struct kube_lab *l)
{
	AUTO_FREE char	*ca = in_dir(l, "srv.pem");
	pid_t		 parent = getpid();

	l->node = fork();
	assert_true(l->node >= 0);
	if (l->node > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		kube_node_run(&(struct kube_http){ .url = l->url, .ca = ca,
		    .token = "admintok" }, l->registry);
	_exit(1);
}

static void
namespace_make(struct kube_lab *l)
{
	json_decref(kube_lab_call(l, "POST", "/api/v1/namespaces", json_pack(
	    "{s:{s:s}}", "metadata", "name", KUBE_NAMESPACE)));
	json_decref(kube_lab_call(l, "POST", "/apis/rbac.authorization.k8s.io"
	    "/v1/clusterrolebindings", json_pack("{s:{s:s}, s:{s:s, s:s,"
	    " s:s}, s:[{s:s, s:s, s:s}]}", "metadata", "name", "reader",
	    "roleRef", "apiGroup", "rbac.authorization.k8s.io", "kind",
	    "ClusterRole", "name", "system:aggregate-to-view", "subjects",
	    "apiGroup",
	    "rbac.authorization.k8s.io", "kind", "User", "name",
	    "reader")));
}

void
kube_lab_start(struct kube_lab *l)
{
	AUTO_FREE char *cache = NULL;

	memset(l, 0, sizeof(*l));
	snprintf(l->dir, sizeof(l->dir), "/tmp/stconsole-kube-XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	l->programs = programs_find();
	l->registry = in_dir(l, "registry");
	l->etcd_port = lab_port_free();
	l->api_port = lab_port_free();
	snprintf(l->url, sizeof(l->url), "https://127.0.0.1:%d",
	    l->api_port);
	certificate_make(l);
	put(l, "tokens.csv", tokens);
	config_put(l, "admin", "admintok");
	config_put(l, "reader", "readtok");
	config_put(l, "viewer", "viewtok");
	config_put(l, "nobody", "wrongtok");
	cache = in_dir(l, "cache");
	setenv("KUBECACHEDIR", cache, 1);
	kube_lab_user(l, "admin");
	etcd_start(l, lab_port_free());
	kube_lab_api_start(l);
	manager_start(l, lab_port_free());
	node_start(l);
	namespace_make(l);
}

void
kube_lab_stop(struct kube_lab *l)
{
	end(&l->node);
	end(&l->kcm);
	end(&l->api);
	end(&l->etcd);
	assert_true(file_remove_tree(l->dir, NULL));
	unsetenv("KUBECONFIG");
	unsetenv("KUBECACHEDIR");
	free(l->programs);
	free(l->registry);
}

void
kube_lab_registry(struct kube_lab *l, bool has_all)
{
	if (has_all)
		put(l, "registry", "");
	else
		unlink(l->registry);
}
