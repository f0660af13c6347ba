// Tells the thread sanitizer of Swift's Mutex.
//
// The uncontended half of Synchronization.Mutex is compiled into whoever uses it, and the sanitizer sees its atomics.
// The contended half is in the runtime's library, which is not instrumented, and hands the lock over inside the kernel:
// without this every contended lock is taken for a race. Both functions are put in the place of the library's, call
// them, and say what they have done.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void (*lock_slow_function)(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void (*unlock_slow_function)(__attribute__((swift_context)) void *);

__attribute__((swiftcall)) void lock_slow(uint32_t, __attribute__((swift_context)) void *) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *) __asm__(UNLOCK_SLOW);

// Of a later toolchain, whose names are others, both are missing, and the tests report races that are none.
static void *library_function(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) __builtin_trap();
  return function;
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) {
  ((lock_slow_function)library_function(LOCK_SLOW))(thread, handle);
  __tsan_acquire(handle);
}

__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle) {
  __tsan_release(handle);
  ((unlock_slow_function)library_function(UNLOCK_SLOW))(handle);
}
