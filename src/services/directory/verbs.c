/*
 * The verb table of the directory.  Each function opens what it needs, asks
 * and closes; nothing is kept between calls.
 */
#include "directory_private.h"

#include "stconsole/json.h"
#include "stconsole/mem.h"

#define LIMIT_DEFAULT	50
#define LIMIT_MAX	5000

#define PERSON_SHAPE	"\"dn\":\"string\",\"id\":\"string\"," \
	"\"uid\":\"string\",\"name\":\"string\",\"mail\":\"string\"," \
	"\"disabled\":\"bool\""

static bool
search_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_DIRECTORY struct directory	*d = NULL;

	if (!directory_open(ctx, &d, e))
		return false;
	return directory_search(d, json_text(params, "text"),
	    (int)json_int(params, "limit", LIMIT_DEFAULT), result, e);
}

static const struct verb_param search_params[] = {
	{ .name = "text", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "a part of the name, mail or uid" },
	{ .name = "limit", .type = PARAM_INT, .min = 1, .max = LIMIT_MAX,
	  .help = "how many people at most; 50 when not given" },
};

static const struct verb verbs[] = {
	{ .name = "directory.search",
	  .help = "find people in the directory",
	  .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .params = search_params, .param_count = LENGTH(search_params),
	  .read = search_read,
	  .schema = "{\"people\":[{" PERSON_SHAPE "}],\"more\":\"bool\","
	      "\"problems\":[\"string\"]}",
	  .view = "people: name=Name,mail=Mail,uid=Uid,disabled=Disabled,"
	      "dn=DN" },
};

const struct service directory_service = {
	.name = "directory",
	.verbs = verbs, .verb_count = LENGTH(verbs),
};
