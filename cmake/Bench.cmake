# Bench.cmake - the programs of the benchmark, and a quick check of them.

find_program(PYTHON3 NAMES python3 REQUIRED)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl>=3.0)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)

# wsub_bench(NAME...): each NAME.c of this folder is the program bench-NAME;
# the other sources belong to all of them.  The ctest `bench-short` runs every
# scenario small; it checks that everything arrives, never how fast.
function(wsub_bench)
    file(GLOB sources CONFIGURE_DEPENDS *.c)
    foreach(name IN LISTS ARGN)
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${name}.c)
    endforeach()
    add_library(bench_parts STATIC ${sources})
    target_link_libraries(bench_parts PUBLIC common
        PkgConfig::SSL PkgConfig::NGHTTP2)
    foreach(name IN LISTS ARGN)
        add_executable(bench-${name} ${name}.c)
        target_link_libraries(bench-${name} PRIVATE bench_parts)
    endforeach()

    add_test(NAME bench-short
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run.sh --short all)
    set_tests_properties(bench-short PROPERTIES
        LABELS bench TIMEOUT 300 PROCESSORS 2 COST 60
        ENVIRONMENT "WEBSUBD_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endfunction()
