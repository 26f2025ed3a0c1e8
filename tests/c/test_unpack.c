/*
 * test_unpack.c - deflate, gzip and zlib: every kind of block, every way to be damaged, and limits.
 */
#include "io/unpack.h"

#include "support.h"

/* 200 words of four and all bytes, as one block with tables of its own. */
static const char dynamic[] =
    "\x4b\x4a\x2d\x49\x54\x48\xcc\x29\xc8\x48\x54\x48\x4f\xcc\xcd\x85\xb1\x53\x52\x73"
    "\x4a\xb0\x91\x49\x08\xe5\x10\x01\x4c\xe5\xc8\x22\x10\x23\x93\xb0\xdb\x81\x49\x22"
    "\xd9\x81\x6c\x16\x92\x00\x92\x0a\x24\xb3\x91\x14\x60\x7a\x02\xc9\x0c\x64\x49\x08"
    "\x1b\xc3\x3c\x64\x61\x4c\xff\xe0\x73\x09\x5e\x9b\x91\x1d\x87\x69\x2c\x0e\x17\x21"
    "\x08\x24\x93\x30\x8c\x43\xd6\x86\xe9\x06\x74\x3d\x38\x62\x07\xd9\x4f\xb8\x0c\xc4"
    "\x74\x3d\x56\x57\x12\x13\xc5\xc8\x2a\x31\x62\x06\x47\x98\x22\xec\xc1\xd0\x87\xe9"
    "\x62\xcc\x08\xc4\xf4\x03\x8e\x14\x80\xe1\x36\x0c\x1f\x63\x84\x2f\xbe\x64\x8a\x23"
    "\xdf\x60\x06\x26\x7a\x7a\xc6\x15\x9a\xc8\x5e\xc6\x48\x0c\x48\x3a\x31\x1c\x85\xdd"
    "\xed\x18\x41\x8c\x23\x13\xe2\x77\x36\x66\x6a\xc1\x13\x5d\x48\x36\x30\x30\x32\x31"
    "\xb3\xb0\xb2\xb1\x73\x70\x72\x71\xf3\xf0\xf2\xf1\x0b\x08\x0a\x09\x8b\x88\x8a\x89"
    "\x4b\x48\x4a\x49\xcb\xc8\xca\xc9\x2b\x28\x2a\x29\xab\xa8\xaa\xa9\x6b\x68\x6a\x69"
    "\xeb\xe8\xea\xe9\x1b\x18\x1a\x19\x9b\x98\x9a\x99\x5b\x58\x5a\x59\xdb\xd8\xda\xd9"
    "\x3b\x38\x3a\x39\xbb\xb8\xba\xb9\x7b\x78\x7a\x79\xfb\xf8\xfa\xf9\x07\x04\x06\x05"
    "\x87\x84\x86\x85\x47\x44\x46\x45\xc7\xc4\xc6\xc5\x27\x24\x26\x25\xa7\xa4\xa6\xa5"
    "\x67\x64\x66\x65\xe7\xe4\xe6\xe5\x17\x14\x16\x15\x97\x94\x96\x95\x57\x54\x56\x55"
    "\xd7\xd4\xd6\xd5\x37\x34\x36\x35\xb7\xb4\xb6\xb5\x77\x74\x76\x75\xf7\xf4\xf6\xf5"
    "\x4f\x98\x38\x69\xf2\x94\xa9\xd3\xa6\xcf\x98\x39\x6b\xf6\x9c\xb9\xf3\xe6\x2f\x58"
    "\xb8\x68\xf1\x92\xa5\xcb\x96\xaf\x58\xb9\x6a\xf5\x9a\xb5\xeb\xd6\x6f\xd8\xb8\x69"
    "\xf3\x96\xad\xdb\xb6\xef\xd8\xb9\x6b\xf7\x9e\xbd\xfb\xf6\x1f\x38\x78\xe8\xf0\x91"
    "\xa3\xc7\x8e\x9f\x38\x79\xea\xf4\x99\xb3\xe7\xce\x5f\xb8\x78\xe9\xf2\x95\xab\xd7"
    "\xae\xdf\xb8\x79\xeb\xf6\x9d\xbb\xf7\xee\x3f\x78\xf8\xe8\xf1\x93\xa7\xcf\x9e\xbf"
    "\x78\xf9\xea\xf5\x9b\xb7\xef\xde\x7f\xf8\xf8\xe9\xf3\x97\xaf\xdf\xbe\xff\xf8\xf9"
    "\xeb\xf7\x9f\xbf\xff\xfe\x03\x00";
#define DYNAMIC_SIZE 1407
#define DYNAMIC_CRC 2503953198u

/* "abcabcabcabcabc hello hello" with the fixed tables. */
static const char fixed[] = "\x4b\x4c\x4a\x4e\x44\x42\x0a\x19\xa9\x39\x39\xf9\x10\x12\x00";

static brn_code inflate_to(bytes *to, brn_packing packing, const void *data, size_t size,
                           uint64_t most)
{
    brn_memory memory;
    brn_memory_init(&memory, NULL, 0);
    brn_unpacked out;
    size_t used;
    brn_unpacked_init(&out, &memory, most);
    brn_code code = brn_inflate(packing, data, size, &out, &used);
    assert_in_range(used, 0, size);
    assert_true(out.size <= most);
    put(to, out.data, out.size);
    brn_unpacked_free(&out);
    assert_int_equal(memory.used, 0);
    return code;
}

static void test_blocks(void **state)
{
    (void)state;
    bytes to = {0};
    assert_int_equal(
        inflate_to(&to, BRN_PACKING_DEFLATE, dynamic, sizeof dynamic - 1, BRN_UNLIMITED), BRN_OK);
    assert_int_equal(to.size, DYNAMIC_SIZE);
    assert_int_equal(brn_crc32(0, to.data, to.size), DYNAMIC_CRC);
    /* In pieces as well. */
    assert_int_equal(brn_crc32(brn_crc32(0, to.data, 7), to.data + 7, to.size - 7), DYNAMIC_CRC);
    to.size = 0;
    assert_int_equal(inflate_to(&to, BRN_PACKING_DEFLATE, BYTES(fixed), BRN_UNLIMITED), BRN_OK);
    assert_int_equal(to.size, 27);
    assert_memory_equal(to.data, "abcabcabcabcabc hello hello", 27);
    to.size = 0;
    /* Two blocks as they are, the first of them empty. */
    assert_int_equal(inflate_to(&to, BRN_PACKING_DEFLATE,
                                BYTES("\x00\x00\x00\xff\xff\x01\x03\x00\xfc\xffxyz"),
                                BRN_UNLIMITED),
                     BRN_OK);
    assert_int_equal(to.size, 3);
    assert_memory_equal(to.data, "xyz", 3);
    bytes_free(&to);
}

/* What is cut off is damaged, and what came out before is right. */
static void test_cut(void **state)
{
    (void)state;
    bytes whole = {0};
    (void)inflate_to(&whole, BRN_PACKING_DEFLATE, dynamic, sizeof dynamic - 1, BRN_UNLIMITED);
    for (size_t size = 0; size < sizeof dynamic - 1; size++) {
        bytes to = {0};
        assert_int_equal(inflate_to(&to, BRN_PACKING_DEFLATE, dynamic, size, BRN_UNLIMITED),
                         BRN_ERROR_UNPACK);
        assert_true(to.size <= whole.size);
        if (to.size > 0)
            assert_memory_equal(to.data, whole.data, to.size);
        bytes_free(&to);
    }
    bytes_free(&whole);
}

/* Every bit turned: an answer of some kind, within the limit. */
static void test_turned_bits(void **state)
{
    (void)state;
    char copy[sizeof dynamic - 1];
    for (size_t bit = 0; bit < 8 * sizeof copy; bit += 3) {
        memcpy(copy, dynamic, sizeof copy);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        bytes to = {0};
        brn_code code = inflate_to(&to, BRN_PACKING_DEFLATE, copy, sizeof copy, 4096);
        assert_true(code == BRN_OK || code == BRN_ERROR_UNPACK || code == BRN_ERROR_LIMIT_INFLATED);
        bytes_free(&to);
    }
}

static void test_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
    } bad[] = {
        {BYTES("\x07")},                         /* the kind of block that there is not */
        {BYTES("\x01\x03\x00\xfc\xfexyz")},      /* two sizes that do not fit */
        {BYTES("\x01\x05\x00\xfa\xffxyz")},      /* fewer bytes than it says */
        {BYTES("\x03\x02\x00")},                 /* a distance before the first byte */
        {BYTES("\xfd\xff\xff\xff\xff\xff\xff")}, /* too many lengths */
        {BYTES("\x05\x00\x00\x00\x00\x00\x00")}, /* no codes at all */
        {BYTES("")},
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        bytes to = {0};
        assert_int_equal(inflate_to(&to, BRN_PACKING_DEFLATE, bad[i].data, bad[i].size, 1 << 20),
                         BRN_ERROR_UNPACK);
        bytes_free(&to);
    }
    bytes to = {0};
    assert_int_equal(inflate_to(&to, BRN_PACKING_LZ4, "x", 1, 10), BRN_ERROR_UNSUPPORTED);
    bytes_free(&to);
}

static void test_wrappers(void **state)
{
    (void)state;
    /* All that a header can have: an extra field, a name, a comment, a checksum. */
    bytes gzip = {0};
    for (int member = 0; member < 2; member++) {
        put(&gzip, BYTES("\x1f\x8b\x08\x1e\0\0\0\0\0\3\x02\0xyname\0comment\0\xaa\xbb"));
        put(&gzip, fixed, sizeof fixed - 1);
        put_number(&gzip, brn_crc32(0, (const uint8_t *)"abcabcabcabcabc hello hello", 27), 4);
        put_number(&gzip, 27, 4);
    }
    put(&gzip, BYTES("behind"));
    bytes to = {0};
    assert_int_equal(inflate_to(&to, BRN_PACKING_GZIP, gzip.data, gzip.size, 1000), BRN_OK);
    assert_int_equal(to.size, 54);
    to.size = 0;
    gzip.data[gzip.size - 6 - 8] ^= 1;
    assert_int_equal(inflate_to(&to, BRN_PACKING_GZIP, gzip.data, gzip.size, 1000),
                     BRN_ERROR_CHECKSUM);
    assert_int_equal(to.size, 54);
    for (size_t size = 0; size < 20; size++)
        assert_int_equal(inflate_to(&to, BRN_PACKING_GZIP, gzip.data, size, 1000),
                         BRN_ERROR_UNPACK);
    /* Of nothing: an empty block. */
    bytes nothing = {0};
    assert_int_equal(inflate_to(&nothing, BRN_PACKING_GZIP,
                                BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0"), 1000),
                     BRN_OK);
    assert_int_equal(nothing.size, 0);
    assert_int_equal(inflate_to(&nothing, BRN_PACKING_GZIP,
                                BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\1\0\0\0\0\0\0\0"), 1000),
                     BRN_ERROR_CHECKSUM);
    bytes_free(&nothing);
    to.size = 0;
    static const char zlib[] = "\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x27";
    assert_int_equal(inflate_to(&to, BRN_PACKING_ZLIB, BYTES(zlib), 1000), BRN_OK);
    assert_memory_equal(to.data, "abc", 3);
    for (size_t size = 0; size < sizeof zlib - 1; size++)
        assert_int_equal(inflate_to(&to, BRN_PACKING_ZLIB, zlib, size, 1000), BRN_ERROR_UNPACK);
    assert_int_equal(inflate_to(&to, BRN_PACKING_ZLIB,
                                BYTES("\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x28"), 1000),
                     BRN_ERROR_CHECKSUM);
    bytes_free(&to);
    bytes_free(&gzip);
}

static void test_limit(void **state)
{
    (void)state;
    for (uint64_t most = 0; most < DYNAMIC_SIZE; most += 101) {
        bytes to = {0};
        assert_int_equal(inflate_to(&to, BRN_PACKING_DEFLATE, dynamic, sizeof dynamic - 1, most),
                         BRN_ERROR_LIMIT_INFLATED);
        assert_int_equal(to.size, most);
        bytes_free(&to);
    }
}

static void test_recognised(void **state)
{
    (void)state;
    assert_int_equal(brn_packing_of((const uint8_t *)"\x1f\x8b\x08\0\0\0\0\0\0\0\0", 11),
                     BRN_PACKING_GZIP);
    assert_int_equal(brn_packing_of((const uint8_t *)"\x78\x9c\x4b\x4c\x4a\x06\x00", 7),
                     BRN_PACKING_ZLIB);
    assert_int_equal(brn_packing_of((const uint8_t *)"x^2 + 1", 7), BRN_PACKING_ZLIB);
    assert_int_equal(brn_packing_of((const uint8_t *)"BZh91AY&SY", 10), BRN_PACKING_BZIP2);
    assert_int_equal(brn_packing_of((const uint8_t *)"BZhello...", 10), BRN_PACKING_NONE);
    assert_int_equal(brn_packing_of((const uint8_t *)"\xfd"
                                                     "7zXZ\0",
                                    6),
                     BRN_PACKING_XZ);
    assert_int_equal(brn_packing_of((const uint8_t *)"\x80\x04N.", 4), BRN_PACKING_NONE);
    assert_int_equal(brn_packing_of(NULL, 0), BRN_PACKING_NONE);
    assert_string_equal(brn_packing_name(BRN_PACKING_ZSTD), "zstd");
    assert_string_equal(brn_packing_name((brn_packing)99), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),      cmocka_unit_test(test_cut),
        cmocka_unit_test(test_turned_bits), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_wrappers),    cmocka_unit_test(test_limit),
        cmocka_unit_test(test_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
