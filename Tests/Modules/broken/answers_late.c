/* Breaks: an operation is completed before its deadline, without being cancelled first. */
#include "broken.h"

/* Completes only when it has been cancelled, from another thread: late, but exactly once. */
struct waiting {
    struct instance *self;
    uint64_t operation;
};

static void *wait_for_cancellation(void *argument) {
    struct waiting waiting = *(struct waiting *)argument;
    free(argument);
    while (!waiting.self->host_table->is_cancelled(waiting.self->host, waiting.operation)) usleep(1000);
    usleep(20000);
    complete(waiting.self, waiting.operation, STRONGROOM_KEY_E_CANCELLED);
    return NULL;
}

OPERATION(generate) {
    pthread_t thread;
    struct waiting *waiting = malloc(sizeof *waiting);
    (void)request, (void)answer;
    *waiting = (struct waiting){instance, operation};
    pthread_create(&thread, NULL, wait_for_cancellation, waiting);
    pthread_detach(thread);
}

ENTRY(broken.generate_data_key = generate)
