/*
 * npy.c - what the header of a .npy file says of its items.
 *
 * The header is text of a Python literal, which NumPy evaluates.  There are many spellings of a dtype with
 * objects, some of them chosen to be overlooked, so an O anywhere, or an escape that could be one, counts.
 */
#include "npy.h"

static bool contains(const uint8_t *text, size_t size, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(text + i, word, length) == 0)
            return true;
    }
    return false;
}

static bool is_object(const uint8_t *text, size_t size)
{
    static const char *const spellings[] = {"'descr': '|O'", "'descr': 'O'", "'descr': '|O8'",
                                            "'descr': 'O8'", "\"descr\": \"|O\""};
    for (size_t i = 0; i < BRN_ARRAY_LEN(spellings); i++) {
        if (contains(text, size, spellings[i]))
            return true;
    }
    return false;
}

brn_npy brn_npy_header(const uint8_t *data, size_t size, size_t *begin)
{
    if (size < 6 || memcmp(data, "\x93NUMPY", 6) != 0)
        return BRN_NPY_NONE;
    if (size < 10 || data[6] < 1 || data[6] > 3)
        return BRN_NPY_BROKEN;
    size_t fixed = data[6] == 1 ? 10 : 12;
    if (size < fixed)
        return BRN_NPY_BROKEN;
    size_t length = data[6] == 1 ? brn_load_le16(data + 8) : brn_load_le32(data + 8);
    if (length > size - fixed)
        return BRN_NPY_BROKEN;
    const uint8_t *text = data + fixed;
    *begin = fixed + length;
    if (is_object(text, length))
        return BRN_NPY_OBJECTS;
    /* The keys and values of a plain header have no such letter. */
    bool maybe = length > 0 && (memchr(text, 'O', length) || memchr(text, '\\', length));
    return maybe ? BRN_NPY_MAYBE : BRN_NPY_NUMBERS;
}
