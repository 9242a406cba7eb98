# Dependencies.cmake - the libraries, all from the system.
#
# `websubd_deps` carries them.  llhttp is taken where pkg-config finds it
# (Debian 13), http-parser otherwise (Debian 12); common/http/verdict.h hides
# the difference.

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1)
pkg_check_modules(LIBCURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0>=2.9.14)
pkg_check_modules(LLHTTP IMPORTED_TARGET libllhttp)

add_library(websubd_deps INTERFACE)
target_link_libraries(websubd_deps INTERFACE
    PkgConfig::LIBEVENT PkgConfig::LIBCURL PkgConfig::CARES
    PkgConfig::HIREDIS PkgConfig::JANSSON PkgConfig::CRYPTO PkgConfig::LIBXML2
    m)
if(LLHTTP_FOUND)
    target_link_libraries(websubd_deps INTERFACE PkgConfig::LLHTTP)
    target_compile_definitions(websubd_deps INTERFACE WSUB_HAVE_LLHTTP)
else()
    find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
    target_link_libraries(websubd_deps INTERFACE ${HTTP_PARSER_LIBRARY})
endif()
