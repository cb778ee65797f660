// SPDX-License-Identifier: Apache-2.0

/*
 * Runs a program over and over without starting it anew: preloaded into it, this stops it right before its
 * main function, from where every call is forked off. To start a program takes the test kernel tens of
 * milliseconds, to fork one takes it one or two.
 *
 * A call comes through file descriptor 3 as the number of its words and the number of their bytes, 32 bits
 * each, and the words with a zero byte behind each. What waitpid(2) says of it goes out through 4, in 32 bits.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static main_function *real_main;

static void receive(void *buffer, size_t size)
{
	for (char *to = buffer; size > 0;) {
		ssize_t n = read(3, to, size);
		if (n <= 0)
			_exit(0);
		to += n;
		size -= n;
	}
}

static int run(uint32_t count, uint32_t size, char **environment)
{
	char **words = calloc(count + 1, sizeof *words);
	char *text = malloc(size + 1);

	receive(text, size);
	for (uint32_t i = 0; i < count; i++) {
		words[i] = text;
		while (*text++)
			;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(3);
		close(4);
		program_invocation_name = words[0];
		return real_main(count, words, environment);
	}
	int status = 0xff00;
	waitpid(pid, &status, 0);
	if (write(4, &status, sizeof status) != sizeof status)
		_exit(1);
	free(words[0]);
	free(words);
	return -1;
}

static int serve(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	for (;;) {
		uint32_t head[2];
		receive(head, sizeof head);
		pid_t self = getpid();
		int code = run(head[0], head[1], environment);
		if (getpid() != self)
			return code;
	}
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = main;
	return start(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
