/* SPDX-License-Identifier: ISC */
/*
 * sandbox.c - see sandbox.h.
 *
 * The filter names what is never needed and much wanted by whoever took over
 * a process, and lets the rest be: libraries differ in what they call, and a
 * gate that dies of a new C library protects nobody. What is named fails with
 * EPERM, as it would without privileges, so that a library which merely tries
 * goes on.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "compat/sandbox.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <sys/socket.h>
#include <seccomp.h>

/* New programs, other processes, namespaces, mounts, modules, tracing, keys,
   kernel programs, clocks, the machine; and ways around this filter. */
static const char *const forbidden[] = { "execve", "execveat", "ptrace",
	"process_vm_readv", "process_vm_writev", "pidfd_getfd", "pidfd_open",
	"kcmp", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot",
	"move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
	"mount_setattr", "open_by_handle_at", "name_to_handle_at",
	"init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "syslog", "acct",
	"quotactl", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
	"io_uring_enter", "io_uring_register", "add_key", "request_key",
	"keyctl", "clock_settime", "clock_adjtime", "settimeofday",
	"adjtimex", "stime", "sethostname", "setdomainname", "iopl", "ioperm",
	"modify_ldt", "personality", "setuid", "setgid", "setreuid",
	"setregid", "setresuid", "setresgid", "setgroups", "capset", "mknod",
	"mknodat", "fork", "vfork", "lookup_dcookie", "nfsservctl", "vhangup",
	"migrate_pages", "move_pages", "memfd_secret" };

static int
forbid_calls(scmp_filter_ctx filter)
{
	int rc = 0, number;

	for (size_t i = 0; rc == 0 &&
	     i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		number = seccomp_syscall_resolve_name(forbidden[i]);
		if (number == __NR_SCMP_ERROR || number < 0)
			continue; /* not of this machine */
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	return rc;
}

/* Of all families only local sockets and, where allowed, those of the two
   Internet protocols; AF_NETLINK too, by which C libraries ask for the host's
   own addresses. */
static int
limit_sockets(scmp_filter_ctx filter, bool inet)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6,
		AF_NETLINK };
	int rc = 0;

	for (int family = 0; rc == 0 && family < AF_MAX; family++) {
		bool known = false;

		for (size_t i = 0; i < sizeof(families) / sizeof(int); i++)
			known |= families[i] == family &&
			    (i == 0 || inet);
		if (!known)
			rc = seccomp_rule_add(filter,
			    SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
	}
	return rc;
}

/* clone(2) without CLONE_THREAD is fork; clone3(2) hides its flags from a
   filter, and C libraries fall back from it. */
static int
limit_clones(scmp_filter_ctx filter)
{
	const scmp_datum_t thread = 0x00010000; /* CLONE_THREAD */
	int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0);

	if (rc != 0)
		return rc;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone),
	    1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, 0));
}

static enum sg_sandboxed
limit_calls(const struct sg_sandbox *s, char *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = filter != NULL ? 0 : -ENOMEM;

	/* A foreign ABI is a way around names. */
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
		    SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0) /* threads that a library made, too */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = forbid_calls(filter);
	if (rc == 0)
		rc = limit_sockets(filter, s->inet);
	if (rc == 0)
		rc = limit_clones(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	if (rc == 0)
		return SG_SANDBOX_WHOLE;
	snprintf(why, SG_SANDBOX_WHY_SIZE, "seccomp: %s", strerror(-rc));
	return rc == -EINVAL || rc == -ENOSYS || rc == -EOPNOTSUPP ? SG_SANDBOX_PART
	                                                           : SG_SANDBOX_REFUSED;
}
#else
static enum sg_sandboxed
limit_calls(const struct sg_sandbox *s, char *why)
{
	(void)s;
	snprintf(why, SG_SANDBOX_WHY_SIZE, "built without seccomp");
	return SG_SANDBOX_PART;
}
#endif

#ifdef __NR_landlock_create_ruleset
#include <linux/landlock.h>

#define READ_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define READ (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL ((1ULL << 13) - 1) /* of the first version, all there are */
#define TRUNCATE (1ULL << 14)  /* since the third */
#define WRITE (ALL & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | \
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK))
#define OF_FILES (READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)

static enum sg_sandboxed
allow_path(int ruleset, const char *path, uint64_t access, char *why)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	struct stat st;
	enum sg_sandboxed rc = SG_SANDBOX_WHOLE;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return SG_SANDBOX_WHOLE; /* not there: nothing to allow */
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (syscall(__NR_landlock_add_rule, ruleset,
		LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
		snprintf(why, SG_SANDBOX_WHY_SIZE, "landlock: %s: %s", path,
		    strerror(errno));
		rc = SG_SANDBOX_REFUSED;
	}
	close(rule.parent_fd);
	return rc;
}

static enum sg_sandboxed
allow_paths(int ruleset, const struct sg_sandbox *s, uint64_t handled,
    char *why)
{
	enum sg_sandboxed rc = SG_SANDBOX_WHOLE;

	for (size_t i = 0; rc == SG_SANDBOX_WHOLE && s->read[i] != NULL; i++)
		rc = allow_path(ruleset, s->read[i], READ, why);
	for (size_t i = 0; rc == SG_SANDBOX_WHOLE && s->write[i] != NULL; i++)
		rc = allow_path(ruleset, s->write[i],
		    (WRITE | TRUNCATE) & handled, why);
	return rc;
}

static enum sg_sandboxed
limit_files(const struct sg_sandbox *s, char *why)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL };
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset;
	enum sg_sandboxed rc;

	if (abi < 1) {
		snprintf(why, SG_SANDBOX_WHY_SIZE, "the kernel has no "
		    "Landlock");
		return SG_SANDBOX_PART;
	}
	if (abi >= 3)
		attr.handled_access_fs |= TRUNCATE;
	ruleset = (int)syscall(__NR_landlock_create_ruleset, &attr,
	    sizeof(attr), 0);
	rc = ruleset >= 0 ? allow_paths(ruleset, s, attr.handled_access_fs,
	    why) : SG_SANDBOX_REFUSED;
	if (rc == SG_SANDBOX_WHOLE &&
	    syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
		rc = SG_SANDBOX_REFUSED;
	if (rc != SG_SANDBOX_WHOLE)
		snprintf(why, SG_SANDBOX_WHY_SIZE, "landlock: %s",
		    strerror(errno));
	if (ruleset >= 0)
		close(ruleset);
	return rc;
}
#else
static enum sg_sandboxed
limit_files(const struct sg_sandbox *s, char *why)
{
	(void)s;
	snprintf(why, SG_SANDBOX_WHY_SIZE, "built without Landlock");
	return SG_SANDBOX_PART;
}
#endif

enum sg_sandboxed
sg_sandbox_enter(const struct sg_sandbox *sandbox,
    char why[SG_SANDBOX_WHY_SIZE])
{
	enum sg_sandboxed files, calls;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(why, SG_SANDBOX_WHY_SIZE, "no_new_privs: %s",
		    strerror(errno));
		return SG_SANDBOX_REFUSED;
	}
	files = limit_files(sandbox, why);
	if (files == SG_SANDBOX_REFUSED)
		return SG_SANDBOX_REFUSED;
	calls = limit_calls(sandbox, why);
	return calls == SG_SANDBOX_WHOLE ? files : calls;
}
