#include "mongo_lab_parts.h"
void mongo_lab_writer_kill(struct mongo_lab *l) { (void)l; }
