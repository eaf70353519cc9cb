#pragma once

#include <archive.h>
#include <archive_entry.h>

// The type constants are cast macros, which Swift cannot import.
static const unsigned int LRA_ENTRY_REGULAR = AE_IFREG;
static const unsigned int LRA_ENTRY_DIRECTORY = AE_IFDIR;
