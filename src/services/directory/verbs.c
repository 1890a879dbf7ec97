/*
 * The verb table of the directory.  Each function opens what it needs, asks
 * and closes; nothing is kept between calls.
 */
#include "directory_private.h"

#include "stconsole/action.h"
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

static bool
show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_DIRECTORY struct directory	*d = NULL;

	if (!directory_open(ctx, &d, e))
		return false;
	return directory_show(d, json_text(params, "who"), result, e);
}

static bool
test_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const struct site_ldap		*conf;
	struct directory_options	 opts;
	struct site			*site;
	size_t				 count;

	if (!site_need(ctx, &site, e) ||
	    !site_ldap_servers(site, &conf, &count, e) ||
	    !directory_options_read(ctx, &opts, e))
		return false;
	return directory_test(ctx, conf, count, &opts,
	    json_str(params, "mail"), result, e);
}

static const struct verb_param search_params[] = {
	{ .name = "text", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "A part of the name, mail or uid" },
	{ .name = "limit", .type = PARAM_INT, .min = 1, .max = LIMIT_MAX,
	  .help = "How many people at most; 50 when not given" },
};

static const struct verb_param show_params[] = {
	{ .name = "who", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "Mail, uid, full name or DN" },
};

static const struct verb_param test_params[] = {
	{ .name = "mail", .type = PARAM_MAIL,
	  .help = "Also look for the person with this mail" },
};

#define SERVER_PARAM \
	{ .name = "server", .type = PARAM_INT, .min = 1, .max = 32, \
	  .help = "Which server, in the order they are asked; 1 when not " \
	  "given" }

static const struct verb_param settings_params[] = {
	SERVER_PARAM,
};

static const struct verb_param set_params[] = {
	{ .name = "host", .type = PARAM_TEXT,
	  .help = "Name or address of the directory server" },
	{ .name = "port", .type = PARAM_INT, .min = 1, .max = 65535,
	  .help = "Its port: of ldaps when that is on, else the plain one" },
	{ .name = "ldaps", .type = PARAM_CHOICE, .choices = "yes|no",
	  .help = "Encrypted from the first byte" },
	{ .name = "bind_dn", .type = PARAM_TEXT,
	  .help = "The account that Sametime searches with" },
	{ .name = "bind_password", .type = PARAM_SECRET,
	  .help = "Its password" },
	{ .name = "base", .type = PARAM_TEXT,
	  .help = "Where people are: PersonResolveBase" },
	SERVER_PARAM,
	{ .name = "untried", .type = PARAM_FLAG,
	  .help = "Write it without trying it first" },
};

static const struct verb verbs[] = {
	{ .name = "directory.search",
	  .help = "Find people in the directory",
	  .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .params = search_params, .param_count = LENGTH(search_params),
	  .read = search_read,
	  .schema = "{\"people\":[{" PERSON_SHAPE "}],\"more\":\"bool\","
	      "\"problems\":[\"string\"]}",
	  .view = "people: name=Name,mail=Mail,uid=Uid,disabled=Disabled,"
	      "dn=DN" },
	{ .name = "directory.show",
	  .help = "Show a person of the directory with all groups",
	  .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .params = show_params, .param_count = LENGTH(show_params),
	  .read = show_read,
	  .schema = "{\"person\":{" PERSON_SHAPE ",\"server\":\"string\"},"
	      "\"attributes\":{\"*\":[\"string\"]},"
	      "\"groups\":[{\"dn\":\"string\",\"name\":\"string\","
	      "\"level\":\"int\"}],\"more_groups\":\"bool\","
	      "\"problems\":[\"string\"]}" },
	{ .name = "directory.test",
	  .help = "Test the way to the directory, hop by hop",
	  .detail = "Names the hop that fails (settings, dns, tcp, tls, bind, "
	      "base, filter, attribute, entry) and what to do.  ldaps is "
	      "used when the site says so.  On a plain port "
	      "directory.starttls decides: auto uses StartTLS when the "
	      "server offers it and the site names a CA, never and require "
	      "do as they say.  Referrals are reported; they are followed "
	      "when directory.referrals is follow.",
	  .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .params = test_params, .param_count = LENGTH(test_params),
	  .read = test_read,
	  .schema = "{\"ok\":\"bool\",\"hops\":[{\"server\":\"string\","
	      "\"hop\":\"=settings|dns|tcp|tls|bind|base|filter|attribute|"
	      "entry\",\"mark\":\"=ok|warn|fail|skipped\","
	      "\"text\":\"string\",\"hint\":\"string\"}],"
	      "\"chain\":[{\"server\":\"string\",\"subject\":\"string\","
	      "\"issuer\":\"string\",\"not_before\":\"string\","
	      "\"not_after\":\"string\",\"sha256\":\"string\","
	      "\"san\":[\"string\"]}]}",
	  .view = "hops: mark=,hop=Hop,server=Server,text=What,"
	      "hint=What to do" },
	{ .name = "directory.settings",
	  .help = "Show where the directory is and as whom it is asked",
	  .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .params = settings_params, .param_count = LENGTH(settings_params),
	  .read = directory_settings_read,
	  .schema = "{\"server\":\"int\",\"servers\":\"int\","
	      "\"host\":\"string\",\"port\":\"int\",\"ldaps\":"
	      "\"=yes|no\",\"bind_dn\":\"string\",\"has_password\":"
	      "\"bool\",\"base\":\"string\",\"file\":\"string\","
	      "\"line\":\"int\"}" },
	{ .name = "directory.set",
	  .help = "Change where the directory is and as whom it is asked",
	  .detail = "Changes attributes of one LDAP connection in "
	      "StCommunityConfig.xml; what is not given stays.  The new "
	      "settings are tried first: when the directory does not answer "
	      "by them the plan is refused, unless --untried is given.  "
	      "Afterwards it is asked by what the file says then.",
	  .role = ROLE_ADMIN, .risk = RISK_ACCESS,
	  .params = set_params, .param_count = LENGTH(set_params),
	  .plan = directory_set_plan },
};

const struct service directory_service = {
	.name = "directory",
	.verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = &directory_answers, .action_count = 1,
};
