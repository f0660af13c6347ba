/* Breaks: the module exports the entry symbol. */
__attribute__((visibility("default"))) int something_else(void) { return 0; }
