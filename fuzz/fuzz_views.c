/*
 * fuzz_views.c - every view is asked about every value; what it says is there can be touched, to
 * the last byte, and asking costs no memory.
 */
#include "target.h"

/* A loop over what may be a mere claim. */
#define MOST 300

static void touch_blob(const brn_blob *blob)
{
    uint8_t portion[64];
    uint64_t total = 0;
    size_t count;
    if (blob->data)
        touch(blob->data, blob->size);
    for (size_t at = 0; (count = brn_blob_copy(blob, at, portion, sizeof portion)) > 0; at += count)
        total += count;
    REQUIRE(total == blob->size);
    REQUIRE(!blob->elsewhere || blob->size == 0);
}

static void touch_dtype(const brn_dtype *dtype, int depth)
{
    brn_field f;
    brn_dtype base;
    REQUIRE(strchr("biufcmMOSUV", dtype->kind) && strchr("<>|", dtype->order));
    REQUIRE(memchr(dtype->unit, '\0', sizeof dtype->unit));
    if (dtype->base) {
        REQUIRE(brn_as_dtype(dtype->base, &base));
        REQUIRE(base.size <= dtype->size || dtype->size == 0);
    }
    for (size_t i = 0; depth < 2 && i < dtype->fields && i < MOST; i++) {
        if (!brn_dtype_field(dtype, i, &f))
            continue;
        REQUIRE(f.offset + f.dtype.size <= dtype->size);
        touch_dtype(&f.dtype, depth + 1);
    }
}

/* The last element is inside of the bytes, or of the list. */
static void touch_array(const brn_array *a, size_t offset)
{
    uint64_t last = offset;
    uint64_t count = 1;
    touch_dtype(&a->dtype, 0);
    REQUIRE(a->dimensions <= BRN_DIMENSIONS);
    for (size_t i = 0; i < a->dimensions; i++) {
        count *= a->shape[i];
        if (a->count > 0)
            last += (a->shape[i] - 1) * a->strides[i];
    }
    REQUIRE(count == a->count);
    if (a->count == 0)
        return;
    if (a->objects) {
        REQUIRE(last < brn_size(a->objects) && brn_at(a->objects, last));
    } else if (!a->bytes.elsewhere) {
        REQUIRE(last + a->dtype.size <= a->bytes.size);
        touch_blob(&a->bytes);
    }
    if (a->masked) {
        REQUIRE(a->mask.size == a->count);
        touch_blob(&a->mask);
    }
}

static void touch_index(const brn_val *val, const brn_buffers *buffers)
{
    brn_index_view index;
    brn_label label;
    if (!brn_as_index(val, buffers, &index))
        return;
    for (size_t i = 0; i < index.size && i < MOST; i++)
        REQUIRE(brn_index_label(&index, i, &label) || index.values.bytes.elsewhere ||
                index.values.dtype.kind == 'u');
    REQUIRE(!brn_index_label(&index, index.size, &label));
}

static void look_at_time(const brn_val *val)
{
    brn_zone zone;
    brn_date date;
    brn_time time;
    brn_datetime both;
    brn_timedelta delta;
    if (brn_as_zone(val, &zone)) {
        REQUIRE(zone.seconds > -86400 && zone.seconds < 86400);
        touch(zone.name, zone.name ? zone.name_size : 0);
    }
    if (brn_as_date(val, &date))
        REQUIRE(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
    if (brn_as_time(val, &time))
        REQUIRE(time.hour >= 0 && time.hour < 24);
    if (brn_as_datetime(val, &both))
        REQUIRE(both.date.year >= 1 && both.date.year <= 9999);
    if (brn_as_timedelta(val, &delta))
        REQUIRE(delta.seconds >= 0 && delta.microseconds < 1000000);
}

static void look_at_number(const brn_val *val)
{
    brn_complex z;
    brn_decimal d;
    brn_fraction f;
    brn_uuid u;
    brn_range r;
    (void)brn_as_complex(val, &z);
    (void)brn_as_uuid(val, &u);
    if (brn_as_decimal(val, &d)) {
        char digits[100];
        touch(d.text, d.size);
        REQUIRE(d.digits <= d.size);
        REQUIRE(brn_decimal_coefficient(&d, digits, sizeof digits) == d.digits);
        touch(digits, d.digits < sizeof digits ? d.digits : sizeof digits);
    }
    if (brn_as_fraction(val, &f)) {
        REQUIRE((f.numerator && f.denominator) || (f.numerator_text && f.denominator_text));
        touch(f.numerator_text, f.numerator_size);
        touch(f.denominator_text, f.denominator_size);
    }
    if (brn_as_range(val, &r) || brn_as_slice(val, &r))
        REQUIRE(r.start && r.stop && r.step);
}

static void look_at_container(const brn_val *val)
{
    brn_mapping m;
    brn_deque d;
    brn_set s;
    brn_path p;
    const brn_val *key;
    const brn_val *value;
    if (brn_as_ordereddict(val, &m) || brn_as_defaultdict(val, &m) || brn_as_counter(val, &m)) {
        for (size_t i = 0; i < m.size; i++)
            REQUIRE(brn_mapping_at(&m, i, &key, &value) && key && value);
        REQUIRE(!brn_mapping_at(&m, m.size, &key, &value));
    }
    if (brn_as_deque(val, &d)) {
        for (size_t i = 0; i < d.size; i++)
            REQUIRE(brn_deque_at(&d, i));
        REQUIRE(!brn_deque_at(&d, d.size));
    }
    if (brn_as_set(val, &s)) {
        for (size_t i = 0; i < s.size; i++)
            REQUIRE(brn_at(s.elements, i));
    }
    if (brn_as_path(val, &p)) {
        char text[20];
        memset(text, 'x', sizeof text);
        size_t size = brn_path_text(&p, text, sizeof text);
        REQUIRE(memchr(text, '\0', sizeof text) || size == 0);
    }
}

static void look_at_class(const brn_val *val)
{
    brn_instance i;
    brn_namedtuple t;
    brn_enum e;
    static const brn_viewer table[] = {{"m", "C", 1, NULL, NULL}};
    if (brn_as_instance(val, &i))
        REQUIRE(i.class_ && i.args && i.args_from <= brn_size(i.args));
    if (brn_as_namedtuple(val, &t)) {
        for (size_t n = 0; n < t.size; n++)
            REQUIRE(brn_at(t.items, t.from + n));
    }
    if (brn_as_enum(val, "m", "C", &e))
        REQUIRE((e.name != NULL) != (e.value != NULL));
    (void)brn_viewer_for(table, 1, val);
}

static void look_at_package(const brn_val *val, const brn_buffers *buffers)
{
    brn_dtype d;
    brn_scalar scalar;
    brn_array a;
    brn_sparse m;
    brn_series series;
    brn_frame f;
    brn_column c;
    if (brn_as_dtype(val, &d))
        touch_dtype(&d, 0);
    if (brn_as_scalar(val, &scalar)) {
        REQUIRE(scalar.object || scalar.bytes.size == scalar.dtype.size);
        touch_blob(&scalar.bytes);
    }
    if (brn_as_array(val, buffers, &a))
        touch_array(&a, 0);
    if (brn_as_sparse(val, buffers, &m)) {
        touch_array(&m.data, 0);
        touch_array(&m.indices, 0);
        REQUIRE(m.stored <= m.data.count && m.indices.count == m.data.count);
    }
    if (brn_as_series(val, buffers, &series)) {
        touch_array(&series.column.values, series.column.offset);
        touch_index(series.index, buffers);
    }
    if (brn_as_frame(val, buffers, &f)) {
        for (size_t i = 0; i < f.columns && i < MOST; i++) {
            if (brn_frame_column(&f, i, &c)) {
                touch_array(&c.values, c.offset);
                REQUIRE(c.values.dimensions == 1 && c.values.shape[0] == f.rows);
            }
        }
        REQUIRE(!brn_frame_column(&f, f.columns, &c));
        touch_index(f.labels, buffers);
        touch_index(f.index, buffers);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const brn_buffer parts[] = {{eight, 8}, {eight, 0}, {NULL, 0}, {eight, 4}};
    static const brn_buffers buffers = {parts, 4};
    books b;
    brn_alloc alloc = books_alloc(&b);
    brn_options options = BRN_OPTIONS_INIT;
    options.hash_seed = 1;
    brn_doc *doc = brn_read(data, size, &options, &alloc, NULL);
    size_t used = b.used;
    for (uint32_t id = 0; id < brn_doc_count(doc); id++) {
        const brn_val *val = brn_doc_value(doc, id);
        brn_blob blob;
        if (brn_as_bytes(val, &buffers, &blob))
            touch_blob(&blob);
        look_at_time(val);
        look_at_number(val);
        look_at_container(val);
        look_at_class(val);
        look_at_package(val, NULL);
        look_at_package(val, &buffers);
    }
    REQUIRE(b.used == used);
    brn_free(doc);
    REQUIRE(b.blocks == 0 && b.used == 0);
    return 0;
}
