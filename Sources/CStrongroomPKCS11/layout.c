/* The structures have the sizes and places that libraries of tokens were compiled with (64-bit systems). */
#include "strongroom_pkcs11.h"

#include <stddef.h>

#if defined(__LP64__)
_Static_assert(sizeof(strongroom_pkcs11_token_info) == 208, "CK_TOKEN_INFO");
_Static_assert(offsetof(strongroom_pkcs11_token_info, flags) == 96, "CK_TOKEN_INFO.flags");
_Static_assert(offsetof(strongroom_pkcs11_token_info, utc_time) == 188, "CK_TOKEN_INFO.utcTime");
_Static_assert(sizeof(strongroom_pkcs11_session_info) == 32, "CK_SESSION_INFO");
_Static_assert(sizeof(strongroom_pkcs11_mechanism_info) == 24, "CK_MECHANISM_INFO");
_Static_assert(sizeof(strongroom_pkcs11_mechanism) == 24, "CK_MECHANISM");
_Static_assert(sizeof(strongroom_pkcs11_attribute) == 24, "CK_ATTRIBUTE");
_Static_assert(sizeof(strongroom_pkcs11_initialize_args) == 48, "CK_C_INITIALIZE_ARGS");

/* A version, filled up to a pointer's size, and 68 functions. */
#define PLACE(function) offsetof(strongroom_pkcs11_function_list, function)
_Static_assert(sizeof(strongroom_pkcs11_function_list) == 69 * 8, "CK_FUNCTION_LIST");
_Static_assert(PLACE(C_Initialize) == 1 * 8, "C_Initialize");
_Static_assert(PLACE(C_GetTokenInfo) == 7 * 8, "C_GetTokenInfo");
_Static_assert(PLACE(C_OpenSession) == 13 * 8, "C_OpenSession");
_Static_assert(PLACE(C_Login) == 19 * 8, "C_Login");
_Static_assert(PLACE(C_GetAttributeValue) == 25 * 8, "C_GetAttributeValue");
_Static_assert(PLACE(C_FindObjectsFinal) == 29 * 8, "C_FindObjectsFinal");
_Static_assert(PLACE(C_SignInit) == 43 * 8, "C_SignInit");
_Static_assert(PLACE(C_Sign) == 44 * 8, "C_Sign");
_Static_assert(PLACE(C_GenerateKey) == 59 * 8, "C_GenerateKey");
_Static_assert(PLACE(C_WaitForSlotEvent) == 68 * 8, "C_WaitForSlotEvent");
#endif
