/* A preload which lets the xmpp module of Kamailio 5.2 and later read XML at all, for comparison.
 * The module walks expat's attribute array until an empty string (xstream.c,
 * _xode_put_expatattribs), but expat ends the array with a null pointer, so the process dies on
 * the first element. The handler gets a copy of the array which ends in a pair of empty strings. */
#include <dlfcn.h>
#include <stddef.h>

typedef void (*StartHandler)(void* user, const char* name, const char** attributes);
typedef void (*EndHandler)(void* user, const char* name);
typedef void (*SetElementHandler)(void* parser, StartHandler start, EndHandler end);

enum { max_attributes = 64 };

static StartHandler module_start;

static void start_with_ended_array(void* user, const char* name, const char** attributes) {
    const char* ended[2 * max_attributes + 2];
    size_t used = 0;
    while (attributes != NULL && attributes[used] != NULL && used < 2 * max_attributes) {
        ended[used] = attributes[used];
        ++used;
    }
    ended[used] = "";
    ended[used + 1] = "";
    module_start(user, name, ended);
}

void XML_SetElementHandler(void* parser, StartHandler start, EndHandler end) {
    static SetElementHandler expat;
    if (expat == NULL) {
        // Not RTLD_NEXT: expat comes with the module, outside the global scope.
        *(void**)&expat = dlsym(dlopen("libexpat.so.1", RTLD_LAZY), "XML_SetElementHandler");
    }
    module_start = start;
    expat(parser, start_with_ended_array, end);
}
