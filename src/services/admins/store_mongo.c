/*
 * The first route: documents of meeting.administrators, read and written as
 * a majority of the replica set has them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

static const struct mongo_where where = { ADMINS_DB, ADMINS_COLLECTION };

/* As JSON; unlike what people write, a stored text may hold NUL bytes. */
static json_t *
doc_parse(const char *text)
{
	return json_loads(text, JSON_ALLOW_NUL, NULL);
}

static bool
list_each(void *arg, struct mongo_doc *doc, struct err *e)
{
	struct admin_list	*l = arg;
	AUTO_JSON json_t	*j = doc_parse(doc->text);
	AUTO_FREE char		*other = NULL;
	json_t			*id;
	const char		*text;

	if (j == NULL)
		return err_nomem(e);
	id = json_object_get(j, "_id");
	text = json_is_string(id) ? json_string_value(id) :
	    json_str(id, "$oid");
	if (text == NULL) {
		other = json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY);
		text = other != NULL ? other : "";
	}
	return admin_list_add(l, text, json_is_string(id),
	    json_text(j, "email"), doc, e);
}

static bool
mongo_list(struct ctx *ctx, struct admin_list *out, struct err *e)
{
	struct mongo	*m;

	if (!mongo_need(ctx, &m, e))
		return false;
	out->standalone = mongo_kind(m) == MONGO_STANDALONE;
	return mongo_find(m, &where, NULL, list_each, out, e);
}

/* A filter for this mail in any case; malformed mails cannot get here. */
static json_t *
mail_filter(const char *mail)
{
	AUTO_BUF struct buf	 re = BUF_INIT;
	const char		*p;

	buf_putc(&re, '^');
	for (p = mail; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
			buf_putc(&re, '\\');
		buf_putc(&re, *p);
	}
	buf_putc(&re, '$');
	return json_pack("{s:{s:s,s:s}}", "email", "$regex", buf_str(&re),
	    "$options", "i");
}

/* JSON as text, for args; NULL takes no memory. */
static json_t *
as_text(const json_t *j)
{
	AUTO_FREE char	*text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);

	return text == NULL ? NULL : json_string(text);
}

static bool
mongo_insert_step(struct ctx *ctx, struct plan *plan, const char *email,
    struct err *e)
{
	AUTO_JSON json_t *doc = json_pack("{s:s}", "email", email);
	AUTO_JSON json_t *absent = mail_filter(email);
	AUTO_JSON json_t *mail = json_string(email);
	AUTO_FREE char	*shown = json_dumps(mail, JSON_ENCODE_ANY);
	AUTO_FREE char	*diff = str_format(
	    "+ {\"_id\": \"<new>\", \"email\": %s}", shown);
	struct step_spec spec = {
		.action = "mongo.insert", .risk = RISK_ACCESS,
		.undo = T_UNDO_INSERT, .diff = diff,
	};

	(void)ctx;
	if (doc == NULL || absent == NULL || shown == NULL || diff == NULL)
		return err_nomem(e);
	spec.args = json_pack("{s:s,s:s,s:o,s:o}", "db", ADMINS_DB,
	    "collection", ADMINS_COLLECTION, "document", as_text(doc),
	    "absent", as_text(absent));
	if (spec.args == NULL)
		return err_nomem(e);
	return plan_step_add(plan, &spec, e, T_STEP_INSERT, email);
}

/* One document as a line of a diff. */
static char *
doc_line(char sign, const char *text)
{
	AUTO_JSON json_t *j = doc_parse(text);
	AUTO_FREE char	 *line = j == NULL ? NULL : json_dumps(j, 0);

	return line == NULL ? NULL : str_format("%c %s", sign, line);
}

/* What cannot be put back byte for byte is not taken away. */
static bool
doc_is_kept_by_text(const struct admin *a, struct err *e)
{
	char	 digest[DIGEST_HEX_SIZE];

	if (!mongo_text_digest(a->doc.text, digest, e))
		return false;
	return strcmp(digest, a->doc.digest) == 0 ||
	    err_set(e, ERR_REFUSED, 0, T_LOSSY, a->id);
}

/* {"_id": ...} of an entry, as text. */
static json_t *
id_filter(const struct admin *a)
{
	AUTO_JSON json_t *doc = doc_parse(a->doc.text);
	AUTO_JSON json_t *filter = doc == NULL ? NULL : json_pack("{s:O}",
	    "_id", json_object_get(doc, "_id"));

	return as_text(filter);
}

static bool
mongo_delete_step(struct ctx *ctx, struct plan *plan, const struct admin *a,
    const struct admin *witness, struct err *e)
{
	AUTO_FREE char	*diff = doc_line('-', a->doc.text);
	struct step_spec spec = {
		.action = "mongo.delete", .risk = RISK_ACCESS,
		.undo = T_UNDO_DELETE, .diff = diff,
	};

	(void)ctx;
	if (!doc_is_kept_by_text(a, e))
		return false;
	spec.args = json_pack("{s:s,s:s,s:s,s:s}", "db", ADMINS_DB,
	    "collection", ADMINS_COLLECTION, "document", a->doc.text,
	    "sha256", a->doc.digest);
	if (diff == NULL || spec.args == NULL || (witness != NULL &&
	    json_object_set_new(spec.args, "witness",
	    id_filter(witness)) != 0)) {
		json_decref(spec.args);
		return err_nomem(e);
	}
	return plan_step_add(plan, &spec, e, T_STEP_DELETE,
	    a->email[0] != '\0' ? a->email : a->id);
}

static bool
mongo_respell_step(struct ctx *ctx, struct plan *plan, const struct admin *a,
    const char *email, struct err *e)
{
	AUTO_JSON json_t *doc = doc_parse(a->doc.text);
	AUTO_FREE char	*after = NULL, *minus = NULL, *plus = NULL;
	AUTO_FREE char	*diff = NULL;
	char		 digest[DIGEST_HEX_SIZE];
	struct step_spec spec = {
		.action = "mongo.replace", .risk = RISK_ACCESS,
		.undo = T_UNDO_RESPELL,
	};

	(void)ctx;
	if (doc == NULL)
		return err_nomem(e);
	if (!doc_is_kept_by_text(a, e))
		return false;
	if (json_object_set_new(doc, "email", json_string(email)) != 0 ||
	    (after = json_dumps(doc, JSON_COMPACT)) == NULL ||
	    (minus = doc_line('-', a->doc.text)) == NULL ||
	    (plus = doc_line('+', after)) == NULL ||
	    (diff = str_format("%s\n%s", minus, plus)) == NULL)
		return err_nomem(e);
	if (!mongo_text_digest(after, digest, e))
		return false;
	spec.diff = diff;
	spec.args = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "db", ADMINS_DB,
	    "collection", ADMINS_COLLECTION, "document", a->doc.text,
	    "sha256", a->doc.digest, "after", after, "after_sha256", digest);
	if (spec.args == NULL)
		return err_nomem(e);
	return plan_step_add(plan, &spec, e, T_STEP_RESPELL, a->email, email);
}

const struct admin_store admin_store_mongo = {
	.name = "mongo",
	.list = mongo_list,
	.insert = mongo_insert_step,
	.delete = mongo_delete_step,
	.respell = mongo_respell_step,
};
