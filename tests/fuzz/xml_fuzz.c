#include "tree_fuzz.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return tree_fuzz(&doc_xml, data, size, NULL);
}
