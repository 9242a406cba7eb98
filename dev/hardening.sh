#!/bin/bash
# Checks that programs are built to be hard to exploit, as the preset release
# does it:
#
#   dev/hardening.sh PROGRAM...
#
# By readelf and objdump: position-independent, RELRO with all symbols bound at the start,
# no executable stack, no writable and executable segment, no text relocations,
# no RPATH; stack protector and FORTIFY are there; on x86-64 all code is marked
# for control-flow protection, when the compiler and the C library's own
# start files are.  Prints what is missing; ends with 1 when something is.
set -u

failed=0

# check WHAT COMMAND...: tells of a program that the command is false of.
check()
{
    local what=$1
    shift

    if ! "$@"; then
        echo "$program: $what" >&2
        failed=1
    fi
}

has()
{
    grep -Eq -- "$1" <<<"$elf"
}

lacks()
{
    ! has "$1"
}

# The start files of the C library have some marks of their own.
marks_branches()
{
    [ "$(objdump -d -j .text "$program" | grep -c endbr64)" -gt 10 ]
}

check_program()
{
    program=$1
    # -W: one line for each; headers, segments, dynamic section, symbols, notes.
    elf=$(readelf -W -h -l -d -n --dyn-syms "$program")

    check "is not position-independent" has 'Type: +DYN'
    check "has no PIE flag" has '\(FLAGS_1\).* PIE'
    check "has no RELRO" has '^ +GNU_RELRO'
    check "does not bind all symbols at its start" has '\((FLAGS|FLAGS_1)\).* (BIND_)?NOW'
    check "does not say what its stack is" has '^ +GNU_STACK'
    check "has an executable stack" lacks '^ +GNU_STACK .* R?W?E +0x'
    check "has a segment to be written and executed" lacks '^ +LOAD .* RWE +0x'
    check "has text relocations" lacks '\(TEXTREL\)|\(FLAGS\).* TEXTREL'
    check "has a path for libraries" lacks '\((RPATH|RUNPATH)\)'
    check "has no stack protector" has ' __stack_chk_fail(@|$)'
    check "has no FORTIFY" has ' __[a-z0-9_]+_chk(@|$)'
    if has 'Machine: +Advanced Micro Devices X86-64'; then
        check "has no marks for indirect branches" marks_branches
    fi
}

for file; do
    check_program "$file"
done
[ "$failed" -ne 0 ] || echo "$# programs: hardened"
exit "$failed"
