# EmbedFilesRun.cmake - run at build time by wsub_embed_files().
cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "#include <stddef.h>\n\n#include \"hub/web_file.h\"\n\n")
set(rows "")
set(number 0)
foreach(pair IN LISTS FILES)
    string(REGEX MATCH "^([^=]*)=(.*)$" pair "${pair}")
    set(name ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    string(REGEX REPLACE ".*\\." "" ending ${name})
    file(READ ${file} bytes HEX)
    string(LENGTH "${bytes}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    file(SHA256 ${file} digest)
    string(SUBSTRING ${digest} 0 20 digest)
    string(APPEND arrays
        "static const unsigned char file_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", \"${type_${ending}}\", "
        "\"\\\"${digest}\\\"\", file_${number}, ${length}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}
    "${arrays}\nconst struct hub_web_file hub_web_files[] = {\n${rows}    {0},\n};\n")
