/*
 * print_views.c - what the typed views say of pickles, as JSON, for tests in Python to compare with
 * what Python itself says of the objects.
 *
 *     print_views < CASES
 *
 * A case is: the number of out-of-band buffers; the length of the pickle and the pickle; of each
 * buffer the length and the bytes; numbers have four bytes, the least significant first.  For each
 * case a line is printed: an object with a member for every view that answers true of the root.
 * Values are spelt as repr() does, bytes in hexadecimal.
 */
#include "brinery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BUFFERS 64

/* ------------------------------------------------------------------------
 * JSON
 * ------------------------------------------------------------------------ */

static bool is_first;

static void put_text(const char *text, size_t size)
{
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void name(const char *key)
{
    printf("%s\"%s\":", is_first ? "" : ",", key);
    is_first = false;
}

static void begin(const char *key)
{
    name(key);
    putchar('{');
    is_first = true;
}

static void end(void)
{
    putchar('}');
    is_first = false;
}

static void number(const char *key, int64_t value)
{
    name(key);
    printf("%" PRId64, value);
}

static void size(const char *key, size_t value)
{
    number(key, (int64_t)value);
}

static void boolean(const char *key, bool value)
{
    name(key);
    fputs(value ? "true" : "false", stdout);
}

static void text(const char *key, const char *value, size_t length)
{
    name(key);
    if (value)
        put_text(value, length);
    else
        fputs("null", stdout);
}

static void character(const char *key, char c)
{
    text(key, &c, 1);
}

static void put_real(double value)
{
    printf("\"%a\"", value);
}

/* A class as "module.name", an atom as repr(), others by their type. */
static void put_value(const brn_val *val)
{
    size_t length = brn_repr(val, NULL, 0);
    if (!val) {
        fputs("null", stdout);
    } else if (length) {
        char *repr = malloc(length + 1);
        if (!repr)
            abort();
        (void)brn_repr(val, repr, length + 1);
        put_text(repr, length);
        free(repr);
    } else if (brn_typeof(val) == BRN_GLOBAL) {
        size_t module_size, name_size;
        const uint8_t *module = brn_bytes(brn_global_module(val), &module_size);
        const uint8_t *qualified = brn_bytes(brn_global_name(val), &name_size);
        printf("\"%.*s.%.*s\"", (int)module_size, (const char *)module, (int)name_size,
               (const char *)qualified);
    } else {
        printf("\"<%s>\"", brn_type_name(brn_typeof(val)));
    }
}

static void value(const char *key, const brn_val *val)
{
    name(key);
    put_value(val);
}

static void blob(const char *key, const brn_blob *b)
{
    begin(key);
    boolean("pointer", b->data != NULL);
    boolean("writable", b->writable);
    boolean("elsewhere", b->elsewhere);
    name("hex");
    putchar('"');
    /* In portions, some of which begin inside of what is encoded. */
    uint8_t portion[1000];
    size_t count;
    for (size_t at = 0; (count = brn_blob_copy(b, at, portion, sizeof portion)) > 0; at += count) {
        for (size_t i = 0; i < count; i++)
            printf("%02x", portion[i]);
    }
    putchar('"');
    end();
}

/* ------------------------------------------------------------------------
 * Views of Python's own library
 * ------------------------------------------------------------------------ */

static void zone(const brn_zone *z)
{
    begin("zone");
    text("name", z->name, z->name_size);
    boolean("has_offset", z->has_offset);
    number("seconds", z->seconds);
    number("microseconds", z->microseconds);
    end();
}

static void date(const brn_date *d)
{
    number("year", d->year);
    number("month", d->month);
    number("day", d->day);
}

static void time_of_day(const brn_time *t)
{
    number("hour", t->hour);
    number("minute", t->minute);
    number("second", t->second);
    number("microsecond", t->microsecond);
    boolean("fold", t->fold);
    boolean("aware", t->tzinfo != NULL);
    zone(&t->zone);
}

static void times(const brn_val *val)
{
    brn_zone z;
    brn_date d;
    brn_time t;
    brn_datetime dt;
    brn_timedelta delta;
    if (brn_as_zone(val, &z))
        zone(&z);
    if (brn_as_date(val, &d)) {
        begin("date");
        date(&d);
        end();
    }
    if (brn_as_time(val, &t)) {
        begin("time");
        time_of_day(&t);
        end();
    }
    if (brn_as_datetime(val, &dt)) {
        begin("datetime");
        date(&dt.date);
        time_of_day(&dt.time);
        end();
    }
    if (brn_as_timedelta(val, &delta)) {
        begin("timedelta");
        number("days", delta.days);
        number("seconds", delta.seconds);
        number("microseconds", delta.microseconds);
        end();
    }
}

static void decimal(const brn_decimal *d)
{
    begin("decimal");
    text("text", d->text, d->size);
    boolean("negative", d->negative);
    character("kind", d->kind);
    number("exponent", d->exponent);
    char *digits = malloc(d->digits + 1);
    if (!digits)
        abort();
    (void)brn_decimal_coefficient(d, digits, d->digits);
    text("digits", digits, d->digits);
    free(digits);
    end();
}

static void numbers(const brn_val *val)
{
    brn_complex z;
    brn_decimal d;
    brn_fraction f;
    brn_uuid u;
    brn_range r;
    if (brn_as_complex(val, &z)) {
        begin("complex");
        name("real");
        put_real(z.real);
        name("imag");
        put_real(z.imag);
        end();
    }
    if (brn_as_decimal(val, &d))
        decimal(&d);
    if (brn_as_fraction(val, &f)) {
        begin("fraction");
        value("numerator", f.numerator);
        value("denominator", f.denominator);
        text("numerator_text", f.numerator_text, f.numerator_size);
        text("denominator_text", f.denominator_text, f.denominator_size);
        end();
    }
    if (brn_as_uuid(val, &u)) {
        begin("uuid");
        name("hex");
        putchar('"');
        for (size_t i = 0; i < sizeof u.bytes; i++)
            printf("%02x", u.bytes[i]);
        putchar('"');
        boolean("safe", u.safe);
        boolean("unsafe", u.unsafe);
        end();
    }
    bool is_range = brn_as_range(val, &r);
    if (is_range || brn_as_slice(val, &r)) {
        begin(is_range ? "range" : "slice");
        value("start", r.start);
        value("stop", r.stop);
        value("step", r.step);
        end();
    }
}

static void mapping(const char *key, const brn_mapping *m)
{
    const brn_val *k, *v;
    begin(key);
    value("factory", m->factory);
    name("pairs");
    putchar('[');
    for (size_t i = 0; brn_mapping_at(m, i, &k, &v); i++) {
        fputs(i ? ",[" : "[", stdout);
        put_value(k);
        putchar(',');
        put_value(v);
        putchar(']');
    }
    putchar(']');
    end();
}

static void containers(const brn_val *val)
{
    brn_mapping m;
    brn_deque d;
    brn_set s;
    if (brn_as_ordereddict(val, &m))
        mapping("ordereddict", &m);
    if (brn_as_defaultdict(val, &m))
        mapping("defaultdict", &m);
    if (brn_as_counter(val, &m))
        mapping("counter", &m);
    if (brn_as_deque(val, &d)) {
        begin("deque");
        boolean("bounded", d.bounded);
        number("maxlen", (int64_t)d.maxlen);
        name("items");
        putchar('[');
        for (size_t i = 0; i < d.size; i++) {
            fputs(i ? "," : "", stdout);
            put_value(brn_deque_at(&d, i));
        }
        putchar(']');
        end();
    }
    if (brn_as_set(val, &s)) {
        begin(s.frozen ? "frozenset" : "set");
        name("items");
        putchar('[');
        for (size_t i = 0; i < s.size; i++) {
            fputs(i ? "," : "", stdout);
            put_value(brn_at(s.elements, i));
        }
        putchar(']');
        end();
    }
}

static void classes(const brn_val *val)
{
    brn_instance i;
    brn_namedtuple t;
    brn_path p;
    brn_enum e;
    if (brn_as_instance(val, &i)) {
        begin("instance");
        value("class", i.class_);
        value("base", i.base);
        value("value", i.value);
        size("args", brn_size(i.args) - i.args_from);
        boolean("kwargs", i.kwargs != NULL);
        boolean("state", i.state != NULL);
        end();
    }
    if (brn_as_namedtuple(val, &t)) {
        begin("namedtuple");
        value("class", t.class_);
        name("items");
        putchar('[');
        for (size_t n = 0; n < t.size; n++) {
            fputs(n ? "," : "", stdout);
            put_value(brn_at(t.items, t.from + n));
        }
        putchar(']');
        end();
    }
    if (brn_as_enum(val, "kinds_views", "Colour", &e) ||
        brn_as_enum(val, "kinds_views", "Outer.Shade", &e) ||
        brn_as_enum(val, "http", "HTTPStatus", &e)) {
        begin("enum");
        text("name", e.name, e.name_size);
        value("value", e.value);
        end();
    }
    if (brn_as_path(val, &p)) {
        char joined[300];
        size_t length = brn_path_text(&p, joined, sizeof joined);
        begin("path");
        boolean("windows", p.windows);
        boolean("pure", p.pure);
        size("size", p.size);
        text("text", joined, length < sizeof joined ? length : 0);
        end();
    }
}

/* ------------------------------------------------------------------------
 * Views of numpy, scipy, pandas
 * ------------------------------------------------------------------------ */

/* Records of records as deep as this. */
#define DEEPEST 5

static void dtype(const char *key, const brn_dtype *d, int depth)
{
    begin(key);
    character("kind", d->kind);
    character("order", d->order);
    size("size", d->size);
    boolean("aligned", d->aligned);
    boolean("has_objects", d->has_objects);
    text("unit", d->unit, strlen(d->unit));
    number("step", d->step);
    value("class", d->class_);
    boolean("metadata", d->metadata != NULL);
    brn_dtype base;
    if (d->base && brn_as_dtype(d->base, &base)) {
        dtype("base", &base, depth + 1);
        name("shape");
        putchar('[');
        for (size_t i = 0; i < brn_size(d->shape); i++)
            printf("%s%" PRId64, i ? "," : "", brn_int(brn_at(d->shape, i)));
        putchar(']');
    }
    begin("fields");
    brn_field f;
    for (size_t i = 0; depth < DEEPEST && brn_dtype_field(d, i, &f); i++) {
        char index[24];
        (void)snprintf(index, sizeof index, "%zu", i);
        begin(index);
        value("name", f.name);
        value("title", f.title);
        size("offset", f.offset);
        dtype("dtype", &f.dtype, depth + 1);
        end();
    }
    end();
    boolean("is_record", d->is_record);
    size("field_count", d->fields);
    end();
}

static void sizes(const char *key, const size_t *numbers_, size_t count)
{
    name(key);
    putchar('[');
    for (size_t i = 0; i < count; i++)
        printf("%s%zu", i ? "," : "", numbers_[i]);
    putchar(']');
}

static void array(const char *key, const brn_array *a)
{
    begin(key);
    value("class", a->class_);
    dtype("dtype", &a->dtype, 0);
    sizes("shape", a->shape, a->dimensions);
    sizes("strides", a->strides, a->dimensions);
    size("count", a->count);
    boolean("fortran", a->fortran);
    blob("bytes", &a->bytes);
    if (a->objects) {
        name("objects");
        putchar('[');
        for (size_t i = 0; i < brn_size(a->objects); i++) {
            fputs(i ? "," : "", stdout);
            put_value(brn_at(a->objects, i));
        }
        putchar(']');
    }
    boolean("masked", a->masked);
    blob("mask", &a->mask);
    value("fill_value", a->fill_value);
    end();
}

static void labels(const char *key, const brn_val *index, const brn_buffers *buffers)
{
    brn_index_view v;
    brn_label l;
    name(key);
    if (!brn_as_index(index, buffers, &v)) {
        fputs("null", stdout);
        return;
    }
    putchar('[');
    for (size_t i = 0; brn_index_label(&v, i, &l); i++) {
        fputs(i ? "," : "", stdout);
        if (l.val)
            put_value(l.val);
        else
            printf("\"%" PRId64 "\"", l.number);
    }
    putchar(']');
}

static void column(const char *key, const brn_column *c)
{
    begin(key);
    array("values", &c->values);
    size("offset", c->offset);
    value("extension", c->extension);
    end();
}

static void packages(const brn_val *val, const brn_buffers *buffers)
{
    static brn_dtype d;
    static brn_scalar s;
    static brn_array a;
    static brn_sparse m;
    static brn_series series;
    static brn_frame f;
    static brn_column c;
    if (brn_as_dtype(val, &d))
        dtype("dtype", &d, 0);
    if (brn_as_scalar(val, &s)) {
        begin("scalar");
        dtype("dtype", &s.dtype, 0);
        blob("bytes", &s.bytes);
        value("object", s.object);
        end();
    }
    if (brn_as_array(val, buffers, &a))
        array("array", &a);
    if (brn_as_sparse(val, buffers, &m)) {
        begin("sparse");
        value("class", m.class_);
        text("format", m.format, 3);
        boolean("is_array", m.is_array);
        sizes("shape", m.shape, m.dimensions);
        size("stored", m.stored);
        array("data", &m.data);
        array("indices", &m.indices);
        array("starts", &m.starts);
        end();
    }
    if (brn_as_series(val, buffers, &series)) {
        begin("series");
        value("name", series.name);
        labels("index", series.index, buffers);
        column("column", &series.column);
        end();
    }
    if (brn_as_frame(val, buffers, &f)) {
        begin("frame");
        size("rows", f.rows);
        size("columns", f.columns);
        labels("labels", f.labels, buffers);
        labels("index", f.index, buffers);
        for (size_t i = 0; i < f.columns; i++) {
            char key[24];
            (void)snprintf(key, sizeof key, "%zu", i);
            if (brn_frame_column(&f, i, &c))
                column(key, &c);
        }
        end();
    }
}

/* ------------------------------------------------------------------------
 * Cases
 * ------------------------------------------------------------------------ */

static bool read_number(uint32_t *out)
{
    unsigned char bytes[4];
    if (fread(bytes, 1, 4, stdin) != 4)
        return false;
    *out = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return true;
}

static brn_buffer read_bytes(void)
{
    uint32_t length;
    if (!read_number(&length))
        abort();
    void *data = malloc(length + 1);
    if (!data || fread(data, 1, length, stdin) != length)
        abort();
    return (brn_buffer){data, length};
}

int main(void)
{
    uint32_t count;
    while (read_number(&count)) {
        static brn_buffer blocks[MOST_BUFFERS];
        if (count > MOST_BUFFERS)
            abort();
        brn_buffer pickle = read_bytes();
        for (uint32_t i = 0; i < count; i++)
            blocks[i] = read_bytes();
        brn_buffers buffers = {blocks, count};
        brn_error err;
        brn_doc *doc = brn_read(pickle.data, pickle.size, NULL, NULL, &err);
        const brn_val *val = brn_root(doc);
        is_first = true;
        putchar('{');
        brn_blob b;
        if (!doc)
            text("error", err.message, strlen(err.message));
        if (brn_as_bytes(val, &buffers, &b))
            blob("bytes", &b);
        times(val);
        numbers(val);
        containers(val);
        classes(val);
        packages(val, &buffers);
        puts("}");
        brn_free(doc);
        free((void *)pickle.data);
        for (uint32_t i = 0; i < count; i++)
            free((void *)blocks[i].data);
    }
    return 0;
}
