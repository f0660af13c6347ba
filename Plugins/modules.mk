# Builds key modules: the Swift ones of Plugins/, the sample in C, and the broken ones that the conformance checks must
# catch.
#
#   make modules                (from the main Makefile)
#   make -f Plugins/modules.mk modules
#
# A module must carry no run path (the loader refuses it), which SwiftPM and swiftc otherwise each add; hence a build of
# its own, in a folder of its own. It needs only libraries that every host of ours has loaded: the Swift runtime,
# libcrypto, libc. Two need more of their host, which the command line has: KMSKeys FoundationEssentials; RemoteKMSKeys
# Dispatch with BlocksRuntime, and the C++ runtime for what swift-nio-ssl has in C++. All are built with the trait of
# the latter, so that they share one build. With optimisation, because an unoptimised build needs one more part of the
# runtime.

SWIFT ?= swift
CC ?= cc
MODULES_DIRECTORY ?= .build-modules/release

SWIFT_MODULES := S3ManagedKeys GlacierKeys CustomerKeys KMSKeys PKCS11Keys RemoteKMSKeys
MODULES_INCLUDE := Sources/CStrongroomKeyBackend/include
MODULES_CFLAGS := -O2 -Wall -Wextra -Werror -Wno-unused-function -shared -fPIC -fvisibility=hidden -I $(MODULES_INCLUDE)
MODULES_HEADER := $(MODULES_INCLUDE)/strongroom_key_backend.h
BROKEN_SOURCES := $(wildcard Tests/Modules/broken/*.c)
BROKEN_MODULES := $(BROKEN_SOURCES:Tests/Modules/broken/%.c=$(MODULES_DIRECTORY)/broken/%.so)

.PHONY: modules modules-swift

modules: modules-swift $(MODULES_DIRECTORY)/libSampleKeys.so $(BROKEN_MODULES) ## Build all key modules.

modules-swift:
	for product in $(SWIFT_MODULES); do \
		$(SWIFT) build -c release --traits RemoteKMS --product $$product --scratch-path .build-modules \
			--disable-local-rpath -Xswiftc -no-toolchain-stdlib-rpath || exit 1; \
	done

# After the Swift build, which makes the folder (a link to one that is named for the platform).
$(MODULES_DIRECTORY)/libSampleKeys.so: Tests/Modules/sample_keys.c $(MODULES_HEADER) | modules-swift
	$(CC) $(MODULES_CFLAGS) $< -o $@ -lcrypto

$(MODULES_DIRECTORY)/broken/%.so: Tests/Modules/broken/%.c Tests/Modules/broken/broken.h Tests/Modules/sample_keys.c \
		$(MODULES_HEADER) | modules-swift
	@mkdir -p $(dir $@)
	$(CC) $(MODULES_CFLAGS) $< -o $@ -lcrypto
