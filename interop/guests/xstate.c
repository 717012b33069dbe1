/*
 * Preloaded into User-Mode Linux, so that it runs on processors with AMX.
 *
 * Before 6.13 it keeps 2696 octets of extended processor state for each guest process, and hands exactly those back to the
 * host. A host whose processor has AMX tiles keeps 11008 octets, and takes back all of them or refuses with EFAULT: the guest's
 * first process cannot start. What is missing is the state of tiles that no guest can use, and is zero by definition.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* Larger than the extended state of any processor: AMX ends at 11008. */
#define LARGEST 65536

static long (*host_ptrace)(int, ...);
static size_t host_size;
static _Thread_local char state[LARGEST];

static void learn_host_size(pid_t pid)
{
	struct iovec whole = { state, sizeof state };

	if (host_ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &whole) == 0)
		host_size = whole.iov_len;
	memset(state, 0, sizeof state);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	pid_t pid = va_arg(arguments, pid_t);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (!host_ptrace)
		host_ptrace = (long (*)(int, ...))dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) {
		struct iovec *given = data;

		if (!host_size)
			learn_host_size(pid);
		if (given->iov_len < host_size) {
			struct iovec whole = { state, host_size };

			memcpy(state, given->iov_base, given->iov_len);
			return host_ptrace(request, pid, address, &whole);
		}
	}
	return host_ptrace(request, pid, address, data);
}
