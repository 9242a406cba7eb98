# EmbedLuaRun.cmake - run at build time by wsub_embed_lua().
#
# A script, or a file of lib/, names what it needs of lib/ in a line of its head:
#
#   -- uses: ids, streams
#
# Each file is joined once, after those it needs itself.
cmake_minimum_required(VERSION 3.25)

# join(file): adds what `file` needs to the lists `names` and `files`, in order.
macro(join file)
    file(STRINGS ${file} uses REGEX "^-- uses: ")
    string(REGEX REPLACE "^-- uses: " "" uses "${uses}")
    string(REGEX MATCHALL "[a-z_]+" uses "${uses}")
    foreach(name IN LISTS uses)
        if(NOT name IN_LIST names)
            list(APPEND names ${name})
            join_lib(${name})
        endif()
    endforeach()
endmacro()

function(join_lib name)
    set(file ${FOLDER}/lib/${name}.lua)
    if(NOT EXISTS ${file})
        message(FATAL_ERROR "There is no ${file}.")
    endif()
    join(${file})
    set(files ${files} ${file})
    set(names ${names} PARENT_SCOPE)
    set(files ${files} PARENT_SCOPE)
endfunction()

set(source "#include \"common/store/lua_texts.h\"\n\n")
set(header "/* Made by cmake/EmbedLuaRun.cmake. */\n#ifndef WSUB_STORE_LUA_TEXTS_H\n#define WSUB_STORE_LUA_TEXTS_H\n\n")
file(GLOB scripts ${FOLDER}/*.lua)
foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    set(script_name ${name})
    set(names "")
    set(files "")
    join(${script})
    set(bytes "")
    foreach(file IN LISTS files ITEMS ${script})
        file(READ ${file} hex HEX)
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," part "${hex}")
        string(APPEND bytes "${part}\n")
    endforeach()
    string(APPEND source "const char wsub_lua_${script_name}[] = {\n${bytes}0};\n")
    string(APPEND header "extern const char wsub_lua_${script_name}[];\n")
endforeach()
string(APPEND header "\n#endif\n")
file(WRITE ${OUTPUT}.c "${source}")
file(WRITE ${OUTPUT}.h "${header}")
