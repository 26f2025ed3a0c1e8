/*
 * options.c - defaults.
 */
#include "options.h"

#include <time.h>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#define DEFAULT_DIGITS 4300
#define DEFAULT_WINDOW 65536
#define LEAST_WINDOW 16

/*
 * A number that who wrote the input cannot know.  Where the system has no
 * source of them, an address and the clock have to do.
 */
static uint64_t draw_seed(void)
{
    uint64_t seed = 0;
#if BRN_HAS_GETENTROPY
    if (getentropy(&seed, sizeof seed) != 0)
        seed = 0;
#endif
    if (seed == 0)
        seed = (uint64_t)(uintptr_t)&seed ^ (uint64_t)time(NULL) << 32 ^ (uint64_t)clock();
    return seed | 1;
}

static void or_default(uint64_t *field, uint64_t value)
{
    if (*field == 0)
        *field = value;
}

brn_code brn_options_get(brn_options *effective, const brn_options *options, brn_error *err)
{
    memset(effective, 0, sizeof *effective);
    if (options) {
        if (options->size < offsetof(brn_options, max_input) ||
            (options->flags & ~(BRN_BORROW | BRN_MAP | BRN_TRACE)) != 0)
            return brn_error_set(err, BRN_ERROR_OPTIONS, 0, -1, "brn_options: size %zu, flags 0x%x",
                                 options->size, (unsigned)options->flags);
        size_t size = options->size < sizeof *effective ? options->size : sizeof *effective;
        /* Of a field that the caller's struct has only in part, nothing is known. */
        size -= (size - offsetof(brn_options, max_input)) % sizeof(uint64_t);
        memcpy(effective, options, size);
    }
    effective->size = sizeof *effective;
    if (effective->hash_seed == 0)
        effective->hash_seed = draw_seed();
    or_default(&effective->max_input, BRN_UNLIMITED);
    or_default(&effective->max_memory, BRN_UNLIMITED);
    or_default(&effective->max_values, UINT32_MAX);
    or_default(&effective->max_stack, BRN_UNLIMITED);
    or_default(&effective->max_memo, BRN_UNLIMITED);
    or_default(&effective->max_digits, DEFAULT_DIGITS);
    if (effective->max_values > UINT32_MAX)
        effective->max_values = UINT32_MAX;
    if (effective->window == 0)
        effective->window = DEFAULT_WINDOW;
    if (effective->window < LEAST_WINDOW)
        effective->window = LEAST_WINDOW;
    return BRN_OK;
}
