/*
 * One member of the lab's MongoDB asked directly: commands, and waiting for
 * what it says of itself.
 */
#include "mongod.h"

#include <string.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "text.def"

#define START_S	60

char *
lab_percent(const char *s)
{
	struct buf	 b = BUF_INIT;

	for (; *s != '\0'; s++) {
		unsigned char	 c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~", c) != NULL)
			buf_putc(&b, (char)c);
		else
			buf_printf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

mongoc_client_t *
lab_member_client(struct lab_house *h, int n, const char *user,
    const char *password)
{
	AUTO_FREE char	*secret = lab_percent(password == NULL ? "" : password);
	AUTO_FREE char	*login = user == NULL ? strdup("") :
	    str_format("%s:%s@", user, secret == NULL ? "" : secret);
	AUTO_FREE char	*tls = h->run->mongo.has_no_tls ? strdup("") :
	    str_format("tls=true&tlsCAFile=%s/tls/ca.pem&", h->dir);
	AUTO_FREE char	*uri = str_format("mongodb://%slocalhost:%d/?"
	    "directConnection=true&%sserverSelectionTimeoutMS=5000",
	    login == NULL ? "" : login, h->mongo_ports[n],
	    tls == NULL ? "" : tls);

	return uri == NULL ? NULL : mongoc_client_new(uri);
}

static bool
mongo_failed(struct err *e, const char *what, const bson_error_t *be)
{
	return err_set(e, ERR_MONGO, (int)be->code, T_LAB_MONGO, what,
	    be->message);
}

bool
lab_member_command(mongoc_client_t *c, const char *db, const char *json,
    bson_t *reply, struct err *e)
{
	bson_error_t	 be = { 0 };
	bson_t		 ignored = BSON_INITIALIZER;
	bson_t		*cmd = bson_new_from_json((const uint8_t *)json, -1,
	    &be);
	bool		 ok = cmd != NULL;

	if (ok) {
		ok = mongoc_client_command_simple(c, db, cmd, NULL,
		    reply == NULL ? &ignored : reply, &be);
		bson_destroy(cmd);
	}
	bson_destroy(&ignored);
	if (!ok)
		return mongo_failed(e, db, &be);
	return true;
}

/* Is the member, asked without an account, up (or even the primary)? */
struct asking {
	mongoc_client_t	*client;
	const char	*field;		/* that must be true in the reply */
};

static bool
reply_says(const bson_t *reply, const char *field)
{
	bson_iter_t	 it;

	if (strcmp(field, "ready") == 0)
		return reply_says(reply, "ismaster") ||
		    reply_says(reply, "secondary") ||
		    reply_says(reply, "arbiterOnly");
	return bson_iter_init_find(&it, reply, field) &&
	    bson_iter_as_bool(&it);
}

static bool
member_says(void *arg)
{
	struct asking	*a = arg;
	bson_t		 reply = BSON_INITIALIZER;
	bool		 yes = lab_member_command(a->client, "admin",
	    "{\"isMaster\":1}", &reply, NULL) &&
	    reply_says(&reply, a->field);

	bson_destroy(&reply);
	return yes;
}

bool
lab_member_wait(struct lab_house *h, int n, mongoc_client_t *c,
    const char *field, struct err *e)
{
	AUTO_FREE char	*log = lab_path(h, "log/mongod%d", n);
	struct asking	 a = { c, field };

	if (log == NULL)
		return err_nomem(e);
	return lab_wait_ready(h, h->mongods[n], "mongod", log, START_S,
	    lab_port_answers, &h->mongo_ports[n], e) &&
	    lab_wait_ready(h, h->mongods[n], "mongod", log, START_S,
	    member_says, &a, e);
}
