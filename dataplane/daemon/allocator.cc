// SPDX-License-Identifier: LicenseRef-Project
// Makes mimalloc the allocator of the whole program (one heap per thread, no lock between shards).
#include <mimalloc-new-delete.h>
