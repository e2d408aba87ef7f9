/* What a puppet says: one JSON object a line on stdout, whole and flushed at once, whichever thread it comes from. */
#ifndef PUPPET_REPORT_H
#define PUPPET_REPORT_H

#include <stdint.h>

/* Opens a line: {"ms":…,"thread":…,"event":"EVENT". Other threads wait until report_end. */
void report_begin(const char* event);
void report_number(const char* key, int64_t value);
/* NULL is written as null. */
void report_text(const char* key, const char* value);
/* Closes the line and flushes it. */
void report_end(void);

#endif
