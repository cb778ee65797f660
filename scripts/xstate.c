// SPDX-License-Identifier: Apache-2.0

/*
 * xstate.c: lets user-mode Linux 6.1 run on CPUs whose register state is larger than it knows.
 *
 * User-mode Linux saves and restores the vector registers of its processes with ptrace(2),
 * PTRACE_GETREGSET and PTRACE_SETREGSET of NT_X86_XSTATE, in a buffer of 2696 bytes: enough for
 * AVX-512 and protection keys. Linux takes a PTRACE_SETREGSET of that note only when it is given the whole
 * area, which is larger on CPUs with AMX or APX, and fails with EFAULT otherwise. User-mode Linux
 * then ends with "ptrace set fp regs failed, errno = 14".
 *
 * Loaded with LD_PRELOAD, this library answers those two calls with an area of full size: a read
 * hands out the part that the caller has room for, a write is filled up with zeroes. What is lost is the
 * state that the caller does not know of, which is at its initial value in any program that does not
 * ask for it (AMX has to be asked for, by arch_prctl(2)).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* Where the area's header has its XSTATE_BV, the set of the components that are not at their initial value. */
#define XSTATE_BV 512
/* The components that fit into 2696 bytes: those up to number 9, protection keys. */
#define KNOWN 0x3ffULL

static long (*next)(int, ...);
static unsigned char area[1 << 16];
static size_t size;

__attribute__((constructor)) static void init(void)
{
	next = dlsym(RTLD_NEXT, "ptrace");
}

static long get(long pid, void *note, struct iovec *user)
{
	struct iovec whole = { area, sizeof area };
	long err = next(PTRACE_GETREGSET, pid, note, &whole);

	if (err)
		return err;
	size = whole.iov_len;
	if (user->iov_len > size)
		user->iov_len = size;
	memcpy(user->iov_base, area, user->iov_len);
	return 0;
}

static long set(long pid, void *note, struct iovec *user)
{
	struct iovec whole = { area, sizeof area };
	unsigned long long components;

	if (!size) {
		long err = next(PTRACE_GETREGSET, pid, note, &whole);

		if (err)
			return err;
		size = whole.iov_len;
	}
	if (user->iov_len >= size)
		return next(PTRACE_SETREGSET, pid, note, user);
	memset(area, 0, size);
	memcpy(area, user->iov_base, user->iov_len);
	memcpy(&components, area + XSTATE_BV, sizeof components);
	components &= KNOWN;
	memcpy(area + XSTATE_BV, &components, sizeof components);
	whole.iov_len = size;
	return next(PTRACE_SETREGSET, pid, note, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list args;

	va_start(args, request);
	long pid = va_arg(args, long);
	void *addr = va_arg(args, void *), *data = va_arg(args, void *);
	va_end(args);

	if ((unsigned long)addr == NT_X86_XSTATE && request == PTRACE_GETREGSET)
		return get(pid, addr, data);
	if ((unsigned long)addr == NT_X86_XSTATE && request == PTRACE_SETREGSET)
		return set(pid, addr, data);
	return next(request, pid, addr, data);
}
