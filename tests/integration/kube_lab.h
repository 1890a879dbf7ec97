/*
 * A real Kubernetes control plane on loopback: etcd, kube-apiserver and
 * kube-controller-manager as tests/lab/kube/fetch-kube built them, and a
 * stand-in for scheduler and kubelet (kube_node.c), which plays pods:
 *
 *   an image with "bad" in its name	cannot be pulled, until
 *					kube_lab_registry(l, true)
 *   one with a capital letter		is an invalid name
 *   all others				run and are ready
 *
 * All of it ends with the test program.  One thread.
 */
#ifndef TESTS_KUBE_LAB_H
#define TESTS_KUBE_LAB_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#define KUBE_NAMESPACE	"sametime"
/* Where the node's kubelet would be; nobody listens. */
#define KUBE_NODE_PORT	10251

struct kube_lab {
	char	 dir[64];
	char	*programs;	/* what fetch-kube built */
	char	*registry;	/* a file that is there when all is pulled */
	char	 url[64];
	int	 etcd_port, api_port;
	pid_t	 etcd, api, kcm, node;
};

struct kube_http {
	const char	*url, *ca, *token;
};

/* NULL, or why there is none, for skip(). */
const char *kube_lab_missing(void);
/* Started, ready, with the namespace.  Fails the test. */
void	 kube_lab_start(struct kube_lab *l);
void	 kube_lab_stop(struct kube_lab *l);
/* The API server killed, and started again on the same data. */
void	 kube_lab_api_kill(struct kube_lab *l);
void	 kube_lab_api_start(struct kube_lab *l);
void	 kube_lab_registry(struct kube_lab *l, bool has_all);

/*
 * Makes KUBECONFIG name a user: "admin" may all, "reader" may read, "viewer"
 * may nothing, "nobody" is unknown to the server.
 */
void	 kube_lab_user(struct kube_lab *l, const char *user);

/* ---- kube_api.c */

/*
 * As admin; path below the server; PATCH is a merge patch.  Takes body.  New
 * reference; fails the test unless the server is content.
 */
json_t	*kube_lab_call(struct kube_lab *l, const char *method,
	     const char *path, json_t *body);
/* The HTTP status, 0 for none; out may be NULL.  Takes body. */
long	 kube_http(const struct kube_http *h, const char *method,
	     const char *path, json_t *body, json_t **out);

struct kube_deploy {
	const char	*name, *image, *release;	/* release: or NULL */
	int		 replicas, deadline_s;		/* 0: the default */
};

/* Makes a Deployment, and does not wait for it. */
void	 kube_lab_deploy(struct kube_lab *l, const struct kube_deploy *d);
/* Until test(deployment, pods) holds, for 60 s, else the test fails. */
void	 kube_lab_wait(struct kube_lab *l, const char *name,
	     bool (*test)(const json_t *d, const json_t *pods));
/* The pods of a deployment, by its label; new reference to an array. */
json_t	*kube_lab_pods(struct kube_lab *l, const char *name);
json_t	*kube_lab_deployment(struct kube_lab *l, const char *name);

/* kube_node.c: never returns. */
void	 kube_node_run(const struct kube_http *h, const char *registry);

#endif
