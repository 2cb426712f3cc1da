// SPDX-License-Identifier: LicenseRef-Project
// Makes mimalloc the allocator of the whole program, as in the dataplane.
#include <mimalloc-new-delete.h>
