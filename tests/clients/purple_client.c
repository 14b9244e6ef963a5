/* A client without a screen over libpurple, for the tests: signs in with one account, takes commands
 * on stdin and tells events on stdout, one a line, fields separated by tabs.
 *
 *   purple_client PROTOCOL USER PASSWORD DIRECTORY [NAME=VALUE...]
 *
 * PROTOCOL is prpl-sipe or prpl-simple. NAME=VALUE are settings of the account: text, or bool:... or
 * int:... before the value. Commands: add ADDRESS [GROUP] | remove ADDRESS | im ADDRESS TEXT |
 * typing ADDRESS on|off | status ID [NOTE] | ask accept|block | block ADDRESS | unblock ADDRESS |
 * buddies | close ADDRESS | quit */
#include <dlfcn.h>
#include <glib.h>
#include <libxml/parser.h>
#include <purple.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* COMPAT(libxml2 2.9.14+dfsg-1.3~deb12u2, 2026-11): since then it takes a handler that says SAX2 for
 * one, and calls none of the SAX1 callbacks that SIPE fills in. Ours comes first (-rdynamic). */
int xmlSAXUserParseMemory(xmlSAXHandlerPtr sax, void* data, const char* text, int size) {
    static int (*real)(xmlSAXHandlerPtr, void*, const char*, int);
    if (real == NULL) {
        *(void**)(&real) = dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
    }
    if (sax != NULL && sax->initialized == XML_SAX2_MAGIC && sax->startElementNs == NULL &&
        sax->startElement != NULL) {
        sax->initialized = 1;
    }
    return real(sax, data, text, size);
}

/* COMPAT(libpurple 2.14.12, 2026-11): a circular buffer that has been filled to its last octet loses
 * its place when it grows, so that a REGISTER of 768 octets is followed by a piece of itself. One that
 * is never full never grows. */
PurpleCircBuffer* purple_circ_buffer_new(gsize growsize) {
    static PurpleCircBuffer* (*real)(gsize);
    if (real == NULL) {
        *(void**)(&real) = dlsym(RTLD_NEXT, "purple_circ_buffer_new");
    }
    return real(growsize > 65536 ? growsize : 65536);
}

/* SIPE draws Call-IDs and tags from the second in which it is started; PURPLE_CLIENT_SEED stands for
 * that second, so that two can be started in the same one. */
void srand(unsigned seed) {
    static void (*real)(unsigned);
    if (real == NULL) {
        *(void**)(&real) = dlsym(RTLD_NEXT, "srand");
    }
    const char* given = g_getenv("PURPLE_CLIENT_SEED");
    real(given != NULL ? (unsigned)strtoul(given, NULL, 10) : seed);
}

/* SIPE takes user and host for one instance (+sip.instance); PURPLE_CLIENT_HOST makes it another. */
const gchar* g_get_host_name(void) {
    static const gchar* (*real)(void);
    if (real == NULL) {
        *(void**)(&real) = dlsym(RTLD_NEXT, "g_get_host_name");
    }
    const char* given = g_getenv("PURPLE_CLIENT_HOST");
    return given != NULL ? given : real();
}

/* SIMPLE listens where 5060 to 5160 seems free, and by UDP everything seems free: a second client on
 * this machine takes what was sent to the first. PURPLE_CLIENT_PORT is a port of its own. */
static void listen_on_own_port(void) {
    const char* given = g_getenv("PURPLE_CLIENT_PORT");
    if (given != NULL) {
        purple_prefs_set_bool("/purple/network/ports_range_use", TRUE);
        purple_prefs_set_int("/purple/network/ports_range_start", atoi(given));
        purple_prefs_set_int("/purple/network/ports_range_end", atoi(given));
    }
}

static GMainLoop* loop;
static PurpleAccount* account;
static gboolean accepts = TRUE;

static void tell(const char* format, ...) G_GNUC_PRINTF(1, 2);

static void tell(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    gchar* line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_strdelimit(line, "\n\r", ' ');
    fputs(line, stdout);
    fputc('\n', stdout);
    fflush(stdout);
    g_free(line);
}

/* --- event loop ------------------------------------------------------------------------------ */

typedef struct {
    PurpleInputFunction function;
    gpointer data;
} Input;

static gboolean on_input(GIOChannel* source, GIOCondition condition, gpointer data) {
    const Input* input = data;
    const PurpleInputCondition what =
        (PurpleInputCondition)(((condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) ? PURPLE_INPUT_READ
                                                                              : 0) |
                               ((condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
                                    ? PURPLE_INPUT_WRITE
                                    : 0));
    input->function(input->data, g_io_channel_unix_get_fd(source), what);
    return TRUE;
}

static guint add_input(gint fd,
                       PurpleInputCondition condition,
                       PurpleInputFunction function,
                       gpointer data) {
    Input* input = g_new0(Input, 1);
    input->function = function;
    input->data = data;
    GIOCondition wanted = G_IO_HUP | G_IO_ERR | G_IO_NVAL;
    if (condition & PURPLE_INPUT_READ) {
        wanted |= G_IO_IN;
    }
    if (condition & PURPLE_INPUT_WRITE) {
        wanted |= G_IO_OUT;
    }
    GIOChannel* channel = g_io_channel_unix_new(fd);
    const guint made =
        g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, wanted, on_input, input, g_free);
    g_io_channel_unref(channel);
    return made;
}

static PurpleEventLoopUiOps loop_ops = {.timeout_add = g_timeout_add,
                                        .timeout_remove = g_source_remove,
                                        .input_add = add_input,
                                        .input_remove = g_source_remove,
                                        .timeout_add_seconds = g_timeout_add_seconds};

/* --- what a user would see ------------------------------------------------------------------- */

static void write_conv(PurpleConversation* conversation,
                       const char* name,
                       const char* alias,
                       const char* message,
                       PurpleMessageFlags flags,
                       time_t when) {
    (void)alias;
    (void)when;
    char* plain = purple_markup_strip_html(message);
    if (flags & PURPLE_MESSAGE_ERROR) {
        tell("error\t%s\t%s", purple_conversation_get_name(conversation), plain);
    } else if (flags & PURPLE_MESSAGE_RECV) {
        tell("shown\t%s\t%s", name != NULL ? name : "", plain);
    }
    g_free(plain);
}

static PurpleConversationUiOps conversation_ops = {.write_conv = write_conv};

static void* notify_message(PurpleNotifyMsgType type,
                            const char* title,
                            const char* primary,
                            const char* secondary) {
    tell("notice\t%d\t%s\t%s\t%s",
         (int)type,
         title != NULL ? title : "",
         primary != NULL ? primary : "",
         secondary != NULL ? secondary : "");
    return NULL;
}

static PurpleNotifyUiOps notify_ops = {.notify_message = notify_message};

/* The first button: to accept a certificate, say. */
static void* request_action(const char* title,
                            const char* primary,
                            const char* secondary,
                            int default_action,
                            PurpleAccount* of,
                            const char* who,
                            PurpleConversation* conversation,
                            void* data,
                            size_t count,
                            va_list actions) {
    (void)title;
    (void)secondary;
    (void)default_action;
    (void)of;
    (void)who;
    (void)conversation;
    const char* label = count != 0 ? va_arg(actions, char*) : NULL;
    PurpleRequestActionCb callback = count != 0 ? va_arg(actions, PurpleRequestActionCb) : NULL;
    tell("asked\t%s\t%s", primary != NULL ? primary : "", label != NULL ? label : "");
    if (callback != NULL) {
        callback(data, 0);
    }
    return NULL;
}

static PurpleRequestUiOps request_ops = {.request_action = request_action};

static void request_add(PurpleAccount* of,
                        const char* who,
                        const char* id,
                        const char* alias,
                        const char* message) {
    (void)of;
    (void)id;
    (void)message;
    tell("added\t%s\t%s", who, alias != NULL ? alias : "");
}

static void* request_authorize(PurpleAccount* of,
                               const char* who,
                               const char* id,
                               const char* alias,
                               const char* message,
                               gboolean on_list,
                               PurpleAccountRequestAuthorizationCb yes,
                               PurpleAccountRequestAuthorizationCb no,
                               void* data) {
    (void)of;
    (void)id;
    (void)message;
    (void)on_list;
    tell("authorize\t%s\t%s\t%s", who, alias != NULL ? alias : "", accepts ? "accept" : "block");
    (accepts ? yes : no)(data);
    return NULL;
}

static PurpleAccountUiOps account_ops = {.request_add = request_add,
                                         .request_authorize = request_authorize};

/* --- signals --------------------------------------------------------------------------------- */

static const char* group_of(PurpleBuddy* buddy) {
    PurpleGroup* group = purple_buddy_get_group(buddy);
    return group != NULL ? purple_group_get_name(group) : "";
}

static void tell_buddy(const char* event, PurpleBuddy* buddy) {
    PurplePresence* presence = purple_buddy_get_presence(buddy);
    PurpleStatus* status = presence != NULL ? purple_presence_get_active_status(presence) : NULL;
    PurplePluginProtocolInfo* info =
        PURPLE_PLUGIN_PROTOCOL_INFO(purple_connection_get_prpl(purple_account_get_connection(account)));
    char* text = info->status_text != NULL ? info->status_text(buddy) : NULL;
    char* plain = text != NULL ? purple_markup_strip_html(text) : NULL;
    /* The first name that a contact has goes into the list as the user's; later ones beside it. */
    const char* own = purple_buddy_get_server_alias(buddy);
    tell("%s\t%s\t%s\t%s\t%s\t%s\t%s",
         event,
         purple_buddy_get_name(buddy),
         status != NULL ? purple_status_get_id(status) : "",
         plain != NULL ? plain : "",
         purple_buddy_get_alias(buddy),
         group_of(buddy),
         own != NULL ? own : "");
    g_free(plain);
    g_free(text);
}

static void on_signed_on(PurpleConnection* connection) {
    (void)connection;
    tell("signed-on");
}

static void on_signed_off(PurpleConnection* connection) {
    (void)connection;
    tell("signed-off");
}

static void on_connection_error(PurpleConnection* connection,
                                PurpleConnectionError error,
                                const char* text) {
    (void)connection;
    tell("connection-error\t%d\t%s", (int)error, text != NULL ? text : "");
}

static void on_buddy_status(PurpleBuddy* buddy, PurpleStatus* before, PurpleStatus* now) {
    (void)before;
    (void)now;
    tell_buddy("buddy-status", buddy);
}

static void on_buddy_signed(PurpleBuddy* buddy) {
    tell_buddy("buddy-status", buddy);
}

static void on_buddy_added(PurpleBuddy* buddy) {
    tell("buddy-added\t%s\t%s\t%s",
         purple_buddy_get_name(buddy),
         purple_buddy_get_alias(buddy),
         group_of(buddy));
}

static void on_node_added(PurpleBlistNode* node) {
    if (PURPLE_BLIST_NODE_IS_GROUP(node)) {
        tell("group-added\t%s", purple_group_get_name(PURPLE_GROUP(node)));
    }
}

static void on_buddy_removed(PurpleBuddy* buddy) {
    tell("buddy-removed\t%s", purple_buddy_get_name(buddy));
}

static void on_received(PurpleAccount* of,
                        char* sender,
                        char* message,
                        PurpleConversation* conversation,
                        PurpleMessageFlags flags) {
    (void)of;
    (void)conversation;
    (void)flags;
    char* plain = purple_markup_strip_html(message);
    tell("im\t%s\t%s", sender, plain);
    g_free(plain);
}

static void on_typing(PurpleAccount* of, const char* name, gpointer what) {
    (void)of;
    tell("typing\t%s\t%s", name, (const char*)what);
}

static void connect_signals(void) {
    static int handle;
    void* connections = purple_connections_get_handle();
    void* list = purple_blist_get_handle();
    void* conversations = purple_conversations_get_handle();
    purple_signal_connect(connections, "signed-on", &handle, PURPLE_CALLBACK(on_signed_on), NULL);
    purple_signal_connect(connections, "signed-off", &handle, PURPLE_CALLBACK(on_signed_off), NULL);
    purple_signal_connect(
        connections, "connection-error", &handle, PURPLE_CALLBACK(on_connection_error), NULL);
    purple_signal_connect(
        list, "buddy-status-changed", &handle, PURPLE_CALLBACK(on_buddy_status), NULL);
    purple_signal_connect(list, "buddy-signed-on", &handle, PURPLE_CALLBACK(on_buddy_signed), NULL);
    purple_signal_connect(
        list, "buddy-signed-off", &handle, PURPLE_CALLBACK(on_buddy_signed), NULL);
    purple_signal_connect(list, "buddy-added", &handle, PURPLE_CALLBACK(on_buddy_added), NULL);
    purple_signal_connect(list, "blist-node-added", &handle, PURPLE_CALLBACK(on_node_added), NULL);
    purple_signal_connect(list, "buddy-removed", &handle, PURPLE_CALLBACK(on_buddy_removed), NULL);
    purple_signal_connect(
        conversations, "received-im-msg", &handle, PURPLE_CALLBACK(on_received), NULL);
    purple_signal_connect(
        conversations, "buddy-typing", &handle, PURPLE_CALLBACK(on_typing), (void*)"on");
    purple_signal_connect(
        conversations, "buddy-typing-stopped", &handle, PURPLE_CALLBACK(on_typing), (void*)"off");
}

/* --- commands -------------------------------------------------------------------------------- */

static PurpleConversation* conversation_with(const char* address) {
    PurpleConversation* found =
        purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, address, account);
    return found != NULL ? found : purple_conversation_new(PURPLE_CONV_TYPE_IM, account, address);
}

static void add_buddy(const char* address, const char* group_name) {
    const char* wanted = group_name != NULL ? group_name : "Other Contacts";
    PurpleGroup* group = purple_find_group(wanted);
    if (group == NULL) {
        group = purple_group_new(wanted);
        purple_blist_add_group(group, NULL);
    }
    PurpleBuddy* buddy = purple_buddy_new(account, address, NULL);
    purple_blist_add_buddy(buddy, NULL, group, NULL);
    purple_account_add_buddy(account, buddy);
}

static void remove_buddy(const char* address) {
    PurpleBuddy* buddy = purple_find_buddy(account, address);
    if (buddy != NULL) {
        purple_account_remove_buddy(account, buddy, purple_buddy_get_group(buddy));
        purple_blist_remove_buddy(buddy);
    }
}

static void list_buddies(void) {
    GSList* all = purple_find_buddies(account, NULL);
    for (GSList* one = all; one != NULL; one = one->next) {
        tell_buddy("buddy", one->data);
    }
    g_slist_free(all);
    tell("buddies-end");
}

static void set_status(const char* id, const char* note) {
    if (note != NULL) {
        purple_account_set_status(account, id, TRUE, "message", note, NULL);
    } else {
        purple_account_set_status(account, id, TRUE, NULL);
    }
}

static void obey(const char* line) {
    gchar** words = g_strsplit(line, " ", 3);
    const guint count = g_strv_length(words);
    const char* verb = count > 0 ? words[0] : "";
    if (strcmp(verb, "add") == 0 && count > 1) {
        add_buddy(words[1], count > 2 ? words[2] : NULL);
    } else if (strcmp(verb, "remove") == 0 && count > 1) {
        remove_buddy(words[1]);
    } else if (strcmp(verb, "im") == 0 && count > 2) {
        purple_conv_im_send(PURPLE_CONV_IM(conversation_with(words[1])), words[2]);
    } else if (strcmp(verb, "typing") == 0 && count > 2) {
        serv_send_typing(purple_account_get_connection(account),
                         words[1],
                         strcmp(words[2], "on") == 0 ? PURPLE_TYPING : PURPLE_NOT_TYPING);
    } else if (strcmp(verb, "status") == 0 && count > 1) {
        set_status(words[1], count > 2 ? words[2] : NULL);
    } else if (strcmp(verb, "ask") == 0 && count > 1) {
        accepts = strcmp(words[1], "accept") == 0;
    } else if (strcmp(verb, "block") == 0 && count > 1) {
        purple_privacy_deny(account, words[1], FALSE, FALSE);
    } else if (strcmp(verb, "unblock") == 0 && count > 1) {
        purple_privacy_allow(account, words[1], FALSE, FALSE);
    } else if (strcmp(verb, "buddies") == 0) {
        list_buddies();
    } else if (strcmp(verb, "close") == 0 && count > 1) {
        purple_conversation_destroy(conversation_with(words[1]));
    } else if (strcmp(verb, "quit") == 0) {
        purple_account_set_enabled(account, "tests", FALSE);
        g_main_loop_quit(loop);
    } else {
        tell("unknown\t%s", line);
    }
    g_strfreev(words);
}

static gboolean on_stdin(GIOChannel* source, GIOCondition condition, gpointer data) {
    (void)condition;
    (void)data;
    gchar* line = NULL;
    gsize end = 0;
    const GIOStatus status = g_io_channel_read_line(source, &line, NULL, &end, NULL);
    if (status == G_IO_STATUS_NORMAL && line != NULL) {
        line[end] = '\0';
        obey(line);
        g_free(line);
        return TRUE;
    }
    g_main_loop_quit(loop);
    return FALSE;
}

static void set_option(const char* option) {
    gchar** pair = g_strsplit(option, "=", 2);
    if (pair[0] != NULL && pair[1] != NULL) {
        if (g_str_has_prefix(pair[1], "bool:")) {
            purple_account_set_bool(account, pair[0], strcmp(pair[1] + 5, "true") == 0);
        } else if (g_str_has_prefix(pair[1], "int:")) {
            purple_account_set_int(account, pair[0], atoi(pair[1] + 4));
        } else {
            purple_account_set_string(account, pair[0], pair[1]);
        }
    }
    g_strfreev(pair);
}

int main(int count, char** arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: purple_client PROTOCOL USER PASSWORD DIRECTORY [NAME=VALUE...]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    loop = g_main_loop_new(NULL, FALSE);
    purple_util_set_user_dir(arguments[4]);
    purple_debug_set_enabled(g_getenv("PURPLE_CLIENT_DEBUG") != NULL);
    purple_eventloop_set_ui_ops(&loop_ops);
    purple_conversations_set_ui_ops(&conversation_ops);
    purple_notify_set_ui_ops(&notify_ops);
    purple_request_set_ui_ops(&request_ops);
    purple_accounts_set_ui_ops(&account_ops);
    purple_plugins_add_search_path("/usr/lib/purple-2"); /* where Debian puts SIPE */
    if (!purple_core_init("tests")) {
        fprintf(stderr, "libpurple cannot be initialised\n");
        return 1;
    }
    listen_on_own_port();
    purple_set_blist(purple_blist_new());
    purple_blist_load();
    connect_signals();
    if (purple_find_prpl(arguments[1]) == NULL) {
        fprintf(stderr, "there is no %s\n", arguments[1]);
        return 1;
    }
    account = purple_account_new(arguments[2], arguments[1]);
    purple_account_set_password(account, arguments[3]);
    for (int i = 5; i < count; ++i) {
        set_option(arguments[i]);
    }
    purple_accounts_add(account);
    purple_account_set_enabled(account, "tests", TRUE);
    purple_savedstatus_activate(purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
    GIOChannel* in = g_io_channel_unix_new(0);
    g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_stdin, NULL);
    g_main_loop_run(loop);
    purple_core_quit();
    return 0;
}
