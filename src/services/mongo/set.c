/*
 * A deployment, looked at: first the servers of the URL, then those that they
 * name.  All of a round are asked beside each other, so that one that is
 * silent costs its own time limit and not that of everybody.
 */
#include "set.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/thread.h"

#include "text_set.def"

/* ---- rounds */

struct round {
	pthread_mutex_t	 lock;
	pthread_cond_t	 ended;
	size_t		 open;
};

struct seat {
	struct round	*round;
	struct set_look	*look;
};

static void
seat_work(void *arg)
{
	struct seat	*s = arg;

	set_look_run(s->look);
	pthread_mutex_lock(&s->round->lock);
	s->round->open--;
	pthread_cond_signal(&s->round->ended);
	pthread_mutex_unlock(&s->round->lock);
}

static void
round_wait(struct round *r)
{
	pthread_mutex_lock(&r->lock);
	while (r->open > 0)
		pthread_cond_wait(&r->ended, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

bool
set_round(struct set_look *looks, size_t from, size_t to, struct err *e)
{
	struct round	 r = { PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER, to - from };
	struct seat	 seats[SET_LOOKS_MAX];
	size_t		 i;
	bool		 ok = true;

	for (i = from; i < to; i++) {
		seats[i] = (struct seat){ &r, &looks[i] };
		/* No thread to be had: one after the other, then. */
		if (!thread_start(seat_work, &seats[i], NULL))
			seat_work(&seats[i]);
	}
	round_wait(&r);
	for (i = from; i < to; i++)
		ok = ok && !looks[i].no_memory;
	pthread_cond_destroy(&r.ended);
	pthread_mutex_destroy(&r.lock);
	return ok || err_nomem(e);
}

/* ---- who is there */

struct crowd {
	struct set_ask	 ask;
	struct set_look	*looks;		/* SET_LOOKS_MAX */
	size_t		 count;
};

static bool
is_known(const struct crowd *c, const char *address)
{
	size_t	 i;

	for (i = 0; i < c->count; i++)
		if (strcmp(c->looks[i].address, address) == 0 ||
		    strcmp(json_text(c->looks[i].hello, "me"), address) == 0)
			return true;
	return false;
}

static void
crowd_add(struct crowd *c, const char *address, bool is_arbiter)
{
	struct set_look	*look = &c->looks[c->count];

	if (c->count == SET_LOOKS_MAX || strlen(address) >=
	    sizeof(look->address) || is_known(c, address))
		return;
	c->count++;
	look->ask = &c->ask;
	look->is_arbiter = is_arbiter;
	snprintf(look->address, sizeof(look->address), "%s", address);
}

static void
crowd_add_list(struct crowd *c, const json_t *names, bool is_arbiter)
{
	const json_t	*name;
	size_t		 i;

	json_array_foreach(names, i, name)
		if (json_is_string(name))
			crowd_add(c, json_string_value(name), is_arbiter);
}

/* hello leaves the hidden ones out, the configuration does not. */
static void
crowd_add_named(struct crowd *c, const struct set_look *look)
{
	const json_t	*m;
	size_t		 i;

	crowd_add_list(c, json_object_get(look->hello, "hosts"), false);
	crowd_add_list(c, json_object_get(look->hello, "passives"), false);
	crowd_add_list(c, json_object_get(look->hello, "arbiters"), true);
	json_array_foreach(json_object_get(look->config, "members"), i, m)
		crowd_add(c, json_text(m, "host"),
		    json_flag(m, "arbiterOnly"));
}

/* mongodb+srv: DNS names the servers, and the driver asks it. */
static bool
seeds_by_dns(struct crowd *c, struct err *e)
{
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_FREE char		*hosts = NULL;
	char			*save = NULL, *host;

	if (!mongo_open_url(c->ask.url, MONGO_ANY, c->ask.timeout_ms, &m, e))
		return false;
	hosts = strdup(mongo_hosts(m));
	if (hosts == NULL)
		return err_nomem(e);
	for (host = strtok_r(hosts, ",", &save); host != NULL;
	    host = strtok_r(NULL, ",", &save))
		crowd_add(c, host, false);
	return true;
}

static bool
crowd_seeds(struct crowd *c, struct err *e)
{
	const mongoc_host_list_t *host;
	mongoc_uri_t	*uri;
	bson_error_t	 be;

	if (!mongo_driver_load(e) ||
	    !mongo_url_check(secret_reveal(c->ask.url), e))
		return false;
	uri = mongoc_uri_new_with_error(secret_reveal(c->ask.url), &be);
	for (host = uri == NULL ? NULL : mongoc_uri_get_hosts(uri);
	    host != NULL; host = host->next)
		crowd_add(c, host->host_and_port, false);
	if (uri != NULL) {
		c->ask.has_account = mongoc_uri_get_username(uri) != NULL ||
		    mongoc_uri_get_auth_mechanism(uri) != NULL;
		mongoc_uri_destroy(uri);
	}
	/* It also says what is wrong with a URL that is none. */
	return c->count > 0 || seeds_by_dns(c, e);
}

/* Somebody answered, and took the account if there is one to be taken. */
static bool
crowd_answers(const struct crowd *c, struct err *e)
{
	const struct set_look	*refuses = NULL;
	size_t			 i;

	for (i = 0; i < c->count; i++) {
		if (c->looks[i].hello == NULL)
			continue;
		if (!c->looks[i].is_refused)
			return true;
		refuses = &c->looks[i];
	}
	/* Arbiters alone: what keeps the others from answering. */
	if (refuses != NULL && refuses->login.domain != ERR_NONE)
		return err_copy(e, &refuses->login);
	for (i = 0; i + 1 < c->count && c->looks[i].hello != NULL; i++)
		;
	return err_copy(e, &c->looks[i].silence);
}

static bool
crowd_look(struct crowd *c, struct err *e)
{
	size_t	 from = 0, to, i;

	if (!crowd_seeds(c, e))
		return false;
	while (from < c->count) {
		to = c->count;
		if (!set_round(c->looks, from, to, e))
			return false;
		for (i = from; i < to; i++)
			crowd_add_named(c, &c->looks[i]);
		from = to;
	}
	return crowd_answers(c, e);
}

/* ---- the calls of others */

/* How each is run here: by this thread, which ctx belongs to. */
static bool
run_add(struct ctx *ctx, const json_t *members, struct err *e)
{
	json_t		*m, *run;
	size_t		 i;

	json_array_foreach(members, i, m) {
		run = mongo_run_find(ctx, json_text(m, "address"),
		    (pid_t)json_int(m, "pid", 0));
		if (run == NULL || json_object_set_new(m, "run", run) < 0)
			return err_nomem(e);
	}
	return true;
}

static bool
set_fill(struct crowd *c, json_t *out, struct err *e)
{
	return crowd_look(c, e) && set_join(c->looks, c->count, out, e) &&
	    ((c->ask.flags & MONGO_SET_BRIEF) != 0 || run_add(c->ask.ctx,
	    json_object_get(out, "members"), e));
}

bool
mongo_set_read(struct ctx *ctx, const struct secret *url, unsigned flags,
    json_t **out, struct err *e)
{
	AUTO_JSON json_t *set = json_object();
	struct crowd	 c = { .ask = { .ctx = ctx, .url = url,
		.flags = flags } };
	int64_t		 ms;
	size_t		 i;
	bool		 ok;

	if (!settings_get_int(ctx, "mongo.timeout_ms", &ms, e))
		return false;
	c.ask.timeout_ms = ms < 200 ? 200 : ms > 600000 ? 600000 : (int)ms;
	c.looks = calloc(SET_LOOKS_MAX, sizeof(*c.looks));
	if (set == NULL || c.looks == NULL) {
		free(c.looks);
		return err_nomem(e);
	}
	ok = set_fill(&c, set, e);
	for (i = 0; i < c.count; i++)
		set_look_fini(&c.looks[i]);
	free(c.looks);
	if (ok)
		*out = TAKE(set);
	return ok;
}

const json_t *
mongo_set_member(const json_t *set, const char *name)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach(json_object_get(set, "members"), i, m)
		if (strcmp(json_text(m, "name"), name) == 0)
			return m;
	return NULL;
}
