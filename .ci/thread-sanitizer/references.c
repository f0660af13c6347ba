// Tells the thread sanitizer of references to the nodes of a memtable.
//
// A memtable changes in place what nobody else refers to (isKnownUniquelyReferenced). That is in order: who let go of a
// snapshot decremented the count after the last look at it, and who finds the count at one sees that. The count is kept
// in the runtime's library, which is not instrumented: without this, a change is taken for a race with a look that
// another thread had at a snapshot before it let go of it. Both functions are put in the place of the library's, call
// them, and say what they have done.
//
// Of the one class only: a clock for each object that is let go of takes memory, and could hide races of objects whose
// order is not kept in this way.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CLASS "StrongroomCatalog.MemtableNode<"
#define IS_UNIQUE "$ss25isKnownUniquelyReferencedySbxzRlzClF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef struct {
  const char *text;
  uintptr_t length;
} type_name;

__attribute__((swiftcall)) type_name swift_getTypeName(const void *type, bool qualified);
__attribute__((swiftcall)) bool is_unique(void **reference, void *type) __asm__(IS_UNIQUE);

typedef void (*release_function)(void *);
typedef __attribute__((swiftcall)) bool (*is_unique_function)(void **, void *);

// Of a later toolchain, whose names are others, one is missing.
static void *library_function(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) __builtin_trap();
  return function;
}

// Whether objects of a type are nodes. What was found is kept with the type's address in a slot: bit 0 says it.
static bool is_node_type(const uintptr_t *type) {
  static _Atomic uintptr_t known[4096];
  _Atomic uintptr_t *slot = &known[((uintptr_t)type >> 4) % 4096];
  uintptr_t found = atomic_load_explicit(slot, memory_order_relaxed);
  if ((found & ~(uintptr_t)1) != (uintptr_t)type) {
    bool is_node = false;
    // Classes are of kind 0 where there is no Objective-C; boxes and closures' contexts have no name to ask for.
    if (*type == 0) {
      type_name name = swift_getTypeName(type, true);
      is_node = name.length >= strlen(CLASS) && memcmp(name.text, CLASS, strlen(CLASS)) == 0;
    }
    found = (uintptr_t)type | is_node;
    atomic_store_explicit(slot, found, memory_order_relaxed);
  }
  return found & 1;
}

void swift_release(void *object) {
  static _Atomic(release_function) function;
  release_function release = atomic_load_explicit(&function, memory_order_relaxed);
  if (!release) {
    release = (release_function)library_function("swift_release");
    atomic_store_explicit(&function, release, memory_order_relaxed);
  }
  // Negative is what has no count.
  if ((intptr_t)object > 0 && is_node_type(*(const uintptr_t **)object)) __tsan_release(object);
  release(object);
}

__attribute__((swiftcall)) bool is_unique(void **reference, void *type) {
  bool unique = ((is_unique_function)library_function(IS_UNIQUE))(reference, type);
  if (unique) __tsan_acquire(*reference);
  return unique;
}
