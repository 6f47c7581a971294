/* Work that is timed with and without somebody watching: `workloads NAME SECONDS` prints ns of CPU time per operation.
 *
 * It runs on one CPU, before everything else where it may, so that neighbours hardly count. `threads N` is no timing: N threads that sleep.
 * `storm SECONDS` prints how many getppid it has made.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char page[4096];
static int zero, null, file, tcp[2], pair[2];

static void check(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void do_getppid(void) { syscall(SYS_getppid); }

static void do_dd(void)
{
	check(read(zero, page, 1), "read");
	check(write(null, page, 1), "write");
}

static void do_rw(void)
{
	check(pread(file, page, sizeof(page), 0), "read");
	check(pwrite(file, page, sizeof(page), 0), "write");
}

static void do_socket(void)
{
	check(send(pair[0], page, 64, 0), "send");
	check(recv(pair[1], page, 64, 0), "recv");
}

static void do_tcp(void)
{
	check(send(tcp[0], page, 64, 0), "send");
	check(recv(tcp[1], page, 64, 0), "recv");
}

static void do_open(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	check(fd, "open");
	close(fd);
}

static void do_fork(void)
{
	pid_t child = fork();
	check(child, "fork");
	if (!child)
		_exit(0);
	waitpid(child, 0, 0);
}

static void do_exec(void)
{
	/* Not posix_spawn: the C library asks for the 60 signals one by one in the child, 120 calls where the rest are 30. */
	char *words[] = { "/bin/true", 0 };
	pid_t child = fork();
	check(child, "fork");
	if (!child) {
		execve(words[0], words, environ);
		_exit(127);
	}
	waitpid(child, 0, 0);
}

static struct { const char *name; void (*once)(void); int batch; } works[] = {
	{ "getppid", do_getppid, 1000 }, { "dd", do_dd, 500 }, { "rw", do_rw, 200 }, { "socket", do_socket, 100 },
	{ "tcp", do_tcp, 100 }, { "open", do_open, 100 }, { "fork", do_fork, 1 }, { "exec", do_exec, 1 },
};

static void set_up(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	file = memfd_create("bench", 0);
	check(pwrite(file, page, sizeof(page), 0), "memfd");
	check(bind(listening, (struct sockaddr *)&address, size), "bind");
	check(listen(listening, 1), "listen");
	getsockname(listening, (struct sockaddr *)&address, &size);
	tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
	check(connect(tcp[0], (struct sockaddr *)&address, size), "connect");
	tcp[1] = accept(listening, 0, 0);
	close(listening);
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
}

static uint64_t cpu_ns(void)
{
	struct rusage own, children;
	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000000ULL +
	       (own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1000ULL;
}

static double wall_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void *asleep(void *unused)
{
	pause();
	return unused;
}

static void sleep_in_threads(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	for (int i = 1; i < count; i++)
		check(-pthread_create(&thread, &attributes, asleep, 0), "thread");
	puts("ready");
	fflush(stdout);
	pause();
}

int main(int count, char **words)
{
	struct sched_param first = { .sched_priority = 1 };
	double end;
	uint64_t begin, done = 0;
	cpu_set_t cpus;
	if (count < 3)
		return 2;
	if (!strcmp(words[1], "threads")) {
		sleep_in_threads(atoi(words[2]));
		return 0;
	}
	if (!strcmp(words[1], "storm")) {
		for (end = wall_s() + atof(words[2]); wall_s() < end;)
			for (int i = 0; i < 1000; i++, done++)
				do_getppid();
		printf("%lu\n", done);
		return 0;
	}
	if (count > 3) {
		CPU_ZERO(&cpus);
		CPU_SET(atoi(words[3]), &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
		sched_setscheduler(0, SCHED_FIFO, &first);
	}
	set_up();
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(words[1], works[i].name))
			continue;
		for (int warm = 0; warm < works[i].batch; warm++)
			works[i].once();
		begin = cpu_ns();
		for (end = wall_s() + atof(words[2]); wall_s() < end;)
			for (int n = 0; n < works[i].batch; n++, done++)
				works[i].once();
		printf("%.1f\n", (double)(cpu_ns() - begin) / done);
		return 0;
	}
	return 2;
}
