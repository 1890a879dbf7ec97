/*
 * What a dump may hold, as a function of bytes: documents of a file, raw and
 * compressed, an archive, a metadata file.  The first byte says which.  What
 * is refused is refused with a sentence.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/services/dump/archive.h"
#include "../../src/services/dump/files.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

#define DOCS_MAX	64

static int
file_of(const uint8_t *data, size_t len)
{
	int	 fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static void
must_say(const struct err *e)
{
	if (e->msg[0] == '\0')
		abort();
}

/* Every document ends where its own length says. */
static void
documents(int fd, bool is_gz)
{
	struct mongo_bytes	 docs[DOCS_MAX];
	struct err		 e = { 0 };
	struct reader		*r = reader_new(fd, is_gz, "f", &e);
	size_t			 count, i;

	if (r == NULL) {
		must_say(&e);
		return;
	}
	for (;;) {
		if (!reader_docs(r, docs, DOCS_MAX, &count, &e)) {
			must_say(&e);
			break;
		}
		if (count == 0)
			break;
		for (i = 0; i < count; i++)
			if (docs[i].len < 5 ||
			    docs[i].data[docs[i].len - 1] != 0)
				abort();
	}
	reader_free(r);
}

static void
nobody_listens(void *arg, uint64_t bytes)
{
	(void)arg;
	(void)bytes;
}

static void
archive(int fd)
{
	static const struct found_progress quiet = {
		.report = nobody_listens };
	AUTO_JSON json_t *found = NULL;
	struct err	  e = { 0 };
	char		  path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!archive_found(path, NULL, &found, &e) ||
	    !archive_check(path, found, &quiet, &e))
		must_say(&e);
	close(fd);
}

static void
metadata(const uint8_t *data, size_t len)
{
	struct err	  e = { 0 };
	AUTO_JSON json_t *entry = metadata_entry((const char *)data, len,
	    "f.metadata.json", &e);

	if (entry == NULL)
		must_say(&e);
}

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char	*text;

	if (len == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		documents(file_of(data + 1, len - 1), false);
		break;
	case 1:
		documents(file_of(data + 1, len - 1), true);
		break;
	case 2:
		archive(file_of(data + 1, len - 1));
		break;
	default:
		text = malloc(len);
		if (text == NULL)
			abort();
		memcpy(text, data + 1, len - 1);
		text[len - 1] = '\0';
		metadata((const uint8_t *)text, len - 1);
		free(text);
	}
	return 0;
}
