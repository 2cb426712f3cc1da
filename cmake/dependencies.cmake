# Every third-party library, from the distribution's packages, each with the one module that adapts it.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(uring REQUIRED IMPORTED_TARGET liburing)          # dataplane/sys
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)      # dataplane/format/codec
pkg_check_modules(brotli REQUIRED IMPORTED_TARGET libbrotlidec)     # dataplane/format/codec
pkg_check_modules(lmdb REQUIRED IMPORTED_TARGET lmdb)               # dataplane/tenant, controlplane/publish
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)            # controlplane/db
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)            # dataplane/format/codec, controlplane/web
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)      # appliance, controlplane/appliance
pkg_check_modules(ncurses REQUIRED IMPORTED_TARGET ncursesw)        # appliance/console
find_path(tomlplusplus_headers toml++/toml.h REQUIRED)               # appliance/settings
add_library(tomlplusplus INTERFACE)
target_include_directories(tomlplusplus SYSTEM INTERFACE "${tomlplusplus_headers}")
target_compile_definitions(tomlplusplus INTERFACE TOML_HEADER_ONLY=1)
find_package(ZLIB REQUIRED)                                         # controlplane/web
find_package(OpenSSL REQUIRED COMPONENTS Crypto)                    # controlplane/auth
find_package(simdjson REQUIRED)                                     # dataplane/format/codec
find_package(mimalloc REQUIRED)                                     # the programs' allocator
# Static, so that bristle-flash runs in a rescue system that has none of our libraries.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)               # controlplane (Asio, Beast, JSON, URL)
if(BRISTLE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(BRISTLE_BENCH)
  find_package(benchmark REQUIRED)
endif()
