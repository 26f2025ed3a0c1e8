/*
 * header.cc - the public header in C++: it compiles without a warning, and what it declares is linked as C and
 * works, macros for initialisers and callbacks included.
 */
#include <brinery.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace
{

bool append(void *ctx, const void *data, std::size_t size)
{
    static_cast<std::string *>(ctx)->append(static_cast<const char *>(data), size);
    return true;
}

struct Document {
    explicit Document(const std::string &pickle)
    {
        brn_options options = BRN_OPTIONS_INIT;
        options.flags = BRN_BORROW;
        doc = brn_read(pickle.data(), pickle.size(), &options, nullptr, &error);
    }
    ~Document()
    {
        brn_free(doc);
    }
    Document(const Document &) = delete;
    Document &operator=(const Document &) = delete;

    brn_error error;
    brn_doc *doc;
};

std::string written()
{
    std::string out;
    brn_writer *writer = brn_writer_open(append, &out, 4, 0, nullptr, nullptr);
    brn_writer_begin_dict(writer, 1);
    brn_writer_key(writer, "x");
    brn_writer_int(writer, 42);
    brn_writer_end(writer);
    return brn_writer_close(writer, nullptr) == BRN_OK ? out : std::string();
}

} // namespace

int main()
{
    const std::string pickle = written();
    const Document good(pickle);
    const Document bad("(");
    std::string json;
    const brn_val *x = brn_dict_get(brn_root(good.doc), "x");
    bool right =
        brn_int(x) == 42 && brn_typeof(x) == BRN_INT && bad.doc == nullptr &&
        bad.error.code == BRN_ERROR_NO_STOP &&
        brn_json(good.doc, x, BRN_JSON_LOSSLESS, 0, append, &json, nullptr, nullptr) == BRN_OK &&
        json == "42" && std::strcmp(brn_version(), BRN_VERSION_STRING) == 0;
    std::printf("%s\n", right ? "as in C" : "not as in C");
    return right ? 0 : 1;
}
