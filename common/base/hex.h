/* hex.h - hexadecimal digits, of any case and of no locale. */
#ifndef WSUB_BASE_HEX_H
#define WSUB_BASE_HEX_H

/* The value of a digit, -1 for anything else. */
int wsub_hex_digit(char c);

#endif
