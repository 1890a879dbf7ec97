/*
 * The archive format of the official tools (mongo-tools, common/archive):
 * magic, a header, one document for each collection, the terminator
 * ff ff ff ff; then blocks {db, collection, EOF, CRC}, documents, terminator,
 * of all collections in turn.  A collection is over with its block EOF, which
 * holds the CRC-64 (ECMA-182, reflected) of its documents.
 */
#include "archive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define MAGIC		0x8199e26du
#define TERMINATOR	0xffffffffu
#define CRC_POLYNOMIAL	0xc96c5795d7870f42ull
#define BATCH_DOCS	16384
#define BATCH_BYTES	(4u * 1024 * 1024)

struct part {
	const char		*db;
	json_t			*entry;		/* of found; borrowed */
	struct mongo_hash	 hash;
	uint64_t		 crc;
	bool			 is_over;
};

struct archive {
	struct reader		*reader;
	const char		*path;
	struct buf		 doc;
	struct part		*parts;
	size_t			 count;
	uint64_t		 crcs[256];
	const struct cancel	*cancel;
};

static bool
broken(const struct archive *a, const char *why, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_ARCHIVE_BROKEN, a->path, why);
	return err_hint(e, T_BAD_FILE_HINT);
}

static void
crc_table(uint64_t crcs[256])
{
	uint64_t	 c;
	unsigned	 i, k;

	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ CRC_POLYNOMIAL : c >> 1;
		crcs[i] = c;
	}
}

static void
crc_add(const struct archive *a, uint64_t *crc, const uint8_t *p, size_t len)
{
	uint64_t	 c = ~*crc;

	while (len-- > 0)
		c = a->crcs[(uint8_t)(c ^ *p++)] ^ c >> 8;
	*crc = ~c;
}

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static void
archive_close(struct archive *a)
{
	reader_free(a->reader);
	buf_fini(&a->doc);
	free(a->parts);
}

/* gzip by its first bytes: --gzip wraps the whole. */
static bool
archive_open(struct archive *a, const char *path, struct err *e)
{
	int		 fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t		 head[4] = { 0 };
	struct stat	 st;
	size_t		 got;

	*a = (struct archive){ .path = path };
	crc_table(a->crcs);
	if (fd < 0)
		return err_sys(e, T_READ, path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_REFUSED, 0, T_NOT_A_FILE, path);
	}
	if (pread(fd, head, 2, 0) < 0) {
		close(fd);
		return err_sys(e, T_READ, path);
	}
	a->reader = reader_new(fd, head[0] == 0x1f && head[1] == 0x8b, path,
	    e);
	if (a->reader == NULL || !reader_bytes(a->reader, head, 4, &got, e))
		return false;
	return (got == 4 && le32(head) == MAGIC) ||
	    broken(a, T_ARCHIVE_MAGIC, e);
}

enum token { TOKEN_DOC, TOKEN_END, TOKEN_OVER };

static bool
archive_token(struct archive *a, enum token *token, struct err *e)
{
	uint8_t		 head[4];
	uint32_t	 len;
	size_t		 got;

	if (!reader_bytes(a->reader, head, 4, &got, e))
		return false;
	if (got == 0) {
		*token = TOKEN_OVER;
		return true;
	}
	if (got < 4)
		return broken(a, T_ARCHIVE_CUT, e);
	len = le32(head);
	*token = len == TERMINATOR ? TOKEN_END : TOKEN_DOC;
	if (len == TERMINATOR)
		return true;
	if (len < 5 || len > MONGO_BYTES_MAX)
		return broken(a, T_BAD_LENGTH, e);
	buf_reset(&a->doc);
	buf_add(&a->doc, head, 4);
	buf_reserve(&a->doc, len);
	if (!buf_ok(&a->doc, e) || !reader_bytes(a->reader, a->doc.data + 4,
	    len - 4, &got, e))
		return false;
	a->doc.len = len;
	if (got < len - 4)
		return broken(a, T_ARCHIVE_CUT, e);
	return a->doc.data[len - 1] == 0 || broken(a, T_BAD_END, e);
}

/* The document that was read last, as JSON. */
static json_t *
doc_json(struct archive *a, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (!mongo_bytes_are_whole((uint8_t *)a->doc.data, a->doc.len)) {
		broken(a, T_ARCHIVE_HEADER, e);
		return NULL;
	}
	if (!mongo_bytes_text((struct mongo_bytes){ (uint8_t *)a->doc.data,
	    (uint32_t)a->doc.len }, &text, e))
		return NULL;
	return json_parse(buf_str(&text), text.len, e);
}

static bool
wanted(const char *const *dbs, const char *name)
{
	if (dbs == NULL)
		return strcmp(name, "admin") != 0 &&
		    strcmp(name, "config") != 0;
	for (; *dbs != NULL; dbs++)
		if (strcmp(*dbs, name) == 0)
			return true;
	return false;
}

static json_t *
collections_of(json_t *dbs, const char *db, struct err *e)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(dbs, i, one)
		if (strcmp(json_text(one, "db"), db) == 0)
			return json_object_get(one, "collections");
	one = json_pack("{s:s,s:b,s:[]}", "db", db, "absent", 0,
	    "collections");
	if (one == NULL || json_array_append_new(dbs, one) != 0) {
		err_nomem(e);
		return NULL;
	}
	return json_object_get(one, "collections");
}

/* {db, collection, metadata, size, type} */
static bool
collection_add(struct archive *a, const json_t *doc, const char *const *dbs,
    json_t *list, struct err *e)
{
	const char	*db = json_text(doc, "db");
	const char	*name = json_text(doc, "collection");
	const char	*meta = json_text(doc, "metadata");
	AUTO_JSON json_t *entry = NULL;
	json_t		*to;

	if (!wanted(dbs, db) || strncmp(name, "$admin.", 7) == 0)
		return true;
	if (!name_is_database(db))
		return err_set(e, ERR_REFUSED, 0, T_FOUND_NAME, db);
	entry = metadata_entry(meta[0] != '\0' ? meta : "{}",
	    meta[0] != '\0' ? strlen(meta) : 2, name, e);
	if (entry == NULL)
		return false;
	/* In an archive a name stands as it is. */
	if (strcmp(json_text(entry, "name"), name) != 0 &&
	    strcmp(catalog_data_name(entry), name) != 0)
		return err_set(e, ERR_REFUSED, 0, T_FOUND_OTHER_NAME, name,
		    json_text(entry, "name"));
	if (catalog_has_data(entry) && json_object_set_new(entry, "file",
	    json_string(a->path)) != 0)
		return err_nomem(e);
	to = collections_of(list, db, e);
	return to != NULL && (json_array_append(to, entry) == 0 ||
	    err_nomem(e));
}

static bool
prelude_read(struct archive *a, const char *const *dbs, json_t *found,
    struct err *e)
{
	AUTO_JSON json_t *header = NULL;
	enum token	 token;

	if (!archive_token(a, &token, e))
		return false;
	if (token != TOKEN_DOC || (header = doc_json(a, e)) == NULL)
		return broken(a, T_ARCHIVE_HEADER, e);
	if (json_str(header, "server_version") != NULL)
		json_object_set(found, "server_version",
		    json_object_get(header, "server_version"));
	for (;;) {
		AUTO_JSON json_t *doc = NULL;

		if (!archive_token(a, &token, e))
			return false;
		if (token == TOKEN_END)
			return true;
		if (token == TOKEN_OVER)
			return broken(a, T_ARCHIVE_CUT, e);
		if ((doc = doc_json(a, e)) == NULL || !collection_add(a, doc,
		    dbs, json_object_get(found, "databases"), e))
			return false;
	}
}

static bool
found_sort(json_t *found, const char *path, const char *const *dbs,
    struct err *e)
{
	json_t	*list = json_object_get(found, "databases"), *db;
	size_t	 i;

	json_array_foreach(list, i, db) {
		json_t	*sorted = catalog_sort(json_object_get(db,
		    "collections"), e);

		if (sorted == NULL || json_object_set_new(db, "collections",
		    sorted) != 0)
			return false;
	}
	for (; dbs != NULL && *dbs != NULL; dbs++) {
		json_array_foreach(list, i, db)
			if (strcmp(json_text(db, "db"), *dbs) == 0)
				break;
		if (i == json_array_size(list))
			return err_set(e, ERR_REFUSED, 0, T_FOUND_FORGOTTEN,
			    *dbs);
	}
	return json_array_size(list) > 0 || err_set(e, ERR_REFUSED, 0,
	    T_FOUND_NONE, path);
}

bool
archive_found(const char *path, const char *const *dbs, json_t **out,
    struct err *e)
{
	AUTO_JSON json_t *found = json_pack("{s:s,s:b,s:[]}", "path", path,
	    "manifest", 0, "databases");
	struct archive	 a;
	struct stat	 st;
	bool		 ok = archive_open(&a, path, e);

	if (ok && stat(path, &st) == 0)
		json_object_set_new(found, "bytes", json_integer(st.st_size));
	ok = ok && prelude_read(&a, dbs, found, e) &&
	    found_sort(found, path, dbs, e);
	archive_close(&a);
	*out = ok ? TAKE(found) : NULL;
	return ok;
}

static bool
parts_make(struct archive *a, json_t *found, struct err *e)
{
	const json_t	*dbs = json_object_get(found, "databases"), *db;
	json_t		*one;
	size_t		 i, k, n = 0;

	json_array_foreach(dbs, i, db)
		n += json_array_size(json_object_get(db, "collections"));
	if ((a->parts = calloc(n + 1, sizeof(*a->parts))) == NULL)
		return err_nomem(e);
	json_array_foreach(dbs, i, db)
		json_array_foreach(json_object_get(db, "collections"), k, one)
			if (catalog_has_data(one))
				a->parts[a->count++] = (struct part){
					.db = json_text(db, "db"),
					.entry = one };
	return true;
}

/* NULL: of a database that is not wanted. */
static struct part *
part_find(struct archive *a, const json_t *header)
{
	const char	*name = json_text(header, "collection");
	size_t		 i;

	for (i = 0; i < a->count; i++)
		if (strcmp(a->parts[i].db, json_text(header, "db")) == 0 &&
		    (strcmp(json_text(a->parts[i].entry, "name"), name) ==
		    0 || strcmp(catalog_data_name(a->parts[i].entry),
		    name) == 0))
			return &a->parts[i];
	return NULL;
}

static bool
part_end(struct archive *a, struct part *part, const json_t *header,
    struct err *e)
{
	const char	*crc = json_text(json_object_get(header, "CRC"),
	    "$numberLong");

	if (part == NULL)
		return true;
	if (part->is_over || (uint64_t)strtoll(crc, NULL, 10) != part->crc)
		return broken(a, T_ARCHIVE_CRC, e);
	part->is_over = true;
	return true;
}

/*
 * All blocks.  each sees the documents of the parts; end is told when a
 * block's are over, so that what was gathered is of one part.
 */
struct walk {
	bool	(*each)(void *arg, struct part *part, const struct buf *doc,
		    struct err *e);
	bool	(*end)(void *arg, struct part *part, struct err *e);
	void	*arg;
};

static bool
block_walk(struct archive *a, struct part *part, const struct walk *w,
    struct err *e)
{
	enum token	 token;

	for (;;) {
		if (!archive_token(a, &token, e))
			return false;
		if (token == TOKEN_END)
			return part == NULL || w->end(w->arg, part, e);
		if (token == TOKEN_OVER)
			return broken(a, T_ARCHIVE_CUT, e);
		if (part == NULL)
			continue;
		mongo_hash_add(&part->hash, (uint8_t *)a->doc.data,
		    a->doc.len);
		crc_add(a, &part->crc, (uint8_t *)a->doc.data, a->doc.len);
		if (!w->each(w->arg, part, &a->doc, e))
			return false;
	}
}

static bool
archive_walk(struct archive *a, const struct walk *w, struct err *e)
{
	enum token	 token;
	size_t		 i;

	for (;;) {
		AUTO_JSON json_t *header = NULL;
		struct part	*part;

		if (!cancel_check(a->cancel, e) ||
		    !archive_token(a, &token, e))
			return false;
		if (token == TOKEN_OVER)
			break;
		if (token != TOKEN_DOC || (header = doc_json(a, e)) == NULL)
			return broken(a, T_ARCHIVE_HEADER, e);
		part = part_find(a, header);
		if (json_flag(header, "EOF") &&
		    !part_end(a, part, header, e))
			return false;
		if (!block_walk(a, part, w, e))
			return false;
	}
	for (i = 0; i < a->count; i++)
		if (!a->parts[i].is_over)
			return broken(a, T_ARCHIVE_CUT, e);
	return true;
}

/* Opened, and read up to the first block. */
static bool
archive_begin(struct archive *a, const char *path, json_t *found,
    struct err *e)
{
	static const char *const none[] = { NULL };
	AUTO_JSON json_t *again = json_pack("{s:[]}", "databases");

	return archive_open(a, path, e) && prelude_read(a, none, again, e) &&
	    parts_make(a, found, e);
}

struct check {
	const struct found_progress *progress;
	uint64_t	 bytes;
};

static bool
check_each(void *arg, struct part *part, const struct buf *doc,
    struct err *e)
{
	struct check	*c = arg;

	(void)part;
	(void)e;
	c->bytes += doc->len;
	return true;
}

static bool
check_end(void *arg, struct part *part, struct err *e)
{
	struct check	*c = arg;

	(void)part;
	(void)e;
	if (c->progress->report != NULL)
		c->progress->report(c->progress->arg, c->bytes);
	return true;
}

bool
archive_check(const char *path, json_t *found,
    const struct found_progress *progress, struct err *e)
{
	struct check	 c = { .progress = progress };
	const struct walk w = { check_each, check_end, &c };
	struct archive	 a;
	size_t		 i;
	bool		 ok = archive_begin(&a, path, found, e);

	a.cancel = progress->cancel;
	ok = ok && archive_walk(&a, &w, e);
	for (i = 0; ok && i < a.count; i++)
		ok = manifest_hash_put(a.parts[i].entry, &a.parts[i].hash) ||
		    err_nomem(e);
	archive_close(&a);
	return ok;
}

struct put {
	struct restore		*r;
	struct buf		 data;
	struct mongo_bytes	*docs;
	size_t			 count;
	uint64_t		 bytes;
};

static bool
put_end(void *arg, struct part *part, struct err *e)
{
	struct put	*p = arg;
	const uint8_t	*at = (const uint8_t *)p->data.data;
	size_t		 i;

	if (p->count == 0)
		return true;
	for (i = 0; i < p->count; i++) {
		p->docs[i].data = at;
		at += p->docs[i].len;
	}
	if (!buf_ok(&p->data, e) || !put_docs(p->r->m, part->db, part->entry,
	    p->docs, p->count, p->r->ctx->cancel, e))
		return false;
	p->bytes += p->data.len;
	progress_amount(p->r->ctx, (int64_t)p->bytes, 0, "bytes");
	p->count = 0;
	buf_reset(&p->data);
	return true;
}

static bool
put_each(void *arg, struct part *part, const struct buf *doc, struct err *e)
{
	struct put	*p = arg;

	if ((p->count == BATCH_DOCS || p->data.len + doc->len >
	    BATCH_BYTES) && !put_end(p, part, e))
		return false;
	buf_add(&p->data, doc->data, doc->len);
	p->docs[p->count++].len = (uint32_t)doc->len;
	return true;
}

bool
archive_restore(struct restore *r, struct err *e)
{
	struct put	 p = { .r = r, .docs = calloc(BATCH_DOCS,
	    sizeof(struct mongo_bytes)) };
	const struct walk w = { put_each, put_end, &p };
	struct archive	 a;
	size_t		 i;
	bool		 ok = archive_begin(&a, r->path, r->found, e);

	a.cancel = r->ctx->cancel;
	if (p.docs == NULL)
		ok = err_nomem(e);
	ok = ok && restore_open(r, e);
	/* In one pass over all: begun means begun anew. */
	for (i = 0; ok && i < a.count; i++)
		ok = put_clear(r->m, a.parts[i].db, a.parts[i].entry, e);
	ok = ok && archive_walk(&a, &w, e);
	for (i = 0; ok && i < a.count; i++)
		ok = put_settle(r->m, a.parts[i].db, a.parts[i].entry, e);
	archive_close(&a);
	buf_fini(&p.data);
	free(p.docs);
	return ok;
}
