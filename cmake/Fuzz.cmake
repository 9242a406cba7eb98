# Fuzz.cmake - the targets of libFuzzer, and their kept inputs as tests.

# wsub_fuzz_targets(folder): each folder/fuzz_NAME.c is the program fuzz-NAME.
# Under the preset `fuzz` libFuzzer is in it, else it reads the files that are
# named; the ctest `fuzz-NAME` gives it those of folder/corpus/NAME in either
# case.  The target `fuzz` builds all of them; dev/fuzz.sh looks for new inputs.
function(wsub_fuzz_targets folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/fuzz_*.c)
    add_custom_target(fuzz)
    foreach(source IN LISTS sources)
        get_filename_component(name ${source} NAME_WE)
        string(REGEX REPLACE "^fuzz_" "" name ${name})
        set(program fuzz-${name})
        file(GLOB inputs CONFIGURE_DEPENDS ${folder}/corpus/${name}/*)
        add_executable(${program} ${source})
        target_link_libraries(${program} PRIVATE hub spreader deliver)
        if(WEBSUBD_FUZZ)
            target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        else()
            target_sources(${program} PRIVATE ${folder}/replay.c)
        endif()
        add_dependencies(fuzz ${program})
        add_test(NAME fuzz-${name} COMMAND ${program} ${inputs})
        set_tests_properties(fuzz-${name} PROPERTIES
            LABELS fuzz TIMEOUT 120)
    endforeach()
endfunction()
