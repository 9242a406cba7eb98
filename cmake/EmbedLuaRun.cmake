# EmbedLuaRun.cmake - run at build time by wsub_embed_lua().
#
# A script, or a file of lib/, names what it needs of lib/ in lines of its head:
#
#   -- uses: ids, numbers
#
# Each file is joined once, after those it needs itself.  A function that is
# seldom called may name, in such lines of its own (indented), what nobody else
# needs: that is joined there, so that a call of the script that does not come
# to it does not make the functions.  tests/lint/lua_uses.py checks the names.
cmake_minimum_required(VERSION 3.25)

# join_named(lines): joins what lines `-- uses:` name to `joined`, but for what
# is among `names`.
function(join_named lines)
    string(REGEX REPLACE "-- uses: " "" lines "${lines}")
    string(REGEX MATCHALL "[a-z_]+" wanted "${lines}")
    foreach(name IN LISTS wanted)
        join_lib(${name})
    endforeach()
    set(names ${names} PARENT_SCOPE)
    set(joined "${joined}" PARENT_SCOPE)
endfunction()

function(join_lib name)
    if(name IN_LIST names)
        return()
    endif()
    set(file ${FOLDER}/lib/${name}.lua)
    if(NOT EXISTS ${file})
        message(FATAL_ERROR "There is no ${file}.")
    endif()
    list(APPEND names ${name})
    file(STRINGS ${file} lines REGEX "^-- uses: ")
    join_named("${lines}")
    file(READ ${file} text)
    join_all_within()
    set(names ${names} PARENT_SCOPE)
    set(joined "${joined}${text}" PARENT_SCOPE)
endfunction()

# join_within(): replaces the first indented lines `-- uses:` of `text`.  What
# they join is unknown outside of their function.
function(join_within)
    string(REGEX MATCH "(\n +-- uses: [a-z_, ]+)+" lines "${text}")
    string(FIND "${text}" "${lines}" at)
    string(LENGTH "${lines}" length)
    math(EXPR after "${at} + ${length}")
    string(SUBSTRING "${text}" 0 ${at} head)
    string(SUBSTRING "${text}" ${after} -1 tail)
    set(joined "")
    join_named("${lines}")
    set(text "${head}\n${joined}${tail}" PARENT_SCOPE)
endfunction()

macro(join_all_within)
    while(text MATCHES "\n +-- uses: ")
        join_within()
    endwhile()
endmacro()

function(join_script file)
    set(names "")
    set(joined "")
    file(STRINGS ${file} lines REGEX "^-- uses: ")
    join_named("${lines}")
    set(head "${joined}")
    file(READ ${file} text)
    join_all_within()
    set(script "${head}${text}" PARENT_SCOPE)
endfunction()

set(source "#include \"common/store/lua_texts.h\"\n\n")
set(header "/* Made by cmake/EmbedLuaRun.cmake. */\n#ifndef WSUB_STORE_LUA_TEXTS_H\n#define WSUB_STORE_LUA_TEXTS_H\n\n")
file(GLOB files ${FOLDER}/*.lua)
foreach(file IN LISTS files)
    get_filename_component(script_name ${file} NAME_WE)
    join_script(${file})
    string(HEX "${script}" bytes)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND source "const char wsub_lua_${script_name}[] = {\n${bytes}\n0};\n")
    string(APPEND header "extern const char wsub_lua_${script_name}[];\n")
endforeach()
string(APPEND header "\n#endif\n")
file(WRITE ${OUTPUT}.c "${source}")
file(WRITE ${OUTPUT}.h "${header}")
