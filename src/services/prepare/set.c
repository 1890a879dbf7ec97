/*
 * The plan for the set: a standalone server gets a key and a set's name in
 * its configuration, is started again and initiated under a name that the
 * whole site knows (mongodb.md 1.7).
 */
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "server.h"
#include "set.h"
#include "text.def"

struct making {
	struct prepare_look		*look;
	const struct prepare_wish	*wish;
	struct plan			*plan;
	struct server			 server;
	const char			*set;
	const char			*host;		/* "name:port" */
	char				*name;
};

/* ---- checks */

static bool
name_check(struct making *m, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo	*found = NULL;
	int		 port, code;

	m->name = set_host_name(m->host, &port);
	if (m->name == NULL)
		return err_nomem(e);
	if (set_is_loopback(m->name)) {
		char *site = set_host_name(m->look->hosts, &port);
		bool  fits = site != NULL && set_is_loopback(site);

		free(site);
		return fits ? plan_note_add(m->plan, e, T_SET_LOOPBACK,
		    m->name) : plan_block(m->plan, T_SET_ADDRESS_HINT, e,
		    T_SET_LOOPBACK, m->name);
	}
	if (set_is_address(m->name))
		return plan_block(m->plan, T_SET_ADDRESS_HINT, e,
		    T_SET_ADDRESS, m->name);
	code = getaddrinfo(m->name, NULL, &hints, &found);
	if (found != NULL)
		freeaddrinfo(found);
	return code == 0 || plan_block(m->plan, T_SET_UNKNOWN_NAME_HINT, e,
	    T_SET_UNKNOWN_NAME, m->name, gai_strerror(code));
}

/* A server that was in a set once starts into that one again. */
static bool
old_config_check(struct making *m, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 why = { 0 };
	const char	*old;

	if (!prepare_ask(m->look->ctx, &m->look->door, "local",
	    "{\"find\":\"system.replset\",\"limit\":1}", &reply, &why))
		return why.domain == ERR_MONGO || err_copy(e, &why);
	old = json_str(json_array_get(json_object_get(json_object_get(reply,
	    "cursor"), "firstBatch"), 0), "_id");
	return old == NULL || strcmp(old, m->set) == 0 ||
	    plan_block(m->plan, T_SET_OLD_CONFIG_HINT, e, T_SET_OLD_CONFIG,
	    old);
}

static bool
site_has_account(const struct prepare_look *l)
{
	struct site_mongo_parts p = { .user_len = 0 };

	if (l->site_url != NULL)
		site_mongo_split(secret_reveal(l->site_url), &p);
	return p.user_len > 0;
}

/* Log-in without accounts would lock everybody out. */
static bool
accounts_check(struct making *m, struct err *e)
{
	const struct prepare_look *l = m->look;

	if (!m->wish->accounts && l->are_users_known &&
	    (!l->sametime.exists || !l->cluster.exists))
		return plan_block(m->plan, T_SET_ACCOUNTS_HINT, e,
		    T_SET_ACCOUNTS);
	return !l->is_auth_off || m->wish->url != NULL ||
	    (m->wish->urls && m->wish->password != NULL) ||
	    site_has_account(l) || plan_block(m->plan,
	    T_SET_NO_ACCOUNT_HINT, e, T_SET_NO_ACCOUNT);
}

/* ---- steps */

static json_t *
step_args(struct making *m, struct err *e)
{
	json_t	*door = prepare_door_args(m->look->ctx, m->plan,
	    &m->look->door, e);
	json_t	*args;

	if (door == NULL)
		return NULL;
	args = json_pack("{s:s, s:s, s:s, s:b, s:o}", "set", m->set, "host",
	    m->host, "member", m->look->door.member, "locks",
	    m->server.locks, "door", door);
	if (args != NULL && m->server.args != NULL)
		json_object_update(args, m->server.args);
	if (args == NULL)
		err_nomem(e);
	return args;
}

static bool
key_step(struct making *m, struct err *e)
{
	const struct server *s = &m->server;

	if (s->key_path == NULL)
		return true;
	return plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.key", .risk = RISK_LOW,
	    .undo = T_SET_KEY_UNDO, .args = json_pack("{s:s, s:I, s:I}",
	    "path", s->key_path, "uid", json_int(s->args, "uid", 0), "gid",
	    json_int(s->args, "gid", 0)) }, e, T_SET_KEY, s->key_path);
}

/* A line of the file without what is secret. */
static bool
conf_mask(void *arg, const char *line, size_t len, struct buf *shown)
{
	size_t		 colon = strcspn(line, ":");
	AUTO_FREE char	*key = NULL;

	(void)arg;
	if (colon >= len)
		return false;
	key = strndup(line + strspn(line, " "), colon - strspn(line, " "));
	if (key != NULL && strcasestr(key, "keyFile") != NULL &&
	    strcasestr(key, "password") == NULL)
		return false;
	if (key != NULL && !site_key_is_secret(key))
		return false;
	buf_add(shown, line, colon + 1);
	buf_puts(shown, " ***");
	return true;
}

static bool
conf_step(struct making *m, struct err *e)
{
	const struct server	*s = &m->server;
	AUTO_BUF struct buf	 diff = BUF_INIT;
	AUTO_FREE char		*lock = NULL;
	char			 before[65], after[65];

	if (s->conf_path == NULL || (s->conf.len == s->new_conf.len &&
	    memcmp(s->conf.data, s->new_conf.data, s->conf.len) == 0))
		return true;
	lock = str_format("file:%s", s->conf_path);
	if (lock == NULL)
		return err_nomem(e);
	return plan_lock_add(m->plan, lock, e) &&
	    plan_blob_add(m->plan, s->conf.data, s->conf.len, before, e) &&
	    plan_blob_add(m->plan, s->new_conf.data, s->new_conf.len, after,
	    e) && diff_unified(s->conf_path, s->conf_path, s->conf.data,
	    s->conf.len, s->new_conf.data, s->new_conf.len, conf_mask, NULL,
	    &diff, e) && plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.conf", .risk = RISK_LOW,
	    .undo = T_SET_CONF_UNDO, .diff = buf_str(&diff), .blob = after,
	    .args = json_pack("{s:s, s:s, s:s}", "path", s->conf_path,
	    "before", before, "after", after) }, e, T_SET_CONF,
	    s->conf_path);
}

static json_t *
restart_show(const struct server *s)
{
	const char *unit = json_str(s->args, "unit");

	return unit != NULL ? json_pack("[s, s, s]", "systemctl", "restart",
	    unit) : json_incref(json_object_get(s->args, "new_argv"));
}

static bool
by_hand(struct making *m, struct err *e)
{
	json_t	*args = step_args(m, e);
	AUTO_FREE char *text = str_format(T_SET_HAND, m->look->door.member,
	    m->set);

	if (args == NULL || text == NULL)
		return err_nomem(e);
	json_object_set_new(args, "text", json_string(text));
	return plan_note_add(m->plan, e, T_SET_HAND_NOTE,
	    m->look->door.member, m->server.why) &&
	    plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.by_hand", .risk = RISK_SERVICE,
	    .args = args }, e, "%s", text);
}

static bool
restart_steps(struct making *m, struct err *e)
{
	const char	*member = m->look->door.member;
	json_t		*before, *args;

	if (m->server.is_by_hand)
		return by_hand(m, e);
	before = step_args(m, e);
	if (before == NULL || !plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.before", .risk = RISK_NONE,
	    .undo = T_SET_BEFORE_UNDO, .args = before }, e, T_SET_BEFORE,
	    member) || !key_step(m, e) || !conf_step(m, e))
		return false;
	args = step_args(m, e);
	return args != NULL && plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.restart", .risk = RISK_SERVICE, .args = args,
	    .argv = restart_show(&m->server) }, e, T_SET_RESTART, member);
}

static bool
initiate_steps(struct making *m, struct err *e)
{
	json_t	*args = step_args(m, e), *wait;

	if (args == NULL || !plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.initiate", .risk = RISK_SERVICE,
	    .undo = T_SET_INITIATE_UNDO, .args = args }, e, T_SET_INITIATE,
	    m->set, m->host) || (wait = step_args(m, e)) == NULL)
		return false;
	(void)snprintf(m->look->set_after, sizeof(m->look->set_after), "%s",
	    m->set);
	if (strcmp(m->host, m->look->hosts) != 0)
		(void)snprintf(m->look->host_after,
		    sizeof(m->look->host_after), "%s", m->host);
	json_object_set_new(wait, "timeout_s", json_integer(120));
	return plan_step_add(m->plan, &(struct step_spec){
	    .action = "prepare.primary", .risk = RISK_NONE, .args = wait },
	    e, T_SET_PRIMARY, m->host);
}

/* ---- cases */

static bool
convert(struct making *m, struct err *e)
{
	if (!name_check(m, e) || !accounts_check(m, e) ||
	    !old_config_check(m, e) || !server_find(m->look, m->wish,
	    m->set, m->name, &m->server, e))
		return false;
	if (m->server.problem[0] != '\0')
		return plan_block(m->plan, NULL, e, "%s", m->server.problem);
	return restart_steps(m, e) && initiate_steps(m, e);
}

/* Waits for its first configuration; its name is what it was started with. */
static bool
initiate(struct making *m, struct err *e)
{
	const char *set = json_str(json_object_get(m->look->options,
	    "replication"), "replSetName");

	if (set == NULL)
		set = json_str(json_object_get(m->look->options,
		    "replication"), "replSet");
	if (set != NULL)
		m->set = set;
	return name_check(m, e) && initiate_steps(m, e);
}

/* A set already: only the key and log-in may be missing. */
static bool
complete(struct making *m, struct err *e)
{
	struct prepare_look *l = m->look;

	if (m->wish->set != NULL && strcmp(m->wish->set, l->set) != 0)
		return plan_block(m->plan, T_SET_OTHER_NAME_HINT, e,
		    T_SET_OTHER_NAME, l->hosts, l->set, m->wish->set);
	if (!l->is_auth_off)
		return true;
	if (l->member_count != 1 || l->door.member == NULL)
		return plan_note_add(m->plan, e, T_SET_NO_AUTH, l->set);
	m->set = l->set;
	if (!accounts_check(m, e) || !server_find(l, m->wish, NULL, NULL,
	    &m->server, e))
		return false;
	if (m->server.problem[0] != '\0')
		return plan_block(m->plan, NULL, e, "%s", m->server.problem);
	return restart_steps(m, e);
}

bool
prepare_plan_set(struct prepare_look *l, const struct prepare_wish *w,
    struct plan *plan, struct err *e)
{
	struct making	 m = { .look = l, .wish = w, .plan = plan,
		.set = w->set != NULL ? w->set : SET_NAME,
		.host = w->host != NULL ? w->host : l->door.member };
	bool		 ok;

	if (l->kind != MONGO_REPLICA_SET && l->door.member == NULL)
		return plan_block(plan, T_SET_SECOND_HINT, e, T_SET_SECOND);
	if (!plan_lock_add(plan, "mongo:topology", e))
		return false;
	if (l->is_ghost)
		ok = initiate(&m, e);
	else if (l->kind == MONGO_REPLICA_SET)
		ok = complete(&m, e);
	else
		ok = convert(&m, e);
	server_fini(&m.server);
	free(m.name);
	return ok;
}
