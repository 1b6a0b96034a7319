/* SPDX-License-Identifier: ISC */
/* fault_sqlite.c - SQLite's memory and its disk: each file is the system's
   with a VFS before it that refuses what is due. */
#include <stdlib.h>
#include <sqlite3.h>
#include "torture/fault.h"

/* A VFS before the system's: each file is the system's with this before it. */
struct file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *under;
static sqlite3_vfs vfs;

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int
x_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
x_read(sqlite3_file *f, void *buf, int n, sqlite3_int64 at)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_READ
	    : real_of(f)->pMethods->xRead(real_of(f), buf, n, at);
}

static int
x_write(sqlite3_file *f, const void *buf, int n, sqlite3_int64 at)
{
	if (!fault_is_due(FAULT_DISK))
		return real_of(f)->pMethods->xWrite(real_of(f), buf, n, at);
	/* Half of it is there, as when a disk gets full. */
	(void)real_of(f)->pMethods->xWrite(real_of(f), buf, n / 2, at);
	return SQLITE_FULL;
}

static int
x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_TRUNCATE
	    : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int
x_sync(sqlite3_file *f, int flags)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_FSYNC
	    : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int
x_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_FSTAT
	    : real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int
x_lock(sqlite3_file *f, int level)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_LOCK
	    : real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
x_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
x_check_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
x_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
x_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
x_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
x_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **out)
{
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_SHMMAP
	    : real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend,
		  out);
}

static int
x_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) != 0 && fault_is_due(FAULT_DISK))
		return SQLITE_IOERR_SHMLOCK;
	return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void
x_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
x_shm_unmap(sqlite3_file *f, int drop)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), drop);
}

static const sqlite3_io_methods methods = { .iVersion = 2,
	.xClose = x_close, .xRead = x_read, .xWrite = x_write,
	.xTruncate = x_truncate, .xSync = x_sync, .xFileSize = x_file_size,
	.xLock = x_lock, .xUnlock = x_unlock,
	.xCheckReservedLock = x_check_reserved, .xFileControl = x_control,
	.xSectorSize = x_sector_size,
	.xDeviceCharacteristics = x_characteristics, .xShmMap = x_shm_map,
	.xShmLock = x_shm_lock, .xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap };

static int
x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *got)
{
	struct file *file = (struct file *)f;
	int rc;

	(void)v;
	file->base.pMethods = NULL;
	file->real = (sqlite3_file *)(file + 1);
	if (fault_is_due(FAULT_DISK))
		return SQLITE_CANTOPEN;
	rc = under->xOpen(under, name, file->real, flags, got);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	return rc;
}

static int
x_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_DELETE
	    : under->xDelete(under, name, sync);
}

static int
x_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return fault_is_due(FAULT_DISK) ? SQLITE_IOERR_ACCESS
	    : under->xAccess(under, name, flags, out);
}

static void
setup_vfs(void)
{
	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = "fault";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + under->szOsFile;
	vfs.xOpen = x_open;
	vfs.xDelete = x_delete;
	vfs.xAccess = x_access;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}

static sqlite3_mem_methods sqlite_memory;

static void *
sqlite_malloc(int size)
{
	return fault_is_due(FAULT_MEMORY) ? NULL : sqlite_memory.xMalloc(size);
}

static void *
sqlite_realloc(void *p, int size)
{
	return fault_is_due(FAULT_MEMORY) ? NULL : sqlite_memory.xRealloc(p, size);
}

void
fault_setup_sqlite(void)
{
	sqlite3_mem_methods ours;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) !=
	    SQLITE_OK)
		abort();
	ours = sqlite_memory;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK ||
	    sqlite3_initialize() != SQLITE_OK)
		abort();
	setup_vfs();
}
