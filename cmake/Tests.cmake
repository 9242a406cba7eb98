# Tests.cmake - one function for each kind of test.

pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
find_program(PYTHON3 NAMES python3 REQUIRED)

# wsub_unit_tests(folder): each folder/test_NAME.c is a Check program of its
# own, run as the ctest `unit-NAME` in the source folder (test_config.c compares
# docs/CONFIG.md).  All programs' modules are there to be tested.
function(wsub_unit_tests folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/test_*.c)
    foreach(source IN LISTS sources)
        get_filename_component(program ${source} NAME_WE)
        string(REGEX REPLACE "^test_" "" name ${program})
        add_executable(${program} ${source})
        target_link_libraries(${program} PRIVATE test-pull hub spreader deliver
            PkgConfig::CHECK)
        add_test(NAME unit-${name} COMMAND ${program}
            WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        # A process for each of many cases: slow under a sanitizer.
        set_tests_properties(unit-${name} PROPERTIES
            LABELS unit TIMEOUT 180)
    endforeach()
endfunction()

# wsub_integration_tests(folder): each folder/test_NAME.py runs the real
# programs of this build against a redis-server of its own, as the ctest
# `integration-NAME`.  Those named test_scripts* call the Lua scripts alone and
# have the label `scripts`: one build is as good as another for them.
function(wsub_integration_tests folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/test_*.py)
    foreach(source IN LISTS sources)
        get_filename_component(program ${source} NAME_WE)
        string(REGEX REPLACE "^test_" "" name ${program})
        set(labels integration)
        if(name MATCHES "^scripts")
            list(APPEND labels scripts)
        endif()
        add_test(NAME integration-${name} COMMAND ${PYTHON3} ${source} -v)
        set_tests_properties(integration-${name} PROPERTIES
            LABELS "${labels}" TIMEOUT 300
            ENVIRONMENT "WEBSUBD_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONPATH=${CMAKE_SOURCE_DIR}/tests;PYTHONDONTWRITEBYTECODE=1")
    endforeach()
endfunction()

# wsub_e2e_tests(folder): each folder/test_NAME.py runs the real programs and a
# headless browser, as the ctest `e2e-NAME`; skipped where the browser or the
# packages of npm that drive it can't be had.
function(wsub_e2e_tests folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/test_*.py)
    foreach(source IN LISTS sources)
        get_filename_component(program ${source} NAME_WE)
        string(REGEX REPLACE "^test_" "" name ${program})
        add_test(NAME e2e-${name} COMMAND ${PYTHON3} ${source} -v)
        set_tests_properties(e2e-${name} PROPERTIES
            LABELS "e2e;long" TIMEOUT 180 SKIP_RETURN_CODE 77
            ENVIRONMENT "WEBSUBD_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONPATH=${CMAKE_SOURCE_DIR}/tests;PYTHONDONTWRITEBYTECODE=1")
    endforeach()
endfunction()

# wsub_filtered_tests(folder NAME...): the integration tests folder/test_NAME.py
# once more, as the ctest `filtered-NAME`, with the programs under the system
# call filter of the systemd units.
function(wsub_filtered_tests folder)
    foreach(name IN LISTS ARGN)
        get_test_property(integration-${name} ENVIRONMENT environment)
        add_test(NAME filtered-${name} COMMAND ${PYTHON3}
            ${CMAKE_CURRENT_SOURCE_DIR}/support/filtered.py
            test ${folder}/test_${name}.py -v)
        set_tests_properties(filtered-${name} PROPERTIES
            LABELS slow TIMEOUT 300 SKIP_RETURN_CODE 77
            ENVIRONMENT "${environment}")
    endforeach()
endfunction()

# wsub_chaos_test(folder): the ctest `chaos` runs folder/run.py for a minute
# under a seed of its own.  Its label keeps it out of the presets dev and asan;
# the test preset `slow` runs it.
function(wsub_chaos_test folder)
    add_test(NAME chaos
        COMMAND ${PYTHON3} -W ignore ${folder}/run.py --seconds 60)
    set_tests_properties(chaos PROPERTIES
        LABELS slow TIMEOUT 600 RUN_SERIAL TRUE
        ENVIRONMENT "WEBSUBD_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endfunction()
