/*
 * Our manifest beside the official files: what each must hold.  A file that
 * has no line is not there yet.
 *   {"format":1,"tool","server_version","hosts","time_ms","at":{"t","i"}?,
 *    "gzip":BOOL,"complete":BOOL,
 *    "databases":[{"db","absent":BOOL,"views":..}],
 *    "files":[{"path","db","collection","kind":"data|metadata","bytes",
 *      "sha256"? (metadata),"documents"?,"document_bytes"?,"hash"?,
 *      "estimate"?,"outside"?:WHY}]}
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "files.h"
#include "text.def"

#define MANIFEST_MAX	((size_t)64 << 20)
#define MANIFEST_FORMAT	1

bool
manifest_read(int dirfd, json_t **out, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	*out = NULL;
	if (!file_exists(dirfd, MANIFEST_NAME))
		return true;
	if (!file_read(dirfd, MANIFEST_NAME, MANIFEST_MAX, &text, e))
		return false;
	*out = json_parse(buf_str(&text), text.len, e);
	if (*out == NULL)
		return err_context(e, MANIFEST_NAME);
	if (json_int(*out, "format", 0) == MANIFEST_FORMAT &&
	    json_is_array(json_object_get(*out, "files")) &&
	    json_is_array(json_object_get(*out, "databases")))
		return true;
	json_decref(*out);
	*out = NULL;
	return err_set(e, ERR_REFUSED, 0, T_MANIFEST_FORMAT);
}

bool
manifest_write(int dirfd, const json_t *manifest, struct err *e)
{
	AUTO_FREE char	*text = json_dumps(manifest, JSON_INDENT(1));

	return text == NULL ? err_nomem(e) : file_write(dirfd, MANIFEST_NAME,
	    text, strlen(text), 0600, e);
}

json_t *
manifest_file(const json_t *manifest, const char *path)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(manifest, "files"), i, one)
		if (strcmp(json_text(one, "path"), path) == 0)
			return one;
	return NULL;
}

bool
manifest_hash_put(json_t *line, const struct mongo_hash *h)
{
	char	 hex[MONGO_HASH_TEXT];

	mongo_hash_text(h, hex);
	return json_object_set_new(line, "documents",
	    json_integer((json_int_t)h->count)) == 0 &&
	    json_object_set_new(line, "document_bytes",
	    json_integer((json_int_t)h->bytes)) == 0 &&
	    json_object_set_new(line, "hash", json_string(hex)) == 0;
}

bool
manifest_hash_get(const json_t *line, struct mongo_hash *h)
{
	const char	*hex = json_text(line, "hash");
	char		 half[17];

	if (strlen(hex) != MONGO_HASH_TEXT - 1 ||
	    strspn(hex, "0123456789abcdef") != MONGO_HASH_TEXT - 1)
		return false;
	memcpy(half, hex, 16);
	half[16] = '\0';
	h->hi = strtoull(half, NULL, 16);
	h->lo = strtoull(hex + 16, NULL, 16);
	h->count = (uint64_t)json_int(line, "documents", -1);
	h->bytes = (uint64_t)json_int(line, "document_bytes", -1);
	return true;
}
