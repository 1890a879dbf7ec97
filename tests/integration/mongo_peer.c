#include "mongo_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "../lab/house.h"
#include "stconsole/dial.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static struct mongo_peer
mongo_peer_new(void)
{
	struct mongo_peer	 p = { .pid = -1 };

	snprintf(p.dir, sizeof(p.dir), "/tmp/stconsole-peer-XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	p.port = lab_port_free();
	assert_true(p.port > 0);
	return p;
}

/* Starts argv; waits until its port takes connections. */
static void
mongo_peer_start(struct mongo_peer *p, const char *const *argv)
{
	const struct dial_spec	 want = { "127.0.0.1", p->port, 500, NULL };
	struct dial_result	 r;
	struct err		 e;
	int			 null, tries, status;

	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (tries = 0; tries < 600; tries++) {
		if (dial(&want, &r, &e)) {
			close(r.fd);
			return;
		}
		if (waitpid(p->pid, &status, WNOHANG) != 0)
			fail_msg("%s ended with %d", argv[0], status);
		cancel_wait(NULL, 50);
	}
	fail_msg("%s does not answer", argv[0]);
}

struct mongo_peer
mongo_peer_server(const char *set)
{
	struct mongo_peer	 p = mongo_peer_new();
	AUTO_FREE char	*program = lab_cache_path("mongod/6.0.5/mongod");
	AUTO_FREE char	*port = str_format("%d", p.port);
	const char	*argv[] = { program, "--dbpath", p.dir, "--port",
	    port, "--bind_ip", "127.0.0.1", "--nounixsocket",
	    "--wiredTigerCacheSizeGB", "0.25", "--setParameter",
	    "diagnosticDataCollectionEnabled=false",
	    set != NULL ? "--replSet" : NULL, set, NULL };

	assert_non_null(program);
	mongo_peer_start(&p, argv);
	return p;
}

/* Valid for a day, until an hour ago. */
static void
expired_write(const char *cert_file, const char *key_file)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*x = X509_new();
	X509_EXTENSION	*names = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	FILE		*f;

	assert_true(key != NULL && x != NULL && names != NULL);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -90000);
	X509_gmtime_adj(X509_getm_notAfter(x), -3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509_add_ext(x, names, -1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(cert_file, "w");
	assert_non_null(f);
	PEM_write_X509(f, x);
	fclose(f);
	f = fopen(key_file, "w");
	assert_non_null(f);
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_EXTENSION_free(names);
	X509_free(x);
	EVP_PKEY_free(key);
}

struct mongo_peer
mongo_peer_expired_tls(void)
{
	struct mongo_peer	 p = mongo_peer_new();
	AUTO_FREE char	*cert = str_format("%s/cert.pem", p.dir);
	AUTO_FREE char	*key = str_format("%s/key.pem", p.dir);
	AUTO_FREE char	*port = str_format("%d", p.port);
	const char	*argv[] = { "openssl", "s_server", "-quiet",
	    "-accept", port, "-cert", cert, "-key", key, NULL };

	expired_write(cert, key);
	mongo_peer_start(&p, argv);
	return p;
}

struct mongo_peer
mongo_peer_silent(void)
{
	struct mongo_peer	 p = mongo_peer_new();
	AUTO_FREE char	*port = str_format("%d", p.port);
	/* A TLS server that is never spoken TLS to waits for ever. */
	AUTO_FREE char	*cert = str_format("%s/cert.pem", p.dir);
	AUTO_FREE char	*key = str_format("%s/key.pem", p.dir);
	const char	*argv[] = { "openssl", "s_server", "-quiet",
	    "-accept", port, "-cert", cert, "-key", key, NULL };

	expired_write(cert, key);
	mongo_peer_start(&p, argv);
	kill(p.pid, SIGSTOP);
	return p;
}

void
mongo_peer_end(struct mongo_peer *p)
{
	struct err	 e;

	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = -1;
	file_remove_tree(p->dir, &e);
}
