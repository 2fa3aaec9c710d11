/* The floor: what the kernel charges for writing a message to each of N sockets, and nothing else.

   floor PORT CONTROL: readers connect to PORT and get a canned handshake; whatever comes over
   CONTROL (four bytes of length, big endian, then that many bytes) is sent to each as it is. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, LARGEST = 65536 };

static const char UPGRADE[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"; /* for a key of 16 zeros */
static const char STREAM[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

static int readers[MOST];
static int count;

static int listener(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void send_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            data += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd one = {.fd = fd, .events = POLLOUT};
            poll(&one, 1, 1000);
        } else {
            return; /* a reader that has gone */
        }
    }
}

static int receive_all(int fd, char *data, size_t length)
{
    while (length) {
        ssize_t got = recv(fd, data, length, 0);
        if (got <= 0)
            return 0;
        data += got;
        length -= (size_t)got;
    }
    return 1;
}

static void add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv)
{
    static char data[LARGEST];
    struct epoll_event ready[256];
    if (argc != 3)
        return 2;
    int door = listener(atoi(argv[1])), gate = listener(atoi(argv[2])), control = -1;
    int epoll = epoll_create1(0), on = 1;
    add(epoll, door);
    add(epoll, gate);
    for (;;) {
        int events = epoll_wait(epoll, ready, 256, -1);
        for (int i = 0; i < events; i++) {
            int fd = ready[i].data.fd;
            if (fd == gate) {
                control = accept(gate, NULL, NULL);
                add(epoll, control);
            } else if (fd == door) {
                int reader = accept(door, NULL, NULL);
                setsockopt(reader, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                add(epoll, reader);
            } else if (fd == control) {
                uint32_t length;
                if (!receive_all(fd, (char *)&length, 4) || (length = ntohl(length)) > LARGEST ||
                    !receive_all(fd, data, length))
                    return 0;
                for (int reader = 0; reader < count; reader++)
                    send_all(readers[reader], data, length);
            } else {
                ssize_t got = recv(fd, data, sizeof data - 1, 0);
                if (got <= 0) { /* it stays in the list; sending to it does nothing */
                    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
                    continue;
                }
                data[got] = 0;
                if (strstr(data, "\r\n\r\n") && count < MOST) {
                    int ws = strstr(data, "Upgrade: websocket") != NULL;
                    send_all(fd, ws ? UPGRADE : STREAM, ws ? sizeof UPGRADE - 1 : sizeof STREAM - 1);
                    readers[count++] = fd;
                }
            }
        }
    }
}
