/* What the broken modules share: all that the sample has, under another name for its entry. Each of them replaces one
   function of the table by one that breaks one promise of the contract. */
#define strongroom_key_backend_v1 sample_entry
#include "../sample_keys.c"
#undef strongroom_key_backend_v1

#define OPERATION(name)                                                                                                \
    static void name(                                                                                                  \
        void *instance, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation)

/* The entry of a module whose table is the sample's but for what `change` does to it. */
#define ENTRY(change)                                                                                                  \
    __attribute__((visibility("default")))                                                                             \
    const strongroom_key_module *strongroom_key_backend_v1(uint32_t major, uint32_t minor) {                           \
        static strongroom_key_module broken;                                                                           \
        broken = *sample_entry(major, minor);                                                                          \
        change;                                                                                                        \
        return &broken;                                                                                                \
    }
