/*
 * Sametime's five databases with one of everything that a copy or an upgrade
 * must keep, and the digest that tells whether it did.  No date is one at
 * which a TTL index would remove something.
 */
#include "mongo_lab_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#define BATCH		500
#define BINARY_SIZE	100000
#define FUTURE_MS	4102444800000	/* 2100-01-01 */

static const char *const databases[] = {
	"chatlogging", "meeting", "mobileOffline", "privacy", "userinfo",
};

/* Run in every database, in this order. */
static const char *const zoo[] = {
	"{\"createIndexes\":\"lab_documents\",\"indexes\":["
	    "{\"key\":{\"at\":1},\"name\":\"at_1\","
	    "\"expireAfterSeconds\":7776000},"
	    "{\"key\":{\"number\":1},\"name\":\"number_1\",\"unique\":true},"
	    "{\"key\":{\"group\":\"hashed\"},\"name\":\"group_hashed\"},"
	    "{\"key\":{\"text\":\"text\"},\"name\":\"text_text\"},"
	    "{\"key\":{\"rare\":1},\"name\":\"rare_1\",\"sparse\":true},"
	    "{\"key\":{\"group\":1,\"number\":-1},\"name\":\"part\","
	    "\"partialFilterExpression\":{\"group\":{\"$gt\":3}}},"
	    "{\"key\":{\"text\":1},\"name\":\"text_de\","
	    "\"collation\":{\"locale\":\"de\",\"strength\":2}}]}",
	"{\"create\":\"lab_collation\",\"collation\":{\"locale\":\"de\","
	    "\"strength\":2}}",
	"{\"insert\":\"lab_collation\",\"documents\":[{\"_id\":\"Straße\"},"
	    "{\"_id\":\"Äpfel\"}]}",
	"{\"create\":\"lab_capped\",\"capped\":true,\"size\":65536,"
	    "\"max\":100}",
	"{\"insert\":\"lab_capped\",\"documents\":[{\"_id\":3},{\"_id\":1},"
	    "{\"_id\":2}]}",
	"{\"create\":\"lab_empty\"}",
	"{\"create\":\"lab_checked\",\"validator\":{\"$jsonSchema\":"
	    "{\"required\":[\"a\"]}},\"validationLevel\":\"moderate\","
	    "\"validationAction\":\"warn\"}",
	"{\"insert\":\"lab_checked\",\"documents\":[{\"_id\":1,\"a\":1},"
	    "{\"_id\":2}]}",
	"{\"create\":\"lab_view\",\"viewOn\":\"lab_documents\","
	    "\"pipeline\":[{\"$match\":{\"group\":1}}]}",
	"{\"create\":\"lab_view_of_view\",\"viewOn\":\"lab_view\","
	    "\"pipeline\":[{\"$project\":{\"text\":1}}]}",
	"{\"insert\":\"lab.dotted.name\",\"documents\":[{\"_id\":1}]}",
	"{\"insert\":\"lab 100% + odd/name\",\"documents\":[{\"_id\":1}]}",
	"{\"insert\":\"läb_漢\",\"documents\":[{\"_id\":1}]}",
	/* Timestamp(0,0) at the top would be filled in by the server. */
	"{\"insert\":\"lab_types\",\"documents\":[{\"_id\":{\"$oid\":"
	    "\"6560a1b2c3d4e5f600000009\"},\"d\":{\"$numberDouble\":"
	    "\"-0.0\"},\"n\":{\"$numberDouble\":\"NaN\"},\"s\":\"\\u0000x\","
	    "\"o\":{\"t\":{\"$timestamp\":{\"t\":0,\"i\":0}},"
	    "\"e\":{},\"a\":[]},\"b\":{\"$binary\":{\"base64\":\"AAEC\","
	    "\"subType\":\"80\"}},\"u\":{\"$undefined\":true},"
	    "\"y\":{\"$binary\":{\"base64\":\"AAECAwQFBgcICQoLDA0ODw==\","
	    "\"subType\":\"04\"}},\"f\":false,\"m\":{\"$date\":{"
	    "\"$numberLong\":\"-1\"}},\"z\":null,\"r\":{"
	    "\"$regularExpression\":{\"pattern\":\"^a\",\"options\":\"im\"}},"
	    "\"p\":{\"$dbPointer\":{\"$ref\":\"x.y\",\"$id\":{\"$oid\":"
	    "\"6560a1b2c3d4e5f600000001\"}}},\"c\":{\"$code\":\"f()\"},"
	    "\"l\":{\"$symbol\":\"sym\"},\"w\":{\"$code\":\"g()\","
	    "\"$scope\":{\"x\":{\"$numberInt\":\"1\"}}},"
	    "\"i\":{\"$numberInt\":\"-2147483648\"},"
	    "\"j\":{\"$numberLong\":\"9223372036854775807\"},"
	    "\"q\":{\"$numberDecimal\":\"1.10\"},\"mi\":{\"$minKey\":1},"
	    "\"ma\":{\"$maxKey\":1}}]}",
};

/* From 5.0 on. */
static const char *const zoo_new[] = {
	"{\"create\":\"lab_series\",\"timeseries\":{\"timeField\":\"t\","
	    "\"metaField\":\"m\"}}",
	"{\"insert\":\"lab_series\",\"documents\":["
	    "{\"t\":{\"$date\":\"2024-01-01T00:00:00Z\"},\"m\":1,\"_id\":1,"
	    "\"v\":1.5},{\"t\":{\"$date\":\"2024-01-01T00:00:01Z\"},"
	    "\"m\":1,\"_id\":2,\"v\":2.5}]}",
};

static void
documents_append(bson_t *cmd, int first, int count)
{
	bson_t	 list, doc;
	char	 text[96];

	bson_append_array_begin(cmd, "documents", -1, &list);
	for (int i = 0; i < count; i++) {
		const char	*key;
		char		 number[16];
		int		 n = first + i;

		bson_uint32_to_string((uint32_t)i, &key, number,
		    sizeof(number));
		snprintf(text, sizeof(text), "Zeile %d von Sitzung %d, "
		    "grüße aus dem Labor", n, n % 97);
		bson_append_document_begin(&list, key, -1, &doc);
		BSON_APPEND_INT32(&doc, "_id", n);
		BSON_APPEND_UTF8(&doc, "text", text);
		BSON_APPEND_INT32(&doc, "number", n);
		BSON_APPEND_INT32(&doc, "group", n % 7);
		BSON_APPEND_DATE_TIME(&doc, "at", FUTURE_MS + n);
		if (n % 10 == 0)
			BSON_APPEND_BOOL(&doc, "rare", true);
		bson_append_document_end(&list, &doc);
	}
	bson_append_array_end(cmd, &list);
}

static void
command_send(mongoc_client_t *c, const char *db, bson_t *cmd)
{
	bson_t		 reply = BSON_INITIALIZER;
	bson_error_t	 be = { 0 };

	if (!mongoc_client_write_command_with_opts(c, db, cmd, NULL, &reply,
	    &be))
		fail_msg("%s: %s", db, be.message);
	bson_destroy(&reply);
}

static void
documents_fill(mongoc_client_t *c, const char *db, int count)
{
	for (int first = 0; first < count; first += BATCH) {
		bson_t	*cmd = BCON_NEW("insert", "lab_documents");

		documents_append(cmd, first, count - first < BATCH ?
		    count - first : BATCH);
		command_send(c, db, cmd);
		bson_destroy(cmd);
	}
}

/* As GridFS has it: pieces of bytes that do not compress. */
static void
binary_fill(mongoc_client_t *c, const char *db)
{
	static uint8_t	 bytes[BINARY_SIZE];
	uint32_t	 x = 2463534242;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
	for (int n = 0; n < 3; n++) {
		bson_t	*cmd = BCON_NEW("insert", "lab_files.chunks",
		    "documents", "[", "{", "_id", BCON_INT32(n), "data",
		    BCON_BIN(BSON_SUBTYPE_BINARY, bytes, sizeof(bytes)), "}",
		    "]");

		command_send(c, db, cmd);
		bson_destroy(cmd);
	}
}

void
mongo_lab_fill(struct mongo_lab *l)
{
	AUTO_FREE char	*url = mongo_lab_url(l, "labRoot");
	mongoc_client_t	*c = mongo_lab_client(url);
	bool		 is_new = strcmp(l->spec.version, "5") >= 0;
	struct err	 e;

	for (size_t d = 0; d < LENGTH(databases); d++) {
		const char	*db = databases[d];

		documents_fill(c, db, l->spec.documents /
		    (int)LENGTH(databases));
		binary_fill(c, db);
		for (size_t i = 0; i < LENGTH(zoo); i++)
			mongo_lab_ok(lab_member_command(c, db, zoo[i], NULL,
			    &e), &e);
		for (size_t i = 0; is_new && i < LENGTH(zoo_new); i++)
			mongo_lab_ok(lab_member_command(c, db, zoo_new[i],
			    NULL, &e), &e);
	}
	mongoc_client_destroy(c);
}

/* --- the digest: names, counts and the sum of the documents' digests */

struct sum {
	uint8_t		 bytes[32];
	uint64_t	 count;
};

static void
sum_add(struct sum *s, const bson_t *doc)
{
	uint8_t		 d[32];
	unsigned	 carry = 0;

	EVP_Digest(bson_get_data(doc), doc->len, d, NULL, EVP_sha256(), NULL);
	for (int i = 31; i >= 0; i--) {
		carry += s->bytes[i] + (unsigned)d[i];
		s->bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	s->count++;
}

static struct sum
collection_sum(mongoc_client_t *c, const char *db, const char *name)
{
	mongoc_collection_t	*at = mongoc_client_get_collection(c, db,
	    name);
	bson_t			*filter = BCON_NEW("_id", "{", "$not", "{",
	    "$regex", "^" MONGO_LAB_WRITTEN, "}", "}");
	mongoc_cursor_t		*cursor = mongoc_collection_find_with_opts(at,
	    filter, NULL, NULL);
	struct sum		 s = { .count = 0 };
	const bson_t		*doc;
	bson_error_t		 be;

	while (mongoc_cursor_next(cursor, &doc))
		sum_add(&s, doc);
	if (mongoc_cursor_error(cursor, &be))
		fail_msg("%s.%s: %s", db, name, be.message);
	mongoc_cursor_destroy(cursor);
	bson_destroy(filter);
	mongoc_collection_destroy(at);
	return s;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
database_digest(mongoc_client_t *c, const char *db, EVP_MD_CTX *all)
{
	mongoc_database_t	*at = mongoc_client_get_database(c, db);
	bson_error_t		 be;
	char			**names =
	    mongoc_database_get_collection_names_with_opts(at, NULL, &be);
	size_t			 count = 0;

	if (names == NULL)
		fail_msg("%s: %s", db, be.message);
	while (names[count] != NULL)
		count++;
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		struct sum	 s;
		char		 line[400];

		if (str_starts(names[i], "system.") ||
		    str_equal(names[i], MONGO_LAB_WRITER))
			continue;
		s = collection_sum(c, db, names[i]);
		snprintf(line, sizeof(line), "%s.%s %llu\n", db, names[i],
		    (unsigned long long)s.count);
		EVP_DigestUpdate(all, line, strlen(line));
		EVP_DigestUpdate(all, s.bytes, sizeof(s.bytes));
	}
	bson_strfreev(names);
	mongoc_database_destroy(at);
}

void
mongo_lab_digest(const char *url, char out[65])
{
	mongoc_client_t	*c = mongo_lab_client(url);
	EVP_MD_CTX	*all = EVP_MD_CTX_new();
	uint8_t		 d[32];

	assert_non_null(all);
	EVP_DigestInit_ex(all, EVP_sha256(), NULL);
	for (size_t i = 0; i < LENGTH(databases); i++)
		database_digest(c, databases[i], all);
	EVP_DigestFinal_ex(all, d, NULL);
	for (size_t i = 0; i < sizeof(d); i++)
		snprintf(out + 2 * i, 3, "%02x", d[i]);
	EVP_MD_CTX_free(all);
	mongoc_client_destroy(c);
}
