-- topic_time.lua - for how long a topic is remembered that nobody wants.

local TOPIC_LASTS_MS = 86400000
