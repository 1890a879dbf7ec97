#include "stconsole/json.h"

#include <string.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

char *
json_canonical(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

const char *
json_str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

const char *
json_text(const json_t *obj, const char *key)
{
	const char *s = json_str(obj, key);

	return s != NULL ? s : "";
}

int64_t
json_int(const json_t *obj, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool
json_flag(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

json_t *
json_lossy(const char *bytes, size_t len)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	size_t			 i = 0, n;

	if (str_is_utf8(bytes, len) && memchr(bytes, '\0', len) == NULL)
		return json_stringn(bytes, len);
	for (; i < len; i += n) {
		n = bytes[i] == '\0' ? 0 : str_utf8_len(bytes + i, len - i);
		if (n > 0) {
			buf_add(&b, bytes + i, n);
			continue;
		}
		buf_puts(&b, "\xef\xbf\xbd");
		n = 1;
	}
	return b.failed ? NULL : json_stringn(buf_str(&b), b.len);
}

json_t *
json_parse(const char *text, size_t len, struct err *e)
{
	json_error_t	 why;
	json_t		*j;

	j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	    &why);
	if (j == NULL)
		err_set(e, ERR_JSON, 0, T_JSON, why.line, why.column, why.text);
	return j;
}
