-- everything.lua - the topic that stands for every dotted one.

local EVERYTHING = 'aEiIwOuxfzdCmLZe4oB1Jg' -- the TD of `*`
