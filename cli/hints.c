/*
 * hints.c - what to do about an error, in the words of the command.
 */
#include "hints.h"

void hint_for(brn_code code, const uint8_t *data, size_t size, text *t)
{
    const char *hint = NULL;
    switch (code) {
    case BRN_ERROR_LIMIT_INPUT:
        hint = "--max-input, and --max-size for compressed files, raise this limit";
        break;
    case BRN_ERROR_LIMIT_MEMORY: hint = "--max-memory raises this limit"; break;
    case BRN_ERROR_LIMIT_VALUES: hint = "--max-values raises this limit"; break;
    case BRN_ERROR_LIMIT_STACK: hint = "--max-stack raises this limit"; break;
    case BRN_ERROR_LIMIT_MEMO: hint = "--max-memo raises this limit"; break;
    case BRN_ERROR_LIMIT_DIGITS: hint = "--max-digits raises this limit"; break;
    case BRN_ERROR_LIMIT_WORK: hint = "--max-work raises this limit"; break;
    case BRN_ERROR_JSON_EXPANSION:
        hint = "--max-nodes raises this limit; --lossless writes shared values once";
        break;
    case BRN_ERROR_JSON_CYCLE:
    case BRN_ERROR_JSON_KEY: hint = "--lossless can write this"; break;
    default: break;
    }
    if (hint) {
        text_printf(t, " (%s)", hint);
        return;
    }
    brn_guess guess;
    if (code >= BRN_ERROR_MEMORY || !brn_guess_content(data, size, &guess))
        return;
    if (guess.command)
        text_printf(t, " (%s: try `%s | brinery ... -`)", guess.what, guess.command);
    else
        text_printf(t, " (%s)", guess.what);
}
