/* A PKCS#11 library that passes every call on to another one (TOKEN_LIBRARY, a path) and lets tests break what they
   choose: token by token, so that tests of other tokens in the same process notice nothing. */
#define _GNU_SOURCE
#include "strongroom_pkcs11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

typedef strongroom_pkcs11_ulong ulong_t;

enum call {
    OPEN_SESSION,
    LOGIN,
    TOKEN_INFO,
    FIND,
    SIGN_INIT,
    SIGN,
    /* Fails and makes no key. */
    GENERATE,
    /* Makes the key, and fails all the same: the answer is lost. */
    GENERATE_ANSWER,
    /* Does not fail: the key is made so that it can be taken out. */
    GENERATE_EXTRACTABLE,
    /* Does not fail: the answer is another one each time. */
    SIGN_RANDOM,
    /* Does not fail: the code is or'ed to the token's flags. */
    TOKEN_FLAGS,
    MECHANISM,
    /* Does not fail: objects are found without end. */
    FIND_ENDLESS,
    CALL_COUNT
};

#define SLOT_COUNT_MAX 512

static struct slot {
    ulong_t id;
    ulong_t code[CALL_COUNT];
    /* How many more times; below zero for ever. */
    int remaining[CALL_COUNT];
    int calls[CALL_COUNT];
} slots[SLOT_COUNT_MAX];
static int slot_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Looks at tokens that fail for one thread alone: everybody looks at everybody's. */
static _Thread_local struct {
    ulong_t code;
    int remaining;
    int calls;
} here;

/* Threads in calls of which there is to be one at a time, and how often there was another. */
static int inside, overlaps;

static strongroom_pkcs11_function_list *real;
static strongroom_pkcs11_function_list list;

static struct slot *find_slot(ulong_t id) {
    for (int i = 0; i < slot_count; i++)
        if (slots[i].id == id) return &slots[i];
    if (slot_count == SLOT_COUNT_MAX) abort();
    slots[slot_count].id = id;
    return &slots[slot_count++];
}

/* Counts a call, and says whether it is to go wrong. */
static int goes_wrong(ulong_t slot, enum call call, ulong_t *code) {
    pthread_mutex_lock(&lock);
    struct slot *state = find_slot(slot);
    int wrong = state->remaining[call] != 0;
    state->calls[call]++;
    *code = state->code[call];
    if (state->remaining[call] > 0) state->remaining[call]--;
    pthread_mutex_unlock(&lock);
    return wrong;
}

static ulong_t slot_of(ulong_t session) {
    strongroom_pkcs11_session_info info;
    return real->C_GetSessionInfo(session, &info) == 0 ? info.slot : ~0UL;
}

__attribute__((visibility("default")))
void faulty_token_set(ulong_t slot, int call, ulong_t code, int count) {
    pthread_mutex_lock(&lock);
    find_slot(slot)->code[call] = code;
    find_slot(slot)->remaining[call] = count;
    pthread_mutex_unlock(&lock);
}

__attribute__((visibility("default")))
int faulty_token_calls(ulong_t slot, int call) {
    pthread_mutex_lock(&lock);
    int calls = find_slot(slot)->calls[call];
    pthread_mutex_unlock(&lock);
    return calls;
}

__attribute__((visibility("default")))
void faulty_token_set_here(ulong_t code, int count) {
    here.code = code;
    here.remaining = count;
    here.calls = 0;
}

__attribute__((visibility("default")))
int faulty_token_calls_here(void) { return here.calls; }

__attribute__((visibility("default")))
int faulty_token_overlaps(void) { return __atomic_load_n(&overlaps, __ATOMIC_SEQ_CST); }

static void begin_alone(void) {
    if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST) != 0) __atomic_fetch_add(&overlaps, 1, __ATOMIC_SEQ_CST);
    /* Lets others come in who may. */
    for (int i = 0; i < 16; i++) sched_yield();
}

static void end_alone(void) { __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST); }

static ulong_t initialize(strongroom_pkcs11_initialize_args *arguments) {
    begin_alone();
    ulong_t answer = real->C_Initialize(arguments);
    end_alone();
    return answer;
}

static ulong_t slot_list(strongroom_pkcs11_byte with_token, ulong_t *ids, ulong_t *count) {
    begin_alone();
    ulong_t answer = real->C_GetSlotList(with_token, ids, count);
    end_alone();
    return answer;
}

static ulong_t mechanism_info(ulong_t slot, ulong_t type, strongroom_pkcs11_mechanism_info *info) {
    ulong_t code;
    if (goes_wrong(slot, MECHANISM, &code)) return code;
    return real->C_GetMechanismInfo(slot, type, info);
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    ulong_t code;
    if (goes_wrong(slot, OPEN_SESSION, &code)) return code;
    return real->C_OpenSession(slot, flags, application, notify, session);
}

static ulong_t login(ulong_t session, ulong_t user, const strongroom_pkcs11_byte *pin, ulong_t length) {
    ulong_t code;
    if (user == CKU_USER && goes_wrong(slot_of(session), LOGIN, &code)) return code;
    return real->C_Login(session, user, pin, length);
}

static ulong_t token_info(ulong_t slot, strongroom_pkcs11_token_info *info) {
    ulong_t code;
    if (goes_wrong(slot, TOKEN_INFO, &code)) return code;
    here.calls++;
    if (here.remaining != 0) {
        if (here.remaining > 0) here.remaining--;
        return here.code;
    }
    ulong_t answer = real->C_GetTokenInfo(slot, info);
    if (goes_wrong(slot, TOKEN_FLAGS, &code)) info->flags |= code;
    return answer;
}

static ulong_t find_init(ulong_t session, strongroom_pkcs11_attribute *attributes, ulong_t count) {
    ulong_t code;
    if (goes_wrong(slot_of(session), FIND, &code)) return code;
    return real->C_FindObjectsInit(session, attributes, count);
}

static ulong_t find_objects(ulong_t session, ulong_t *objects, ulong_t count_max, ulong_t *count) {
    ulong_t code;
    if (!goes_wrong(slot_of(session), FIND_ENDLESS, &code))
        return real->C_FindObjects(session, objects, count_max, count);
    for (ulong_t i = 0; i < count_max; i++) objects[i] = i + 1;
    *count = count_max;
    return 0;
}

static ulong_t sign_init(ulong_t session, strongroom_pkcs11_mechanism *mechanism, ulong_t key) {
    ulong_t code;
    if (goes_wrong(slot_of(session), SIGN_INIT, &code)) return code;
    return real->C_SignInit(session, mechanism, key);
}

static void random_bytes(void *buffer, size_t size) {
    if (getrandom(buffer, size, 0) != (ssize_t)size) abort();
}

static ulong_t sign(
    ulong_t session, const strongroom_pkcs11_byte *data, ulong_t data_length, strongroom_pkcs11_byte *signature,
    ulong_t *signature_length) {
    ulong_t code, slot = slot_of(session);
    if (goes_wrong(slot, SIGN, &code)) return code;
    ulong_t answer = real->C_Sign(session, data, data_length, signature, signature_length);
    if (goes_wrong(slot, SIGN_RANDOM, &code)) random_bytes(signature, *signature_length);
    return answer;
}

static ulong_t generate(
    ulong_t session, strongroom_pkcs11_mechanism *mechanism, strongroom_pkcs11_attribute *attributes, ulong_t count,
    ulong_t *key) {
    static strongroom_pkcs11_byte yes = 1;
    ulong_t code, slot = slot_of(session);
    if (goes_wrong(slot, GENERATE, &code)) return code;
    if (goes_wrong(slot, GENERATE_EXTRACTABLE, &code))
        for (ulong_t i = 0; i < count; i++)
            if (attributes[i].type == CKA_EXTRACTABLE) attributes[i].value = &yes;
    ulong_t answer = real->C_GenerateKey(session, mechanism, attributes, count, key);
    if (answer == 0 && getenv("FAULTY_TOKEN_DIES_AFTER_GENERATE") != NULL) _exit(9);
    return goes_wrong(slot, GENERATE_ANSWER, &code) ? code : answer;
}

static void set_up(void) {
    void *library = dlopen(TOKEN_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    strongroom_pkcs11_entry entry =
        library == NULL ? NULL : (strongroom_pkcs11_entry)dlsym(library, STRONGROOM_PKCS11_ENTRY_SYMBOL);
    if (entry == NULL || entry(&real) != 0) {
        fprintf(stderr, "faulty_token: %s cannot be loaded\n", TOKEN_LIBRARY);
        abort();
    }
    list = *real;
    list.C_Initialize = initialize;
    list.C_GetSlotList = slot_list;
    list.C_GetMechanismInfo = mechanism_info;
    list.C_OpenSession = open_session;
    list.C_Login = login;
    list.C_GetTokenInfo = token_info;
    list.C_FindObjectsInit = find_init;
    list.C_FindObjects = find_objects;
    list.C_SignInit = sign_init;
    list.C_Sign = sign;
    list.C_GenerateKey = generate;
}

__attribute__((visibility("default")))
ulong_t C_GetFunctionList(strongroom_pkcs11_function_list **answer) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    *answer = &list;
    return 0;
}
