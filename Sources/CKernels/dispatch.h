// Compiles a function for several generations of x86-64; other processors get one version.

#ifndef CKERNELS_DISPATCH_H
#define CKERNELS_DISPATCH_H

// The version is picked while the program is loaded, before ThreadSanitizer is ready for any call.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ONE_VERSION
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(ONE_VERSION)
#define DISPATCHED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

#endif
