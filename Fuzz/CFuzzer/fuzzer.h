#pragma once
#include <stddef.h>
#include <stdint.h>

// What libFuzzer offers to a program with a main of its own: it runs until its options say stop.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
