# Targets.cmake - one function for each kind of target.
#
# A subfolder's CMakeLists.txt is one call.  Every .c file of the folder (and,
# for the library, of its subfolders) belongs to the target.  Warnings,
# sanitizers and hardening hang on the target `websubd_options`, never on
# global flags.

option(WEBSUBD_WERROR "Treat warnings as errors (dev and CI)" OFF)
option(WEBSUBD_HARDEN "Hardening flags (release)" OFF)
option(WEBSUBD_COVERAGE "Instrument for gcov" OFF)
option(WEBSUBD_ANALYZE "Analyze with -fanalyzer (gcc)" OFF)
option(WEBSUBD_FUZZ "Instrument for libFuzzer (clang)" OFF)
set(WEBSUBD_SANITIZE "" CACHE STRING "List for -fsanitize=, or empty")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_library(websubd_options INTERFACE)
target_compile_definitions(websubd_options INTERFACE
    _GNU_SOURCE WSUB_VERSION="${PROJECT_VERSION}")
target_include_directories(websubd_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(websubd_options INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wformat=2 -Wvla -Wcast-qual
    $<$<BOOL:${WEBSUBD_WERROR}>:-Werror>
    -fno-omit-frame-pointer)
if(WEBSUBD_SANITIZE)
    target_compile_options(websubd_options INTERFACE
        -fsanitize=${WEBSUBD_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(websubd_options INTERFACE
        -fsanitize=${WEBSUBD_SANITIZE})
endif()
if(WEBSUBD_HARDEN)
    # dev/hardening.sh checks the programs for these.
    include(CheckCCompilerFlag)
    foreach(flag -fstack-clash-protection -fcf-protection=full)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_c_compiler_flag(${flag} ${have})
        target_compile_options(websubd_options INTERFACE
            $<$<BOOL:${${have}}>:${flag}>)
    endforeach()
    # 3 where compiler and libc have it, else taken as 2.
    target_compile_options(websubd_options INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong)
    target_link_options(websubd_options INTERFACE
        -pie -Wl,-z,relro,-z,now)
endif()
if(WEBSUBD_ANALYZE)
    # The analyzer loses track of the lists of sys/queue.h and of uthash, as
    # clang's does (.clang-tidy); the preset asan looks for leaks.
    target_compile_options(websubd_options INTERFACE
        -fanalyzer -Wno-analyzer-malloc-leak -O1)
endif()
if(WEBSUBD_FUZZ)
    target_compile_options(websubd_options INTERFACE -O1 -fsanitize=fuzzer-no-link)
endif()
if(WEBSUBD_COVERAGE)
    target_compile_options(websubd_options INTERFACE --coverage)
    target_link_options(websubd_options INTERFACE --coverage)
endif()

# wsub_library(name): the static library of this folder and its subfolders.
function(wsub_library name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.c)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC websubd_options websubd_deps)
    if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/store/lua)
        include(EmbedLua)
        wsub_embed_lua(${name} ${CMAKE_CURRENT_SOURCE_DIR}/store/lua)
    endif()
endfunction()

# wsub_program(name): the executable websub-NAME of this folder: main.c, and all
# else as the library NAME, so that tests can be linked with any module of it.
function(wsub_program name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.c)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/main.c)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC common)
    add_executable(websub-${name} main.c)
    target_link_libraries(websub-${name} PRIVATE ${name})
endfunction()
