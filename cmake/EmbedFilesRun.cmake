# EmbedFilesRun.cmake - run at build time by wsub_embed_files().
cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

# add_array(name file length): the file's bytes as an array, and how many.  The
# time in the head of a gzip file goes: a build is like any other.
function(add_array name file length)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "^(1f8b08..)........" "\\100000000" bytes "${bytes}")
    string(LENGTH "${bytes}" digits)
    math(EXPR count "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    set(arrays
        "${arrays}static const unsigned char ${name}[] = {\n${bytes}0};\n"
        PARENT_SCOPE)
    set(${length} ${count} PARENT_SCOPE)
endfunction()

set(arrays "#include <stddef.h>\n\n#include \"hub/web_file.h\"\n\n")
set(rows "")
set(number 0)
foreach(pair IN LISTS FILES)
    string(REGEX MATCH "^([^=]*)=(.*)$" pair "${pair}")
    set(name ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    string(REGEX REPLACE ".*\\." "" ending ${name})
    file(ARCHIVE_CREATE OUTPUT ${OUTPUT}.gz PATHS ${file} FORMAT raw
        COMPRESSION GZip)
    add_array(plain_${number} ${file} length)
    add_array(gzip_${number} ${OUTPUT}.gz gzip_length)
    file(SHA256 ${file} digest)
    string(SUBSTRING ${digest} 0 20 digest)
    string(APPEND rows
        "    {\"${name}\", \"${type_${ending}}\", \"${digest}\",\n"
        "     {plain_${number}, ${length}}, {gzip_${number}, ${gzip_length}}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}
    "${arrays}\nconst struct hub_web_file hub_web_files[] = {\n${rows}    {0},\n};\n")
