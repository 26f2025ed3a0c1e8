/*
 * arenas.c - arenas that are halves of huge pages.
 */
#include "arenas.h"

#include "base.h"

#if defined(__linux__) && defined(HAVE_MMAP) && !defined(Py_GIL_DISABLED)

#include <dlfcn.h>
#include <limits.h>
#include <sys/mman.h>
#include <time.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define LEFT_ALONE 2
/*
 * Nanoseconds of this thread: what the small pages of a huge one would cost, what may be lost, and what each load that
 * goes without makes good of that.
 */
#define SMALL_PAGES 750000
#define MOST_LOST 15000000
#define MADE_GOOD 500000

static int64_t nanoseconds(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* A huge page of addresses, which are asked to become one; or NULL. */
static char *map_huge_page(void)
{
    size_t size = HUGE_PAGE * 2;
    char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)start % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0)
        (void)munmap(start, before);
    (void)munmap(start + before + HUGE_PAGE, HUGE_PAGE - before);
    (void)madvise(start + before, HUGE_PAGE, MADV_HUGEPAGE);
    return start + before;
}

/* The same, and it has become one, unless the system has none. */
static char *make_huge_page(ext_arenas *arenas)
{
    int64_t begin = nanoseconds();
    char *page = map_huge_page();
    if (!page)
        return NULL;
    *(volatile char *)page = 0;
    arenas->lost += nanoseconds() - begin - SMALL_PAGES;
    if (arenas->lost < 0)
        arenas->lost = 0;
    if (arenas->lost > MOST_LOST)
        arenas->left_alone = UINT_MAX;
    return page;
}

static void *take_arena(void *ctx, size_t size)
{
    ext_arenas *arenas = ctx;
    if (size > 0 && HUGE_PAGE % size == 0 && (arenas->left_alone == 0 || arenas->spare)) {
        char *arena = arenas->spare ? arenas->spare : make_huge_page(arenas);
        if (arena) {
            char *rest = arena + size;
            arenas->spare = (uintptr_t)rest % HUGE_PAGE ? rest : NULL;
            return arena;
        }
    }
    if (arenas->left_alone > 0)
        arenas->left_alone--;
    return arenas->own.alloc(arenas->own.ctx, size);
}

/* Both are functions of the same file: this is how the interpreter maps arenas where nobody has told it otherwise. */
static bool is_the_interpreters(const PyObjectArenaAllocator *allocator)
{
    Dl_info its, known;
    return !allocator->ctx && dladdr((void *)(uintptr_t)allocator->alloc, &its) != 0 &&
           dladdr((void *)(uintptr_t)&PyType_Ready, &known) != 0 &&
           its.dli_fbase == known.dli_fbase;
}

/* Others with a lock of their own would look at the hook while it changes. */
static bool is_the_only_interpreter(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyInterpreterState_Next(PyInterpreterState_Head()) == NULL;
#else
    return true;
#endif
}

bool ext_arenas_begin(ext_arenas *arenas, size_t input)
{
    if (arenas->lost > MOST_LOST) {
        arenas->lost -= MADE_GOOD;
        return false;
    }
    if (!arenas->looked_at) {
        arenas->looked_at = true;
        PyObject_GetArenaAllocator(&arenas->own);
        if (!is_the_interpreters(&arenas->own))
            arenas->own.alloc = NULL;
    }
    arenas->left_alone = input > 0 ? 0 : LEFT_ALONE;
    return arenas->own.alloc != NULL;
}

void ext_arenas_enter(ext_arenas *arenas)
{
    PyObjectArenaAllocator now;
    PyObject_GetArenaAllocator(&now);
    if (now.alloc != arenas->own.alloc || !is_the_only_interpreter())
        return;
    now.ctx = arenas;
    now.alloc = take_arena;
    PyObject_SetArenaAllocator(&now);
    arenas->entered = true;
}

void ext_arenas_leave(ext_arenas *arenas)
{
    PyObjectArenaAllocator now;
    PyObject_GetArenaAllocator(&now);
    if (now.alloc == take_arena)
        PyObject_SetArenaAllocator(&arenas->own);
    arenas->entered = false;
}

void ext_arenas_end(ext_arenas *arenas)
{
    char *spare = arenas->spare;
    arenas->spare = NULL;
    if (spare)
        (void)munmap(spare, HUGE_PAGE - (uintptr_t)spare % HUGE_PAGE);
}

#else

bool ext_arenas_begin(ext_arenas *arenas, size_t input)
{
    (void)arenas;
    (void)input;
    return false;
}

void ext_arenas_enter(ext_arenas *arenas)
{
    (void)arenas;
}

void ext_arenas_leave(ext_arenas *arenas)
{
    (void)arenas;
}

void ext_arenas_end(ext_arenas *arenas)
{
    (void)arenas;
}

#endif
