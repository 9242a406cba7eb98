# EmbedFiles.cmake - turn files that the hub serves to browsers into C arrays.
#
# wsub_embed_files(target NAME=FILE...): `target` gets the table hub_web_files[]
# of hub/web_file.h: each FILE under its NAME, with its content type and ETag.
# dygraphs, which draws the plots, comes from its Debian package.

set(WSUB_EMBED_FILES_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedFilesRun.cmake)

find_path(DYGRAPHS_FOLDER dygraph.min.js PATHS /usr/share/javascript
    PATH_SUFFIXES dygraphs NO_DEFAULT_PATH)
if(NOT DYGRAPHS_FOLDER)
    message(FATAL_ERROR "dygraph.min.js is not here: install the package "
        "libjs-dygraphs, or name its folder with -DDYGRAPHS_FOLDER=...")
endif()

function(wsub_embed_files target)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/generated/web_files.c)
    set(files ${ARGN})
    list(TRANSFORM files REPLACE "^[^=]*=" "")
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DFILES=${ARGN}"
            -P ${WSUB_EMBED_FILES_SCRIPT}
        DEPENDS ${files} ${WSUB_EMBED_FILES_SCRIPT}
        VERBATIM COMMENT "Embedding the pages")
    target_sources(${target} PRIVATE ${output})
endfunction()
