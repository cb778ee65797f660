// SPDX-License-Identifier: Apache-2.0

// Floor sends recorded requests to the kernel and throws the answers away: the least that a
// program must do which lists or changes the same.
//
//	floor SIZE FILE
//
// SIZE is that of a read, in bytes. FILE holds datagrams of generic netlink, each after its length in four bytes.

#include <fcntl.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char in[1 << 16];
static size_t page;
static char file[1 << 16];
static char out[1 << 18];

// last returns the last message of a datagram, by which its answer ends.
static struct nlmsghdr *last(char *b, uint32_t size)
{
	struct nlmsghdr *m = (struct nlmsghdr *)b;

	while ((char *)m + NLMSG_ALIGN(m->nlmsg_len) < b + size)
		m = (struct nlmsghdr *)((char *)m + NLMSG_ALIGN(m->nlmsg_len));
	return m;
}

// ends returns whether a datagram is the last one of the answer to a request: it has the end of a listing, or an
// acknowledgement, if the request asks for one of these.
static int ends(struct nlmsghdr *request, ssize_t size)
{
	int dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct nlmsghdr *m = (struct nlmsghdr *)in;

	if (!dump && !(request->nlmsg_flags & NLM_F_ACK))
		return 1;
	for (; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size)) {
		if (m->nlmsg_type == NLMSG_DONE)
			return 1;
		if (m->nlmsg_type == NLMSG_ERROR && m->nlmsg_seq == request->nlmsg_seq)
			return 1;
	}
	return 0;
}

static int ask(int fd, uint32_t size)
{
	struct nlmsghdr *request = last(out, size);
	ssize_t n;

	if (write(fd, out, size) != size)
		return 1;
	do {
		n = read(fd, in, page);
		if (n <= 0)
			return 1;
	} while (!ends(request, n));
	return 0;
}

// next copies the next bytes of the file to b, and returns how many there were.
static uint32_t next(int fd, void *b, uint32_t size)
{
	static uint32_t at, end;
	uint32_t got = 0;

	while (got < size) {
		uint32_t some = end - at < size - got ? end - at : size - got;

		memcpy((char *)b + got, file + at, some);
		at += some;
		got += some;
		if (got < size) {
			ssize_t n = read(fd, file, sizeof file);

			if (n <= 0)
				return got;
			at = 0;
			end = n;
		}
	}
	return got;
}

int main(int argc, char **argv)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int one = 1, requests, fd;
	uint32_t size;

	page = argc == 3 ? atoi(argv[1]) : 0;
	requests = open(argc == 3 ? argv[2] : "", O_RDONLY);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (page < 1 || page > sizeof in || requests < 0 || fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any))
		return 1;
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	while (next(requests, &size, sizeof size) == sizeof size)
		if (size > sizeof out || next(requests, out, size) != size || ask(fd, size))
			return 1;
	return 0;
}
