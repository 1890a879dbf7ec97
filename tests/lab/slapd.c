/*
 * A private slapd on loopback: ldap with StartTLS and ldaps, mdb, memberof,
 * ppolicy.  The loaded database is kept in the cache folder under the digest
 * of everything it depends on; passwords are not in it, they are set over
 * LDAP by the root account of this run.
 */
#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <ldap.h>

#include "stconsole/buf.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define BASE		"dc=corp,dc=test"
#define ROOT_DN		"cn=root," BASE
#define SERVICES	"ou=services," BASE
#define TRIES		3
#define START_S		15

/*
 * Accounts: sametime-bind reads all; ordinary gets 200 entries unless it
 * pages; tight gets 50 and may not page.
 */
static const char config_common[] =
    "include /etc/ldap/schema/core.schema\n"
    "include /etc/ldap/schema/cosine.schema\n"
    "include /etc/ldap/schema/inetorgperson.schema\n"
    "modulepath /usr/lib/ldap\n"
    "moduleload back_mdb\n"
    "moduleload memberof\n"
    "moduleload ppolicy\n"
    "sizelimit 500\n"
    "timelimit 60\n"
    "disallow bind_anon\n";
static const char config_database[] =
    "database mdb\n"
    "suffix \"" BASE "\"\n"
    "rootdn \"" ROOT_DN "\"\n"
    "maxsize 268435456\n"
    "checkpoint 0 0\n"
    "dbnosync\n"
    "index objectClass,uid,entryUUID eq\n"
    "index member,memberOf,employeeType eq\n"
    "index cn,sn,givenName,mail eq,sub\n"
    "overlay memberof\n"
    "memberof-refint FALSE\n"
    "overlay ppolicy\n"
    "limits dn.exact=\"cn=sametime-bind," SERVICES "\" size=unlimited\n"
    "limits dn.exact=\"cn=ordinary," SERVICES "\" size.soft=200 "
    "size.hard=200 size.prtotal=unlimited\n"
    "limits dn.exact=\"cn=tight," SERVICES "\" size.soft=50 "
    "size.hard=50 size.prtotal=disabled\n"
    "access to attrs=userPassword by anonymous auth by * none\n"
    "access to * by users read by * none\n";

struct slapd {
	int		 port;
	int		 tls_port;
	pid_t		 pid;
	char		*conf;
	char		*log;
	const char	*root_password;
};

static bool
conf_write(struct lab_house *h, struct slapd *s, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	buf_puts(&b, config_common);
	buf_printf(&b, "TLSCACertificateFile \"%s/tls/ca.pem\"\n"
	    "TLSCertificateFile \"%s/tls/server.pem\"\n"
	    "TLSCertificateKeyFile \"%s/tls/server.key\"\n"
	    "pidfile \"%s/ldap/pid\"\n", h->dir, h->dir, h->dir, h->dir);
	buf_puts(&b, config_database);
	buf_printf(&b, "rootpw \"%s\"\ndirectory \"%s/ldap/data\"\n",
	    s->root_password, h->dir);
	return buf_ok(&b, e) &&
	    lab_write(h, "ldap/slapd.conf", buf_str(&b), 0600, e);
}

/* Everything the database file depends on; the program by size and time. */
static char *
cache_name(const struct buf *ldif)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 hex[DIGEST_HEX_SIZE];
	struct stat		 st = { 0 };

	stat("/usr/sbin/slapd", &st);
	buf_puts(&b, config_common);
	buf_puts(&b, config_database);
	buf_printf(&b, "%lld %lld\n", (long long)st.st_size,
	    (long long)st.st_mtime);
	buf_add(&b, ldif->data, ldif->len);
	if (!buf_ok(&b, NULL))
		return NULL;
	digest_sha256(b.data, b.len, hex);
	return str_format("lab-ldap-%.16s.mdb", hex);
}

/* Only what is data: the file is as large as maxsize, nearly all a hole. */
static bool
copy_data(int from, int to)
{
	off_t	 at = 0;
	off_t	 end = lseek(from, 0, SEEK_END);

	while (at < end) {
		off_t	 data = lseek(from, at, SEEK_DATA);
		off_t	 hole = data < 0 ? end : lseek(from, data, SEEK_HOLE);
		off_t	 out = data;

		if (data < 0)
			break;
		while (data < hole) {
			if (copy_file_range(from, &data, to, &out,
			    (size_t)(hole - data), 0) <= 0)
				return false;
		}
		at = hole;
	}
	return ftruncate(to, end) == 0;
}

/* A copy that is cut off leaves at most a file that no start looks for. */
static bool
copy_file(const char *from, const char *to, bool syncs)
{
	AUTO_FREE char	*temp = str_format("%s.%d", to, (int)getpid());
	AUTO_CLOSE int	 in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int	 out = -1;

	if (temp == NULL || in < 0)
		return false;
	out = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out >= 0 && copy_data(in, out) && (!syncs || fsync(out) == 0) &&
	    rename(temp, to) == 0)
		return true;
	unlink(temp);
	return false;
}

static bool
database_load(struct lab_house *h, struct slapd *s, const struct buf *ldif,
    struct err *e)
{
	AUTO_FREE char	*people = lab_path(h, "ldap/people.ldif");
	const char	*argv[] = { "/usr/sbin/slapadd", "-q", "-f", s->conf,
	    "-l", people, NULL };
	char		 tail[200];
	pid_t		 pid = -1;

	if (people == NULL)
		return err_nomem(e);
	if (!lab_write(h, "ldap/people.ldif", ldif->data, 0600, e))
		return false;
	pid = lab_spawn(h, argv, NULL, s->log, e);
	if (pid < 0)
		return false;
	if (lab_child_wait(h, pid) == 0)
		return true;
	lab_log_tail(s->log, tail, sizeof(tail));
	return err_set(e, ERR_PROC, 0, T_LAB_ENDED, argv[0], tail);
}

/* may_cache is false once a start with the kept database has failed. */
static bool
database_make(struct lab_house *h, struct slapd *s, bool may_cache,
    struct err *e)
{
	AUTO_BUF struct buf	 ldif = BUF_INIT;
	AUTO_FREE char		*dir = lab_path(h, "ldap/data");
	AUTO_FREE char		*file = lab_path(h, "ldap/data/data.mdb");
	AUTO_FREE char		*name = NULL;
	AUTO_FREE char		*kept = NULL;

	lab_people_ldif(&ldif);
	if (!buf_ok(&ldif, e) || dir == NULL || file == NULL)
		return err_nomem(e);
	if (!file_remove_tree(dir, e) || !file_make_dirs(dir, 0700, e))
		return false;
	name = cache_name(&ldif);
	kept = name == NULL ? NULL : lab_cache_path(name);
	if (may_cache && kept != NULL && copy_file(kept, file, false))
		return true;
	if (!database_load(h, s, &ldif, e))
		return false;
	/* Without a cache the next start is slower, nothing more. */
	if (kept != NULL)
		copy_file(file, kept, true);
	return true;
}

static bool
slapd_launch(struct lab_house *h, struct slapd *s, struct err *e)
{
	AUTO_FREE char	*urls = NULL;
	AUTO_FREE char	*more = NULL;
	const char	*argv[] = { "/usr/sbin/slapd", "-d", "0", "-f",
	    s->conf, "-h", NULL, NULL };

	s->port = lab_port_free();
	s->tls_port = lab_port_free();
	if (s->port == 0 || s->tls_port == 0 || s->port == s->tls_port)
		return err_set(e, ERR_SYS, 0, T_LAB_PORT);
	more = h->has_ipv6 ? str_format(" ldap://[::1]:%d ldaps://[::1]:%d",
	    s->port, s->tls_port) : strdup("");
	if (more == NULL)
		return err_nomem(e);
	urls = str_format("ldap://127.0.0.1:%d ldaps://127.0.0.1:%d%s",
	    s->port, s->tls_port, more);
	if (urls == NULL)
		return err_nomem(e);
	argv[6] = urls;
	s->pid = lab_spawn(h, argv, NULL, s->log, e);
	return s->pid > 0 && lab_wait_ready(h, s->pid, "slapd", s->log,
	    START_S, lab_port_answers, &s->port, e);
}

static bool
password_set(struct lab_house *h, LDAP *ld, const char *account,
    const char *file, struct err *e)
{
	AUTO_FREE char	*dn = str_format("cn=%s," SERVICES, account);
	const char	*password = lab_secret(h, file, "ldap&<", e);
	char		*values[] = { (char *)(uintptr_t)password, NULL };
	char		 type[] = "userPassword";
	LDAPMod		 mod = { .mod_op = LDAP_MOD_REPLACE,
	    .mod_type = type, .mod_values = values };
	LDAPMod		*mods[] = { &mod, NULL };
	int		 rc = 0;

	if (dn == NULL)
		return err_nomem(e);
	if (password == NULL)
		return false;
	rc = ldap_modify_ext_s(ld, dn, mods, NULL, NULL);
	if (rc != LDAP_SUCCESS)
		return err_set(e, ERR_LDAP, rc, T_LAB_LDAP, dn,
		    ldap_err2string(rc));
	return true;
}

static bool
passwords_set(struct lab_house *h, const struct slapd *s, struct err *e)
{
	AUTO_FREE char	*uri = str_format("ldap://127.0.0.1:%d", s->port);
	struct berval	 cred = { strlen(s->root_password),
	    (char *)(uintptr_t)s->root_password };
	int		 version = LDAP_VERSION3;
	LDAP		*ld = NULL;
	bool		 ok = false;
	int		 rc = 0;

	if (uri == NULL || ldap_initialize(&ld, uri) != LDAP_SUCCESS)
		return err_nomem(e);
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	rc = ldap_sasl_bind_s(ld, ROOT_DN, LDAP_SASL_SIMPLE, &cred, NULL,
	    NULL, NULL);
	if (rc != LDAP_SUCCESS)
		err_set(e, ERR_LDAP, rc, T_LAB_LDAP, ROOT_DN,
		    ldap_err2string(rc));
	else
		ok = password_set(h, ld, "sametime-bind", "ldap-bind", e) &&
		    password_set(h, ld, "ordinary", "ldap-ordinary", e) &&
		    password_set(h, ld, "tight", "ldap-tight", e);
	ldap_unbind_ext_s(ld, NULL, NULL);
	return ok;
}

static json_t *
account_fact(const char *dn, const char *file)
{
	return json_pack("{s:s, s:s}", "dn", dn, "password_file", file);
}

static bool
slapd_facts(struct lab_house *h, const struct slapd *s, struct err *e)
{
	json_t		*fact = lab_child_fact(h, s->pid);
	AUTO_FREE char	*uri = str_format("ldap://localhost:%d", s->port);
	AUTO_FREE char	*tls = str_format("ldaps://localhost:%d",
	    s->tls_port);
	json_t		*more = json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, "
	    "s:o, s:o, s:o, s:o}", "host", "localhost",
	    "port", s->port, "tls_port", s->tls_port, "uri", uri,
	    "tls_uri", tls, "base", BASE,
	    "root", account_fact(ROOT_DN, "secrets/ldap-root"),
	    "bind", account_fact("cn=sametime-bind," SERVICES,
	    "secrets/ldap-bind"),
	    "ordinary", account_fact("cn=ordinary," SERVICES,
	    "secrets/ldap-ordinary"),
	    "tight", account_fact("cn=tight," SERVICES,
	    "secrets/ldap-tight"));

	if (fact == NULL || more == NULL ||
	    json_object_update(fact, more) != 0 ||
	    !lab_word(h, "LDAP_PORT", "%d", s->port) ||
	    !lab_word(h, "LDAPS_PORT", "%d", s->tls_port) ||
	    !lab_word(h, "LDAP_BIND_PASSWORD", "%s",
	    json_text(h->secrets, "ldap-bind"))) {
		json_decref(fact);
		json_decref(more);
		return err_nomem(e);
	}
	json_decref(more);
	return lab_fact(h, "ldap", fact, e);
}

static bool
slapd_try(struct lab_house *h, struct slapd *s, int nth, struct err *e)
{
	if (database_make(h, s, nth == 0, e) && slapd_launch(h, s, e) &&
	    passwords_set(h, s, e))
		return true;
	if (s->pid > 0 && lab_child_start(h, s->pid) != 0) {
		kill(s->pid, SIGKILL);
		lab_child_wait(h, s->pid);
	}
	return false;
}

bool
lab_slapd_start(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*conf = lab_path(h, "ldap/slapd.conf");
	AUTO_FREE char	*log = lab_path(h, "log/slapd");
	struct slapd	 s = { .conf = conf, .log = log };

	if (access("/usr/sbin/slapd", X_OK) != 0)
		return lab_missing(h, "slapd", T_LAB_MISSING_SLAPD);
	if (conf == NULL || log == NULL)
		return err_nomem(e);
	s.root_password = lab_secret(h, "ldap-root", "", e);
	if (s.root_password == NULL || !conf_write(h, &s, e))
		return false;
	for (int nth = 0; nth < TRIES; nth++) {
		if (slapd_try(h, &s, nth, e))
			return slapd_facts(h, &s, e);
	}
	return false;
}
