/* What Strongroom uses of PKCS #11 version 2.40 (OASIS standard, 14 April 2015): the layout of the structures on
   systems where they are not packed (all but Windows), the order of the function list, and the values that it names.
   Functions that are not called have a place and no type.

   The functions and constants have the standard's names, so that they are found there. */
#ifndef STRONGROOM_PKCS11_H
#define STRONGROOM_PKCS11_H

/* CK_ULONG, CK_RV, CK_FLAGS, and all that is a handle or an identifier. */
typedef unsigned long strongroom_pkcs11_ulong;
typedef unsigned char strongroom_pkcs11_byte;

/* CK_VERSION */
typedef struct {
    strongroom_pkcs11_byte major;
    strongroom_pkcs11_byte minor;
} strongroom_pkcs11_version;

/* CK_TOKEN_INFO. Texts are padded with blanks and have no end mark. */
typedef struct {
    strongroom_pkcs11_byte label[32];
    strongroom_pkcs11_byte manufacturer_id[32];
    strongroom_pkcs11_byte model[16];
    strongroom_pkcs11_byte serial_number[16];
    strongroom_pkcs11_ulong flags;
    strongroom_pkcs11_ulong max_session_count;
    strongroom_pkcs11_ulong session_count;
    strongroom_pkcs11_ulong max_rw_session_count;
    strongroom_pkcs11_ulong rw_session_count;
    strongroom_pkcs11_ulong max_pin_length;
    strongroom_pkcs11_ulong min_pin_length;
    strongroom_pkcs11_ulong total_public_memory;
    strongroom_pkcs11_ulong free_public_memory;
    strongroom_pkcs11_ulong total_private_memory;
    strongroom_pkcs11_ulong free_private_memory;
    strongroom_pkcs11_version hardware_version;
    strongroom_pkcs11_version firmware_version;
    strongroom_pkcs11_byte utc_time[16];
} strongroom_pkcs11_token_info;

/* CK_SESSION_INFO */
typedef struct {
    strongroom_pkcs11_ulong slot;
    strongroom_pkcs11_ulong state;
    strongroom_pkcs11_ulong flags;
    strongroom_pkcs11_ulong device_error;
} strongroom_pkcs11_session_info;

/* CK_MECHANISM_INFO */
typedef struct {
    strongroom_pkcs11_ulong min_key_size;
    strongroom_pkcs11_ulong max_key_size;
    strongroom_pkcs11_ulong flags;
} strongroom_pkcs11_mechanism_info;

/* CK_MECHANISM */
typedef struct {
    strongroom_pkcs11_ulong mechanism;
    void *parameter;
    strongroom_pkcs11_ulong parameter_length;
} strongroom_pkcs11_mechanism;

/* CK_ATTRIBUTE */
typedef struct {
    strongroom_pkcs11_ulong type;
    void *value;
    strongroom_pkcs11_ulong value_length;
} strongroom_pkcs11_attribute;

/* CK_C_INITIALIZE_ARGS */
typedef struct {
    strongroom_pkcs11_ulong (*create_mutex)(void **mutex);
    strongroom_pkcs11_ulong (*destroy_mutex)(void *mutex);
    strongroom_pkcs11_ulong (*lock_mutex)(void *mutex);
    strongroom_pkcs11_ulong (*unlock_mutex)(void *mutex);
    strongroom_pkcs11_ulong flags;
    void *reserved;
} strongroom_pkcs11_initialize_args;

typedef void (*strongroom_pkcs11_not_called)(void);

/* CK_FUNCTION_LIST */
typedef struct {
    strongroom_pkcs11_version version;
    strongroom_pkcs11_ulong (*C_Initialize)(strongroom_pkcs11_initialize_args *arguments);
    strongroom_pkcs11_ulong (*C_Finalize)(void *reserved);
    strongroom_pkcs11_not_called C_GetInfo;
    strongroom_pkcs11_not_called C_GetFunctionList;
    strongroom_pkcs11_ulong (*C_GetSlotList)(
        strongroom_pkcs11_byte token_present, strongroom_pkcs11_ulong *slots, strongroom_pkcs11_ulong *count);
    strongroom_pkcs11_not_called C_GetSlotInfo;
    strongroom_pkcs11_ulong (*C_GetTokenInfo)(strongroom_pkcs11_ulong slot, strongroom_pkcs11_token_info *info);
    strongroom_pkcs11_not_called C_GetMechanismList;
    strongroom_pkcs11_ulong (*C_GetMechanismInfo)(
        strongroom_pkcs11_ulong slot, strongroom_pkcs11_ulong type, strongroom_pkcs11_mechanism_info *info);
    strongroom_pkcs11_ulong (*C_InitToken)(
        strongroom_pkcs11_ulong slot, const strongroom_pkcs11_byte *pin, strongroom_pkcs11_ulong pin_length,
        const strongroom_pkcs11_byte *label);
    strongroom_pkcs11_ulong (*C_InitPIN)(
        strongroom_pkcs11_ulong session, const strongroom_pkcs11_byte *pin, strongroom_pkcs11_ulong pin_length);
    strongroom_pkcs11_not_called C_SetPIN;
    strongroom_pkcs11_ulong (*C_OpenSession)(
        strongroom_pkcs11_ulong slot, strongroom_pkcs11_ulong flags, void *application, void *notify,
        strongroom_pkcs11_ulong *session);
    strongroom_pkcs11_ulong (*C_CloseSession)(strongroom_pkcs11_ulong session);
    strongroom_pkcs11_ulong (*C_CloseAllSessions)(strongroom_pkcs11_ulong slot);
    strongroom_pkcs11_ulong (*C_GetSessionInfo)(strongroom_pkcs11_ulong session, strongroom_pkcs11_session_info *info);
    strongroom_pkcs11_not_called C_GetOperationState;
    strongroom_pkcs11_not_called C_SetOperationState;
    strongroom_pkcs11_ulong (*C_Login)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_ulong user, const strongroom_pkcs11_byte *pin,
        strongroom_pkcs11_ulong pin_length);
    strongroom_pkcs11_ulong (*C_Logout)(strongroom_pkcs11_ulong session);
    strongroom_pkcs11_ulong (*C_CreateObject)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_attribute *attributes, strongroom_pkcs11_ulong count,
        strongroom_pkcs11_ulong *object);
    strongroom_pkcs11_not_called C_CopyObject;
    strongroom_pkcs11_ulong (*C_DestroyObject)(strongroom_pkcs11_ulong session, strongroom_pkcs11_ulong object);
    strongroom_pkcs11_not_called C_GetObjectSize;
    strongroom_pkcs11_ulong (*C_GetAttributeValue)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_ulong object, strongroom_pkcs11_attribute *attributes,
        strongroom_pkcs11_ulong count);
    strongroom_pkcs11_not_called C_SetAttributeValue;
    strongroom_pkcs11_ulong (*C_FindObjectsInit)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_attribute *attributes, strongroom_pkcs11_ulong count);
    strongroom_pkcs11_ulong (*C_FindObjects)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_ulong *objects, strongroom_pkcs11_ulong count_max,
        strongroom_pkcs11_ulong *count);
    strongroom_pkcs11_ulong (*C_FindObjectsFinal)(strongroom_pkcs11_ulong session);
    strongroom_pkcs11_not_called C_EncryptInit;
    strongroom_pkcs11_not_called C_Encrypt;
    strongroom_pkcs11_not_called C_EncryptUpdate;
    strongroom_pkcs11_not_called C_EncryptFinal;
    strongroom_pkcs11_not_called C_DecryptInit;
    strongroom_pkcs11_not_called C_Decrypt;
    strongroom_pkcs11_not_called C_DecryptUpdate;
    strongroom_pkcs11_not_called C_DecryptFinal;
    strongroom_pkcs11_not_called C_DigestInit;
    strongroom_pkcs11_not_called C_Digest;
    strongroom_pkcs11_not_called C_DigestUpdate;
    strongroom_pkcs11_not_called C_DigestKey;
    strongroom_pkcs11_not_called C_DigestFinal;
    strongroom_pkcs11_ulong (*C_SignInit)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_mechanism *mechanism, strongroom_pkcs11_ulong key);
    strongroom_pkcs11_ulong (*C_Sign)(
        strongroom_pkcs11_ulong session, const strongroom_pkcs11_byte *data, strongroom_pkcs11_ulong data_length,
        strongroom_pkcs11_byte *signature, strongroom_pkcs11_ulong *signature_length);
    strongroom_pkcs11_not_called C_SignUpdate;
    strongroom_pkcs11_not_called C_SignFinal;
    strongroom_pkcs11_not_called C_SignRecoverInit;
    strongroom_pkcs11_not_called C_SignRecover;
    strongroom_pkcs11_not_called C_VerifyInit;
    strongroom_pkcs11_not_called C_Verify;
    strongroom_pkcs11_not_called C_VerifyUpdate;
    strongroom_pkcs11_not_called C_VerifyFinal;
    strongroom_pkcs11_not_called C_VerifyRecoverInit;
    strongroom_pkcs11_not_called C_VerifyRecover;
    strongroom_pkcs11_not_called C_DigestEncryptUpdate;
    strongroom_pkcs11_not_called C_DecryptDigestUpdate;
    strongroom_pkcs11_not_called C_SignEncryptUpdate;
    strongroom_pkcs11_not_called C_DecryptVerifyUpdate;
    strongroom_pkcs11_ulong (*C_GenerateKey)(
        strongroom_pkcs11_ulong session, strongroom_pkcs11_mechanism *mechanism,
        strongroom_pkcs11_attribute *attributes, strongroom_pkcs11_ulong count, strongroom_pkcs11_ulong *key);
    strongroom_pkcs11_not_called C_GenerateKeyPair;
    strongroom_pkcs11_not_called C_WrapKey;
    strongroom_pkcs11_not_called C_UnwrapKey;
    strongroom_pkcs11_not_called C_DeriveKey;
    strongroom_pkcs11_not_called C_SeedRandom;
    strongroom_pkcs11_not_called C_GenerateRandom;
    strongroom_pkcs11_not_called C_GetFunctionStatus;
    strongroom_pkcs11_not_called C_CancelFunction;
    strongroom_pkcs11_not_called C_WaitForSlotEvent;
} strongroom_pkcs11_function_list;

/* The one exported function that is called by name. */
#define STRONGROOM_PKCS11_ENTRY_SYMBOL "C_GetFunctionList"
typedef strongroom_pkcs11_ulong (*strongroom_pkcs11_entry)(strongroom_pkcs11_function_list **list);

/* What stands for a length or a number that the library does not tell. */
#define CK_UNAVAILABLE_INFORMATION (~0UL)

#define CKF_OS_LOCKING_OK 0x2UL
#define CKF_RW_SESSION 0x2UL
#define CKF_SERIAL_SESSION 0x4UL
/* Of a token */
#define CKF_USER_PIN_INITIALIZED 0x8UL
#define CKF_TOKEN_INITIALIZED 0x400UL
#define CKF_USER_PIN_FINAL_TRY 0x20000UL
#define CKF_USER_PIN_LOCKED 0x40000UL
/* Of a mechanism */
#define CKF_SIGN 0x800UL
#define CKF_GENERATE 0x8000UL

#define CKU_SO 0UL
#define CKU_USER 1UL
#define CKS_RO_USER_FUNCTIONS 1UL
#define CKS_RW_USER_FUNCTIONS 3UL

#define CKO_SECRET_KEY 0x4UL
#define CKK_GENERIC_SECRET 0x10UL
#define CKM_SHA256_HMAC 0x251UL
#define CKM_GENERIC_SECRET_KEY_GEN 0x350UL

#define CKA_CLASS 0x0UL
#define CKA_TOKEN 0x1UL
#define CKA_PRIVATE 0x2UL
#define CKA_LABEL 0x3UL
#define CKA_VALUE 0x11UL
#define CKA_KEY_TYPE 0x100UL
#define CKA_ID 0x102UL
#define CKA_SENSITIVE 0x103UL
#define CKA_ENCRYPT 0x104UL
#define CKA_DECRYPT 0x105UL
#define CKA_WRAP 0x106UL
#define CKA_UNWRAP 0x107UL
#define CKA_SIGN 0x108UL
#define CKA_DERIVE 0x10CUL
#define CKA_VALUE_LEN 0x161UL
#define CKA_EXTRACTABLE 0x162UL
#define CKA_NEVER_EXTRACTABLE 0x164UL
#define CKA_ALWAYS_SENSITIVE 0x165UL
#define CKA_MODIFIABLE 0x170UL

#endif
