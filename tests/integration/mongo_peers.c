#include "mongo_peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define FILL_BATCH	1000

void
mongo_peer_did(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s (%s)", e->msg, e->hint);
}

struct secret *
mongo_peer_url(const struct mongo_peer *p)
{
	AUTO_FREE char	*url = str_format(
	    "mongodb://127.0.0.1:%d/?directConnection=true", p->port);
	struct err	 e;

	return secret_new(url, strlen(url), &e);
}

struct mongo *
mongo_peer_open(const struct mongo_peer *p)
{
	AUTO_SECRET struct secret *url = mongo_peer_url(p);
	struct mongo	*m;
	struct err	 e;

	mongo_peer_did(mongo_open_url(url, MONGO_ANY, 5000, &m, &e), &e);
	return m;
}

void
mongo_peer_run(struct mongo *m, const char *db, const char *command)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 e;

	if (!mongo_command(m, db, command, "root", &reply, &e))
		fail_msg("%s: %s", command, e.msg);
}

void
mongo_peer_initiate(const struct mongo_peer *p)
{
	AUTO_MONGO struct mongo *m = mongo_peer_open(p);
	AUTO_FREE char	*initiate = str_format("{\"replSetInitiate\":{"
	    "\"_id\":\"rs0\",\"members\":[{\"_id\":0,\"host\":"
	    "\"127.0.0.1:%d\"}]}}", p->port);
	struct err	 e;
	int		 tries;

	mongo_peer_run(m, "admin", initiate);
	for (tries = 0; tries < 200; tries++) {
		AUTO_JSON json_t *reply = NULL;

		mongo_peer_did(mongo_command(m, "admin", "{\"isMaster\":1}",
		    "root", &reply, &e), &e);
		if (json_flag(reply, "ismaster"))
			return;
		cancel_wait(NULL, 50);
	}
	fail_msg("no primary");
}

void
mongo_peer_fill(struct mongo *m, const char *db, const char *name,
    size_t count, size_t size)
{
	const struct mongo_insert_spec spec = { .db = db, .collection = name };
	AUTO_FREE char		*fill = malloc(size + 1);
	struct mongo_bytes	 docs[FILL_BATCH];
	struct mongo_inserted	 r = { 0 };
	struct err		 e;
	size_t			 n, i, k;

	memset(fill, 'x', size);
	fill[size] = '\0';
	for (n = 0; n < count; n += i) {
		struct buf	 all[FILL_BATCH] = { { 0 } };

		for (i = 0; i < FILL_BATCH && n + i < count; i++) {
			AUTO_FREE char *text = str_format(
			    "{\"_id\":%zu,\"f\":\"%s\"}", n + i, fill);

			mongo_peer_did(mongo_text_bytes(text, &all[i], &e),
			    &e);
			docs[i] = (struct mongo_bytes){
				(uint8_t *)all[i].data,
				(uint32_t)all[i].len };
		}
		mongo_peer_did(mongo_insert_many(m, &spec, docs, i, &r, &e),
		    &e);
		for (k = 0; k < i; k++)
			buf_fini(&all[k]);
	}
	assert_int_equal(r.inserted, count);
}

static const char *const zoo[] = {
	"meeting", "{\"create\":\"people\",\"collation\":{\"locale\":\"de\"},"
	    "\"validator\":{\"n\":{\"$gte\":0}}}",
	"meeting", "{\"insert\":\"people\",\"documents\":[{\"_id\":\"a\","
	    "\"n\":1,\"t\":\"x\"},{\"_id\":\"b\",\"n\":2.5},{\"_id\":"
	    "{\"$timestamp\":{\"t\":5,\"i\":1}},\"n\":3}]}",
	"meeting", "{\"createIndexes\":\"people\",\"indexes\":["
	    "{\"key\":{\"n\":1,\"t\":-1},\"name\":\"n_t\",\"unique\":true},"
	    "{\"key\":{\"n\":\"hashed\"},\"name\":\"n_h\"},"
	    "{\"key\":{\"t\":1},\"name\":\"t_part\","
	    "\"partialFilterExpression\":{\"n\":{\"$gt\":1}}},"
	    "{\"key\":{\"t\":1},\"name\":\"t_simple\","
	    "\"collation\":{\"locale\":\"simple\"}},"
	    "{\"key\":{\"_id\":\"hashed\"},\"name\":\"id_h\"}]}",
	"meeting", "{\"create\":\"text\"}",
	"meeting", "{\"createIndexes\":\"text\",\"indexes\":["
	    "{\"key\":{\"words\":\"text\"},\"name\":\"w\","
	    "\"default_language\":\"german\"},"
	    "{\"key\":{\"at\":\"2dsphere\"},\"name\":\"geo\"},"
	    "{\"key\":{\"s\":1},\"name\":\"s_sparse\",\"sparse\":true}]}",
	"meeting", "{\"create\":\"capped\",\"capped\":true,\"size\":65536,"
	    "\"max\":100}",
	"meeting", "{\"insert\":\"capped\",\"documents\":[{\"_id\":2},"
	    "{\"_id\":1}]}",
	"meeting", "{\"create\":\"empty\"}",
	"meeting", "{\"create\":\"odd na.me/..\\\\+%41\\u00e4\\n\"}",
	"meeting", "{\"insert\":\"odd na.me/..\\\\+%41\\u00e4\\n\","
	    "\"documents\":[{\"_id\":1}]}",
	"meeting", "{\"create\":\"a_view\",\"viewOn\":\"z_view\","
	    "\"pipeline\":[{\"$match\":{\"n\":{\"$gt\":0}}}],"
	    "\"collation\":{\"locale\":\"de\"}}",
	"meeting", "{\"create\":\"z_view\",\"viewOn\":\"people\","
	    "\"pipeline\":[],\"collation\":{\"locale\":\"de\"}}",
	"chatlogging", "{\"createIndexes\":\"EVENTS\",\"indexes\":["
	    "{\"key\":{\"TimeStamp\":1},\"name\":\"TimeStamp_1\","
	    "\"expireAfterSeconds\":7776000}]}",
	"chatlogging", "{\"insert\":\"EVENTS\",\"documents\":["
	    "{\"_id\":\"dummy\"},{\"_id\":1,\"TimeStamp\":"
	    "{\"$date\":{\"$numberLong\":\"1000\"}}}]}",
	"userinfo", "{\"insert\":\"system.js\",\"documents\":["
	    "{\"_id\":\"f\",\"value\":{\"$code\":\"function(){}\"}}]}",
	NULL
};

static const char *const zoo_new[] = {
	"meeting", "{\"create\":\"series\",\"timeseries\":{\"timeField\":"
	    "\"at\",\"metaField\":\"m\"},\"expireAfterSeconds\":60}",
	"meeting", "{\"insert\":\"series\",\"documents\":[{\"at\":{\"$date\":"
	    "{\"$numberLong\":\"1700000000000\"}},\"m\":1,\"v\":2}]}",
	"meeting", "{\"createIndexes\":\"series\",\"indexes\":["
	    "{\"key\":{\"m\":1,\"at\":1},\"name\":\"m_at\"}]}",
	"meeting", "{\"create\":\"clustered\",\"clusteredIndex\":{\"key\":"
	    "{\"_id\":1},\"unique\":true,\"name\":\"by id\"},"
	    "\"expireAfterSeconds\":60}",
	"meeting", "{\"insert\":\"clustered\",\"documents\":[{\"_id\":"
	    "{\"$date\":{\"$numberLong\":\"4000000000000\"}}}]}",
	"meeting", "{\"create\":\"images\","
	    "\"changeStreamPreAndPostImages\":{\"enabled\":true}}",
	NULL
};

static void
zoo_run(struct mongo *m, const char *const *list)
{
	for (; list[0] != NULL; list += 2)
		mongo_peer_run(m, list[0], list[1]);
}

void
mongo_peer_zoo(struct mongo *m, bool is_new)
{
	/* Nothing expires while it is looked at. */
	mongo_peer_run(m, "admin", "{\"setParameter\":1,"
	    "\"ttlMonitorEnabled\":false}");
	zoo_run(m, zoo);
	if (is_new)
		zoo_run(m, zoo_new);
}
