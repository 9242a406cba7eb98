# EmbedLua.cmake - turn the Lua scripts of a folder into one C source.
#
# wsub_embed_lua(out folder): sets `out` to a generated file that defines, for
# each folder/NAME.lua, the string `wsub_lua_NAME` (declared in
# common/redis/script.h).

set(WSUB_EMBED_LUA_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedLuaRun.cmake)

function(wsub_embed_lua out folder)
    file(GLOB scripts CONFIGURE_DEPENDS ${folder}/*.lua)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/lua_scripts.c)
    add_custom_command(OUTPUT ${generated}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${generated} -DFOLDER=${folder}
            -P ${WSUB_EMBED_LUA_SCRIPT}
        DEPENDS ${scripts} ${WSUB_EMBED_LUA_SCRIPT}
        COMMENT "Embedding the Lua scripts")
    set(${out} ${generated} PARENT_SCOPE)
endfunction()
