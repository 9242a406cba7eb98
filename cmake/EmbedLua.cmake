# EmbedLua.cmake - turn the Lua scripts of a folder into C strings.
#
# wsub_embed_lua(target folder): for each folder/NAME.lua, joined with the files
# of folder/lib/ that it needs, `target` gets the string `wsub_lua_NAME`,
# declared in the generated header common/store/lua_texts.h.

set(WSUB_EMBED_LUA_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedLuaRun.cmake)

function(wsub_embed_lua target folder)
    file(GLOB scripts CONFIGURE_DEPENDS ${folder}/*.lua ${folder}/lib/*.lua)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
    set(outputs ${generated}/common/store/lua_texts.c
        ${generated}/common/store/lua_texts.h)
    add_custom_command(OUTPUT ${outputs}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${generated}/common/store/lua_texts
            -DFOLDER=${folder} -P ${WSUB_EMBED_LUA_SCRIPT}
        DEPENDS ${scripts} ${WSUB_EMBED_LUA_SCRIPT}
        COMMENT "Embedding the Lua scripts")
    target_sources(${target} PRIVATE ${outputs})
    target_include_directories(${target} PRIVATE ${generated})
endfunction()
