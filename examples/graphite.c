/*
 * graphite.c - a server for Graphite's pickle protocol: packets of a length (four bytes, big
 * endian) and a pickle, [(path, (timestamp, value)), ...].  In fixed memory, whatever is sent.
 */
#include <arpa/inet.h>
#include <brinery.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 20 }; /* bytes of a packet, as in Carbon */

static uint8_t packet[MOST];
static _Alignas(16) uint8_t memory[16 * MOST];

static bool receive(int fd, void *data, size_t size)
{
    return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

static void print_metrics(size_t size)
{
    brn_alloc pool; /* a fresh one for each packet: what the last one left is gone */
    brn_error err = {.code = BRN_ERROR_MEMORY};
    bool good = brn_pool_init(&pool, memory, sizeof memory);
    brn_doc *doc = good ? brn_read(packet, size, NULL, &pool, &err) : NULL;
    if (!doc)
        printf("refused: %s\n", brn_code_name(err.code));
    for (size_t i = 0; i < brn_size(brn_root(doc)); i++) {
        const brn_val *metric = brn_at(brn_root(doc), i);
        size_t length = 0;
        const char *path = brn_str(brn_at(metric, 0), &length);
        if (path && brn_size(brn_at(metric, 1)) == 2)
            printf("%.*s %.0f %g\n", (int)length, path, brn_number(brn_at(brn_at(metric, 1), 0)),
                   brn_number(brn_at(brn_at(metric, 1), 1)));
    }
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "2004"));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 8) != 0)
        return perror("graphite"), 1;
    for (;;) {
        uint32_t size;
        int client = accept(server, NULL, NULL);
        while (receive(client, &size, 4) && (size = ntohl(size)) <= MOST &&
               receive(client, packet, size))
            print_metrics(size);
        (void)close(client); /* whoever claims more than MOST bytes is not listened to */
    }
}
