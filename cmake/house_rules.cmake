# Warnings, sanitizers and code generation that every target of ours shares (style.md 5.8).
add_library(house_rules INTERFACE)
target_compile_options(house_rules INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Wextra-semi -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(house_rules INTERFACE -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast)
else()
  # libstdc++ 12 uses its own deprecated std::get_temporary_buffer in std::stable_sort; g++ keeps that to itself.
  target_compile_options(house_rules INTERFACE -Wno-deprecated-declarations)
endif()

set(BRISTLE_MARCH "x86-64-v3" CACHE STRING "Instruction set of our own code; v3 is every server CPU since 2013")
add_compile_options(-march=${BRISTLE_MARCH})

set(BRISTLE_SANITIZE "" CACHE STRING "Comma-separated sanitizers, for example address,undefined")
if(BRISTLE_SANITIZE)
  add_compile_options(-fsanitize=${BRISTLE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BRISTLE_SANITIZE})
  if(BRISTLE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio's fences, which g++ cannot instrument
  endif()
endif()
if(BRISTLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
