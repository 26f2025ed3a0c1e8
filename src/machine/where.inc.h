/*
 * where.inc.h - the path of an error: which value was being built; a template over a host's values.
 *
 * Nothing is recorded while reading; when an error happens, the stack still shows
 * what is under construction: each mark has its items above it and the container they will go
 * into below it.  What the stack cannot show is guessed as picklers write it: a
 * fresh object with a dict above it is waiting for its state.
 *
 * One thing cannot be known: picklers fill a list or dict of one item without a mark, so above a
 * mark `{} 'a' []` may become three items, or one, {'a': []}, when the opcode comes that says
 * so and that the error may have cut off.  These are taken for neighbours, and the path then
 * ends at the wrong one of them; all before it is exact.
 *
 * A host defines, and includes this file once to get `static void where_steps(...)`:
 *   WHERE_CONTEXT, WHERE_VALUE      its context, as the machine's, and its pointer to a value
 *   WHERE_TRAIL                     the path so far
 *   where_add_index(trail, index)   [index]
 *   where_add_key(trail, key, is_state)   [key], or .key if the dict is the state of an object
 *   where_add_argument(trail, index)      .__args__[index]
 *   where_is_full(trail)            more steps would not be shown
 *   where_kind(value)               what it is, as a brn_where_kind (hooks.h)
 *   where_awaits_state(value)       an object that a dict above it may be the state of
 *   where_can_be_filled(value)      items above a mark may be meant for it
 *   where_entries(value)            how many items it holds already, or has been given
 */

/*
 * `count` items stand above an owner of that kind, with so many entries, the last of which is a
 * container being filled if `open`, else the next item is about to be made.
 */
static void where_add_step(WHERE_TRAIL *t, brn_where_kind owner, size_t entries,
                           WHERE_VALUE const *items, size_t count, bool open, bool is_state)
{
    size_t index = open ? count - 1 : count;
    switch (owner) {
    case BRN_WHERE_LIST: where_add_index(t, entries + index); break;
    case BRN_WHERE_DICT:
        if (index % 2 == 1)
            where_add_key(t, items[index - 1], is_state);
        break;
    case BRN_WHERE_SET: break;
    case BRN_WHERE_CALLABLE: where_add_argument(t, index); break;
    case BRN_WHERE_OBJECT:
        if (count > 0 && where_kind(items[0]) == BRN_WHERE_TEXT && index % 2 == 1)
            where_add_key(t, items[index - 1], false);
        else
            where_add_index(t, entries + index);
        break;
    default: where_add_index(t, index); break;
    }
}

/* Does the opcode at work change the value on top of the stack? */
static bool where_changes_top(const WHERE_CONTEXT *h)
{
    switch (brn_reader_op_byte(&h->m.in)) {
    case BRN_OP_BYTE_APPEND:
    case BRN_OP_BYTE_APPENDS:
    case BRN_OP_BYTE_SETITEM:
    case BRN_OP_BYTE_SETITEMS:
    case BRN_OP_BYTE_ADDITEMS:
    case BRN_OP_BYTE_BUILD: return true;
    default: return false;
    }
}

/*
 * The steps below all marks.  In the end only the pickle's own value will be there, so what stands
 * above a list, dict or object is on its way into it by APPEND, SETITEM or BUILD.
 * Returns whether the topmost is a dict that will be a state.
 */
static bool where_add_first_steps(WHERE_TRAIL *t, WHERE_VALUE const *items, size_t count, bool open)
{
    bool is_state = false;
    for (size_t i = 0; i + 1 < count && !where_is_full(t);) {
        bool into_next = open || i + 2 < count;
        brn_where_kind kind = where_kind(items[i]);
        if (kind == BRN_WHERE_DICT) {
            if (open && i + 2 == count)
                break; /* the key */
            where_add_key(t, items[i + 1], is_state);
            is_state = false;
            i += 2;
        } else if (where_awaits_state(items[i]) && where_kind(items[i + 1]) == BRN_WHERE_DICT) {
            is_state = true;
            i++;
        } else if (kind == BRN_WHERE_LIST && into_next) {
            where_add_index(t, where_entries(items[i]));
            i++;
        } else {
            break;
        }
    }
    return is_state;
}

/*
 * The same above a mark, where only one thing is clear enough: an object with a dict of one
 * attribute above it.  Returns the place of that attribute's name among the items, or 0.
 */
static size_t where_lone_attribute(WHERE_VALUE const *items, size_t count, bool open)
{
    size_t name = count - (open ? 2 : 1);
    if (count < (open ? 4 : 3) || where_kind(items[name]) != BRN_WHERE_TEXT)
        return 0;
    bool waits = where_kind(items[name - 1]) == BRN_WHERE_DICT &&
                 where_entries(items[name - 1]) == 0 && where_awaits_state(items[name - 2]);
    return waits ? name : 0;
}

static void where_steps(const WHERE_CONTEXT *h, WHERE_TRAIL *t)
{
    WHERE_VALUE const *items = h->m.stack; /* above the last mark */
    WHERE_VALUE const *stack = items;
    brn_where_kind owner = BRN_WHERE_OTHER;
    size_t entries = 0;
    bool is_state = false;
    for (size_t k = 0; k <= h->m.mark_count && !where_is_full(t); k++) {
        WHERE_VALUE const *end = stack + (k < h->m.mark_count ? h->m.marks[k] : h->m.depth);
        size_t count = (size_t)(end - items);
        bool last = k == h->m.mark_count;
        bool open = count > 0 && (last ? where_changes_top(h) : where_can_be_filled(end[-1]));
        bool state_next = open && count > 1 && where_kind(end[-1]) == BRN_WHERE_DICT &&
                          where_awaits_state(end[-2]);
        size_t name = k > 0 ? where_lone_attribute(items, count, open) : 0;
        if (k == 0) {
            state_next = where_add_first_steps(t, items, count, open);
        } else if (name > 0) {
            where_add_step(t, owner, entries, items, name - 1, true, is_state);
            where_add_key(t, items[name], true);
        } else {
            /* An object and its state are one item. */
            where_add_step(t, owner, entries, items, state_next ? count - 1 : count, open,
                           is_state);
        }
        owner = open ? where_kind(end[-1]) : BRN_WHERE_OTHER;
        entries = open ? where_entries(end[-1]) : 0;
        is_state = state_next;
        items = end;
    }
}
